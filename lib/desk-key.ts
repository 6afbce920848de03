import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DeskConfig } from './desk-config.ts';

/**
 * AWS services that encrypt or decrypt for the desk on their own, not under one of its roles: only for resources of
 * this account, or for ours by name where the service says which it works for (a topic, an alarm).
 */
const servicesOf = ({ account, region, partition, stackName }: Stack) => {
  const ours = (service: string, prefix: string) => ({
    ArnLike: { 'aws:SourceArn': `arn:${partition}:${service}:${region}:${account}:${prefix}${stackName}-*` },
  });
  const inAccount = { StringEquals: { 'aws:SourceAccount': account } };
  return [
    { sid: 'MailIntoBucketAndTopic', principal: 'ses.amazonaws.com', conditions: inAccount },
    { sid: 'TopicIntoQueue', principal: 'sns.amazonaws.com', conditions: ours('sns', '') },
    {
      sid: 'AlarmIntoTopic',
      principal: 'cloudwatch.amazonaws.com',
      conditions: { ...inAccount, ...ours('cloudwatch', 'alarm:') },
    },
  ];
};

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
  for (const { sid, principal, conditions } of servicesOf(Stack.of(scope))) {
    key.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(principal)],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions,
      }),
    );
  }
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'LogsOfTheDesk',
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      // As CloudWatch Logs asks for them, each by its name.
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ],
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
