import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  AlarmStatusWidget,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type MetricName, metrics } from '../functions/contracts/metrics.ts';
import type { Delivery } from './delivery.ts';
import { type DeskContext, type DeskFunction, metricsNamespace } from './desk-function.ts';
import type { DisclosureLifecycle } from './disclosure-lifecycle.ts';
import type { MailIntake } from './mail-intake.ts';
import type { Reminders } from './reminders.ts';
import type { SignedPages } from './signed-pages.ts';

export interface MonitoringProps extends DeskContext {
  readonly functions: readonly DeskFunction[];
  readonly deadLetters: Readonly<Record<string, Queue>>;
  readonly intake: MailIntake;
  readonly lifecycle: DisclosureLifecycle;
  readonly delivery: Delivery;
  readonly reminders: Reminders;
  readonly pages: SignedPages;
}

interface Watch {
  /** The alarm's name behind the stack's. */
  readonly name: string;
  /** Its section in docs/runbook.md, where that is not its name. */
  readonly section?: string;
  readonly metric: IMetric;
  /** Why it is an alarm, and where the number comes from. */
  readonly why: string;
  readonly threshold?: number;
  readonly periods?: number;
  readonly comparison?: ComparisonOperator;
  /** What silence means; nothing to report is good news unless said otherwise. */
  readonly silence?: TreatMissingData;
}

const five = Duration.minutes(5);
const quarter = Duration.minutes(15);

/** What lines of the functions' logs are counted, by the metric they are counted in. */
const logPatterns = {
  /** The report of each run that Lambda writes: it ended with an error, in time-out, or the runtime died. */
  FunctionFailed: FilterPattern.all(
    FilterPattern.stringValue('$.type', '=', 'platform.report'),
    FilterPattern.any(
      ...['error', 'failure', 'timeout'].map((status) =>
        FilterPattern.stringValue('$.record.status', '=', status),
      ),
    ),
  ),
  /** KMS publishes no metric of denials: a function's own log has one of these words for it. */
  KeyDenied: FilterPattern.anyTerm(
    'KMSAccessDenied',
    'KMS.AccessDenied',
    'kms:Decrypt',
    'kms:GenerateDataKey',
  ),
};

/** Alarms to the administrators, past the desk's own mail; one dashboard. */
export class Monitoring extends Construct {
  readonly topic: Topic;
  readonly alarms: readonly Alarm[];
  private readonly service: string;

  constructor(scope: Construct, props: MonitoringProps) {
    super(scope, 'Monitoring');
    this.service = Stack.of(this).stackName;
    this.topic = this.makeTopic(props);
    this.watchLogs(props);
    const action = new SnsAction(this.topic);
    this.alarms = [
      ...this.mailWatches(props),
      ...this.deadLetterWatches(props),
      ...this.functionWatches(props),
      ...this.lifecycleWatches(props),
    ].map((watch) => {
      const alarm = new Alarm(this, watch.name, this.alarmProps(watch));
      alarm.addAlarmAction(action);
      return alarm;
    });
    this.draw(props);
  }

  private alarmProps({
    name,
    section,
    why,
    metric,
    threshold = 1,
    periods = 1,
    comparison,
    silence,
  }: Watch): AlarmProps {
    return {
      alarmName: `${this.service}-${name}`,
      alarmDescription: `${why} docs/runbook.md, section ${section ?? name}.`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: silence ?? TreatMissingData.NOT_BREACHING,
    };
  }

