"""Takes each grant of a desk away in turn and asks MiniStack's evaluator again what was asked while the desk ran.

`grants.py FOLDER` reads what authorise.py kept there and prints one line of JSON:

    {"grants": [{"key", "where", "statement", "principal", "action", "resource", "needed"}],
     "denied": [{"who", "action", "resource"}],
     "asked": 187}

A grant is one action on one resource of one statement that allows; `key` tells it from others and is the same for
every desk of the same template; `needed` is a request that is refused without it,
or null. A request that was refused while the desk ran is under `denied`.
"""

import copy
import json
import os
import sys

from ministack.core import iam_evaluator as iam

POLICIES = {
    "AWS::IAM::Policy": "PolicyDocument",
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::Lambda::Permission": None,
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def as_document(policy):
    document = json.loads(policy) if isinstance(policy, str) else policy
    return {**document, "Statement": as_list(document.get("Statement", []))}


class Kept:
    """What a run left behind."""

    def __init__(self, folder, stack):
        with open(os.path.join(folder, "policies.json")) as file:
            kept = json.load(file)
        with open(os.path.join(folder, "requests.jsonl")) as file:
            self.requests = [json.loads(line) for line in file]
        self.resources = kept["stacks"][stack]["resources"]
        self.template = kept["stacks"][stack]["template"]["Resources"]
        self.roles = {
            name: {
                "trust": as_document(role["trust"]),
                "policies": {each: as_document(policy) for each, policy in role["policies"].items()},
            }
            for name, role in kept["roles"].items()
        }
        self.policies = {arn: as_document(policy) for arn, policy in kept["resources"].items()}

    def policy_of(self, resource):
        """The ARN whose policy guards a resource: an object is guarded by its bucket."""
        for arn in self.policies:
            if resource == arn or (arn.startswith("arn:aws:s3:::") and resource.startswith(f"{arn}/")):
                return arn
        return None


def context(request):
    keys = {"aws:tagkeys": None, **request["context"]}
    return iam.EvalContext(
        principal_arn=request["principal"], principal_type=request["type"], principal_account=request["account"],
        action=request["action"], resource_arn=request["resource"], region=request["region"], service_context=keys,
    )


def allows(request, roles, policies, guard):
    """The decision on a request under these policies, as MiniStack takes it."""
    ctx = context(request)
    if request["kind"] == "trust":
        role, principal = request["who"].split(" ")
        trust = [{**each, "Resource": "*"} for each in roles[role]["trust"]["Statement"]]
        return iam.evaluate_resource_policy({"Statement": trust}, ctx, service=principal).decision == "Allow"
    if request["kind"] == "service":
        return iam.evaluate_resource_policy(policies.get(guard), ctx, service=request["who"]).decision == "Allow"
    parsed = [iam.parse_policy_document(each) for each in roles[request["who"]]["policies"].values()]
    result = iam.evaluate(ctx, parsed)
    if guard is not None:
        result = iam.combine_resource_policy(
            result, ctx, policies[guard], request["account"], required=request["service"] == "kms"
        )
    return result.decision == "Allow"


def without(document, at, action, resource):
    """A policy without one action on one resource of one statement; everything else of it stays."""
    rest = copy.deepcopy(document)
    statement = rest["Statement"].pop(at)
    actions, resources = as_list(statement["Action"]), as_list(statement.get("Resource", "*"))
    others = [each for each in actions if each != action]
    elsewhere = [each for each in resources if each != resource]
    if others:
        rest["Statement"].append({**statement, "Action": others})
    if elsewhere:
        rest["Statement"].append({**statement, "Action": [action], "Resource": elsewhere})
    return rest


def find_documents(kept):
    """Every policy that the template gives: where (logical id), its document as deployed, how to lay another over it."""
    for logical, resource in sorted(kept.template.items()):
        kind = resource["Type"]
        if kind not in POLICIES or logical not in kept.resources:
            continue
        physical = kept.resources[logical]["id"]
        if kind == "AWS::IAM::Role":
            yield logical, ("trust", physical, None), kept.roles[physical]["trust"]
        elif kind == "AWS::IAM::Policy":
            name = resource["Properties"]["PolicyName"]
            for role, each in kept.roles.items():
                if name in each["policies"]:
                    yield logical, ("role", role, name), each["policies"][name]
        else:
            for arn in guarded(kept, resource, physical):
                yield logical, ("resource", arn, None), kept.policies[arn]


def guarded(kept, resource, physical):
    """ARNs of what a queue's, topic's, bucket's, key's or function's policy of the template guards."""
    properties, kind = resource["Properties"], resource["Type"]
    if kind == "AWS::KMS::Key":
        return [arn for arn in kept.policies if arn.endswith(f":key/{physical}")]
    if kind == "AWS::Lambda::Permission":
        return [arn for arn, policy in kept.policies.items()
                if any(each.get("Sid") == physical for each in policy["Statement"])]
    named = properties.get("Queues") or properties.get("Topics") or [properties.get("Bucket")]
    ids = [kept.resources[each["Ref"]]["id"] for each in named]
    return [arn for arn in kept.policies for each in ids
            if arn == each or arn.split(":")[-1] == each.split("/")[-1].split(":")[-1]]


def grants_of(kept):
    for logical, place, document in find_documents(kept):
        only = kept.resources[logical]["id"] if kept.template[logical]["Type"] == "AWS::Lambda::Permission" else None
        for at, statement in enumerate(document["Statement"]):
            if statement["Effect"] != "Allow" or (only and statement.get("Sid") != only):
                continue
            for action in as_list(statement["Action"]):
                for index, resource in enumerate(as_list(statement.get("Resource", "*"))):
                    key = f"{logical}/{'' if only else at}/{action}/{index}"
                    yield key, logical, place, document, at, statement, action, resource


def needed_by(kept, answered, place, changed):
    """The first request that is allowed as things are and refused under a changed policy."""
    kind, name, policy = place
    roles, policies = kept.roles, kept.policies
    if kind == "trust":
        roles = {**roles, name: {**roles[name], "trust": changed}}
    elif kind == "role":
        roles = {**roles, name: {**roles[name], "policies": {**roles[name]["policies"], policy: changed}}}
    else:
        policies = {**policies, name: changed}
    for request, guard in answered:
        touched = guard == name if kind == "resource" else request["who"].split(" ")[0] == name
        if touched and not allows(request, roles, policies, guard):
            return f"{request['who']}: {request['action']} on {request['resource']}"
    return None


def main():
    kept = Kept(sys.argv[1], sys.argv[2])
    asked = [(request, kept.policy_of(request["resource"])) for request in kept.requests if request["allowed"]]
    known = [(request, guard) for request, guard in asked
             if request["kind"] == "service" or request["who"].split(" ")[0] in kept.roles]
    # Asked of a policy that was changed since, or of a resource that is gone, a question proves nothing.
    answered = [(request, guard) for request, guard in known if allows(request, kept.roles, kept.policies, guard)]
    grants = []
    for key, logical, place, document, at, statement, action, resource in grants_of(kept):
        needed = needed_by(kept, answered, place, without(document, at, action, resource))
        grants.append({
            "key": key, "where": logical, "statement": statement.get("Sid"), "principal": statement.get("Principal"),
            "action": action, "resource": resource, "needed": needed,
        })
    denied = [{"who": each["who"], "action": each["action"], "resource": each["resource"]}
              for each in kept.requests if not each["allowed"]]
    print(json.dumps({"grants": grants, "denied": denied, "asked": len(answered), "outdated": len(asked) - len(answered)}))


if __name__ == "__main__":
    main()
