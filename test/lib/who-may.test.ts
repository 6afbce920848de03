import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { resourcesOf, text } from './resources.ts';
import { production, templateOf } from './synthesise.ts';

/** A statement of any policy of the template. */
interface Raw {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

let template: Template;
beforeAll(async () => {
  template = await templateOf(production());
});

const documentOf = {
  'AWS::IAM::Policy': 'PolicyDocument',
  'AWS::IAM::Role': 'AssumeRolePolicyDocument',
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::S3::BucketPolicy': 'PolicyDocument',
} as const;

const statements = (...types: readonly (keyof typeof documentOf)[]) =>
  types.flatMap((type) =>
    resourcesOf(template, type).flatMap(([where, { Properties }]) =>
      (Properties[documentOf[type]].Statement as Raw[]).map((statement) => ({ where, type, ...statement })),
    ),
  );

const serviceOf = ({ Principal }: Raw): string | undefined =>
  typeof Principal === 'object' && Principal !== null && 'Service' in Principal
    ? text(Principal.Service)
    : undefined;

const keysOf = ({ Condition = {} }: Raw): string[] => Object.values(Condition).flatMap(Object.keys);

describe('an AWS service is let in', () => {
  const everywhere = () => statements(...(Object.keys(documentOf) as (keyof typeof documentOf)[]));

  test('only for this account or one of our resources, but for Lambda, which says neither', () => {
    const letIn = everywhere().filter((each) => each.Effect === 'Allow' && serviceOf(each) !== undefined);

    expect(letIn.length).toBeGreaterThan(25);
    for (const each of letIn) {
      if (serviceOf(each) === 'lambda.amazonaws.com') continue;
      const narrowing = keysOf(each).filter((key) =>
        /^aws:Source(Account|Arn)$|^kms:EncryptionContext:aws:logs:arn$/.test(key),
      );
      expect(narrowing, `${each.where} ${each.Sid}`).not.toEqual([]);
    }
  });

  test.each([
    ['scheduler.amazonaws.com', /:schedule-group\/DisclosureDesk$/],
    ['states.amazonaws.com', /:stateMachine:DisclosureDesk-lifecycle$/],
  ])('%s takes a role on for ours alone', (service, ours) => {
    const trusting = statements('AWS::IAM::Role').filter((each) => serviceOf(each) === service);

    expect(trusting.length).toBeGreaterThan(0);
    for (const { Condition = {} } of trusting) {
      const sources = Object.values(Condition).flatMap((keys) => keys['aws:SourceArn'] ?? []);
      expect(sources.map(text)).toEqual([expect.stringMatching(ours)]);
      expect(Condition.StringEquals?.['aws:SourceAccount']).toEqual({ Ref: 'AWS::AccountId' });
    }
  });

  test.each([
    ['MailFromSes', /:receipt-rule-set\/DisclosureDesk-rules:receipt-rule\/DisclosureDesk-inbox$/],
    ['NoticeFromSes', /:receipt-rule-set\/DisclosureDesk-rules:receipt-rule\/DisclosureDesk-inbox$/],
    ['EventsFromSes', /:configuration-set\/DisclosureDesk-letters$/],
    ['Alarms', /:alarm:DisclosureDesk-\*$/],
    ['AlarmIntoTopic', /:alarm:DisclosureDesk-\*$/],
    ['TopicIntoQueue', /:sns:.*:DisclosureDesk-\*$/],
    ['NoticesOfTheTopic', /^<MailIntakeTopic\w*>$/],
  ])('%s names what it may act for', (sid, source) => {
    const named = everywhere().filter(({ Sid }) => Sid === sid);

    expect(named.length).toBeGreaterThan(0);
    for (const { Condition = {} } of named) {
      const sources = Object.values(Condition).flatMap((keys) => keys['aws:SourceArn'] ?? []);
      expect(sources.map(text)).toEqual([expect.stringMatching(source)]);
    }
  });
});

describe('the key', () => {
  test('lets in SES, SNS and CloudWatch for what is encrypted under it, CloudWatch Logs for our groups', () => {
    const letIn = statements('AWS::KMS::Key').flatMap((each) => serviceOf(each) ?? []);

    expect(letIn).toEqual([
      'ses.amazonaws.com',
      'sns.amazonaws.com',
      'cloudwatch.amazonaws.com',
      expect.stringMatching(/^logs\./),
    ]);
  });

  test('is used by roles only through the service that holds the ciphertext', () => {
    const uses = statements('AWS::IAM::Policy').filter((each) =>
      [each.Action].flat().some((action) => action.startsWith('kms:')),
    );

    expect(uses.length).toBeGreaterThan(20);
    for (const each of uses) expect(keysOf(each), each.where).toEqual(['kms:ViaService']);
  });
});

test('queues, topics and the bucket refuse whoever does not use TLS', () => {
  const refusing = statements(
    'AWS::SQS::QueuePolicy',
    'AWS::SNS::TopicPolicy',
    'AWS::S3::BucketPolicy',
  ).filter(
    ({ Effect, Condition }) => Effect === 'Deny' && Condition?.Bool?.['aws:SecureTransport'] === 'false',
  );

  const guarded = ['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::S3::Bucket'].flatMap((type) =>
    resourcesOf(template, type),
  );
  expect(guarded.length).toBeGreaterThan(8);
  expect(refusing).toHaveLength(guarded.length);
});

describe('a function may do with the table what it does, no more', () => {
  const itemActions = (folder: RegExp): string[] =>
    statements('AWS::IAM::Policy')
      .filter(({ where }) => folder.test(where))
      .flatMap(({ Action }) => [Action].flat())
      .filter((action) => /^dynamodb:\w*(Item|Query)$/.test(action))
      .map((action) => action.replace('dynamodb:', ''));

  test('who ends a disclosure reads its trail', () => {
    expect(new Set(itemActions(/CloseDisclosure/))).toEqual(new Set(['Query']));
  });

  test('only where a person acts is that person checked within the transaction', () => {
    const checking = statements('AWS::IAM::Policy').filter(({ Action }) =>
      [Action].flat().includes('dynamodb:ConditionCheckItem'),
    );
    expect(checking.map(({ where }) => where)).toEqual([expect.stringMatching(/^SignedPagesChangeDesk/)]);
  });

  test('what opens with a link reads, and may change neither the record nor the bucket', () => {
    const reading = statements('AWS::IAM::Policy').filter(({ where }) => /^SignedPagesOpenDesk/.test(where));
    const actions = reading.flatMap(({ Action }) => [Action].flat());

    expect(new Set(itemActions(/^SignedPagesOpenDesk/))).toEqual(
      new Set(['GetItem', 'BatchGetItem', 'Query']),
    );
    expect(new Set(actions.filter((action) => action.startsWith('s3:')))).toEqual(
      new Set(['s3:GetObject', 's3:ListBucket']),
    );
  });

  test('none may scan or delete', () => {
    const all = itemActions(/./);
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((action) => /Scan|Delete/.test(action))).toEqual([]);
  });
});
