import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment as releaseDeadlineEnvironment } from '../functions/release-deadline/env.ts';
import { environment as scheduleReleaseEnvironment } from '../functions/schedule-release/env.ts';
import { type DeskContext, DeskFunction, throughService } from './desk-function.ts';
import type { DisclosureTable } from './disclosure-table.ts';
import { deadLetterQueue } from './mail-intake.ts';

export interface ReleaseClockProps extends DeskContext {
  readonly table: DisclosureTable;
}

export interface Recurrence {
  /** `rate(15 minutes)` or `cron(…)`, in the zone. */
  readonly expression: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly zone?: string;
  readonly description: string;
}

/**
 * EventBridge schedules of the desk: recurring ones from the template, and the release window's one-time ones, which
 * `schedule-release` makes in the same group under names that begin with the disclosure's reference.
 */
export class ReleaseClock extends Construct {
  readonly group: string;
  readonly scheduleRelease: DeskFunction;
  readonly releaseDeadline: DeskFunction;
  /** What a schedule could not deliver to its function after a day of trying. */
  readonly deadLetters: Queue;
  private readonly groupResource: CfnScheduleGroup;
  private readonly context: DeskContext;

  constructor(scope: Construct, props: ReleaseClockProps) {
    super(scope, 'ReleaseClock');
    this.context = props;
    this.group = Stack.of(this).stackName;
    this.groupResource = new CfnScheduleGroup(this, 'Group', { name: this.group });
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', props);

    this.releaseDeadline = new DeskFunction(this, {
      ...props,
      name: 'release-deadline',
      description: 'Tells who must act when an instant of the release window has come',
      environment: releaseDeadlineEnvironment,
    });
    props.table.allowCommits(this.releaseDeadline, 'list');

    this.scheduleRelease = new DeskFunction(this, {
      ...props,
      name: 'schedule-release',
      description: 'Makes the one-time schedules of a release window',
      environment: scheduleReleaseEnvironment,
    });
    props.table.allowCommits(this.scheduleRelease);
    this.allowScheduling(this.scheduleRelease, this.releaseDeadline);
  }

  /** A recurring schedule with a role that may do nothing but invoke its function. */
  every(target: DeskFunction, id: string, { expression, input, zone, description }: Recurrence): void {
    const invoker = this.invoker(target);
    const schedule = new CfnSchedule(target, id, {
      name: `${target.name}-${id.toLowerCase()}`,
      groupName: this.group,
      description,
      scheduleExpression: expression,
      scheduleExpressionTimezone: zone ?? 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.function.functionArn,
        roleArn: invoker.roleArn,
        input: JSON.stringify(input ?? {}),
        deadLetterConfig: { arn: this.deadLetters.queueArn },
        // A sweep that comes an hour late has been made up by the next ones.
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
      },
    });
    schedule.addResourceDependency(this.groupResource);
    // A schedule that fires before its role may do anything is a dead letter.
    schedule.node.addDependency(invoker);
  }

  /** The role under which the scheduler invokes one function; shared by all schedules of that function. */
  private invoker(target: DeskFunction): Role {
    const existing = target.node.tryFindChild('Invoker');
    if (existing instanceof Role) return existing;
    const groupArn = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: this.group,
    });
    const role = new Role(target, 'Invoker', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account, 'aws:SourceArn': groupArn },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.function.functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [this.context.key.keyArn],
        conditions: throughService(this, 'sqs'),
      }),
    );
    return role;
  }

  private allowScheduling(to: DeskFunction, target: DeskFunction): void {
    const invoker = this.invoker(target);
    const { prefix } = this.context.deployment.config;
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      // The emulator's IAM takes every schedule for one of the default group.
      resourceName: `${this.context.deployment.local ? 'default' : this.group}/${prefix}-*`,
    });
    to.allow({
      actions: ['scheduler:CreateSchedule'],
      resources: [schedules],
      wildcard:
        'One-time schedules are named after disclosures that do not exist yet; the recurring ones lie outside the pattern.',
      variables: {
        SCHEDULE_GROUP: this.group,
        RELEASE_DEADLINE_ARN: target.function.functionArn,
        SCHEDULE_DLQ_ARN: this.deadLetters.queueArn,
      },
    });
    to.allow({
      actions: ['iam:PassRole'],
      resources: [invoker.roleArn],
      variables: { SCHEDULE_ROLE_ARN: invoker.roleArn },
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    });
  }
}
