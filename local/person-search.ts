import { type DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Traces } from '#commit/erase-person.ts';
import type { PersonId } from '#domain/people.ts';

/** Looks through the whole table: for an administrator's rare command, never for a function. */
export interface PersonSearch {
  /** Ids of people with that address, whatever its case. */
  byAddress(address: string): Promise<readonly PersonId[]>;
  tracesOf(person: PersonId): Promise<Traces>;
}

export function createPersonSearch({
  table,
  client,
}: {
  readonly table: string;
  readonly client: DynamoDBClient;
}): PersonSearch {
  async function scan(sk: string, more: Partial<ScanCommandInput>): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = [];
    let start: ScanCommandInput['ExclusiveStartKey'];
    do {
      const page = await client.send(
        new ScanCommand({
          TableName: table,
          ConsistentRead: true,
          ...more,
          FilterExpression: `sk = :sk${more.FilterExpression ? ` AND ${more.FilterExpression}` : ''}`,
          ExpressionAttributeNames: { '#item': 'item', ...more.ExpressionAttributeNames },
          ExpressionAttributeValues: { ':sk': { S: sk }, ...more.ExpressionAttributeValues },
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      found.push(...(page.Items ?? []).map((item) => unmarshall(item)));
      start = page.LastEvaluatedKey;
    } while (start);
    return found;
  }
  const idOf = ({ pk }: Record<string, unknown>): string => String(pk).slice(String(pk).indexOf('#') + 1);

  return {
    async byAddress(address) {
      const people = await scan('PERSON', { ProjectionExpression: 'pk, #item.address' });
      const wanted = address.trim().toLowerCase();
      return people
        .filter(({ item }) => (item as { address?: string }).address?.toLowerCase() === wanted)
        .map(idOf);
    },
    async tracesOf(person) {
      const of = { ExpressionAttributeValues: { ':person': { S: person } }, ProjectionExpression: 'pk' };
      const [disclosures, intakes] = await Promise.all([
        scan('DISC', { ...of, FilterExpression: 'contains(#item.reporters, :person)' }),
        scan('INTAKE', {
          ...of,
          FilterExpression: '#item.#from = :person',
          ExpressionAttributeNames: { '#from': 'from' },
        }),
      ]);
      return { disclosures: disclosures.map(idOf), intakes: intakes.map(idOf) };
    },
  };
}
