import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import {
  CfnConfigurationSet,
  CfnConfigurationSetEventDestination,
  CfnEmailIdentity,
} from 'aws-cdk-lib/aws-ses';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment as deliverEnvironment } from '../functions/deliver/env.ts';
import { environment as observeLettersEnvironment } from '../functions/observe-letters/env.ts';
import { environment as runErrandsEnvironment } from '../functions/run-errands/env.ts';
import { acceptPlainHttp, allowKeyThrough, type DeskContext, DeskFunction } from './desk-function.ts';
import type { DisclosureLifecycle } from './disclosure-lifecycle.ts';
import type { DisclosureTable } from './disclosure-table.ts';
import type { LinkKeys } from './link-keys.ts';
import { deadLetterQueue, type MailIntake, queueDefaults } from './mail-intake.ts';
import type { OutsideSystems } from './outside-systems.ts';

export interface DeliveryProps extends DeskContext {
  readonly table: DisclosureTable;
  readonly intake: MailIntake;
  readonly linkKeys: LinkKeys;
  readonly outside: OutsideSystems;
  readonly lifecycle: DisclosureLifecycle;
  readonly linkBase: string;
}

/** What SES tells us of a letter (facts: bounces and complaints come by the configuration set). */
const letterEvents = ['send', 'delivery', 'bounce', 'complaint'];

/** How long a batch of what SES told may take. */
const observeSeconds = 60;

/**
 * SES tells of each letter two or three times within seconds, and what one act sets off sends letters for some seconds
 * more: gathered for a minute they cost one invocation, and the letters of one event one write. A lost outcome is
 * judged after 15 minutes, so that a minute is early enough. On one machine nobody waits for a minute.
 */
const gatherSeconds = { aws: 60, local: 2 };

/** The configuration set's name, which the functions' settings hold too. */
export const configurationSetName = (stackName: string): string => `${stackName}-letters`;

/** What was decided goes out: letters by SES, signals to the lifecycle, errands to GitHub and Discourse. */
export class Delivery extends Construct {
  readonly deliver: DeskFunction;
  readonly runErrands: DeskFunction;
  readonly observeLetters: DeskFunction;
  readonly lettersTopic: Topic;
  readonly lettersQueue: Queue;
  readonly identity: CfnEmailIdentity;
  readonly configurationSet: CfnConfigurationSet;
  readonly deadLetters: Readonly<Record<'deliveries' | 'errands' | 'letterEvents', Queue>>;

  constructor(scope: Construct, props: DeliveryProps) {
    super(scope, 'Delivery');
    this.deadLetters = {
      deliveries: deadLetterQueue(this, 'DeliveryDeadLetters', props),
      errands: deadLetterQueue(this, 'ErrandDeadLetters', props),
      letterEvents: deadLetterQueue(this, 'LetterEventDeadLetters', props),
    };
    this.configurationSet = new CfnConfigurationSet(this, 'Letters', {
      name: configurationSetName(Stack.of(this).stackName),
      deliveryOptions: { tlsPolicy: 'OPTIONAL' },
      reputationOptions: { reputationMetricsEnabled: true },
      // A public inbox draws bounces; the desk keeps its own list of who bounced.
      suppressionOptions: { suppressedReasons: ['COMPLAINT'] },
    });
    this.identity = this.makeIdentity(props);
    this.deliver = this.makeDeliver(props);
    this.runErrands = this.makeErrands(props);
    this.lettersTopic = new Topic(this, 'LetterEvents', {
      masterKey: props.key,
      enforceSSL: props.deployment.local === undefined,
    });
    this.lettersQueue = this.gather(props);
    this.observeLetters = this.makeObserver(props);
    if (props.deployment.local === undefined) this.publishEvents();
  }

  /** Has waiting letters, signals and errands taken up again. */
  allowRedelivery(to: DeskFunction): void {
    const functions = [this.deliver.function, this.runErrands.function];
    to.allow({
      actions: ['lambda:InvokeFunction'],
      resources: functions.map((each) => each.functionArn),
      variables: {
        DELIVER_FUNCTION_NAME: this.deliver.function.functionName,
        RUN_ERRANDS_FUNCTION_NAME: this.runErrands.function.functionName,
      },
    });
  }

  private makeIdentity({ deployment }: DeskContext): CfnEmailIdentity {
    const { securityAddress, mailFrom } = deployment.config.mail;
    const domain = securityAddress.split('@')[1] ?? '';
    return new CfnEmailIdentity(this, 'Identity', {
      emailIdentity: domain,
      dkimAttributes: { signingEnabled: true },
      dkimSigningAttributes: { nextSigningKeyLength: 'RSA_2048_BIT' },
      // Should its MX vanish, mail still goes out under SES's own envelope domain.
      mailFromAttributes: {
        mailFromDomain: `${mailFrom}.${domain}`,
        behaviorOnMxFailure: 'USE_DEFAULT_VALUE',
      },
      // Bounces come as events; by mail they would come into the desk's own inbox.
      feedbackAttributes: { emailForwardingEnabled: false },
    });
  }

  private makeDeliver(props: DeliveryProps): DeskFunction {
    const deliver = new DeskFunction(this, {
      ...props,
      name: 'deliver',
      description: 'Sends the letters and signals of each commit',
      environment: deliverEnvironment,
      memoryMb: 1024,
      timeoutSeconds: 60,
    });
    deliver.tell('LINK_BASE', props.linkBase);
    props.table.allowCommits(deliver, 'Query', 'UpdateItem', 'list');
    props.linkKeys.allowSigning(deliver);
    props.intake.allowArchive(deliver, { read: ['text', 'mail', 'in'] });
    props.lifecycle.allowDriving(deliver);
    this.allowSending(deliver, props);
    this.follow(deliver, 'deliver', this.deadLetters.deliveries, props);
    return deliver;
  }

