import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { AwsTarget } from '#adapters/aws.ts';

/** dynoxide: a database that speaks DynamoDB, its conditions, transactions and indexes, and counts request units. */
const executable = new URL('../../node_modules/@dynoxide/linux-x64/dynoxide', import.meta.url).pathname;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** A database process of its own, so that the many never share a cache with the few. */
export async function startDatabase(): Promise<{
  readonly client: DynamoDBClient;
  /** The same database for the desk's own adapters. */
  readonly target: AwsTarget;
  readonly process: ChildProcess;
}> {
  const port = await freePort();
  const process = spawn(executable, ['serve', '--port', String(port)], { stdio: 'ignore' });
  const target = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const client = new DynamoDBClient(target);
  for (let tries = 0; ; tries++) {
    try {
      await client.send(new ListTablesCommand({}));
      return { client, target, process };
    } catch (error) {
      if (tries > 100) throw error;
      await pause(50);
    }
  }
}

const key = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const });
const schema = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];
const indexes = {
  due: ['dueShard', 'dueAt'],
  waits: ['waits', 'waitsAt'],
  list: ['list', 'listAt'],
} as const;

/** The table as `lib/disclosure-table.ts` has it. */
export const createTable = (client: DynamoDBClient) =>
  client.send(
    new CreateTableCommand({
      TableName: 'desk',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: schema('pk', 'sk'),
      AttributeDefinitions: ['pk', 'sk', ...Object.values(indexes).flat()].map(key),
      GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, [partition, sort]]) => ({
        IndexName,
        KeySchema: schema(partition, sort),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
  );
