import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { plainItem } from '#adapters/dynamo.ts';
import { unpacked } from '#adapters/packed-item.ts';

/** An item as the table answers it. */
export type StoredItem = Readonly<Record<string, AttributeValue>>;

/** Every item of a table, or those of one sort key; consistent. For an administrator's rare command. */
export async function itemsOf(
  client: DynamoDBClient,
  TableName: string,
  sk?: string,
): Promise<readonly StoredItem[]> {
  const only = sk && { FilterExpression: 'sk = :sk', ExpressionAttributeValues: { ':sk': { S: sk } } };
  const items: StoredItem[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true, ...only }))
    items.push(...Items);
  return items;
}

/** An item with plain values, its body unpacked (ADR 0020): DynamoDB itself cannot look into what is packed. */
export function readable(stored: object): Readonly<Record<string, unknown>> {
  const { z, item, ...rest } = plainItem(stored);
  return { ...rest, item: unpacked({ z, item }) };
}
