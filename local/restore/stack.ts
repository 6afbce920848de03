import {
  type CloudFormationClient,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteFunctionConcurrencyCommand,
  type LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DeskConfigInput } from '../../lib/desk-config.ts';

type Given = NonNullable<DeskConfigInput['existing']>;
/** All of `existing`: nothing of a record is left behind. */
export type Existing = { readonly [Part in keyof Given]-?: NonNullable<Given[Part]> };

async function resourcesOf(client: CloudFormationClient, StackName: string): Promise<StackResourceSummary[]> {
  const found: StackResourceSummary[] = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
    found.push(...StackResourceSummaries);
  return found;
}

/** What another deployment has to be told to take a stack's record over: `existing` of desk.config.ts. */
export async function existingOf(
  clients: {
    readonly formation: CloudFormationClient;
    readonly dynamo: DynamoDBClient;
    readonly secrets: SecretsManagerClient;
  },
  stackName: string,
): Promise<Existing> {
  const resources = await resourcesOf(clients.formation, stackName);
  const idOf = (type: string, begins: string): string => {
    const found = resources.find(
      ({ ResourceType, LogicalResourceId }) => ResourceType === type && LogicalResourceId?.startsWith(begins),
    );
    if (!found?.PhysicalResourceId) throw new Error(`${stackName} has no ${type} of its own named ${begins}`);
    return found.PhysicalResourceId;
  };
  const secretArn = async (begins: string): Promise<string> => {
    const SecretId = idOf('AWS::SecretsManager::Secret', begins);
    const { ARN = '' } = await clients.secrets.send(new DescribeSecretCommand({ SecretId }));
    return ARN;
  };
  const name = idOf('AWS::DynamoDB::Table', 'DisclosureTable');
  const { Table } = await clients.dynamo.send(new DescribeTableCommand({ TableName: name }));
  const [, , , region, account] = Table?.TableArn?.split(':') ?? [];
  const [partition = 'arn:aws'] = Table?.TableArn?.match(/^arn:[^:]+/) ?? [];
  return {
    table: { name, streamArn: Table?.LatestStreamArn ?? '' },
    bucket: idOf('AWS::S3::Bucket', 'MailIntakeBucket'),
    linkKeys: {
      keyringArn: await secretArn('LinkKeysKeyring'),
      pseudonymsArn: await secretArn('LinkKeysPseudonyms'),
    },
    keyArn: `${partition}:kms:${region}:${account}:key/${idOf('AWS::KMS::Key', 'Key')}`,
  };
}

/**
 * Stops a desk without deleting anything: no function of the stack runs any more, so no page is served, no mail taken,
 * no letter sent, no sweep made. What comes meanwhile waits in bucket, queue and stream. Answers how many were stopped.
 */
export async function stopDesk(
  formation: CloudFormationClient,
  lambda: LambdaClient,
  stackName: string,
): Promise<number> {
  const names = await functionsOf(formation, stackName);
  for (const FunctionName of names)
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  return names.length;
}

/**
 * Lets a stopped desk go on, each function with what the configuration reserves for it: a deployment does not notice
 * that somebody changed what it made.
 */
export async function goOn(
  formation: CloudFormationClient,
  lambda: LambdaClient,
  stackName: string,
  reserved: Readonly<Record<string, number>> = {},
): Promise<number> {
  const names = await functionsOf(formation, stackName);
  for (const FunctionName of names) {
    const ReservedConcurrentExecutions = reserved[FunctionName.slice(stackName.length + 1)];
    await (ReservedConcurrentExecutions === undefined
      ? lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }))
      : lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions })));
  }
  return names.length;
}

const functionsOf = async (formation: CloudFormationClient, stackName: string): Promise<readonly string[]> =>
  (await resourcesOf(formation, stackName)).flatMap(({ ResourceType, PhysicalResourceId }) =>
    ResourceType === 'AWS::Lambda::Function' && PhysicalResourceId ? [PhysicalResourceId] : [],
  );
