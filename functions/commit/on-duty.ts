import type { DeskStore } from '#contracts/ports.ts';
import type { PersonId } from '#domain/people.ts';
import { onDutyAt } from '#domain/rota.ts';

/** Who is on duty now, as the rota says; undefined when nobody is. */
export async function whoIsOnDuty(
  store: Pick<DeskStore, 'rota' | 'people'>,
  now: string,
): Promise<PersonId | undefined> {
  const rota = await store.rota();
  if (!rota) return undefined;
  const covering = rota.shifts.filter((shift) => shift.start <= now && now < shift.end);
  if (covering.length === 0) return undefined;
  const people = await store.people([...new Set(covering.map((shift) => shift.member))]);
  const members = people.map((person) => ({ id: person.id, state: person.member ?? 'left' }));
  return onDutyAt(covering, members, now)[0]?.member;
}
