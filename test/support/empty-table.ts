import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

let tables = 0;

/** A table with the keys and indexes of the deployed one, empty. */
export async function emptyTable(client: DynamoDBClient): Promise<string> {
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
