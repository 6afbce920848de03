import { displayName, type Person, type PersonId } from '#domain/people.ts';
import { maintainerWords } from '#letters/words.ts';
import type { DeskDeps } from './deps.ts';

/** Names of people for the members' pages; everyone there is a member, who may know them. */
export async function namesOf(
  deps: Pick<DeskDeps, 'store'>,
  ids: readonly PersonId[],
): Promise<(person: PersonId | undefined) => string> {
  const people = await deps.store.people([...new Set(ids)]);
  const names = new Map(people.map((person) => [person.id, displayName(person)]));
  return (person) => (person && names.get(person)) ?? 'a member who is gone';
}

/** `team:openedx/x`, `owners:p-…,p-…`: a maintainer's key with names for the people in it. */
export async function maintainerNames(
  deps: Pick<DeskDeps, 'store'>,
  keys: readonly string[],
): Promise<(key: string) => string> {
  const shape = /\bp-[a-z2-7]{24}\b/g;
  const ids = keys.flatMap((key) => key.match(shape) ?? []);
  const people = await deps.store.people([...new Set(ids)]);
  const names = new Map(people.map((person) => [person.id, displayName(person)]));
  return (key) => maintainerWords(key, (id) => names.get(id));
}

/** Is somebody in the working group, or invited to it? */
export const inGroup = ({ member }: Person): boolean =>
  member === 'active' || member === 'away' || member === 'invited';
