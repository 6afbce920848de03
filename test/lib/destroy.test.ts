import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Resource } from './resources.ts';
import { local, production, templateOf } from './synthesise.ts';

/** What holds mail or record, or without which neither can be read: `cdk destroy` leaves each where it is. */
const kept: Readonly<Record<string, number>> = {
  'AWS::DynamoDB::Table': 1,
  'AWS::S3::Bucket': 1,
  'AWS::KMS::Key': 1,
  'AWS::SecretsManager::Secret': 2,
};
/** What holds data and goes with the stack: docs/deploy.md says so. */
const goes = ['AWS::Logs::LogGroup', 'AWS::SQS::Queue'];
/** Resource types that hold no data of their own, as far as the desk uses them. */
const holdsNothing =
  /^AWS::(ApiGatewayV2|CertificateManager|CloudWatch|IAM|Lambda|Route53|S3::BucketPolicy|SES|SNS|SQS::QueuePolicy|Scheduler|StepFunctions|CDK|KMS::Alias|Logs::MetricFilter)|^Custom::/;

describe.each(['production', 'local'] as const)('%s: cdk destroy', (where) => {
  let resources: readonly Resource[];
  beforeAll(async () => {
    const template = await templateOf(where === 'local' ? local() : production());
    resources = Object.values(template.toJSON().Resources as Record<string, Resource>);
  });

  test('leaves table, bucket, key and secrets, and so does an update that replaces them', () => {
    for (const [type, count] of Object.entries(kept)) {
      const found = resources.filter(({ Type }) => Type === type);
      expect(found).toHaveLength(count);
      for (const resource of found)
        expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  test('deletes nothing else that holds mail or record: a new kind of resource has to be judged here', () => {
    const unjudged = resources
      .map(({ Type }) => Type)
      .filter((type) => !(type in kept) && !goes.includes(type) && !holdsNothing.test(type));
    expect(unjudged).toEqual([]);
  });

  test('empties no bucket and takes two deliberate steps for the table', () => {
    expect(resources.map(({ Type }) => Type)).not.toContain('Custom::S3AutoDeleteObjects');
    const [table] = resources.filter(({ Type }) => Type === 'AWS::DynamoDB::Table');
    expect(table?.Properties.DeletionProtectionEnabled).toBe(true);
    for (const secret of resources.filter(({ Type }) => Type === 'AWS::SecretsManager::Secret'))
      expect(secret.Properties.Name).toBeUndefined();
  });
});

test('docs/deploy.md says what stays and what goes', () => {
  const docs = readFileSync(resolve(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
  const [, section = ''] = docs.split(/^## .*outlives the stack$/m);
  for (const word of ['table', 'bucket', 'key', 'secrets', 'Logs', 'queues']) expect(section).toContain(word);
});
