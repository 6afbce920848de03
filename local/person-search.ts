import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Traces } from '#commit/erase-person.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { Intake } from '#domain/intake.ts';
import type { Person, PersonId } from '#domain/people.ts';
import { itemsOf, readable } from './table-items.ts';

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
  /** Ids of the aggregates of one kind whose body is the wanted one. */
  async function idsOf<Body>(sk: string, wanted: (body: Partial<Body>) => boolean): Promise<string[]> {
    const found = (await itemsOf(client, table, sk)).map(readable);
    return found
      .filter(({ item }) => wanted((item ?? {}) as Partial<Body>))
      .map(({ pk }) => String(pk).slice(String(pk).indexOf('#') + 1));
  }

  return {
    byAddress(address) {
      const wanted = address.trim().toLowerCase();
      return idsOf<Person>('PERSON', (person) => person.address?.toLowerCase() === wanted);
    },
    async tracesOf(person) {
      const [disclosures, intakes] = await Promise.all([
        idsOf<Disclosure>('DISC', ({ reporters }) => reporters?.includes(person) === true),
        idsOf<Intake>('INTAKE', ({ from }) => from === person),
      ]);
      return { disclosures, intakes };
    },
  };
}
