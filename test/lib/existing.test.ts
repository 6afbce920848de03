import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { ConfigRefused } from '../../lib/desk-config.ts';
import { resourcesOf, roleStatements, text } from './resources.ts';
import { configured, local, production, templateOf } from './synthesise.ts';

const account = 'us-east-1:123456789012';
const secret = (name: string) => `arn:aws:secretsmanager:${account}:secret:${name}-AbCdEf`;
const existing = {
  table: {
    name: 'desk-restored',
    streamArn: `arn:aws:dynamodb:${account}:table/desk-restored/stream/2026-11-25T10:00:00.000`,
  },
  bucket: 'desk-kept-mail',
  linkKeys: { keyringArn: secret('Keyring'), pseudonymsArn: secret('Pseudonyms') },
  keyArn: `arn:aws:kms:${account}:key/0b6c1e0e-0000-4000-8000-000000000000`,
};

describe.each(['production', 'local'] as const)('%s: what exists is used as it is', (where) => {
  let template: Template;
  beforeAll(async () => {
    template = await templateOf(where === 'local' ? local({ existing }) : production({ existing }));
  });

  test('nothing of it is made a second time', () => {
    for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'])
      expect(resourcesOf(template, type)).toEqual([]);
  });

  test('every function is told of the restored table, bucket and secrets', () => {
    const told = resourcesOf(template, 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
      Object.entries(Properties.Environment.Variables as Record<string, unknown>),
    );
    const values = (name: string) => [
      ...new Set(told.filter(([key]) => key === name).map(([, value]) => text(value))),
    ];
    expect(values('TABLE_NAME')).toEqual([existing.table.name]);
    expect(values('BUCKET_NAME')).toEqual([existing.bucket]);
    expect(values('KEYS_SECRET_ARN')).toEqual([existing.linkKeys.keyringArn]);
    expect(values('PSEUDONYM_SECRET_ARN')).toEqual([existing.linkKeys.pseudonymsArn]);
  });

  test('the deliverers follow its stream, and grants name it and its key', () => {
    const sources = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) =>
      text(Properties.EventSourceArn),
    );
    expect(sources.filter((arn) => arn === existing.table.streamArn)).toHaveLength(2);
    const granted = (action: string) =>
      roleStatements(template)
        .filter(({ actions }) => actions.includes(action))
        .flatMap(({ resources }) => resources);
    expect(new Set(granted('dynamodb:PutItem'))).toEqual(
      new Set([expect.stringMatching(/:table\/desk-restored$/)]),
    );
    expect(granted('kms:Decrypt')).toContain(existing.keyArn);
    expect(new Set(granted('secretsmanager:GetSecretValue'))).toEqual(
      new Set([
        existing.linkKeys.keyringArn,
        existing.linkKeys.pseudonymsArn,
        ...granted('secretsmanager:GetSecretValue').filter((arn) => arn.endsWith('-??????')),
      ]),
    );
  });

  if (where === 'production')
    test('the bucket gets its policy back: SES may write into the inbox, plain HTTP nothing', () => {
      const [[, policy] = []] = resourcesOf(template, 'AWS::S3::BucketPolicy');
      const [plain, mail] = policy?.Properties.PolicyDocument.Statement ?? [];
      expect(text(policy?.Properties.Bucket)).toBe(existing.bucket);
      expect(plain).toMatchObject({
        Effect: 'Deny',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      });
      expect(mail).toMatchObject({ Sid: 'MailFromSes', Principal: { Service: 'ses.amazonaws.com' } });
      const [[, rule] = []] = resourcesOf(template, 'AWS::SES::ReceiptRule');
      expect(rule?.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/BucketPolicy/)]));
    });
});

test('a restored table alone goes on under the keys, bucket and secrets of its own stack', async () => {
  const template = await templateOf(production({ existing: { table: existing.table } }));

  expect(resourcesOf(template, 'AWS::DynamoDB::Table')).toEqual([]);
  expect(resourcesOf(template, 'AWS::S3::Bucket')).toHaveLength(1);
  expect(resourcesOf(template, 'AWS::SecretsManager::Secret')).toHaveLength(2);
  expect(resourcesOf(template, 'AWS::KMS::Key')).toHaveLength(1);
});

test('a stream of another table is refused with its path', () => {
  const table = { ...existing.table, name: 'desk-other' };

  expect(() => configured({ existing: { table } })).toThrow(ConfigRefused);
  expect(() => configured({ existing: { table } })).toThrow(/existing\.table\.streamArn: found "arn:aws:/);
});
