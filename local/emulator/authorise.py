"""Has the emulator's IAM ask what AWS asks, and keeps what was asked.

MiniStack checks the requests that reach it by HTTP. What AWS services do behind those under a role or as themselves
(use a key, invoke a function, poll a queue, write a log) it does unasked: here it is put to MiniStack's own evaluator
first, and refused if that says so. Every question of a role or a service is kept once, with its answer, in
`requests.jsonl` of the desk's folder; `policies.json` beside it has the policies at the emulator's end. grants.py
reads both.
"""

import contextvars
import json
import os
import re

# The principal under which a service runs a function, a state machine, a schedule.
LAMBDA, STATES, SCHEDULER, SNS, GATEWAY = (
    f"{name}.amazonaws.com" for name in ("lambda", "states", "scheduler", "sns", "apigateway")
)

# What the services ask of the key behind a request (their guides, "key permissions" of each).
KEY_USE = {
    # With a bucket key, S3 verifies what it will encrypt under: Decrypt as well.
    "s3:PutObject": ("kms:GenerateDataKey", "kms:Decrypt"),
    "s3:GetObject": ("kms:Decrypt",),
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
    "secretsmanager:GetSecretValue": ("kms:Decrypt",),
    "dynamodb:GetRecords": ("kms:Decrypt",),
}
# "Authorizing use of your KMS key" of DynamoDB names these for whoever uses the table.
TABLE_KEY_USE = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")

# What Lambda's pollers do under the role of the function, by the service they poll.
POLLING = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
}

# Keys that policies here may have conditions on; the rest of a request does not tell one question from another.
TELLING = ("kms:viaservice", "aws:sourcearn", "aws:sourceaccount", "iam:passedtoservice")

_machine_role = contextvars.ContextVar("machine_role", default=None)


def shape(arn):
    """An ARN without what is new each time: an object's key behind its folder, an execution's or a schedule's name."""
    if arn.startswith("arn:aws:s3:::"):
        return "/".join(arn.split("/")[:2])
    if ":execution:" in arn or ":schedule/" in arn:
        return re.sub(r"[^:/]+$", "", arn)
    if ":log-stream:" in arn:
        return arn.split(":log-stream:")[0]
    return arn


class Ledger:
    """Each question once, as a line of JSON."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.file = open(os.path.join(folder, "requests.jsonl"), "a", buffering=1)
        self.seen = set()

    def note(self, kind, who, service, ctx, allowed):
        conditions = {key: ctx.service_context[key] for key in TELLING if ctx.service_context.get(key) is not None}
        question = (kind, who, ctx.action, shape(ctx.resource_arn), json.dumps(conditions, sort_keys=True), allowed)
        if question in self.seen:
            return
        self.seen.add(question)
        line = {
            "kind": kind, "who": who, "service": service, "action": ctx.action, "resource": ctx.resource_arn,
            "context": {key: value for key, value in ctx.service_context.items() if value is not None},
            "principal": ctx.principal_arn, "type": ctx.principal_type, "account": ctx.principal_account,
            "region": ctx.region, "allowed": allowed,
        }
        self.file.write(json.dumps(line, default=str) + "\n")


class Authoriser:
    """Asks MiniStack's evaluator on behalf of roles and services."""

    def __init__(self, ledger):
        from ministack.core import iam_evaluator

        self.iam = iam_evaluator
        self.ledger = ledger
        self.ask_access_key = iam_evaluator.enforce

    def context(self, principal, kind, account, action, resource, region, keys):
        return self.iam.EvalContext(
            principal_arn=principal, principal_type=kind, principal_account=account, action=action,
            resource_arn=resource, region=region, service_context={"aws:tagkeys": None, **keys},
        )

    def role_may(self, role_arn, action, resource, keys=None):
        """Whether a role may do this, by its policies and the resource's own."""
        from ministack.core.responses import get_account_id, get_region

        account, name = get_account_id(), role_arn.rsplit("/", 1)[-1]
        session = f"arn:aws:sts::{account}:assumed-role/{name}/service"
        ctx = self.context(session, "AssumedRole", account, action, resource, get_region(), keys or {})
        result = self.iam.evaluate(ctx, self.iam._gather_role_policies(name, account))
        service = action.split(":")[0]
        found = self.iam._resource_policy(service, resource)
        if found is not None:
            result = self.iam.combine_resource_policy(result, ctx, *found, required=service == "kms")
        allowed = result.decision == "Allow"
        self.ledger.note("role", name, service, ctx, allowed)
        return allowed and all(
            self.role_may(role_arn, *use) for use in ([] if service == "kms" else key_uses(action, resource))
        )

    def service_may(self, principal, action, resource, source_arn):
        """Whether a resource's own policy lets an AWS service do this for one of our resources."""
        from ministack.core.responses import get_account_id, get_region

        account, service = get_account_id(), action.split(":")[0]
        keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
        ctx = self.context("*", "Service", "", action, resource, get_region(), keys)
        found = self.iam._resource_policy(service, resource)
        policy = found[0] if found else None
        allowed = self.iam.evaluate_resource_policy(policy, ctx, service=principal).decision == "Allow"
        self.ledger.note("service", principal, service, ctx, allowed)
        return allowed

    def may_assume(self, principal, role_arn, source_arn):
        """Whether a role's trust policy lets an AWS service take it on."""
        from ministack.core.responses import get_account_id, get_region
        from ministack.services import iam

        account, name = get_account_id(), role_arn.rsplit("/", 1)[-1]
        keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
        ctx = self.context("*", "Service", "", "sts:AssumeRole", "*", get_region(), keys)
        trust = (iam._roles.get(name) or {}).get("AssumeRolePolicyDocument", "{}")
        allowed = trusts(self.iam, trust, ctx, principal)
        self.ledger.note("trust", f"{name} {principal}", "sts", ctx, allowed)
        return allowed


