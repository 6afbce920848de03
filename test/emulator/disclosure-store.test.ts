import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { inject } from 'vitest';
import { describeStore } from '../support/store-contract.ts';

const client = new DynamoDBClient({
  endpoint: inject('endpoint'),
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
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
  createDeskStore({ table: await emptyTable(), clock, client }),
);
