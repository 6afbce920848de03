import { addressGroup } from '#commit/address-group.ts';
import { commitDecided, type Round } from '#commit/commit-decided.ts';
import { openWork, readGroupPartition, willGoOut } from '#commit/handover-record.ts';
import { cadenceOf } from '#commit/reminder-groups.ts';
import { type Duty, loadDuty } from '#commit/rota-record.ts';
import type { DeskStore, NewEvent, Partition } from '#contracts/ports.ts';
import { localDate } from '#domain/calendar.ts';
import { type DutyRecord, nextDuty, type Stretch, shiftBrief, turnAt } from '#domain/handover.ts';
import { day, type Instant, later, plus } from '#domain/instant.ts';
import type { Letter, ReminderSum } from '#domain/letter.ts';
import type { Frequency } from '#domain/rating.ts';
import { handoverState, handoversBetween, manned, type RotaPolicy } from '#domain/rota.ts';
import type { ReminderDeps } from './send-reminders.ts';

type Turn = NonNullable<ReturnType<typeof turnAt>>;

/** One act of the desk on the rota: the event with its letters, and the rota up to where it is done. */
async function rotaRound<T>(
  deps: ReminderDeps,
  { rota, members }: Duty,
  event: Pick<NewEvent, 'cause' | 'type' | 'data' | 'letters'>,
  doneUntil: Instant | undefined,
  done: T,
): Promise<Round<T | undefined>> {
  const at = deps.clock.now();
  const item: DutyRecord = { ...rota, ...(doneUntil && { doneUntil }), version: rota.version + 1 };
  const letters = await addressGroup(deps.store, deps.settings, event.letters);
  return {
    commit: {
      writes: [
        {
          put: 'rota',
          item,
          expect: rota.version,
          due: nextDuty(item, members, at, deps.settings.policy.rota),
        },
      ],
      event: {
        ...event,
        letters,
        partition: 'ROTA',
        actor: 'desk',
        at,
        signals: [],
        correlation: 'rota',
      },
    },
    done: () => done,
    repeated: () => undefined,
  };
}

const nobody = (since: Instant): Letter => ({
  template: 'no-one-on-duty',
  to: { group: 'working-group' },
  about: 'desk/rota',
  params: { since },
});

/** A day of the desk's zone has one word to everyone that nobody is on duty, however much goes out in it. */
const nobodyCause = (deps: ReminderDeps, at: Instant): string =>
  `no-one-on-duty:${localDate(at, deps.settings.policy.zone)}`;

/** Since when nobody is on duty: the end of the last shift before, or the instant itself where there was none. */
function sinceWhen({ rota, members }: Duty, at: Instant): Instant {
  const ends = manned(rota.shifts, members).flatMap(({ end }) => (end <= at ? [end] : []));
  return ends.sort().at(-1) ?? at;
}

/** Tells everyone that nobody is on duty when something goes out: once a day, whatever is retried. */
export async function tellNobodyOnDuty(deps: ReminderDeps, at: Instant): Promise<void> {
  const cause = nobodyCause(deps, at);
  if (await deps.store.event('ROTA', cause)) return;
  await commitDecided(deps.store, async () => {
    const duty = await loadDuty(deps.store);
    const letters = [nobody(sinceWhen(duty, at))];
    const event = { cause, type: 'miss-duty', data: { at }, letters };
    return rotaRound(deps, duty, event, duty.rota.doneUntil, true);
  });
}

/** "Your shift begins", with what will go out in it: the incoming member can postpone or add a note. */
async function beginning(deps: ReminderDeps, duty: Duty, shift: Stretch): Promise<Letter> {
  const shifts = manned(duty.rota.shifts, duty.members);
  const batches = await willGoOut(deps.store, shift, shifts, cadenceOf(deps.settings.policy));
  return {
    template: 'shift-begins',
    to: { person: shift.member },
    as: 'member',
    about: 'desk/today',
    params: {
      from: shift.start,
      to: shift.end,
      reminders: batches.map(({ maintainer, frequency, sendingInstant, entries }) => ({
        maintainer,
        frequency,
        dueAt: sendingInstant,
        count: entries.length,
      })),
    },
  };
}

/** More lines than this help nobody in a mail. */
const summaryLines = 40;

