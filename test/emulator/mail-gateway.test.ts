import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SESClient, SendRawEmailCommand, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { receivedMailInQueue, sendingEventInQueue } from '#contracts/ses-events.ts';
import { localCredentials, localRegion, projectRoot } from '../../local/emulator/environment.ts';
import { type Emulator, startEmulator } from '../../local/emulator/ministack.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import { type MailGateway, startMailGateway } from '../../local/mail-gateway/gateway.ts';
import type { Inbound } from '../../local/mail-gateway/inbound.ts';

const securityAddress = 'security@openedx.example';
const bucket = 'desk-mail';
let folder: string;
let gateway: MailGateway;
let emulator: Emulator;
let inbound: Inbound;
let aws: ReturnType<typeof clients>;
let queues: { readonly mail: string; readonly events: string };

function clients(endpoint: string) {
  const settings = { endpoint, region: localRegion, credentials: localCredentials };
  return {
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    sns: new SNSClient(settings),
    sqs: new SQSClient(settings),
    ses: new SESClient(settings),
  };
}

/** A topic with a queue that hears it, as the desk's intake has. */
async function topicWithQueue(name: string): Promise<{ topicArn: string; queueUrl: string }> {
  const { TopicArn = '' } = await aws.sns.send(new CreateTopicCommand({ Name: name }));
  const endpoint = `arn:aws:sqs:${localRegion}:000000000000:${name}`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: endpoint,
        Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
      },
    ],
  };
  const { QueueUrl = '' } = await aws.sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { Policy: JSON.stringify(policy) } }),
  );
  await aws.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: endpoint }));
  return { topicArn: TopicArn, queueUrl: QueueUrl };
}

/** Takes `count` message bodies off a queue. */
async function take(queueUrl: string, count: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let tries = 0; bodies.length < count && tries < 20; tries++) {
    const answer = await aws.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }),
    );
    for (const { Body = '', ReceiptHandle } of answer.Messages ?? []) {
      bodies.push(Body);
      await aws.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }
  return bodies;
}

const start = async () => startEmulator({ port: 0, folder, smtpRelay: gateway.relay });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-gateway-'));
  gateway = await startMailGateway({ folder });
  emulator = await start();
  aws = clients(emulator.endpoint);
  await aws.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await aws.ses.send(new VerifyEmailIdentityCommand({ EmailAddress: securityAddress }));
  const [mail, events] = [await topicWithQueue('mail'), await topicWithQueue('events')];
  queues = { mail: mail.queueUrl, events: events.queueUrl };
  inbound = await gateway.open({
    endpoint: emulator.endpoint,
    bucket,
    inboundTopicArn: mail.topicArn,
    eventsTopicArn: events.topicArn,
    securityAddress,
    replyDomain: 'desk.openedx.example',
    port: 0,
  });
});
afterAll(async () => {
  await emulator?.close();
  await gateway?.close();
  await rm(folder, { recursive: true, force: true });
});

test('R1: a mail by SMTP is one object in the inbox and one notification in the queue', async () => {
  const raw = await composeMail({
    from: 'Ada Lovelace <ada@reporter.example>',
    to: securityAddress,
    subject: 'Stored XSS',
    text: 'Steps.\n',
    sign: gateway.dkimKey,
  });

  const answer = await sendMail(inbound.port, raw, { from: 'ada@reporter.example', to: securityAddress });

  const messageId = answer.match(/OK (\S+)/)?.[1] ?? '';
  const object = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: `in/${messageId}` }));
  const [body = ''] = await take(queues.mail, 1);
  const { Message: notification } = receivedMailInQueue.parse(body);
  expect(await object.Body?.transformToString()).toContain(`\r\n\r\nSteps.\r\n`);
  expect(notification.mail.messageId).toBe(messageId);
  expect(notification.receipt).toMatchObject({
    spfVerdict: { status: 'PASS' },
    dkimVerdict: { status: 'PASS' },
    dmarcVerdict: { status: 'PASS' },
    action: { bucketName: bucket, objectKey: `in/${messageId}` },
  });
});

