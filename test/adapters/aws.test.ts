import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SESClient, SendRawEmailCommand, SetActiveReceiptRuleSetCommand } from '@aws-sdk/client-ses';
import {
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as sdk from '@aws-sdk/lib-dynamodb';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, describe, expect, it } from 'vitest';
import { createArchive } from '#adapters/archive.ts';
import type { AwsTarget } from '#adapters/aws.ts';
import * as ours from '#adapters/dynamo.ts';
import { createIntakeQueue } from '#adapters/intake-queue.ts';
import { createInvoke } from '#adapters/invoke.ts';
import { createLifecycleRunner } from '#adapters/lifecycle-runner.ts';
import { createMailSender } from '#adapters/mail-sender.ts';
import { createReleaseScheduler } from '#adapters/scheduler.ts';
import { createSes } from '#adapters/ses.ts';
import { type Answer, awsStandIn, expectedSignature, type Received } from '../support/aws-stand-in.ts';

const open: (() => Promise<void>)[] = [];
const standIn = async (...answers: Answer[]) => {
  const made = await awsStandIn(...answers);
  open.push(made.close);
  return made;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** Members that are made anew at each call. */
const fresh = new Set(['ClientRequestToken', 'ClientToken']);
const parsed = ({ headers, body }: Received): unknown => {
  const type = headers['content-type'] ?? '';
  if (type.includes('form')) return Object.fromEntries(new URLSearchParams(body.toString()));
  if (!type.includes('json')) return body.toString();
  return JSON.parse(body.toString(), (name, value) => (fresh.has(name) ? typeof value : value));
};
const queryOf = (url: string): unknown =>
  [...new URL(url, 'http://aws').searchParams]
    // `x-id` names the operation for whoever reads logs; S3 itself looks at method and path.
    .filter(([name]) => name !== 'x-id')
    .map(([name, value]) => [name, name === 'clientToken' ? 'fresh' : value])
    .sort();

const said = ['content-type', 'x-amz-target', 'x-amz-invocation-type', 'x-amz-copy-source', 'range'];

/** What a service looks at in a request. */
const essence = (request: Received) => ({
  method: request.method,
  path: request.url.split('?')[0],
  query: queryOf(request.url),
  body: parsed(request),
  headers: Object.fromEntries(said.map((name) => [name, request.headers[name]])),
});

/** What the desk's adapter asks, and what the SDK's client asks for the same. */
interface Pair {
  readonly desk: (aws: AwsTarget) => Promise<unknown>;
  readonly sdk: (aws: object) => Promise<unknown>;
  readonly answer?: Answer;
}

const item = {
  pk: 'DISC#1',
  sk: 'DISC',
  v: 3,
  item: { open: true, list: ['a', 1, null], none: undefined },
  z: Uint8Array.of(1, 2, 255),
};
const documents = (aws: object) =>
  sdk.DynamoDBDocumentClient.from(new DynamoDBClient(aws), {
    marshallOptions: { removeUndefinedValues: true },
  });
const update = {
  TableName: 'desk',
  Key: { pk: 'a', sk: 'b' },
  UpdateExpression: 'SET delivery.#L0 = :new',
  ConditionExpression: 'v = :expect',
  ExpressionAttributeNames: { '#L0': 'L0' },
  ExpressionAttributeValues: { ':new': { state: 'sent' }, ':expect': 3 },
};
const transaction = {
  TransactItems: [
    { Put: { TableName: 'desk', Item: item, ConditionExpression: 'attribute_not_exists(pk)' } },
    { Update: update },
    {
      ConditionCheck: {
        TableName: 'desk',
        Key: { pk: 'p', sk: 'q' },
        ConditionExpression: 'epoch = :e',
        ExpressionAttributeValues: { ':e': 1 },
      },
    },
  ],
};
const reading = { TableName: 'desk', Key: { pk: 'a', sk: 'b' }, ConsistentRead: true };
const query = {
  TableName: 'desk',
  IndexName: 'list',
  KeyConditionExpression: '#list = :list',
  ExpressionAttributeNames: { '#list': 'list' },
  ExpressionAttributeValues: { ':list': 'open' },
  ExclusiveStartKey: { pk: 'a', sk: 'b', list: 'open', listAt: 'x' },
  Limit: 5,
};
const batch = { RequestItems: { desk: { Keys: [{ pk: 'a', sk: 'b' }], ConsistentRead: true } } };
const machine = 'arn:aws:states:us-east-1:1:stateMachine:desk';
const runner = (aws: AwsTarget) => createLifecycleRunner({ stateMachineArn: machine, aws });
const start = { disclosure: 'EDX-2026-0001', generation: 1 } as Parameters<
  ReturnType<typeof runner>['start']
>[0];
const execution = 'disc-EDX-2026-0001-g1';
const schedules = { group: 'releases', target: 'arn:t', role: 'arn:r', deadLetters: 'arn:d' };
const scheduled = {
  Name: 'release EDX/1',
  GroupName: 'releases',
  ScheduleExpression: 'at(2026-03-01T09:00:00)',
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: 'DELETE',
  Target: { Arn: 'arn:t', RoleArn: 'arn:r', Input: '{"a":1}', DeadLetterConfig: { Arn: 'arn:d' } },
} as const;
const s3 = (aws: object) => new S3Client({ ...aws, forcePathStyle: true });
const archive = (aws: AwsTarget) => createArchive({ bucket: 'mails', aws });
const oddKey = "derived/é a+b(1)'s!*.txt";
const sentMail =
  '<SendRawEmailResponse><SendRawEmailResult><MessageId>m-1</MessageId></SendRawEmailResult></SendRawEmailResponse>';

const pairs: Record<string, Pair> = {
  GetItem: {
    desk: (aws) => ours.createDynamo(aws).send(new ours.GetCommand(reading)),
    sdk: (aws) => documents(aws).send(new sdk.GetCommand(reading)),
  },
  PutItem: {
    desk: (aws) => ours.createDynamo(aws).send(new ours.PutCommand({ TableName: 'desk', Item: item })),
    sdk: (aws) => documents(aws).send(new sdk.PutCommand({ TableName: 'desk', Item: item })),
  },
  UpdateItem: {
    desk: (aws) => ours.createDynamo(aws).send(new ours.UpdateCommand(update)),
    sdk: (aws) => documents(aws).send(new sdk.UpdateCommand(update)),
  },
  Query: {
    desk: (aws) => ours.createDynamo(aws).send(new ours.QueryCommand(query)),
    sdk: (aws) => documents(aws).send(new sdk.QueryCommand(query)),
  },
  BatchGetItem: {
    desk: (aws) => ours.createDynamo(aws).send(new ours.BatchGetCommand(batch)),
    sdk: (aws) => documents(aws).send(new sdk.BatchGetCommand(batch)),
  },
  TransactWriteItems: {
    desk: (aws) => ours.createDynamo(aws).send(new ours.TransactWriteCommand(transaction)),
    sdk: (aws) => documents(aws).send(new sdk.TransactWriteCommand(transaction)),
  },
  StartExecution: {
    desk: (aws) => runner(aws).start(start),
    sdk: (aws) =>
      new SFNClient(aws).send(
        new StartExecutionCommand({
          stateMachineArn: machine,
          name: execution,
          input: JSON.stringify(start),
        }),
      ),
  },
  SendTaskSuccess: {
    desk: (aws) => runner(aws).resolve('token', { a: 1 } as never),
    sdk: (aws) =>
      new SFNClient(aws).send(new SendTaskSuccessCommand({ taskToken: 'token', output: '{"a":1}' })),
  },
  SendMessage: {
    desk: (aws) => createIntakeQueue({ url: 'http://q/1/intake', aws })({ mailKey: 'é' } as never),
    sdk: (aws) =>
      new SQSClient({ ...aws, md5: false }).send(
        new SendMessageCommand({ QueueUrl: 'http://q/1/intake', MessageBody: '{"mailKey":"é"}' }),
      ),
  },
  Invoke: {
    desk: (aws) => createInvoke(aws)('desk-deliver', 'Event', { a: 'é' }),
    sdk: (aws) =>
      new LambdaClient(aws).send(
        new InvokeCommand({
          FunctionName: 'desk-deliver',
          InvocationType: 'Event',
          Payload: Buffer.from('{"a":"é"}'),
        }),
      ),
  },
  CreateSchedule: {
    desk: (aws) =>
      createReleaseScheduler({ ...schedules, aws }).set('release EDX/1', '2026-03-01T09:00:00.000Z', {
        a: 1,
      } as never),
    sdk: (aws) => new SchedulerClient(aws).send(new CreateScheduleCommand(scheduled)),
  },
  SendRawEmail: {
    answer: { body: sentMail },
    desk: (aws) =>
      createSes(aws).sendRawEmail(
        'desk@example.org',
        'ada+x@example.org',
        Buffer.from('Subject: é & =\r\n\r\n'),
      ),
    sdk: (aws) =>
      new SESClient(aws).send(
        new SendRawEmailCommand({
          Source: 'desk@example.org',
          Destinations: ['ada+x@example.org'],
          RawMessage: { Data: Buffer.from('Subject: é & =\r\n\r\n') },
        }),
      ),
  },
  SetActiveReceiptRuleSet: {
    desk: (aws) => createSes(aws).setActiveReceiptRuleSet(undefined),
    sdk: (aws) => new SESClient(aws).send(new SetActiveReceiptRuleSetCommand({})),
    answer: { body: '<SetActiveReceiptRuleSetResponse/>' },
  },
  GetObject: {
    desk: (aws) => archive(aws).rawMail(oddKey, 10),
    sdk: (aws) => s3(aws).send(new GetObjectCommand({ Bucket: 'mails', Key: oddKey, Range: 'bytes=0-9' })),
  },
  PutObject: {
    desk: (aws) => archive(aws).putDerived("é a+b(1)'s!*.txt", Buffer.from('text'), 'text/plain'),
    sdk: (aws) =>
      s3({ ...aws, requestChecksumCalculation: 'WHEN_REQUIRED' }).send(
        new PutObjectCommand({ Bucket: 'mails', Key: oddKey, Body: 'text', ContentType: 'text/plain' }),
      ),
  },
  DeleteObject: {
    desk: (aws) => archive(aws).remove([oddKey]),
    sdk: (aws) => s3(aws).send(new DeleteObjectCommand({ Bucket: 'mails', Key: oddKey })),
  },
  CopyObject: {
    answer: { body: '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>' },
    desk: (aws) => archive(aws).file('in/abc', '2026-03-01T09:00:00.000Z'),
    sdk: (aws) =>
      s3(aws).send(
        new CopyObjectCommand({ Bucket: 'mails', Key: 'mail/2026/03/abc', CopySource: 'mails/in/abc' }),
      ),
  },
  ListObjectsV2: {
    desk: (aws) => archive(aws).inbox(7),
    sdk: (aws) => s3(aws).send(new ListObjectsV2Command({ Bucket: 'mails', Prefix: 'in/', MaxKeys: 7 })),
    answer: { body: '<ListBucketResult/>' },
  },
};

describe('a request of the desk is what the SDK’s client sends, and is signed', () => {
  it.each(Object.entries(pairs))('%s', async (_, { desk, sdk: reference, answer = { body: '{}' } }) => {
    const aws = await standIn(answer);

    await desk(aws.target);
    const [mine] = aws.received;
    await reference(aws.target);
    const theirs = aws.received.at(-1);

    if (!mine || !theirs) throw new Error('nothing was asked');
    expect(essence(mine)).toEqual(essence(theirs));
    expect(mine.headers.authorization).toMatch(`Signature=${expectedSignature(mine)}`);
    expect(mine.headers['x-amz-security-token']).toBe('t');
  });

  it('a download link is, letter by letter, the one that the SDK’s presigner makes', async () => {
    const { target } = await standIn();
    const key = oddKey;
    const url = await archive(target).downloadUrl(key, 'proof é (1).txt');
    const at = new URL(url).searchParams.get('X-Amz-Date') ?? '';
    const signingDate = new Date(at.replace(/^(....)(..)(..T..)(..)(.*)$/, '$1-$2-$3:$4:$5'));

    // A browser reckons no checksums of S3.
    const when = 'WHEN_REQUIRED';
    const unchecked = { requestChecksumCalculation: when, responseChecksumValidation: when } as const;
    const theirs = await getSignedUrl(
      s3({ ...target, ...unchecked }),
      new GetObjectCommand({
        Bucket: 'mails',
        Key: key,
        ResponseContentDisposition: `attachment; filename="proof _ (1).txt"; filename*=UTF-8''${encodeURIComponent('proof é (1).txt')}`,
        ResponseContentType: 'application/octet-stream',
      }),
      { expiresIn: 300, signingDate },
    );
    const pairsOf = (each: string) => [...new URL(each).searchParams].sort();
    expect(new URL(url).pathname).toBe(new URL(theirs).pathname);
    expect(pairsOf(url)).toEqual(pairsOf(theirs));
  });
});

describe('answers', () => {
  it('of DynamoDB come back as plain values, page by page', async () => {
    const aws = await standIn({
      body: JSON.stringify({
        Items: [{ v: { N: '3' }, item: { M: { open: { BOOL: true }, none: { NULL: true } } } }],
        LastEvaluatedKey: { pk: { S: 'a' } },
        Count: 1,
      }),
    });

    const page = await ours.createDynamo(aws.target).send(new ours.QueryCommand(query));

    expect(page).toEqual({
      Items: [{ v: 3, item: { open: true, none: null } }],
      LastEvaluatedKey: { pk: 'a' },
      Count: 1,
    });
  });

  it('of a batch say what is left to read', async () => {
    const aws = await standIn({
      body: JSON.stringify({
        Responses: { desk: [{ pk: { S: 'a' } }] },
        UnprocessedKeys: { desk: { Keys: [{ pk: { S: 'b' } }], ConsistentRead: true } },
      }),
    });

    const found = await ours.createDynamo(aws.target).send(new ours.BatchGetCommand(batch));

    expect(found).toEqual({
      Responses: { desk: [{ pk: 'a' }] },
      UnprocessedKeys: { desk: { Keys: [{ pk: 'b' }], ConsistentRead: true } },
    });
  });

  it('of Step Functions: executions that ended since, newest first, page by page', async () => {
    const stopped = (at: string) => Date.parse(at) / 1000;
    const page = {
      executions: [
        { name: 'disc-EDX-2026-0002-g3', stopDate: stopped('2026-03-02T00:00:00.000Z') },
        { name: 'disc-EDX-2026-0001-g1', stopDate: stopped('2026-02-01T00:00:00.000Z') },
      ],
    };
    const aws = await standIn({ body: JSON.stringify(page) });

    const ended = await runner(aws.target).ended('2026-03-01T00:00:00.000Z');

    expect(ended).toEqual(Array(3).fill({ disclosure: 'EDX-2026-0002', generation: 3 }));
    const theirs = await new SFNClient(aws.target).send(
      new ListExecutionsCommand({ stateMachineArn: machine }),
    );
    expect(theirs.executions?.[0]?.stopDate?.toISOString()).toBe('2026-03-02T00:00:00.000Z');
  });

  it('of S3: what lies in the inbox, one or many', async () => {
    const one =
      '<Contents><Key>in/a&amp;b</Key><LastModified>2026-03-01T09:00:00.000Z</LastModified><Size>12</Size></Contents>';
    const aws = await standIn(
      { body: `<?xml version="1.0"?><ListBucketResult><Name>mails</Name>${one}</ListBucketResult>` },
      { body: `<ListBucketResult>${one}${one}</ListBucketResult>` },
    );
    const mail = { key: 'in/a&b', at: '2026-03-01T09:00:00.000Z', size: 12 };

    expect(await archive(aws.target).inbox(1)).toEqual([mail]);
    expect(await archive(aws.target).inbox(2)).toEqual([mail, mail]);
  });

  it('of SES: the id of the mail; the active rule set', async () => {
    const rules =
      '<DescribeActiveReceiptRuleSetResponse><DescribeActiveReceiptRuleSetResult><Metadata><Name>desk</Name></Metadata></DescribeActiveReceiptRuleSetResult></DescribeActiveReceiptRuleSetResponse>';
    const aws = await standIn({ body: sentMail }, { body: rules });
    const ses = createSes(aws.target);

    expect(await ses.sendRawEmail('a@example.org', 'b@example.org', Buffer.from('x'))).toBe('m-1');
    expect(await ses.activeReceiptRuleSet()).toBe('desk');
  });

  it('of Lambda: what the function answered, and that it failed', async () => {
    const aws = await standIn(
      { body: '{"a":1}' },
      { headers: { 'X-Amz-Function-Error': 'Unhandled' }, body: '{}' },
    );
    const invoke = createInvoke(aws.target);

    expect(String((await invoke('f', 'RequestResponse', {})).payload)).toBe('{"a":1}');
    expect((await invoke('f', 'RequestResponse', {})).failure).toBe('Unhandled');
  });

  it('a second call uses the first one’s connection', async () => {
    const aws = await standIn({ body: '{}' });
    const dynamo = ours.createDynamo(aws.target);

    await dynamo.send(new ours.GetCommand(reading));
    await dynamo.send(new ours.GetCommand(reading));

    expect(aws.received.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

describe('refusals', () => {
  const refused = (type: string, more: object = {}): Answer => ({
    status: 400,
    headers: { 'x-amzn-requestid': 'r-1' },
    body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no', ...more }),
  });

  it('have the service’s own name, status and request, and are not tried again', async () => {
    const aws = await standIn(refused('ConditionalCheckFailedException'));

    const asked = ours.createDynamo(aws.target).send(new ours.UpdateCommand(update));

    await expect(asked).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'no',
      $metadata: { httpStatusCode: 400, requestId: 'r-1' },
    });
    expect(aws.received).toHaveLength(1);
  });

  it('of a transaction say why, item by item', async () => {
    const reasons = [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Message: 'v' }];
    const aws = await standIn(refused('TransactionCanceledException', { CancellationReasons: reasons }));

    const error = await ours
      .createDynamo(aws.target)
      .send(new ours.TransactWriteCommand(transaction))
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ours.TransactionCanceledException);
    expect(error).toMatchObject({ CancellationReasons: reasons });
  });

  it.each([
    [
      'a header with a name space',
      { headers: { 'x-amzn-errortype': 'ConflictException:http://internal/' }, body: '{"Message":"there"}' },
    ],
    ['a member of the body', { body: '{"code":"ConflictException","message":"there"}' }],
  ])('are named by %s, as by the SDK', async (_, answer) => {
    const aws = await standIn({ status: 409, ...answer });

    const mine = createInvoke(aws.target)('f', 'Event', {});
    await expect(mine).rejects.toMatchObject({ name: 'ConflictException', message: 'there' });
    const theirs = new LambdaClient(aws.target).send(new InvokeCommand({ FunctionName: 'f' }));
    await expect(theirs).rejects.toMatchObject({ name: 'ConflictException' });
  });

  it('of SES are in XML; a letter is asked for once only', async () => {
    const aws = await standIn({
      status: 500,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>MessageRejected</Code><Message>not verified</Message></Error></ErrorResponse>',
    });
    const sender = createMailSender({ from: 'desk@example.org', maxBytes: 10_000, aws: aws.target });
    const mail = { to: 'a@example.org', subject: 's', text: 't', html: '<p>t</p>', headers: {}, tag: 'o' };

    await expect(sender.send(mail)).rejects.toMatchObject({
      name: 'MessageRejected',
      message: 'not verified',
    });
    expect(aws.received).toHaveLength(1);
  });

  it('of S3: a missing object has no bytes to show, a range of an empty one none', async () => {
    const error = (code: string) =>
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;
    const aws = await standIn(
      { status: 404, body: error('NoSuchKey') },
      { status: 416, body: error('InvalidRange') },
      { status: 403, body: error('AccessDenied') },
    );

    expect(await archive(aws.target).rawMail('in/a')).toBeUndefined();
    expect(await archive(aws.target).rawMail('in/a', 1)).toEqual(new Uint8Array());
    await expect(archive(aws.target).rawMail('in/a')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('that a copy says with status 200 are tried again', async () => {
    const failed = { body: '<Error><Code>InternalError</Code><Message>try again</Message></Error>' };
    const aws = await standIn(failed, { body: '<CopyObjectResult/>' });

    const to = await archive(aws.target).file('in/abc', '2026-03-01T09:00:00.000Z');

    expect(to).toBe('mail/2026/03/abc');
    expect(aws.received.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'DELETE']);
  });
});

describe('what may pass is tried again', () => {
  const busy: Answer = { status: 500, body: '' };

  it.each<[string, Answer]>([
    ['a server’s error', busy],
    ['a lost connection', 'drop'],
    ['a page of a proxy', { status: 503, body: '<html>busy</html>' }],
  ])('%s, under the same name and with the same token', async (_, answer) => {
    const aws = await standIn(answer, { body: '{}' });

    await ours.createDynamo(aws.target).send(new ours.TransactWriteCommand(transaction));

    expect(aws.received).toHaveLength(2);
    expect(aws.received[0]?.body).toEqual(aws.received[1]?.body);
    for (const each of aws.received)
      expect(each.headers.authorization).toMatch(`Signature=${expectedSignature(each)}`);
  });

  it('four times at DynamoDB, three elsewhere, and then the last error stands', async () => {
    const table = await standIn(busy);
    const machines = await standIn({ status: 503, body: '{"__type":"ServiceUnavailable"}' });

    await expect(ours.createDynamo(table.target).send(new ours.GetCommand(reading))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 500 },
    });
    await expect(runner(machines.target).start(start)).rejects.toMatchObject({ name: 'ServiceUnavailable' });

    expect([table.received.length, machines.received.length]).toEqual([4, 3]);
  });

  it('a throttled call too', async () => {
    const aws = await standIn({ status: 400, body: '{"__type":"ThrottlingException"}' }, { body: '{}' });

    await ours.createDynamo(aws.target).send(new ours.GetCommand(reading));

    expect(aws.received).toHaveLength(2);
  });
});
