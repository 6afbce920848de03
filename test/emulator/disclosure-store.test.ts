import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Person } from '#domain/people.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import { type Emulator, startEmulator } from '../../local/emulator/ministack.ts';
import { createPersonSearch } from '../../local/person-search.ts';
import { TestClock } from '../support/clock.ts';
import { emptyTable } from '../support/empty-table.ts';
import { describeStore } from '../support/store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'desk-store-'));
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

describe('A8: an administrator looks for what a person left', () => {
  it('finds the record by its address, and the mails and disclosures that came from them', async () => {
    const table = await emptyTable(client);
    const clock = new TestClock();
    const store = createDeskStore({
      table,
      clock,
      aws: { endpoint: emulator.endpoint, region: localRegion, credentials: localCredentials },
    });
    const search = createPersonSearch({ table, client });
    const put = (item: Person) =>
      store.commit({
        writes: [{ put: 'person', item, expect: 0 }],
        event: { ...event, partition: `PERSON#${item.id}` },
      });
    const event = {
      cause: 'seed',
      type: 'seed',
      actor: 'desk',
      at: clock.now(),
      data: {},
      letters: [],
      signals: [],
      correlation: 'test',
    };
    // Long bodies lie packed in the table (ADR 0020), and have to be found all the same.
    const long = 'A flaw. '.repeat(80);
    const rhea = { id: 'p-rhea', version: 0, address: 'Rhea@people.example', name: long, epoch: 1 };
    await put({ ...rhea, roles: ['reporter'] });
    await put({ id: 'p-ada', version: 0, address: 'ada@people.example', roles: ['member'], epoch: 1 });
    for (const [number, reporter] of ['p-rhea', 'p-ada'].entries()) {
      const id = `EDX-2026-000${number + 1}`;
      const mailKey = `mail-${number + 1}`;
      const numbers = { receivedAt: clock.now(), zone: 'UTC', responseBusinessDays: 2 };
      await store.commit({
        writes: [
          {
            put: 'disclosure',
            item: { ...openDisclosure({ id, mailKey, reporter, ...numbers }), title: long },
            expect: 0,
          },
          {
            put: 'intake',
            item: {
              mailKey,
              version: 0,
              kind: 'report',
              kindBy: 'default',
              disposition: 'opened',
              flags: [],
              receivedAt: clock.now(),
              objectKey: `mail/2026/03/${mailKey}`,
              from: reporter,
              authenticated: 'yes',
              verdicts: { spam: 'PASS', virus: 'PASS', spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' },
              subject: long,
              references: [],
              disclosures: [id],
            },
            expect: 0,
          },
        ],
        event: { ...event, partition: `DISC#${id}` },
      });
    }

    expect(await search.byAddress('rhea@PEOPLE.example ')).toEqual(['p-rhea']);
    expect(await search.byAddress('nobody@people.example')).toEqual([]);
    expect(await search.tracesOf('p-rhea')).toEqual({ disclosures: ['EDX-2026-0001'], intakes: ['mail-1'] });
  });
});

describeStore('the DynamoDB store', async (clock) =>
  createDeskStore({
    table: await emptyTable(client),
    clock,
    aws: { endpoint: emulator.endpoint, region: localRegion, credentials: localCredentials },
  }),
);
