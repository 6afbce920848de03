import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AttributeValue, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { firstBreak } from '#commit/chain.ts';
import { commitCommand } from '#commit/commit-command.ts';
import type { DeskStore, Partition } from '#contracts/ports.ts';
import { machineStateOf } from '#domain/machine.ts';
import { deploymentOf, settingsOf } from '../../lib/config.ts';
import { loadConfig } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import { type Emulator, startEmulator } from '../../local/emulator/ministack.ts';
import { emptyTable } from '../support/empty-table.ts';

const former = resolve(import.meta.dirname, '../fixtures/former');
const folder = mkdtempSync(join(tmpdir(), 'desk-former-'));
let emulator: Emulator;
let client: DynamoDBClient;
beforeAll(async () => {
  emulator = await startEmulator({ port: 0, folder, smtpRelay: { host: '127.0.0.1', port: 9 } });
  client = new DynamoDBClient({
    endpoint: emulator.endpoint,
    region: localRegion,
    credentials: localCredentials,
  });
});
afterAll(async () => {
  client?.destroy();
  await emulator?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Item = Record<string, AttributeValue>;
const clock = { now: () => '2026-12-24T12:00:00.000Z' };

const versions = readdirSync(former).filter((file) => file.endsWith('.jsonl'));

describe.each(versions)('what the version of %s wrote', (file) => {
  let items: readonly Item[];
  let store: DeskStore;
  beforeAll(async () => {
    items = readFileSync(join(former, file), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Item);
    const table = await emptyTable(client);
    for (const Item of items) await client.send(new PutItemCommand({ TableName: table, Item }));
    store = createDeskStore({
      table,
      clock,
      aws: { endpoint: emulator.endpoint, region: localRegion, credentials: localCredentials },
    });
  });
  const keysOf = (sk: string): readonly string[] =>
    items.filter((item) => item.sk?.S === sk).map(({ pk }) => pk?.S ?? '');
  const idsOf = (sk: string) => keysOf(sk).map((pk) => pk.slice(pk.indexOf('#') + 1));

  test('is read as disclosures, intakes, people, groups and the rota', async () => {
    const disclosures = await Promise.all(idsOf('DISC').map((id) => store.disclosure(id)));
    const intakes = await Promise.all(idsOf('INTAKE').map((key) => store.intake(key)));
    const people = await Promise.all(idsOf('PERSON').map((id) => store.person(id)));
    const groups = await Promise.all(
      idsOf('GROUP').map((key) => store.group(...(key.split('#') as [string, string]))),
    );

    expect(disclosures.length).toBeGreaterThan(3);
    for (const found of [...disclosures, ...intakes, ...people, ...groups, await store.rota()])
      expect(found).toBeDefined();
    for (const disclosure of disclosures)
      if (disclosure) expect(machineStateOf(disclosure)).toMatch(/^[A-Z]/);
  });

  test('has whole chains, and every letter stands as it stood', async () => {
    const events = items.filter(({ sk }) => sk?.S?.startsWith('EVENT#'));
    for (const partition of new Set(events.map(({ pk }) => pk?.S ?? ''))) {
      const found = await store.events(partition as Partition);
      expect(firstBreak(found)).toBeUndefined();
    }
    for (const item of events) {
      const written = unmarshall(item) as { pk: Partition; sk: string; delivery: object };
      const read = await store.event(written.pk, written.sk.slice('EVENT#'.length));
      expect(read?.delivery).toMatchObject(written.delivery);
    }
    expect(events.length).toBeGreaterThan(20);
  });

  test('is delivered where it still waits', async () => {
    const waiting = items.filter((item) => item.waits).map(({ pk, sk }) => `${pk?.S} ${sk?.S}`);

    const found = await store.waiting(100);

    expect(waiting.length).toBeGreaterThan(0);
    expect(found.map(({ partition, cause }) => `${partition} EVENT#${cause}`)).toEqual(waiting);
    const [first] = found;
    const event = first && (await store.event(first.partition, first.cause));
    const letters = (event?.letters ?? []).map((_, at) => `L${at}`);
    expect(letters.length).toBeGreaterThan(0);
    expect(
      await store.lease(first?.partition ?? 'ROTA', first?.cause ?? '', letters, clock.now(), ''),
    ).toEqual(letters);
  });

  test('is carried on: the next command continues the chain', async () => {
    const settings = settingsOf(deploymentOf(await loadConfig()), 'letters');
    const commit = commitCommand({ store, clock, settings });
    for (const id of await store.listed('open')) {
      const before = (await store.events(`DISC#${id}`)).length;

      const { disclosure } = await commit({
        disclosure: id,
        command: { name: 'begin-generation', because: 'lost' },
        actor: { kind: 'desk' },
        cause: 'lost:former',
      });

      const events = await store.events(`DISC#${id}`);
      expect(events).toHaveLength(before + 1);
      expect(firstBreak(events)).toBeUndefined();
      expect((await store.disclosure(id))?.generation).toBe(disclosure.generation);
    }
    expect((await store.listed('open')).length).toBeGreaterThan(2);
  });
});
