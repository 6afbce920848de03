import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeskConfig } from './desk-config.ts';

/** AWS services that encrypt or decrypt for the desk on their own, not under one of its roles. */
const services = [
  { sid: 'MailIntoBucketAndTopic', principal: 'ses.amazonaws.com' },
  { sid: 'TopicIntoQueue', principal: 'sns.amazonaws.com' },
  { sid: 'AlarmIntoTopic', principal: 'cloudwatch.amazonaws.com' },
];

/**
 * The desk's one key. Losing it loses mail and record, so it outlives the stack; AWS rotates it yearly.
 * A denied use of it shows in the alarm `key-denied`.
 */
export function deskKey(scope: Construct): Key {
  const { account, region, partition, stackName } = Stack.of(scope);
  const key = new Key(scope, 'Key', {
    description: `Mail, record and secrets of ${stackName}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  for (const { sid, principal } of services) {
    key.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(principal)],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  }
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'LogsOfTheDesk',
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:/aws/*/${stackName}-*`,
        },
      },
    }),
  );
  return key;
}

/** The key under which the record lies: ours, or that of the stack that made what exists. */
export const recordKeyOf = (scope: Construct, { keyArn }: DeskConfig['existing'], own: IKey): IKey =>
  keyArn === undefined ? own : Key.fromKeyArn(scope, 'RecordKey', keyArn);
