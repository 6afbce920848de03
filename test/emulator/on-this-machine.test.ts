import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, expect, inject, test } from 'vitest';
import { localCredentials, localRegion, projectRoot } from '../../local/emulator/environment.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import type { Mail } from '../../local/mail-gateway/mailbox.ts';
import { linkIn, Visitor } from '../../local/visitor.ts';
import { notedIn, processesOf, type RecordedStart, startRecorded } from '../support/recorded-start.ts';
import { startRunningDesk, until } from '../support/running-desk.ts';
import '../support/desk-folder.ts';

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+|unix:.*)$/;
const place = inject('deskPlace');
const started: { start: RecordedStart; folder?: string }[] = [];
afterEach(async () => {
  for (const { start, folder } of started.splice(0)) {
    start.interrupt();
    await start.ended;
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
});

/** A start in a folder of its own. */
function startElsewhere(options: Partial<Parameters<typeof startRecorded>[0]>) {
  const folder = mkdtempSync(join(projectRoot, '.desk', 'test-start-'));
  const anyPort = Object.fromEntries(Object.keys(place.ports).map((name) => [name, 0]));
  const start = startRecorded({ folder, ...options, ports: { ...anyPort, ...options.ports } });
  started.push({ start, folder });
  return { start, folder };
}

test('the first start deploys the desk, says where it is, and leaves no process behind after Ctrl-C', () => {
  const { ready, exitCode, leftBehind } = inject('firstStart');

  expect(ready).toMatchObject({
    ready: true,
    console: `http://127.0.0.1:${place.ports.console}`,
    desk: `http://127.0.0.1:${place.ports.desk}`,
    smtp: `127.0.0.1:${place.ports.smtp}`,
    endpoint: `http://127.0.0.1:${place.ports.emulator}`,
    github: `http://127.0.0.1:${place.ports.github}`,
    discourse: `http://127.0.0.1:${place.ports.discourse}`,
    stack: expect.any(String),
  });
  expect(exitCode).toBe(0);
  expect(leftBehind).toEqual([]);
});

test('no connection leaves this machine: bootstrap, deploy, a mail, a visit, whatever the shell holds', async () => {
  const start = startRecorded(place);
  started.push({ start });
  const addresses = await start.ready;
  // Nobody signs for this domain, and nobody forbids it to write.
  const from = 'somebody@elsewhere.example';
  const to = addresses.securityAddress ?? '';

  const mailbox = async () => (await (await fetch(`${addresses.console}/api/mailbox`)).json()) as Mail[];
  // Older mails may hold links that the moved clock has ended.
  const before = (await mailbox()).length;
  const raw = await composeMail({ from, to, subject: 'Stored XSS', text: 'Steps.\n' });
  await sendMail(place.ports.smtp, raw, { from, to });
  const link = await until('the members are told', async () => {
    const mails = (await mailbox()).slice(before);
    const told = mails.findLast(({ subject }) => /New (report|mail)/.test(subject));
    return told && linkIn(told);
  });
  const page = await new Visitor(addresses.desk ?? '').open(link);
  start.interrupt();
  const code = await start.ended;

  expect(page.status).toBe(200);
  expect(code).toBe(0);
  expect(processesOf(place.folder)).toEqual([]);
  const noted = notedIn(place.folder);
  // The recorder was in the desk itself, in the CDK's command line, and in the emulated functions.
  for (const program of [/local\/start\.ts$/, /cdk/, /worker/])
    expect(noted.some((each) => program.test(each.program) && each.how === 'connect')).toBe(true);
  expect(noted.filter((each) => !loopback.test(each.to))).toEqual([]);
});

test.each(['emulator', 'desk', 'smtp'] as const)(
  'a busy port is refused with the option that changes it: --%s-port',
  async (name) => {
    const holder = createServer();
    await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done));
    const { port } = holder.address() as { port: number };

    const { start, folder } = startElsewhere({ ports: { [name]: port } });
    const code = await start.ended;
    await new Promise((done) => holder.close(done));

    expect(code).toBe(1);
    expect(start.said()).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(start.said()).toContain(`--${name}-port`);
    expect(processesOf(folder)).toEqual([]);
  },
);

test('an AWS_ENDPOINT_URL elsewhere is refused before anything is asked of it', async () => {
  const { start, folder } = startElsewhere({
    environment: { AWS_ENDPOINT_URL: 'https://dynamodb.us-east-1.amazonaws.com' },
  });

  expect(await start.ended).toBe(1);
  expect(start.said()).toMatch(/AWS_ENDPOINT_URL.*unset it/s);
  expect(notedIn(folder).filter((each) => !loopback.test(each.to))).toEqual([]);
  expect(processesOf(folder)).toEqual([]);
});

test('Ctrl-C in the midst of the deployment stops everything that was started', async () => {
  const { start, folder } = startElsewhere({});
  await until('the deployment has begun', () => start.said().includes('synthesising'));
  await until('its child runs', () => processesOf(folder).some((line) => line.includes('cdk')));

  start.interrupt();

  expect(await start.ended).not.toBeNull();
  expect(processesOf(folder)).toEqual([]);
});

test('IAM is enforced: a function’s role may do what its grants say, and nothing else', async () => {
  const desk = await startRunningDesk();
  try {
    const { endpoint } = desk.addresses;
    const root = { endpoint, region: localRegion, credentials: localCredentials };
    const lambda = new LambdaClient(root);
    const { Role = '' } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: `${desk.config.stackName}-hold-token` }),
    );
    const granted = { endpoint, region: localRegion, credentials: await assume(endpoint, Role) };
    const table = new DynamoDBClient(granted);
    const bucket = new S3Client({ ...granted, forcePathStyle: true });

    const reading = table.send(
      new GetItemCommand({
        TableName: desk.outputs.TableName,
        Key: { pk: { S: 'DISC#EDX-2026-0001' }, sk: { S: '#' } },
      }),
    );
    const writing = bucket.send(
      new PutObjectCommand({ Bucket: desk.outputs.BucketName, Key: 'in/forged', Body: 'x' }),
    );

    await expect(reading).resolves.toBeDefined();
    await expect(writing).rejects.toMatchObject({ name: expect.stringMatching(/AccessDenied/) });
  } finally {
    await desk.close();
  }
});

/** Credentials of a role, as the emulator gives them to the function that has it. */
async function assume(endpoint: string, role: string) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${localCredentials.accessKeyId}/20260101/${localRegion}/sts/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: 'test',
    }),
  });
  const body = await answer.text();
  const field = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(body)?.[1] ?? '';
  if (!answer.ok) throw new Error(`AssumeRole answered ${answer.status}: ${body}`);
  return {
    accessKeyId: field('AccessKeyId'),
    secretAccessKey: field('SecretAccessKey'),
    sessionToken: field('SessionToken'),
  };
}