def trusts(iam, trust, ctx, principal):
    """A trust policy names no resource: it is taken to mean the role itself."""
    document = json.loads(trust) if isinstance(trust, str) else trust
    statements = [{**each, "Resource": "*"} for each in document.get("Statement", [])]
    return iam.evaluate_resource_policy({"Statement": statements}, ctx, service=principal).decision == "Allow"


def key_uses(action, resource):
    """What a request on an encrypted resource asks of its key: (action, key's ARN, condition keys)."""
    service = action.split(":")[0]
    actions = KEY_USE.get(action) or (TABLE_KEY_USE if service == "dynamodb" and ":table/" in resource else ())
    key = key_of(service, resource) if actions else None
    if not key:
        return []
    from ministack.core.responses import get_region

    via = {"kms:viaservice": f"{service}.{get_region()}.amazonaws.com"}
    # A stream is read, never written.
    wanted = ("kms:Decrypt",) if "/stream/" in resource else actions
    return [(use, key, via) for use in wanted]


# Where the properties of a template name the key of a resource, by the service that a request goes to.
ENCRYPTED = {
    "s3": ("AWS::S3::Bucket", lambda properties: properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"]["KMSMasterKeyID"]),
    "sqs": ("AWS::SQS::Queue", lambda properties: properties["KmsMasterKeyId"]),
    "sns": ("AWS::SNS::Topic", lambda properties: properties["KmsMasterKeyId"]),
    "secretsmanager": ("AWS::SecretsManager::Secret", lambda properties: properties["KmsKeyId"]),
    "dynamodb": ("AWS::DynamoDB::Table", lambda properties: properties["SSESpecification"]["KMSMasterKeyId"]),
}


def name_of(service, resource):
    """The part of an ARN that is a resource's name: the bucket of an object, the table of an index or a stream."""
    if service == "dynamodb":
        return resource.partition(":table/")[2].split("/")[0]
    last = resource.split(":")[-1]
    return last[:-7] if service == "secretsmanager" else last.split("/")[0]


def key_of(service, resource):
    """The ARN of the customer's key that a stack gave a resource: the emulator itself forgets most of these."""
    from ministack.services import cloudformation, kms

    kind, find = ENCRYPTED.get(service, (None, None))
    if kind is None:
        return None
    name = name_of(service, resource)
    for stack in cloudformation._stacks._data.values():
        for each in stack.get("_resources", {}).values():
            physical = re.split("[:/]", each.get("PhysicalResourceId") or "")[-1]
            if each.get("ResourceType") == kind and physical == name:
                try:
                    record = kms._resolve_key(find(each.get("Properties") or {}))
                except (KeyError, IndexError):
                    return None
                return record.get("Arn") if record else None
    return None


def ask_behind_requests(authoriser):
    """Requests that reach the emulator: each is noted, and the use of a key behind it asked for."""
    iam = authoriser.iam
    last = contextvars.ContextVar("last_evaluation", default=None)
    evaluate, ask = iam.evaluate, iam.enforce

    def remember(ctx, *layers):
        if ctx.principal_type == "AssumedRole":
            last.set(ctx)
        return evaluate(ctx, *layers)

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        last.set(None)
        denied = ask(access_key_id, iam_action, service, region, resource_arn, service_context)
        ctx = last.get()
        if ctx is None:
            return denied
        role = iam._role_name_from_assumed_arn(ctx.principal_arn)
        authoriser.ledger.note("role", role, service, ctx, denied is None)
        if denied is None and service != "kms":
            for use in key_uses(iam_action, resource_arn):
                if not authoriser.role_may(role, *use):
                    return iam.EvalResult("ImplicitDeny", ctx.principal_arn, "", f"{use[0]} on {use[1]}")
            # Whoever may not list a bucket is refused a key that is not there, instead of told so.
            if iam_action == "s3:GetObject" and not exists(resource_arn):
                if not authoriser.role_may(role, "s3:ListBucket", resource_arn.split("/")[0]):
                    return iam.EvalResult("ImplicitDeny", ctx.principal_arn, "", f"s3:ListBucket on {resource_arn}")
        return denied

    iam.evaluate, iam.enforce = remember, enforce


def exists(object_arn):
    from urllib.parse import unquote

    from ministack.services import s3

    bucket, _, key = object_arn[len("arn:aws:s3:::"):].partition("/")
    return unquote(key) in ((s3._buckets.get(bucket) or {}).get("objects") or {})


def ask_behind_state_machines(authoriser):
    """A state machine invokes functions under its role."""
    from ministack.services import stepfunctions

    run, call = stepfunctions._run_execution, stepfunctions._call_lambda

    def run_under_role(exec_arn):
        execution = stepfunctions._executions.get(exec_arn) or {}
        machine = stepfunctions._state_machines.get(execution.get("stateMachineArn")) or {}
        token = _machine_role.set((machine.get("roleArn"), execution.get("stateMachineArn")))
        try:
            return run(exec_arn)
        finally:
            _machine_role.reset(token)

    def call_under_role(func_ref, event):
        role, machine = _machine_role.get() or (None, None)
        if role and not (
            authoriser.may_assume(STATES, role, machine)
            and authoriser.role_may(role, "lambda:InvokeFunction", function_arn(func_ref))
        ):
            # No error of a task, which a state could retry or catch and a wait for a token swallows: it ends the execution.
            raise PermissionError(f"{role} may not invoke {func_ref}")
        return call(func_ref, event)

    stepfunctions._run_execution, stepfunctions._call_lambda = run_under_role, call_under_role


def function_arn(reference):
    from ministack.services import lambda_svc

    _, config, _ = lambda_svc._get_func_record_for_ref(reference)
    return (config or {}).get("FunctionArn", reference)


def ask_behind_functions(authoriser):
    """Lambda takes a function's role on and writes its log under it; what may not be written is lost, as on AWS."""
    from ministack.services import lambda_svc

    emit = lambda_svc._emit_lambda_logs

    def emit_under_role(func, *args, **kwargs):
        config = func.get("config") or func
        role, name = config.get("Role", ""), config.get("FunctionName", "")
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
        from ministack.services import cloudwatch_logs

        stream = f"{cloudwatch_logs._make_group_arn(group).removesuffix(':*')}:log-stream:today"
        # CreateLogStream is asked on the group, which AWS writes with `:*` behind it, PutLogEvents on the stream.
        asked = (("logs:CreateLogStream", stream), ("logs:PutLogEvents", stream))
        if authoriser.may_assume(LAMBDA, role, config.get("FunctionArn", "")) and all(
            authoriser.role_may(role, action, resource) for action, resource in asked
        ):
            emit(func, *args, **kwargs)

    lambda_svc._emit_lambda_logs = emit_under_role


def ask_behind_invocations(authoriser):
    """A topic and an API invoke a function as themselves, by the function's own policy."""
    from ministack.services import apigateway, sns

    deliver, proxy = sns._deliver_to_lambda, apigateway._invoke_lambda_proxy

    def deliver_if_let(endpoint, envelope, topic_arn, *rest):
        if authoriser.service_may(SNS, "lambda:InvokeFunction", function_arn(endpoint), topic_arn):
            deliver(endpoint, envelope, topic_arn, *rest)

    async def proxy_if_let(integration, api_id, stage, path, method, *rest, **named):
        from ministack.core.responses import get_account_id, get_region

        uri = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        route = named.get("route_key", rest[3] if len(rest) > 3 else "$default")
        # A route is part of the source's ARN without its method's blank: `$default`, or `/POST/hooks/github`.
        where = route if route.startswith("$") else route.replace(" ", "", 1)
        source = f"arn:aws:execute-api:{get_region()}:{get_account_id()}:{api_id}/{stage}/{where}"
        if not authoriser.service_may(GATEWAY, "lambda:InvokeFunction", function_arn(uri), source):
            return 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
        return await proxy(integration, api_id, stage, path, method, *rest, **named)

    sns._deliver_to_lambda, apigateway._invoke_lambda_proxy = deliver_if_let, proxy_if_let


def ask_behind_topics(authoriser):
    """A topic puts into an encrypted queue as itself: the key's policy has to let it."""
    from ministack.services import sqs

    allows = sqs.queue_policy_allows

    def allows_with_key(queue_arn, service, source_arn, source_account):
        allowed = allows(queue_arn, service, source_arn, source_account)
        keys = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account}
        ctx = authoriser.context("*", "Service", "", "sqs:SendMessage", queue_arn, "", keys)
        authoriser.ledger.note("service", service, "sqs", ctx, allowed)
        return allowed and all(
            authoriser.service_may(service, use, key, source_arn)
            for use, key, _ in key_uses("sqs:SendMessage", queue_arn)
        )

    sqs.queue_policy_allows = allows_with_key


