import type { Clock, DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { day, plus } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import { manned } from '#domain/rota.ts';
import { type Today, today } from '#domain/today.ts';
import { openWork, willGoOut } from './handover-record.ts';
import { cadenceOf } from './reminder-groups.ts';
import { loadDuty } from './rota-record.ts';

/** Loads and makes the page "Today" for one member, as data. */
export async function loadToday(
  deps: {
    readonly store: Pick<
      DeskStore,
      'rota' | 'people' | 'peopleOf' | 'listed' | 'disclosure' | 'due' | 'group'
    >;
    readonly clock: Clock;
    readonly settings: Pick<Settings, 'policy'>;
  },
  me: PersonId,
): Promise<Today> {
  const { store, settings } = deps;
  const now = deps.clock.now();
  const everyone = (await store.peopleOf('member')).map(({ id }) => id);
  const [{ rota, members }, work] = await Promise.all([loadDuty(store, everyone), openWork(store)]);
  const shifts = manned(rota.shifts, members);
  const batches = await willGoOut(
    store,
    { start: now, end: plus(now, day) },
    shifts,
    cadenceOf(settings.policy),
  );
  return today({ me, now, policy: settings.policy, work, batches, duty: rota, members });
}