/** What went out in a member's name on duty, by the events of the groups that were due in it. */
async function sentIn(store: DeskStore, { member, start, end }: Stretch, groups: readonly Partition[]) {
  const events = (await Promise.all(groups.map((partition) => store.events(partition)))).flat();
  const reminders = events
    .flatMap(({ type, data, partition }): ReminderSum[] => {
      const dueAt = String(data.sendingInstant);
      if (type !== 'remind' || data.onDuty !== member || dueAt < start || end <= dueAt) return [];
      const { maintainer, frequency } = readGroupPartition(partition);
      const { length: count } = data.entries as readonly unknown[];
      return [{ maintainer, frequency: frequency as Frequency, dueAt, count }];
    })
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt));
  const entries = reminders.reduce((sum, { count }) => sum + count, 0);
  return { sent: reminders.length, entries, reminders: reminders.slice(0, summaryLines) };
}

/** The brief made from the record, and what went out in the member's name. */
async function ending(
  deps: ReminderDeps,
  duty: Duty,
  { ends, begins, handover }: Turn,
  groups: readonly Partition[],
): Promise<Letter[]> {
  if (!ends) return [];
  const next = {
    start: handover.at,
    end: begins?.end ?? plus(handover.at, 7 * day),
    incoming: handover.incoming,
  };
  const shifts = manned(duty.rota.shifts, duty.members);
  const due = await willGoOut(deps.store, next, shifts, cadenceOf(deps.settings.policy));
  const common = { to: { person: ends.member }, as: 'member', about: 'desk/today' } as const;
  const work = await openWork(deps.store);
  return [
    {
      template: 'shift-brief',
      ...common,
      params: shiftBrief(ends, next, work, due, deps.settings.policy),
    },
    {
      template: 'shift-summary',
      ...common,
      params: { from: ends.start, to: ends.end, ...(await sentIn(deps.store, ends, groups)) },
    },
  ];
}

/** Handovers that waited a whole day for their acknowledgement at this instant: the working group is told. */
function unacknowledged({ rota, members }: Duty, at: Instant, policy: RotaPolicy): Letter[] {
  const handedOver = plus(at, -policy.acknowledgeWithinMs);
  return handoversBetween(rota.shifts, members, handedOver, plus(handedOver, 1)).flatMap(
    (handover): Letter[] =>
      handover.incoming && handoverState(rota, handover, at, policy) === 'overdue'
        ? [
            {
              template: 'handover-unacknowledged',
              to: { group: 'working-group' },
              about: 'desk/rota',
              params: { from: handover.at, who: handover.incoming },
            },
          ]
        : [],
  );
}

/**
 * What the rota calls for at one instant: a shift begins, a shift ends, nobody follows, or a handover was not
 * acknowledged for a day. `groups` are those that were due since the shift began, for the summary.
 */
async function passInstant(
  deps: ReminderDeps,
  at: Instant,
  groups: readonly Partition[],
): Promise<'turn' | 'passed' | undefined> {
  return commitDecided(deps.store, async () => {
    const duty = await loadDuty(deps.store);
    if (duty.rota.doneUntil && at <= duty.rota.doneUntil) return { answer: undefined };
    const turn = turnAt(duty.rota, duty.members, at);
    const letters: Letter[] = unacknowledged(duty, at, deps.settings.policy.rota);
    if (turn) letters.push(...(await ending(deps, duty, turn, groups)));
    // After an outage a shift may have begun and ended unseen: its member is not told that it begins.
    if (turn?.begins && turn.begins.end > deps.clock.now())
      letters.push(await beginning(deps, duty, turn.begins));
    if (turn && !turn.begins) letters.push(nobody(at));
    const data = {
      at,
      ...(turn?.handover.outgoing && { outgoing: turn.handover.outgoing }),
      ...(turn?.handover.incoming && { incoming: turn.handover.incoming }),
    };
    const event = { cause: `duty:${at}:${duty.rota.version}`, type: 'pass-duty', data, letters };
    return rotaRound(deps, duty, event, later(at, duty.rota.doneUntil ?? at), turn ? 'turn' : 'passed');
  });
}

/** Everything the rota calls for up to `now`, in order: how many instants, and when duty last passed on. */
export async function passDuty(
  deps: ReminderDeps,
  first: Instant,
  now: Instant,
  groups: readonly Partition[],
): Promise<{ readonly passed: number; readonly turnedAt: Instant | undefined }> {
  let passed = 0;
  let turnedAt: Instant | undefined;
  for (let at: Instant | undefined = first; at !== undefined && at <= now; ) {
    const what = await passInstant(deps, at, groups);
    if (what) passed++;
    if (what === 'turn') turnedAt = at;
    const { rota, members } = await loadDuty(deps.store);
    const following = nextDuty(rota, members, now, deps.settings.policy.rota);
    at = following !== undefined && following > at ? following : undefined;
  }
  return { passed, turnedAt };
}
