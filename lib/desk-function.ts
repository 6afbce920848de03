import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Bundles } from './bundling.ts';
import type { Deployment } from './config.ts';
import type { FunctionName } from './functions.ts';

/** What every construct of the desk is built from. */
export interface DeskContext {
  readonly deployment: Deployment;
  readonly bundles: Bundles;
  /** The stack's own customer-managed key: queues, topics, logs, and the record unless that has another. */
  readonly key: IKey;
  /** The key of table, bucket and secrets: the same one, or that of the stack that made them. */
  readonly recordKey: IKey;
}

/** Nobody listens between a local desk and its emulator: findings that ask for TLS are reasoned away there. */
export function acceptPlainHttp(
  { deployment }: DeskContext,
  construct: Construct,
  ...ids: readonly string[]
): void {
  if (deployment.local === undefined) return;
  const reason = "The emulator's endpoint is plain HTTP on this machine's loopback.";
  Validations.of(construct).acknowledge(...ids.map((id) => ({ id, reason })));
}

/** The schema of a function's environment (`functions/<name>/env.ts`), as far as the deployment needs it. */
export interface EnvironmentSchema {
  readonly shape: Readonly<Record<string, { readonly type: string }>>;
}

export interface DeskFunctionProps extends DeskContext {
  readonly name: FunctionName;
  readonly description: string;
  /** The function refuses to be deployed without each of its variables, or with one it does not know. */
  readonly environment: EnvironmentSchema;
  readonly memoryMb?: number;
  readonly timeoutSeconds?: number;
}

/** What a function may do, and the variables that tell it where: never one without the other. */
export interface Allowance {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Why a resource that has a wildcard cannot be named exactly. */
  readonly wildcard?: string;
}

/** Metrics of all desks of an account lie together; the service tells them apart. */
export const metricsNamespace = 'DisclosureDesk';

/**
 * Our defaults for a Lambda function: Node 24 on arm64, a role of its own that may only write its own log, a log
 * group that forgets, and the caller's environment merged with ours.
 */
export class DeskFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly name: FunctionName;
  private readonly told = new Set<string>();

  constructor(scope: Construct, props: DeskFunctionProps) {
    super(scope, pascal(props.name));
    this.name = props.name;
    const { config, local } = props.deployment;
    const functionName = `${Stack.of(this).stackName}-${props.name}`;

    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: config.logRetentionDays,
      encryptionKey: props.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });

    const reserved = config.concurrency.reserved[props.name];
    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      description: props.description,
      code: Code.fromAsset(props.bundles(props.name)),
      handler: 'handler.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb ?? 512,
      timeout: Duration.seconds(props.timeoutSeconds ?? 30),
      role: this.role,
      logGroup,
      // What Lambda itself says of each run is then a line that a filter can read (lib/monitoring.ts).
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.INFO,
      environment: {
        POWERTOOLS_SERVICE_NAME: Stack.of(this).stackName,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
      },
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
    });
    this.allow({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] });
    if (local?.clockOffsetFile !== undefined) this.tell('CLOCK_OFFSET_FILE', local.clockOffsetFile);
    this.node.addValidation({ validate: () => this.environmentProblems(props.environment) });
  }

  /** Grants and tells in one: the statement joins the role, the variables the environment. */
  allow(allowance: Allowance): this {
    this.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...allowance.actions],
        resources: [...allowance.resources],
        ...(allowance.conditions && { conditions: allowance.conditions }),
      }),
    );
    for (const [name, value] of Object.entries(allowance.variables ?? {})) this.tell(name, value);
    for (const resource of allowance.wildcard === undefined ? [] : allowance.resources) {
      const id = `AwsSolutions-IAM5[Resource::${asNagShows(this, resource)}]`;
      Validations.of(this.role).acknowledge({ id, reason: allowance.wildcard ?? '' });
    }
    return this;
  }

  /** A variable that needs no grant. */
  tell(name: string, value: string): this {
    this.function.addEnvironment(name, value);
    this.told.add(name);
    return this;
  }

  private environmentProblems({ shape }: EnvironmentSchema): string[] {
    const known = Object.keys(shape);
    const missing = known.filter((name) => shape[name]?.type !== 'optional' && !this.told.has(name));
    const stray = [...this.told].filter((name) => !known.includes(name));
    return [
      ...missing.map((name) => `functions/${this.name}/env.ts asks for ${name}, which nothing sets`),
      ...stray.map(
        (name) => `${name} is set for ${this.name}, but functions/${this.name}/env.ts does not know it`,
      ),
    ];
  }
}

/** The use of the key, only through one service: never on a ciphertext of the role's own. */
export function allowKeyThrough(
  to: DeskFunction,
  service: 'dynamodb' | 's3' | 'secretsmanager' | 'sqs',
  actions: readonly `kms:${string}`[],
  { key }: Pick<DeskContext, 'key'>,
): void {
  to.allow({ actions, resources: [key.keyArn], conditions: throughService(to, service) });
}

/** The condition that a key is used by an AWS service for whoever holds the grant. */
export const throughService = (scope: Construct, service: string) => ({
  StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` },
});

/** `open-advisories` → `OpenAdvisories`: the name of its state and of its substitution. */
export const pascal = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, _dash: string, letter: string) => letter.toUpperCase());

/** A resource as cdk-nag writes it: `<LogicalId.Arn>/in/*`. */
function asNagShows(scope: Construct, resource: string): string {
  const shown = (part: unknown): string => {
    if (typeof part !== 'object' || part === null) return String(part);
    const [[kind, value] = []] = Object.entries(part);
    if (kind === 'Ref') return `<${value}>`;
    if (kind === 'Fn::GetAtt') return `<${value.join('.')}>`;
    if (kind === 'Fn::Join') return value[1].map(shown).join(value[0]);
    throw new TypeError(`a resource is written with ${kind}, which asNagShows does not know`);
  };
  return shown(Stack.of(scope).resolve(resource));
}
