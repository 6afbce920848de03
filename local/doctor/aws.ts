import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import {
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { paginateListSchedules, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  DescribeActiveReceiptRuleSetCommand,
  GetAccountSendingEnabledCommand,
  GetIdentityDkimAttributesCommand,
  GetIdentityMailFromDomainAttributesCommand,
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  type ReceiptRule,
  SESClient,
} from '@aws-sdk/client-ses';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import type { AwsTarget } from '#adapters/aws.ts';
import type { AwsView, IdentityView, ReceiptRuleView, RecordView } from './world.ts';

/** How AWS, or the emulator, is reached. */
export interface AwsPlace {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The place with the credentials of whoever looks: the SDK finds them in a profile, a session or the environment. */
export function targetOf(place: AwsPlace): AwsTarget {
  const { credentials } = new DynamoDBClient(place).config;
  return { ...place, credentials };
}

/** The administrator's look at AWS, with whatever credentials the shell has; it changes nothing. */
export function lookAtAws(place: AwsPlace): AwsView {
  const ses = new SESClient(place);
  const formation = new CloudFormationClient(place);
  return {
    stack: (name) => stackOf(formation, name),
    async sendingQuota() {
      const [quota, { Enabled }] = await Promise.all([
        ses.send(new GetSendQuotaCommand({})),
        ses.send(new GetAccountSendingEnabledCommand({})),
      ]);
      const { Max24HourSend: perDay = 0, MaxSendRate: perSecond = 0 } = quota;
      return { perDay, perSecond, enabled: Enabled ?? false };
    },
    identity: (domain) => identityOf(ses, domain),
    async activeRules() {
      const { Metadata, Rules = [] } = await ses.send(new DescribeActiveReceiptRuleSetCommand({}));
      return Metadata?.Name ? { name: Metadata.Name, rules: Rules.map(ruleOf) } : undefined;
    },
    async schedules(GroupName) {
      const found = [];
      const pages = paginateListSchedules({ client: new SchedulerClient(place) }, { GroupName });
      for await (const { Schedules = [] } of pages)
        found.push(
          ...Schedules.map(({ Name = '', State }) => ({ name: Name, enabled: State === 'ENABLED' })),
        );
      return found;
    },
    async subscriptions(TopicArn) {
      const found = [];
      const pages = paginateListSubscriptionsByTopic({ client: new SNSClient(place) }, { TopicArn });
      for await (const { Subscriptions = [] } of pages)
        found.push(
          ...Subscriptions.map(({ Protocol = '', Endpoint = '', SubscriptionArn = '' }) => ({
            protocol: Protocol,
            endpoint: Endpoint,
            confirmed: SubscriptionArn.startsWith('arn:'),
          })),
        );
      return found;
    },
    record: async (table, bucket) => ({
      table: await tableOf(new DynamoDBClient(place), table),
      bucket: await bucketOf(
        new S3Client({ ...place, forcePathStyle: place.endpoint !== undefined }),
        bucket,
      ),
    }),
    secret: (name) => secretOf(new SecretsManagerClient(place), name),
  };
}

async function stackOf(client: CloudFormationClient, StackName: string) {
  const described = await client
    .send(new DescribeStacksCommand({ StackName }))
    .catch((error: Error) => noStack(error));
  const stack = described?.Stacks?.[0];
  if (!stack || stack.StackStatus === 'DELETE_COMPLETE') return undefined;
  const [, , , region = '', account = ''] = stack.StackId?.split(':') ?? [];
  let alarmsTopic: string | undefined;
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
    alarmsTopic ??= StackResourceSummaries.find(
      ({ ResourceType, LogicalResourceId }) =>
        ResourceType === 'AWS::SNS::Topic' && LogicalResourceId?.startsWith('MonitoringAdministrators'),
    )?.PhysicalResourceId;
  const outputs = (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]);
  return {
    status: stack.StackStatus ?? 'UNKNOWN',
    account,
    region,
    outputs: Object.fromEntries(outputs) as Record<string, string>,
    alarmsTopic,
  };
}

/** CloudFormation has no error of its own for a stack that is not there. */
function noStack(error: Error): undefined {
  if (error.name === 'ValidationError' && /does not exist/.test(error.message)) return undefined;
  throw error;
}

async function identityOf(ses: SESClient, domain: string): Promise<IdentityView> {
  const Identities = [domain];
  const [verification, keys, from] = await Promise.all([
    ses.send(new GetIdentityVerificationAttributesCommand({ Identities })),
    ses.send(new GetIdentityDkimAttributesCommand({ Identities })),
    ses.send(new GetIdentityMailFromDomainAttributesCommand({ Identities })),
  ]);
  const dkim = keys.DkimAttributes?.[domain];
  const mailFrom = from.MailFromDomainAttributes?.[domain];
  return {
    verified: verification.VerificationAttributes?.[domain]?.VerificationStatus === 'Success',
    dkim: dkim?.DkimEnabled === true && dkim.DkimVerificationStatus === 'Success',
    dkimTokens: dkim?.DkimTokens ?? [],
    ...(mailFrom?.MailFromDomain && {
      mailFrom: { domain: mailFrom.MailFromDomain, ready: mailFrom.MailFromDomainStatus === 'Success' },
    }),
  };
}

const ruleOf = (rule: ReceiptRule): ReceiptRuleView => ({
  name: rule.Name ?? '',
  enabled: rule.Enabled === true,
  scans: rule.ScanEnabled === true,
  recipients: rule.Recipients ?? [],
  bucket: rule.Actions?.find(({ S3Action }) => S3Action)?.S3Action?.BucketName,
  ends: rule.Actions?.some(({ StopAction, BounceAction }) => StopAction || BounceAction) ?? false,
});

async function tableOf(client: DynamoDBClient, TableName: string): Promise<RecordView['table']> {
  const [{ Table }, { TimeToLiveDescription }, { ContinuousBackupsDescription }] = await Promise.all([
    client.send(new DescribeTableCommand({ TableName })),
    client.send(new DescribeTimeToLiveCommand({ TableName })),
    client.send(new DescribeContinuousBackupsCommand({ TableName })),
  ]);
  const backups = ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
  return {
    stream: Table?.StreamSpecification?.StreamEnabled === true,
    backups: backups === 'ENABLED',
    ttl: /^ENABL/.test(TimeToLiveDescription?.TimeToLiveStatus ?? ''),
    protection: Table?.DeletionProtectionEnabled === true,
  };
}

/** S3 answers with an error where a setting was never made. */
const orNone = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (/^NoSuch(?!Bucket)|NotFoundError$/.test((error as Error).name)) return undefined;
    throw error;
  }
};

async function bucketOf(client: S3Client, Bucket: string): Promise<RecordView['bucket']> {
  const [{ Status }, block, encryption] = await Promise.all([
    client.send(new GetBucketVersioningCommand({ Bucket })),
    orNone(client.send(new GetPublicAccessBlockCommand({ Bucket }))),
    orNone(client.send(new GetBucketEncryptionCommand({ Bucket }))),
  ]);
  const [rule] = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
  const all = Object.values(block?.PublicAccessBlockConfiguration ?? {});
  return {
    versions: Status === 'Enabled',
    private: all.length === 4 && all.every((on) => on === true),
    encrypted: rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm === 'aws:kms',
  };
}

async function secretOf(client: SecretsManagerClient, SecretId: string) {
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }));
    const fields: unknown = JSON.parse(SecretString);
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, string>) : {};
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    // A parser's message would repeat the secret.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
