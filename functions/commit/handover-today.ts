import type { Clock, DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { Batch } from '#domain/cadence.ts';
import { stretchAt } from '#domain/handover.ts';
import { day, later, plus } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import { manned } from '#domain/rota.ts';
import { type Today, today } from '#domain/today.ts';
import { openWork, willGoOut } from './handover-record.ts';
import { cadenceOf } from './reminder-groups.ts';
import { type Duty, loadDuty } from './rota-record.ts';

/** The page "Today" as data, with what it was made of. */
export interface LoadedToday {
  readonly today: Today;
  readonly duty: Duty;
  /** What goes out until duty passes on, or within a week where nobody is on duty. */
  readonly batches: readonly Batch[];
}

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
): Promise<LoadedToday> {
  const { store, settings } = deps;
  const now = deps.clock.now();
  const everyone = (await store.peopleOf('member')).map(({ id }) => id);
  const [duty, work] = await Promise.all([loadDuty(store, everyone), openWork(store)]);
  const { rota, members } = duty;
  const end = stretchAt(rota, members, now)?.end ?? plus(now, 7 * day);
  const toCome = await willGoOut(
    store,
    { start: now, end: later(end, plus(now, day)) },
    manned(rota.shifts, members),
    cadenceOf(settings.policy),
  );
  return {
    today: today({ me, now, policy: settings.policy, work, batches: toCome, duty: rota, members }),
    duty,
    batches: toCome.filter(({ sendingInstant }) => sendingInstant < end),
  };
}