test('what SES sends lands in the mailbox, and its events carry the id that SES answered and our tag', async () => {
  const raw = await composeMail({
    from: `Open edX Security <${securityAddress}>`,
    to: 'Ada Lovelace <ada@reporter.example>',
    subject: 'Wir haben Ihre Meldung – danke',
    text: 'Grüße: http://127.0.0.1:4080/a#t=v1.k.p.m\n',
    headers: { 'X-SES-MESSAGE-TAGS': 'delivery=d-1', 'X-SES-CONFIGURATION-SET': 'desk' },
  });

  const { MessageId } = await aws.ses.send(
    new SendRawEmailCommand({
      Source: securityAddress,
      Destinations: ['ada@reporter.example'],
      RawMessage: { Data: raw },
    }),
  );

  const events = (await take(queues.events, 2)).map((body) => sendingEventInQueue.parse(body).Message);
  const [mail] = gateway.mailbox.list('ada@reporter.example');
  expect(mail).toMatchObject({
    subject: 'Wir haben Ihre Meldung – danke',
    text: 'Grüße: http://127.0.0.1:4080/a#t=v1.k.p.m\n',
    links: ['http://127.0.0.1:4080/a#t=v1.k.p.m'],
  });
  expect(mail?.headers['message-id']).toBe(`<${MessageId}>`);
  expect(events.map(({ eventType }) => eventType).sort()).toEqual(['Delivery', 'Send']);
  for (const event of events) {
    expect(event.mail.messageId).toBe(MessageId);
    expect(event.mail.tags).toMatchObject({ delivery: ['d-1'], 'ses:configuration-set': ['desk'] });
  }
});

test('IAM is enforced: a key that IAM did not give opens nothing', async () => {
  const stranger = new S3Client({
    endpoint: emulator.endpoint,
    region: localRegion,
    forcePathStyle: true,
    credentials: { accessKeyId: 'AKIASTRANGER00000000', secretAccessKey: 'none' },
  });

  const read = stranger.send(new GetObjectCommand({ Bucket: bucket, Key: 'in/x' }));

  await expect(read).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  stranger.destroy();
});

test('a stop keeps what was stored, and a start finds it', async () => {
  const { objectKey } = await inbound.deliverRaw('From: lin@smallhost.example\r\n\r\nkept\r\n', {});
  await emulator.close();
  expect(await emulator.exited).toEqual({ code: 0, signal: null });

  emulator = await start();
  aws = clients(emulator.endpoint);

  const object = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: objectKey }));
  expect(await object.Body?.transformToString()).toContain('kept');
});

test('a desk that is killed leaves no emulator behind, and its state is saved', async () => {
  const state = join(folder, 'killed');
  const script = join(folder, 'desk.ts');
  const module = JSON.stringify(join(projectRoot, 'local/emulator/ministack.ts'));
  await writeFile(
    script,
    `import { startEmulator } from ${module};
const emulator = await startEmulator({ port: 0, folder: ${JSON.stringify(state)}, smtpRelay: { host: '127.0.0.1', port: 9 } });
process.stdout.write(emulator.endpoint);
setInterval(() => {}, 1000);`,
  );
  const desk = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(desk.stdout, 'data')) as [Buffer];
  const endpoint = chunk.toString();
  await new S3Client({
    endpoint,
    region: localRegion,
    credentials: localCredentials,
    forcePathStyle: true,
  }).send(new CreateBucketCommand({ Bucket: 'left-behind' }));

  desk.kill('SIGKILL');

  const answers = () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    );
  for (let tries = 0; tries < 100 && (await answers()); tries++) await pause(100);
  expect(await answers()).toBe(false);
  await pause(500);
  expect(await readFile(join(state, 'emulator.log'), 'utf8')).toContain('saved s3 state');
});
