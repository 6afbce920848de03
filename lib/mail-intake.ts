import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  BucketPolicy,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '../functions/receive-mail/env.ts';
import { acceptPlainHttp, allowKeyThrough, type DeskContext, DeskFunction } from './desk-function.ts';
import type { DisclosureTable } from './disclosure-table.ts';
import type { LinkKeys } from './link-keys.ts';

/** Folders of the bucket. */
export type Folder = 'in' | 'mail' | 'text' | 'derived';

export interface ArchiveAccess {
  readonly read?: readonly Folder[];
  readonly write?: readonly Folder[];
  readonly remove?: readonly Folder[];
}

export interface MailIntakeProps extends DeskContext {
  readonly table: DisclosureTable;
  readonly linkKeys: LinkKeys;
}

/** How long one batch of mails may take: 40 MB mails, parsed in a worker with a time-out of its own. */
const receiveSeconds = 120;

/** What an SQS queue of the desk is like: encrypted, and silent after four days (mail headers pass through it). */
export const queueDefaults = ({ key, deployment }: DeskContext) => ({
  encryption: QueueEncryption.KMS,
  encryptionMasterKey: key,
  dataKeyReuse: Duration.hours(1),
  retentionPeriod: Duration.days(4),
  enforceSSL: deployment.local === undefined,
});

/** A queue for what could not be handled, which an alarm watches. */
export function deadLetterQueue(scope: Construct, id: string, context: DeskContext): Queue {
  const queue = new Queue(scope, id, queueDefaults(context));
  const reason = 'It is a dead-letter queue: of a queue, a stream, a subscription or a schedule.';
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason });
  acceptPlainHttp(context, queue, 'AwsSolutions-SQS4');
  return queue;
}

/** Raw mail, the notice of it, and the function that makes it an intake. */
export class MailIntake extends Construct {
  readonly bucket: IBucket | Bucket;
  readonly topic: Topic;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly receiveMail: DeskFunction;
  private readonly context: DeskContext;
  /** Of a bucket that exists; the library keeps that of one that it makes. */
  private policy: BucketPolicy | undefined;

  constructor(scope: Construct, props: MailIntakeProps) {
    super(scope, 'MailIntake');
    this.context = props;
    const { bucket } = props.deployment.config.existing;
    this.bucket = bucket === undefined ? this.makeBucket(props) : this.takeBucket(bucket, props);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', props);
    this.queue = new Queue(this, 'Queue', {
      ...queueDefaults(props),
      // AWS asks for six times the function's time-out, so that a slow batch is not handed out twice.
      visibilityTimeout: Duration.seconds(6 * receiveSeconds),
      // Three times, as an object that failed so often becomes an intake without a parsed body.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 3 },
    });
    acceptPlainHttp(props, this.queue, 'AwsSolutions-SQS4');
    this.topic = new Topic(this, 'Topic', {
      masterKey: props.key,
      enforceSSL: props.deployment.local === undefined,
    });
    this.subscribe();
    this.receiveMail = this.makeReceiver(props);
  }

  /** Access to folders of the bucket, with the bucket's name. */
  allowArchive(to: DeskFunction, access: ArchiveAccess): void {
    const { bucketArn, bucketName } = this.bucket;
    const folders = (actions: readonly string[], names: readonly Folder[] = []) => {
      if (names.length === 0) return;
      to.allow({
        actions,
        resources: names.map((name) => `${bucketArn}/${name}/*`),
        wildcard:
          'Keys of mails and texts are not known before they exist; a folder is what the function is for.',
      });
    };
    // Lists the inbox; and without it S3 answers 403 for a key that is not there (any more), which reads like a
    // missing grant.
    to.allow({ actions: ['s3:ListBucket'], resources: [bucketArn], variables: { BUCKET_NAME: bucketName } });
    folders(['s3:GetObject'], access.read);
    folders(['s3:PutObject'], access.write);
    folders(['s3:DeleteObject'], access.remove);
    const keyUse = ['kms:Decrypt', ...(access.write ? (['kms:GenerateDataKey'] as const) : [])] as const;
    if (access.read || access.write) allowKeyThrough(to, 's3', keyUse, { key: this.context.recordKey });
  }

  /** Has a mail parsed where the parser is: what a page shows of it. */
  allowShowing(to: DeskFunction): void {
    to.allow({
      actions: ['lambda:InvokeFunction'],
      resources: [this.receiveMail.function.functionArn],
      variables: { RECEIVE_MAIL_FUNCTION: this.receiveMail.function.functionName },
    });
  }