def ask_behind_resources(authoriser):
    """What AWS asks when a poller or a schedule is made, or would be refused once it runs: refused at once here."""
    from ministack.services import lambda_svc, scheduler
    from ministack.services.cloudformation import provisioners

    create_poller = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]["create"]
    create_schedule, update_schedule = scheduler._create_schedule, scheduler._update_schedule

    def poller(logical_id, props, stack_name):
        _, config, _ = lambda_svc._get_func_record_for_ref(props.get("FunctionName", ""))
        role, source = (config or {}).get("Role", ""), props.get("EventSourceArn", "")
        aside = ((props.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        asked = [(action, source) for action in POLLING.get(source.split(":")[2], ())]
        asked += [("sqs:SendMessage", aside)] if aside else []
        for action, resource in asked:
            if not authoriser.role_may(role, action, resource):
                raise ValueError(f"The provided execution role does not have permissions to call {action} on {resource}")
        return create_poller(logical_id, props, stack_name)

    def refusal(body):
        target = body.get("Target") or {}
        role, arn = target.get("RoleArn", ""), target.get("Arn", "")
        aside = (target.get("DeadLetterConfig") or {}).get("Arn")
        # The scheduler says for which group it works, never for which schedule.
        group = scheduler._group_arn(body.get("GroupName", "default"))
        if not authoriser.may_assume(SCHEDULER, role, group):
            return "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        asked = [("lambda:InvokeFunction", arn)] if ":lambda:" in arn else []
        asked += [("sqs:SendMessage", aside)] if aside else []
        refused = [action for action, resource in asked if not authoriser.role_may(role, action, resource)]
        return f"{role} may not {', '.join(refused)}" if refused else None

    def guarded(act):
        def schedule(name, body):
            # Whoever makes a schedule hands its role on.
            caller, role = authoriser.iam.caller_arn(), (body.get("Target") or {}).get("RoleArn", "")
            passes = {"iam:passedtoservice": SCHEDULER}
            maker = authoriser.iam._role_name_from_assumed_arn(caller) if ":assumed-role/" in caller else None
            if maker and not authoriser.role_may(maker, "iam:PassRole", role, passes):
                return scheduler._error(403, "AccessDeniedException", f"{maker} may not pass {role}")
            why = refusal(body)
            return scheduler._error(400, "ValidationException", why) if why else act(name, body)

        return schedule

    provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]["create"] = poller
    scheduler._create_schedule, scheduler._update_schedule = guarded(create_schedule), guarded(update_schedule)


def keep_policies(folder):
    """Writes the policies as they stand, by the logical ids of their stacks."""
    from ministack.services import cloudformation, iam

    stacks = {}
    for stack in cloudformation._stacks._data.values():
        resources = {
            logical: {"type": each.get("ResourceType"), "id": each.get("PhysicalResourceId")}
            for logical, each in stack.get("_resources", {}).items()
        }
        stacks[stack["StackName"]] = {"resources": resources, "template": stack.get("_template")}
    roles = {
        role["RoleName"]: {
            "trust": role.get("AssumeRolePolicyDocument"), "policies": role.get("InlinePolicies") or {},
        }
        for role in iam._roles._data.values()
    }
    with open(os.path.join(folder, "policies.json"), "w") as file:
        json.dump({"stacks": stacks, "roles": roles, "resources": resource_policies()}, file, default=str)


def resource_policies():
    """The policies of queues, topics, buckets, keys and functions by ARN."""
    from ministack.services import kms, lambda_svc, s3, sns, sqs

    found = {}
    for queue in sqs._queues._data.values():
        found[queue["attributes"].get("QueueArn")] = queue["attributes"].get("Policy")
    for (*_, arn), topic in sns._topics._data.items():
        found[arn] = topic.get("attributes", {}).get("Policy")
    for (*_, bucket), policy in s3._bucket_policies._data.items():
        found[f"arn:aws:s3:::{bucket}"] = policy
    for key in kms._keys._data.values():
        found[key.get("Arn")] = key.get("Policy")
    for function in lambda_svc._functions._data.values():
        found[(function.get("config") or {}).get("FunctionArn")] = function.get("policy")
    return {arn: policy for arn, policy in found.items() if arn and policy}


def install(folder):
    """Puts all of it in place; answers what to call at the end."""
    authoriser = Authoriser(Ledger(folder))
    for ask in (ask_behind_requests, ask_behind_state_machines, ask_behind_functions, ask_behind_invocations,
                ask_behind_topics, ask_behind_resources):
        ask(authoriser)
    return lambda: keep_policies(folder)