  /**
   * From the one address, by our configuration set. By any identity of the account: in the sandbox SES asks for the
   * right to send on the recipient's identity too, and refuses the letter without it. The sender is what narrows. The
   * emulator knows neither when it looks at a grant.
   */
  private allowSending(to: DeskFunction, { deployment }: DeskContext): void {
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'ses', resource, resourceName });
    const exact = {
      resources: [arn('identity', '*'), arn('configuration-set', this.configurationSet.ref)],
      conditions: { StringEquals: { 'ses:FromAddress': deployment.config.mail.securityAddress } },
      wildcard: 'In the sandbox SES asks for the identity of each recipient; the one sender is a condition.',
    };
    const any = { resources: ['*'], wildcard: "The emulator's SES judges a sending on no resource." };
    to.allow({
      actions: ['ses:SendRawEmail'],
      ...(deployment.local ? any : exact),
      variables: { CONFIGURATION_SET: this.configurationSet.ref },
    });
  }

  private makeErrands(props: DeliveryProps): DeskFunction {
    const errands = new DeskFunction(this, {
      ...props,
      name: 'run-errands',
      description: 'Does at GitHub and Discourse what a commit asks for',
      environment: runErrandsEnvironment,
      timeoutSeconds: 120,
    });
    errands.tell('LINK_BASE', props.linkBase);
    props.table.allowCommits(errands, 'UpdateItem', 'list');
    props.outside.allowGithub(errands);
    props.outside.allowDiscourse(errands);
    this.follow(errands, 'errands', this.deadLetters.errands, props);
    return errands;
  }

  /**
   * New items that have the attribute, and nothing else, wake the function. A poisoned one is set aside after ten
   * tries (about ten minutes with the batch split in two each time), so that those behind it go on.
   */
  private follow(follower: DeskFunction, attribute: string, deadLetters: Queue, props: DeliveryProps): void {
    const eventSourceArn = props.table.allowStream(follower);
    const pattern: Record<string, object> = {
      eventName: ['INSERT'],
      dynamodb: { NewImage: { [attribute]: { S: [{ exists: true }] } } },
    };
    follower.allow({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] });
    allowKeyThrough(follower, 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey'], props);
    new EventSourceMapping(follower, 'Changes', {
      target: follower.function,
      eventSourceArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10,
      bisectBatchOnError: true,
      retryAttempts: 10,
      maxRecordAge: Duration.hours(23),
      reportBatchItemFailures: true,
      filters: [FilterCriteria.filter(pattern)],
      // The library's own binding would add wildcards of the key's actions.
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    }).node.addDependency(follower.role);
  }

  private makeObserver(props: DeliveryProps): DeskFunction {
    const observer = new DeskFunction(this, {
      ...props,
      name: 'observe-letters',
      description: 'Records what became of each letter',
      environment: observeLettersEnvironment,
      timeoutSeconds: observeSeconds,
    });
    props.table.allowCommits(observer, 'UpdateItem', 'list');
    const queue = this.lettersQueue;
    observer.allow({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [queue.queueArn],
    });
    allowKeyThrough(observer, 'sqs', ['kms:Decrypt'], props);
    const { aws, local } = gatherSeconds;
    new EventSourceMapping(observer, 'Told', {
      target: observer.function,
      eventSourceArn: queue.queueArn,
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(props.deployment.local ? local : aws),
      // The least that Lambda allows: more would take the same minute's events apart.
      maxConcurrency: 2,
      reportBatchItemFailures: true,
    }).node.addDependency(observer.role);
    return observer;
  }

  /** The queue in which SES's events gather. By hand, as the intake's: see there. */
  private gather(props: DeliveryProps): Queue {
    const deadLetters = this.deadLetters.letterEvents;
    const queue = new Queue(this, 'LetterEventQueue', {
      ...queueDefaults(props),
      visibilityTimeout: Duration.seconds(6 * observeSeconds + gatherSeconds.aws),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    acceptPlainHttp(props, queue, 'AwsSolutions-SQS4');
    for (const each of [queue, deadLetters])
      each.addToResourcePolicy(
        new PolicyStatement({
          sid: 'EventsOfTheTopic',
          principals: [new ServicePrincipal('sns.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [each.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': this.lettersTopic.topicArn } },
        }),
      );
    new CfnSubscription(this, 'Subscription', {
      topicArn: this.lettersTopic.topicArn,
      protocol: 'sqs',
      endpoint: queue.queueArn,
      redrivePolicy: { deadLetterTargetArn: deadLetters.queueArn },
    });
    return queue;
  }

  private publishEvents(): void {
    const { account } = Stack.of(this);
    const configurationSetArn = Stack.of(this).formatArn({
      service: 'ses',
      resource: 'configuration-set',
      resourceName: configurationSetName(Stack.of(this).stackName),
    });
    this.lettersTopic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EventsFromSes',
        principals: [new ServicePrincipal('ses.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.lettersTopic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnEquals: { 'aws:SourceArn': configurationSetArn },
        },
      }),
    );
    new CfnConfigurationSetEventDestination(this, 'Events', {
      configurationSetName: this.configurationSet.ref,
      eventDestination: {
        name: 'desk',
        enabled: true,
        matchingEventTypes: letterEvents,
        snsDestination: { topicArn: this.lettersTopic.topicArn },
      },
    }).node.addDependency(this.lettersTopic);
  }
}