  /** May put a mail's notice into the queue again. */
  allowReplay(to: DeskFunction): void {
    to.allow({
      actions: ['sqs:SendMessage'],
      resources: [this.queue.queueArn],
      variables: { INTAKE_QUEUE_URL: this.queue.queueUrl },
    });
    allowKeyThrough(to, 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey'], this.context);
  }

  /** By hand: the library's subscription writes the topic into the key's policy, and the topic needs the key first. */
  private subscribe(): void {
    for (const queue of [this.queue, this.deadLetters]) {
      queue.addToResourcePolicy(
        new PolicyStatement({
          sid: 'NoticesOfTheTopic',
          principals: [new ServicePrincipal('sns.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': this.topic.topicArn } },
        }),
      );
    }
    new CfnSubscription(this, 'Subscription', {
      topicArn: this.topic.topicArn,
      protocol: 'sqs',
      endpoint: this.queue.queueArn,
      redrivePolicy: { deadLetterTargetArn: this.deadLetters.queueArn },
    });
  }

  /** A bucket outlives its stack without its policy: ours is put in that one's place. */
  private takeBucket(bucketName: string, { recordKey, deployment }: DeskContext): IBucket {
    const bucket = Bucket.fromBucketAttributes(this, 'Bucket', { bucketName, encryptionKey: recordKey });
    // On this machine there is neither TLS to ask for nor SES to let in.
    if (deployment.local !== undefined) return bucket;
    this.policy = new BucketPolicy(bucket, 'Policy', { bucket });
    this.policy.document.addStatements(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:*'],
        resources: [bucket.bucketArn, `${bucket.bucketArn}/*`],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
    return bucket;
  }

  private makeBucket(context: DeskContext): Bucket {
    const { recordKey: key, deployment } = context;
    const bucket = new Bucket(this, 'Bucket', {
      // Default encryption, never the SES action's own key: that is client-side and unreadable to a plain GetObject.
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: deployment.local === undefined,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { id: 'derived-is-gone-in-a-day', prefix: 'derived/', expiration: Duration.days(1) },
        {
          // As long as the table can be restored (policy A8).
          id: 'versions-outlive-as-long-as-backups',
          noncurrentVersionExpiration: Duration.days(35),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Server access logs would hold requester addresses and cannot use our key; the record says who was handed which mail.',
    });
    acceptPlainHttp(context, bucket, 'AwsSolutions-S10');
    return bucket;
  }

  private makeReceiver(props: MailIntakeProps): DeskFunction {
    const receiver = new DeskFunction(this, {
      ...props,
      name: 'receive-mail',
      description: 'Makes an intake of each mail: from its headers first, from its parsed body then',
      environment,
      memoryMb: 1536,
      timeoutSeconds: receiveSeconds,
    });
    props.table.allowCommits(receiver, 'UpdateItem', 'list');
    props.linkKeys.allowSigning(receiver);
    this.allowArchive(receiver, { read: ['in', 'mail'], write: ['mail', 'derived'], remove: ['in'] });
    receiver.allow({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [this.queue.queueArn],
    });
    allowKeyThrough(receiver, 'sqs', ['kms:Decrypt'], props);
    new EventSourceMapping(receiver, 'Mails', {
      target: receiver.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: 5,
      maxConcurrency: props.deployment.config.concurrency.intake,
      reportBatchItemFailures: true,
    }).node.addDependency(receiver.role);
    return receiver;
  }

  /** SES may put mail into the inbox and tell of it; added by inbound mail alone. */
  acceptFromSes(ruleArn: string): void {
    const { account } = Stack.of(this);
    const conditions = {
      StringEquals: { 'aws:SourceAccount': account },
      ArnEquals: { 'aws:SourceArn': ruleArn },
    };
    const ses = new ServicePrincipal('ses.amazonaws.com');
    const mail = new PolicyStatement({
      sid: 'MailFromSes',
      principals: [ses],
      actions: ['s3:PutObject'],
      resources: [`${this.bucket.bucketArn}/in/*`],
      conditions,
    });
    if (this.policy) this.policy.document.addStatements(mail);
    else this.bucket.addToResourcePolicy(mail);
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NoticeFromSes',
        principals: [ses],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions,
      }),
    );
  }
}
