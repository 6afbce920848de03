import type { DeskStore } from '#contracts/ports.ts';
import type { DutyRecord } from '#domain/handover.ts';
import type { MemberState, PersonId } from '#domain/people.ts';
import { emptyRota } from '#domain/rota.ts';

/** The rota with the state of everyone who has a shift in it. */
export interface Duty {
  readonly rota: DutyRecord;
  readonly members: readonly { readonly id: PersonId; readonly state: MemberState }[];
}

/**
 * The stored rota and its members, both strongly consistent; an empty rota where none was stored yet. `also`
 * names people who have no shift but matter to the act at hand.
 */
export async function loadDuty(
  store: Pick<DeskStore, 'rota' | 'people'>,
  also: readonly PersonId[] = [],
): Promise<Duty> {
  const rota: DutyRecord = (await store.rota()) ?? emptyRota;
  const people = await store.people([...new Set([...rota.shifts.map(({ member }) => member), ...also])]);
  return { rota, members: people.map(({ id, member }) => ({ id, state: member ?? 'left' })) };
}
