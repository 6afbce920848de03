import type { DeskStore } from '#contracts/ports.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { PersonId } from '#domain/people.ts';

/**
 * The group addresses, among those who act for a disclosure's repositories, that a person is a recorded person of
 * (policy, "A group address"): as the record says now, so that whoever was removed stands for nobody.
 */
export async function groupsOf(
  store: Pick<DeskStore, 'people'>,
  disclosure: Disclosure,
  person: PersonId,
): Promise<readonly PersonId[]> {
  const acting = [
    ...new Set(
      disclosure.entries.flatMap(({ maintainer, delegates }) => [
        ...(maintainer?.people ?? []),
        ...delegates,
      ]),
    ),
  ];
  if (acting.length === 0) return [];
  const recorded = await store.people(acting);
  return recorded.filter(({ group }) => group?.people.includes(person)).map(({ id }) => id);
}
