import { generateKeyPairSync } from 'node:crypto';
import { DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  ListSubscriptionsByTopicCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { day, plus } from '#domain/instant.ts';
import type { Desk } from '../../local/desk.ts';
import { examine } from '../../local/doctor/examine.ts';
import { reachLocal, worldOf } from '../../local/doctor.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import { loadSecrets, storeSecrets } from '../../local/world.ts';
import { startRunningDesk } from '../support/running-desk.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await startRunningDesk();
});
afterAll(async () => {
  await desk?.close();
});

const folder = () => inject('deskPlace').folder;
const reach = () => reachLocal(desk.config, folder());
const aws = () => ({
  endpoint: desk.addresses.endpoint,
  region: localRegion,
  credentials: localCredentials,
});
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

type Change = Partial<ReturnType<typeof reach>>;

/** The checks that find something missing. Where the mail is not what is broken, none is sent. */
async function missingNow(change: Change = {}): Promise<readonly string[]> {
  const world = worldOf({ ...reach(), ...change });
  const testMail = { send: async () => 'test' };
  const findings = await examine(change.post ? world : { ...world, testMail: () => testMail });
  return findings.filter(({ verdict }) => verdict === 'missing').map(({ check }) => check);
}

/** Breaks something, looks, and mends it whatever was found. */
async function whileBroken(breaking: () => Promise<unknown>, mending: () => Promise<unknown>) {
  await breaking();
  try {
    return await missingNow();
  } finally {
    await mending();
  }
}

test('a running desk is well though its clock is a week ahead; the test mail opens nothing and is answered by nobody', async () => {
  await desk.travel.to(plus(desk.clock.now(), 7 * day));
  const open = await desk.store.listed('open');
  const mails = desk.gateway.mailbox.list().length;

  const findings = await examine(worldOf(reach()));

  expect(findings.filter(({ verdict }) => verdict === 'missing')).toEqual([]);
  expect(findings).toContainEqual({
    check: 'test mail',
    verdict: 'ok',
    found: 'became an intake of disposition test',
  });
  await desk.quiet();
  expect(await desk.store.listed('open')).toEqual(open);
  expect(desk.gateway.mailbox.list()).toHaveLength(mails);
});

test('what this machine cannot have is not applicable, and nothing else is', async () => {
  const world = worldOf(reach());

  const findings = await examine({ ...world, testMail: () => ({ send: async () => 'test' }) });

  expect(findings.filter(({ verdict }) => verdict === 'not-applicable').map(({ check }) => check)).toEqual([
    'production access',
    'identity',
    'receiving region',
    'active rule set',
    'receipt rule',
    'rule order',
    'DKIM',
    'SPF',
    'DMARC',
    'MX',
    'alarms',
  ]);
});

test('nobody answers, or nothing is deployed under this name', async () => {
  const place = { ...reach().place, endpoint: 'http://127.0.0.1:1' };

  expect(await missingNow({ place })).toEqual(['credentials and region']);
  expect(await missingNow({ config: { ...reach().config, stackName: 'Elsewhere' } })).toEqual(['deployment']);
});

test('a schedule that somebody disabled is found', async () => {
  const client = new SchedulerClient(aws());
  const place = { GroupName: desk.outputs.ScheduleGroup ?? '', Name: 'reconcile-sweep' };
  const { Target, ScheduleExpression, FlexibleTimeWindow } = await client.send(new GetScheduleCommand(place));
  const update = (State: 'ENABLED' | 'DISABLED') =>
    client.send(
      new UpdateScheduleCommand({ ...place, Target, ScheduleExpression, FlexibleTimeWindow, State }),
    );

  const wrong = await whileBroken(
    () => update('DISABLED'),
    () => update('ENABLED'),
  );

  expect(wrong).toEqual(['schedules']);
});

test('a topic whose subscription somebody removed is found', async () => {
  const client = new SNSClient(aws());
  const TopicArn = desk.outputs.IntakeTopicArn ?? '';
  const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  const [queue] = Subscriptions.filter(({ Protocol }) => Protocol === 'sqs');
  const { SubscriptionArn, Endpoint } = queue ?? {};

  const wrong = await whileBroken(
    () => client.send(new UnsubscribeCommand({ SubscriptionArn })),
    () => client.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint })),
  );

  expect(wrong).toEqual(['mail notices']);
});

test('a table that is not protected and a bucket without versions are found, as a restore leaves them', async () => {
  const dynamo = new DynamoDBClient(aws());
  const s3 = new S3Client({ ...aws(), forcePathStyle: true });
  const protect = (DeletionProtectionEnabled: boolean) =>
    dynamo.send(new UpdateTableCommand({ TableName: desk.outputs.TableName, DeletionProtectionEnabled }));
  const version = (Status: 'Enabled' | 'Suspended') =>
    s3.send(
      new PutBucketVersioningCommand({
        Bucket: desk.outputs.BucketName,
        VersioningConfiguration: { Status },
      }),
    );

  const wrong = await whileBroken(
    () => Promise.all([protect(false), version('Suspended')]),
    () => Promise.all([protect(true), version('Enabled')]),
  );

  expect(wrong).toEqual(['record', 'mail archive']);
});

test('secrets that nobody else holds are found: App, key and webhooks', async () => {
  const { github, discourse } = desk.config;
  const client = new SecretsManagerClient(aws());
  const put = (SecretId: string | undefined, fields: object) =>
    client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(fields) }));
  const mend = () => storeSecrets(desk.addresses.endpoint, desk.config, loadSecrets(`${folder()}/world`));
  // The doors learn their secrets now, so that others are others to them.
  expect(await missingNow()).toEqual([]);

  const others = await whileBroken(async () => {
    await put(github?.secretName, { privateKey, webhookSecret: 'other' });
    await put(discourse?.secretName, { apiKey: 'other', apiUsername: 'other', webhookSecret: 'other' });
  }, mend);
  const none = await whileBroken(async () => {
    await put(github?.secretName, { webhookSecret: '' });
    await put(discourse?.secretName, {});
  }, mend);

  expect(others).toEqual([
    'GitHub App',
    'Discourse key',
    'webhook URL at GitHub',
    'webhook of github',
    'webhook of discourse',
  ]);
  expect(none).toEqual(['GitHub App', 'Discourse key', 'webhook of github', 'webhook of discourse']);
});

test('what the configuration says and the world does not have is found', async () => {
  const { config } = reach();
  const elsewhere = {
    ...config,
    repositories: { 'openedx/nowhere': { contacts: [] } },
    discourse: config.discourse && { ...config.discourse, categoryId: 99 },
  };
  const nobody = { ...config, github: config.github && { ...config.github, installationId: 99 } };

  expect(await missingNow({ config: elsewhere })).toEqual(['GitHub openedx/nowhere', 'Discourse key']);
  expect(await missingNow({ config: nobody })).toEqual(['GitHub App']);
});

test('a mail that does not get through is found', async () => {
  expect(await missingNow({ post: async () => undefined, patienceMs: 1000 })).toEqual(['test mail']);
});