  private makeTopic({ key, deployment }: DeskContext): Topic {
    const topic = new Topic(this, 'Administrators', {
      masterKey: key,
      enforceSSL: deployment.local === undefined,
    });
    for (const address of deployment.config.administrators)
      topic.addSubscription(new EmailSubscription(address));
    const { account } = Stack.of(this);
    const alarms = Stack.of(this).formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: `${this.service}-*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': alarms },
        },
      }),
    );
    return topic;
  }

  /** A metric that our functions write. */
  private own(name: MetricName, statistic: 'sum' | 'max' = 'sum', period = five): Metric {
    return new Metric({
      namespace: metricsNamespace,
      metricName: name,
      dimensionsMap: { service: this.service },
      statistic,
      period,
    });
  }

  private mailWatches({ intake }: MonitoringProps): Watch[] {
    return [
      {
        name: 'mail-waits',
        metric: this.own('InboxOldestMinutes', 'max', quarter),
        threshold: 30,
        why: 'A mail has lain in in/ for half an hour: two sweeps of reconcile could not take it in.',
      },
      {
        name: 'notices-failed',
        metric: intake.topic.metricNumberOfNotificationsFailed({ period: five }),
        why: 'The notice of a mail reached neither its queue nor anybody: queue or key refuses the topic. One is enough; the mail lies in in/ and reconcile finds it.',
      },
      {
        name: 'mail-unparsed',
        metric: this.own('MailUnparsed'),
        why: 'A mail failed three times and became an intake without its body: someone has to read the raw mail.',
      },
      {
        name: 'caps-reached',
        metric: this.own('CapReached', 'sum', Duration.hours(1)),
        why: 'Acknowledgements were held back by a cap: a flood, or a loop, or a limit that is too low. One is one reporter unanswered.',
      },
      {
        name: 'letters-failed',
        metric: this.own('LetterFailed'),
        why: 'A letter could not be sent, bounced, or its outcome is unknown: someone was not told. One is enough.',
      },
      {
        name: 'window-overrun',
        metric: this.own('TwoHourOverrun'),
        why: 'OEP-60 R17: two hours after the fix became public, advisory or reply is still missing.',
      },
    ];
  }

  private deadLetterWatches({ deadLetters }: MonitoringProps): Watch[] {
    return Object.entries(deadLetters).map(([name, queue]) => ({
      name: `dead-letters-${name}`,
      section: 'dead-letters',
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: five, statistic: 'max' }),
      why: `Something could not be handled after all its retries and lies in a queue for four days (${name}).`,
    }));
  }

  private functionWatches({ reminders }: MonitoringProps): Watch[] {
    return [
      {
        name: 'function-failed',
        metric: this.inLogs('FunctionFailed', quarter),
        // A single failure is retried by queue, stream or schedule; three within 15 minutes are not chance.
        threshold: 3,
        why: 'Functions of the desk failed three times within 15 minutes; the dashboard shows which.',
      },
      {
        name: 'throttled',
        // Without a dimension: the account's functions share one pool of concurrency.
        metric: new Metric({
          namespace: 'AWS/Lambda',
          metricName: 'Throttles',
          statistic: 'sum',
          period: five,
        }),
        threshold: 10,
        periods: 3,
        why: 'Functions of the account were refused ten times or more in each of three five-minute spans: its concurrency is used up.',
      },
      ...[reminders.remindMaintainers, reminders.reconcile].map((sweeper) => ({
        name: `sweep-missed-${sweeper.name}`,
        section: 'sweep-missed',
        metric: sweeper.function.metricInvocations({ period: quarter }),
        // Two sweeps in a row: a single late one is made up by the next.
        periods: 2,
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        silence: TreatMissingData.BREACHING,
        why: `${sweeper.name} runs every 15 minutes and has not run for 30.`,
      })),
    ];
  }

  private lifecycleWatches({ lifecycle }: MonitoringProps): Watch[] {
    const { stateMachine } = lifecycle;
    return [
      {
        name: 'executions-failed',
        metric: stateMachine.metricFailed({ period: five }),
        why: 'An execution failed: no definition of ours does by itself. reconcile replaces it; its cause stays.',
      },
      {
        name: 'executions-timed-out',
        section: 'executions-failed',
        metric: stateMachine.metricTimedOut({ period: five }),
        why: 'An execution reached its year, which its 60-day renewals ought to prevent.',
      },
      {
        name: 'key-denied',
        metric: this.inLogs('KeyDenied', five),
        why: 'A function was denied the use of the key: whatever it should have read or written is stuck.',
      },
    ];
  }

  /** A metric that filters of the functions' logs write, all into one: it costs nothing while they find nothing. */
  private inLogs(name: keyof typeof logPatterns, period: Duration): Metric {
    return new Metric({
      namespace: metricsNamespace,
      metricName: `${this.service}${name}`,
      statistic: 'sum',
      period,
    });
  }

  /** An alarm on each function's own metric would cost as much as all others together (docs/adr/0024). */
  private watchLogs({ functions }: MonitoringProps): void {
    for (const each of functions)
      for (const [name, filterPattern] of Object.entries(logPatterns))
        new MetricFilter(each, name, {
          logGroup: each.function.logGroup,
          metricName: `${this.service}${name}`,
          metricNamespace: metricsNamespace,
          metricValue: '1',
          filterPattern,
        });
  }

  private draw({ functions, pages, lifecycle, intake, delivery }: MonitoringProps): void {
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 8, height: 6 });
    new Dashboard(this, 'Dashboard', {
      dashboardName: this.service,
      defaultInterval: Duration.days(7),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...this.alarms], width: 24, height: 6 })],
        [
          graph('Mail taken in', [
            intake.queue.metricNumberOfMessagesReceived(),
            intake.queue.metricApproximateAgeOfOldestMessage(),
            this.own('InboxOldestMinutes', 'max', quarter),
          ]),
          graph('Letters', [
            delivery.deliver.function.metricInvocations(),
            this.own('LetterFailed'),
            this.own('CapReached'),
          ]),
          graph('Lifecycle', [
            lifecycle.stateMachine.metricStarted(),
            lifecycle.stateMachine.metricSucceeded(),
            lifecycle.stateMachine.metricFailed(),
          ]),
        ],
        [
          graph(
            'Failures by function',
            functions.map((each) => each.function.metricErrors()),
          ),
          graph('Pages, milliseconds', [
            pages.openDesk.function.metricDuration({ statistic: 'p50' }),
            pages.openDesk.function.metricDuration({ statistic: 'p95' }),
            pages.changeDesk.function.metricDuration({ statistic: 'p95' }),
          ]),
          graph(
            'What the functions count',
            metrics.map((name) => this.own(name)),
          ),
        ],
      ],
    });
  }
}
