import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
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
const missingNow = async (change: Partial<ReturnType<typeof reach>> = {}): Promise<string[]> =>
  (await examine(worldOf({ ...reach(), ...change })))
    .filter(({ verdict }) => verdict === 'missing')
    .map(({ check }) => check);
const aws = () => ({
  endpoint: desk.addresses.endpoint,
  region: localRegion,
  credentials: localCredentials,
});

test('a running desk is well; its test mail opens nothing and is answered by nobody', async () => {
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

test('a schedule that somebody disabled is found', async () => {
  const client = new SchedulerClient(aws());
  const place = { GroupName: desk.outputs.ScheduleGroup ?? '', Name: 'reconcile-often' };
  const found = (await worldOf(reach()).aws.schedules(place.GroupName)).find(({ name }) =>
    name.startsWith('reconcile'),
  );
  const Name = found?.name ?? place.Name;
  const { Target, ScheduleExpression, FlexibleTimeWindow } = await client.send(
    new GetScheduleCommand({ ...place, Name }),
  );
  const update = (State: 'ENABLED' | 'DISABLED') =>
    client.send(
      new UpdateScheduleCommand({ ...place, Name, Target, ScheduleExpression, FlexibleTimeWindow, State }),
    );
  await update('DISABLED');

  const wrong = await missingNow();

  await update('ENABLED');
  expect(wrong).toEqual(['schedules']);
});

test('secrets that nobody else holds are found: App, key and webhooks', async () => {
  const { github, discourse } = desk.config;
  const client = new SecretsManagerClient(aws());
  const { privateKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }),
  );
  const put = (SecretId: string | undefined, fields: object) =>
    client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(fields) }));
  await put(github?.secretName, { privateKey, webhookSecret: 'other' });
  await put(discourse?.secretName, { apiKey: 'other', apiUsername: 'other', webhookSecret: 'other' });

  const wrong = await missingNow();

  await storeSecrets(desk.addresses.endpoint, desk.config, loadSecrets(`${folder()}/world`));
  expect(wrong).toEqual(expect.arrayContaining(['GitHub App', 'Discourse key']));
});

test('what the configuration says and the world does not have is found', async () => {
  const { config } = reach();
  const elsewhere = {
    ...config,
    github: config.github && { ...config.github, installationId: 99 },
    discourse: config.discourse && { ...config.discourse, categoryId: 99 },
  };

  const wrong = await missingNow({ config: elsewhere });

  expect(wrong).toEqual(['GitHub App', 'Discourse key']);
});

test('a mail that does not get through is found', async () => {
  const wrong = await missingNow({ post: async () => undefined });

  expect(wrong).toEqual(['test mail']);
});
