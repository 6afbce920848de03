import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';
import { type Emulator, startEmulator } from '../../local/emulator/ministack.ts';
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

let tables = 0;

/** A table with the keys and indexes of the deployed one, empty. */
async function emptyTable(): Promise<string> {
  const name = `contract-${process.pid}-${++tables}`;
  const index = (IndexName: string, pk: string, sk: string) => ({
    IndexName,
    KeySchema: [
      { AttributeName: pk, KeyType: 'HASH' as const },
      { AttributeName: sk, KeyType: 'RANGE' as const },
    ],
    Projection: { ProjectionType: 'KEYS_ONLY' as const },
  });
  const names = ['pk', 'sk', 'dueShard', 'dueAt', 'waits', 'waitsAt', 'list', 'listAt'];
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        index('due', 'dueShard', 'dueAt'),
        index('waits', 'waits', 'waitsAt'),
        index('list', 'list', 'listAt'),
      ],
    }),
  );
  return name;
}

describeStore('the DynamoDB store', async (clock) =>
  createDeskStore({
    table: await emptyTable(),
    clock,
    aws: { endpoint: emulator.endpoint, region: localRegion, credentials: localCredentials },
  }),
);
