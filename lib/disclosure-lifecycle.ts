import { resolve } from 'node:path';
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { environment as closeDisclosureEnvironment } from '../functions/close-disclosure/env.ts';
import { environment as handOffAdvisoryEnvironment } from '../functions/hand-off-advisory/env.ts';
import { environment as holdTokenEnvironment } from '../functions/hold-token/env.ts';
import { environment as notifyMaintainersEnvironment } from '../functions/notify-maintainers/env.ts';
import { environment as openAdvisoriesEnvironment } from '../functions/open-advisories/env.ts';
import { environment as renewExecutionEnvironment } from '../functions/renew-execution/env.ts';
import { type DeskContext, DeskFunction, type EnvironmentSchema, pascal } from './desk-function.ts';
import type { DisclosureTable } from './disclosure-table.ts';
import type { FunctionName } from './functions.ts';
import type { LinkKeys } from './link-keys.ts';
import type { MailIntake } from './mail-intake.ts';
import type { OutsideSystems } from './outside-systems.ts';

export interface DisclosureLifecycleProps extends DeskContext {
  readonly table: DisclosureTable;
  readonly intake: MailIntake;
  readonly linkKeys: LinkKeys;
  readonly outside: OutsideSystems;
  /** Made by the release clock, driven by the lifecycle. */
  readonly scheduleRelease: DeskFunction;
  /** The lifecycle in Amazon States Language; `statemachines/disclosure.asl.json` by default. */
  readonly definitionFile?: string | undefined;
}

/** Longer than GitHub's slowest answers with their retries; still a fraction of Lambda's 15 minutes. */
const githubSeconds = 120;

/**
 * One Standard execution moves one disclosure. The table is the record, the execution is disposable: it runs the
 * definition it started with, and `reconcile` replaces it at the stored stage.
 */
export class DisclosureLifecycle extends Construct {
  readonly stateMachine: StateMachine;
  readonly functions: readonly DeskFunction[];
  /** Written out, not taken from the resource: its functions are made before it and some of them need it. */
  private readonly arn: string;
  private readonly executions: string;
  private readonly local: boolean;

  constructor(scope: Construct, props: DisclosureLifecycleProps) {
    super(scope, 'DisclosureLifecycle');
    this.local = props.deployment.local !== undefined;
    const { stackName, partition, region, account } = Stack.of(this);
    const name = `${stackName}-lifecycle`;
    this.arn = `arn:${partition}:states:${region}:${account}:stateMachine:${name}`;
    this.executions = `arn:${partition}:states:${region}:${account}:execution:${name}`;
    this.functions = [...this.workers(props), props.scheduleRelease];

    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnEquals: { 'aws:SourceArn': this.arn },
        },
      }),
    });
    // A definition from a file grants nothing by itself.
    const invoke = this.functions.map((each) => each.function.functionArn);
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: invoke }));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Step Functions asks for its log delivery actions on all resources; AWS offers no narrower form.',
    });

    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: name,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromFile(
        props.definitionFile ?? resolve(import.meta.dirname, '../statemachines/disclosure.asl.json'),
      ),
      definitionSubstitutions: Object.fromEntries(
        this.functions.map((each) => [`${pascal(each.name)}FunctionArn`, each.function.functionArn]),
      ),
      role,
      logs: {
        destination: new LogGroup(this, 'Log', {
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: props.deployment.config.logRetentionDays,
          encryptionKey: props.key,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      // Open executions end by themselves or are replaced; a destroyed stack's cannot go on without its functions.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.stateMachine).acknowledge({
      id: 'AwsSolutions-SF2',
      reason:
        'One correlation id in every log line leads from mail to advisory; X-Ray would need rights on all resources.',
    });
  }

  /** Starts executions, and answers those that wait. */
  allowDriving(to: DeskFunction): void {
    to.allow({
      actions: ['states:StartExecution'],
      resources: [this.arn],
      variables: { STATE_MACHINE_ARN: this.arn },
    });
    this.allowAnswering(to);
  }

  /** Answers those that wait. */
  private allowAnswering(to: DeskFunction): void {
    to.allow({
      actions: ['states:SendTaskSuccess'],
      ...(this.local
        ? { resources: ['*'], wildcard: 'The emulator knows no state machine behind a task token.' }
        : { resources: [this.arn] }),
    });
  }

  /** Sees which executions run and how the others ended. */
  allowWatching(to: DeskFunction): void {
    to.allow({
      actions: ['states:ListExecutions'],
      resources: [this.arn],
      variables: { STATE_MACHINE_ARN: this.arn },
    });
    to.allow({
      actions: ['states:DescribeExecution'],
      resources: [`${this.executions}:disc-*`],
      wildcard: 'Executions are named after disclosures that do not exist yet.',
    });
  }

  /** The functions of the states, by the name law: state `OpenAdvisories`, folder `open-advisories`. */
  private workers(props: DisclosureLifecycleProps): readonly DeskFunction[] {
    const make = (
      name: FunctionName,
      description: string,
      environment: EnvironmentSchema,
      timeoutSeconds = 30,
    ) => {
      return new DeskFunction(this, { ...props, name, description, environment, timeoutSeconds });
    };
    const openAdvisories = make(
      'open-advisories',
      'Opens the draft advisory of each repository',
      openAdvisoriesEnvironment,
      githubSeconds,
    );
    props.outside.allowGithub(openAdvisories);
    props.intake.allowArchive(openAdvisories, { read: ['text'] });

    const handOff = make(
      'hand-off-advisory',
      'Asks a person to open an advisory that GitHub did not take',
      handOffAdvisoryEnvironment,
    );

    const notifyMaintainers = make(
      'notify-maintainers',
      'Finds who maintains each repository and tells them score and rating',
      notifyMaintainersEnvironment,
      githubSeconds,
    );
    props.outside.allowGithub(notifyMaintainers);
    props.linkKeys.allowPseudonyms(notifyMaintainers);

    const holdToken = make(
      'hold-token',
      'Keeps the token of a state that waits for people',
      holdTokenEnvironment,
    );
    const close = make('close-disclosure', 'Ends a published disclosure', closeDisclosureEnvironment);
    const renew = make(
      'renew-execution',
      'Hands a disclosure to its next execution',
      renewExecutionEnvironment,
    );
    // A fact may come before its token: the token is then answered at once.
    this.allowAnswering(holdToken);
    for (const teller of [openAdvisories, handOff, notifyMaintainers])
      props.table.allowCommits(teller, 'list');
    props.table.allowCommits(renew);
    props.table.allow(holdToken, ['GetItem', 'PutItem']);
    props.table.allow(close, ['Query']);
    return [openAdvisories, handOff, holdToken, notifyMaintainers, close, renew];
  }
}
