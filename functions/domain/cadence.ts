import { addPeriod, formatInZone, type Period, type Zone } from './calendar.ts';
import type { Repository, TextRef } from './disclosure.ts';
import { Refused } from './errors.ts';
import { day, type Instant, instant, later, ms, plus } from './instant.ts';
import type { PersonId } from './people.ts';
import type { Frequency } from './rating.ts';
import { endOfShiftCovering, type Span } from './rota.ts';

/*
 * The reminder clock (OEP-60 R8–R10; policy.md, "Reminder clock" and what follows it). Ten worked examples with
 * dates stand in docs/policy.md. Everything here is arithmetic on one reminder group; who sends, stores
 * and shows is elsewhere.
 */

/** A repository entry as its reminder clock sees it. */
export interface ReminderEntry {
  /** Reference of the disclosure. */
  readonly disclosure: string;
  readonly repository: Repository;
  readonly dueAt: Instant;
  /** Commit of the maintainer notification from which the clock runs. */
  readonly notifiedAt: Instant;
  /** Sending instant of the last reminder. */
  readonly lastRemindedAt?: Instant | undefined;
  /** To this maintainer. */
  readonly remindersSent: number;
  /** How many of the reminders before the last one, in a row, met silence. */
  readonly silentCount: number;
  /** Someone acted by link or wrote about the entry since the last reminder. */
  readonly answered: boolean;
}

/** The on-duty member's postponement of the group's next batch. */
export interface Postponement {
  readonly until: Instant;
  readonly reason: string;
  readonly by: PersonId;
  /** Due instant of the batch it belongs to. */
  readonly batchDue: Instant;
}

/** A member's words shown in the group's next batch; the text itself is kept outside the record. */
export interface BatchNote {
  readonly text: TextRef;
  readonly by: PersonId;
}

/** The scheduled item: everything of one frequency for one maintainer (`OEP-60 R10`). */
export interface ReminderGroup {
  readonly version: number;
  /** `Maintainer.id`. */
  readonly maintainer: string;
  readonly frequency: Frequency;
  readonly entries: readonly ReminderEntry[];
  readonly postponement?: Postponement | undefined;
  readonly note?: BatchNote | undefined;
}

/** Which entry. */
export type EntryKey = Pick<ReminderEntry, 'disclosure' | 'repository'>;

/** The numbers of the reminder clock, all of them configuration. */
export interface CadencePolicy {
  readonly zone: Zone;
  readonly sweepMs: number;
  /** Calendar time: the same local time so many days or months later. */
  readonly periods: Readonly<Record<Frequency, Exclude<Period, { readonly hours: number }>>>;
  /** How far a batch reaches ahead when nobody is on duty. */
  readonly unmannedReachMs: number;
  readonly postponeAtMostMs: number;
  /** So many reminders in a row that met silence, and the working group is told with the next. */
  readonly silence: Readonly<Record<Frequency, number>>;
}

/** Those of them that a deployment configures for the reminders alone. */
export type ReminderNumbers = Omit<CadencePolicy, 'zone' | 'sweepMs'>;

/** `OEP-60 R8`: "Critical weekly, High monthly, Medium quarterly, Low twice a year", and policy.md's readings. */
export const reminderDefaults: ReminderNumbers = {
  periods: {
    weekly: { days: 7 },
    monthly: { months: 1 },
    quarterly: { months: 3 },
    'half-yearly': { months: 6 },
  },
  unmannedReachMs: 7 * day,
  postponeAtMostMs: 7 * day,
  silence: { weekly: 1, monthly: 2, quarterly: 2, 'half-yearly': 2 },
};

const usualWords: Readonly<Record<Frequency, string>> = {
  weekly: 'weekly',
  monthly: 'monthly',
  quarterly: 'quarterly',
  'half-yearly': 'twice a year',
};

/** How often, in words; a frequency that is configured otherwise than OEP-60 has it says its period. */
export function frequencyWords(frequency: Frequency, { periods }: Pick<ReminderNumbers, 'periods'>): string {
  const [unit, count] = Object.entries(periods[frequency])[0] ?? [];
  const [usualUnit, usual] = Object.entries(reminderDefaults.periods[frequency])[0] ?? [];
  if (unit === usualUnit && count === usual) return usualWords[frequency];
  return count === 1 ? `every ${unit?.slice(0, -1)}` : `every ${count} ${unit}`;
}

/** A group without entries, to schedule into. */
export const emptyGroup = (maintainer: string, frequency: Frequency): ReminderGroup => ({
  version: 0,
  maintainer,
  frequency,
  entries: [],
});

const is = (key: EntryKey) => (entry: ReminderEntry) =>
  entry.disclosure === key.disclosure && entry.repository === key.repository;

/** The group's entry, where it has one. */
export const entryIn = (group: ReminderGroup, key: EntryKey): ReminderEntry | undefined =>
  group.entries.find(is(key));

/** One period after an instant: 7 calendar days, or 1, 3, 6 calendar months at the same local time. */
export const periodAfter = (at: Instant, frequency: Frequency, policy: CadencePolicy): Instant =>
  addPeriod(at, policy.periods[frequency], policy.zone);

/** Half of the elapsed time from an instant to one period after it, in milliseconds. */
const halfPeriod = (at: Instant, frequency: Frequency, policy: CadencePolicy): number =>
  (ms(periodAfter(at, frequency, policy)) - ms(at)) / 2;

/** What ends reminders (V9): nothing but the entry's resolution. Merged is not, and a deferral is not. */
export const mustRemind = (entry: {
  readonly advisoryPublishedAt?: Instant | undefined;
  readonly closedAt?: Instant | undefined;
}): boolean => entry.advisoryPublishedAt === undefined && entry.closedAt === undefined;

const byDue = (a: ReminderEntry, b: ReminderEntry) =>
  a.dueAt.localeCompare(b.dueAt) ||
  a.disclosure.localeCompare(b.disclosure) ||
  a.repository.localeCompare(b.repository);

const withEntry = (group: ReminderGroup, entry: ReminderEntry): ReminderGroup => ({
  ...group,
  entries: [...group.entries.filter((each) => !is(entry)(each)), entry].sort(byDue),
});

/**
 * Starts an entry's clock, or starts it anew at a reassignment: first due one period after the commit of the
 * maintainer notification.
 */
export function scheduleEntry(
  group: ReminderGroup,
  key: EntryKey,
  notifiedAt: Instant,
  policy: CadencePolicy,
): ReminderGroup {
  return withEntry(group, {
    disclosure: key.disclosure,
    repository: key.repository,
    dueAt: periodAfter(notifiedAt, group.frequency, policy),
    notifiedAt,
    remindersSent: 0,
    silentCount: 0,
    answered: false,
  });
}

/** Takes an entry out: it is resolved, or its maintainer is another. */
export function removeEntry(group: ReminderGroup, key: EntryKey): ReminderGroup {
  const entries = group.entries.filter((entry) => !is(key)(entry));
  const { postponement, note, ...rest } = group;
  // Without entries there is no batch that could be postponed or noted upon.
  return entries.length === 0 ? { ...rest, entries } : { ...group, entries };
}

/**
 * An entry's severity changed (a provisional one counts): due = last reminder, or notification, + the new
 * period, but not before the change. It moves from one group of its maintainer to another, or stays in its own
 * where the frequency is the same (`to` is then not looked at).
 *
 * @returns both groups as they become; `to` is `from` where the frequency stays.
 * @throws {RangeError} for an entry the group does not have.
 */
export function changeFrequency(
  from: ReminderGroup,
  to: ReminderGroup,
  key: EntryKey,
  changedAt: Instant,
  policy: CadencePolicy,
): { readonly from: ReminderGroup; readonly to: ReminderGroup } {
  const entry = entryIn(from, key);
  if (entry === undefined) throw new RangeError('this entry is not in this reminder group');
  const since = entry.lastRemindedAt ?? entry.notifiedAt;
  const dueAt = later(periodAfter(since, to.frequency, policy), changedAt);
  if (from.frequency === to.frequency) {
    const changed = withEntry(from, { ...entry, dueAt });
    return { from: changed, to: changed };
  }
  return { from: removeEntry(from, key), to: withEntry(to, { ...entry, dueAt }) };
}

/**
 * Someone acted by link or wrote: the last reminder did not meet silence. It moves no due date, and changes nothing
 * where no reminder went out since the last answer: the group is then the one that was given.
 */
export function recordAnswer(group: ReminderGroup, key: EntryKey): ReminderGroup {
  const entry = entryIn(group, key);
  if (!entry || entry.answered || entry.remindersSent === 0) return group;
  const entries = group.entries.map((entry) => (is(key)(entry) ? { ...entry, answered: true } : entry));
  return { ...group, entries };
}

/** The earliest due instant of the group: the identity of its next batch. */
export const batchDueOf = (group: ReminderGroup): Instant | undefined =>
  group.entries.map(({ dueAt }) => dueAt).sort()[0];

/**
 * The postponement as far as it is one of the next batch. An entry that became due before the postponed batch
 * makes another batch, which nobody postponed; a batch whose entries have all gone later needs none.
 */
function postponementOf(group: ReminderGroup): Postponement | undefined {
  const due = batchDueOf(group);
  const { postponement } = group;
  const holds = postponement && due !== undefined && postponement.batchDue <= due && due < postponement.until;
  return holds ? postponement : undefined;
}

/** When the group is next due: what its item carries in the due index. Undefined without entries. */
export const dueOf = (group: ReminderGroup): Instant | undefined =>
  postponementOf(group)?.until ?? batchDueOf(group);

/** The latest instant to which the next batch may be postponed: 7 days, or half a period if that is less. */
export function latestPostponement(group: ReminderGroup, policy: CadencePolicy): Instant | undefined {
  const due = batchDueOf(group);
  if (due === undefined) return undefined;
  return instant(
    ms(due) + Math.min(policy.postponeAtMostMs, Math.floor(halfPeriod(due, group.frequency, policy))),
  );
}

/**
 * Postpones the group's next batch: once, with a reason, to at most 7 days and half a period after its due
 * instant.
 *
 * @throws {Refused} naming the limit that stands in the way.
 */
export function postpone(
  group: ReminderGroup,
  wish: { readonly until: Instant; readonly reason: string; readonly by: PersonId },
  now: Instant,
  policy: CadencePolicy,
): ReminderGroup {
  const due = batchDueOf(group);
  const latest = latestPostponement(group, policy);
  if (due === undefined || latest === undefined) {
    throw new Refused('R9', 'There is nothing to postpone.', 'The group has no open entries.');
  }
  if (postponementOf(group)) {
    throw new Refused('R9', 'This batch was postponed already.', 'It goes out when it then is due.');
  }
  if (wish.reason.trim() === '') {
    throw new Refused('R9', 'A postponement needs a reason.', 'Say why.', 'reason');
  }
  if (wish.until > latest) {
    throw new Refused(
      'R9',
      'That is too late for this batch.',
      `Choose ${formatInZone(latest, policy.zone)}, or earlier.`,
      'until',
    );
  }
  if (wish.until <= due || wish.until <= now) {
    throw new Refused(
      'R9',
      'That postpones nothing.',
      `Choose an instant after ${formatInZone(later(due, now), policy.zone)}.`,
      'until',
    );
  }
  return { ...group, postponement: { ...wish, batchDue: due } };
}

/** What a sweep knows besides the group. */
export interface Sweep {
  /** Start of this sweep: its schedule's instant, so that a slow start makes no difference. */
  readonly now: Instant;
  /** Starts of earlier sweeps, as far back as the group may have been due; none: this is the first since. */
  readonly sweepsBefore?: readonly Instant[] | undefined;
  /** Those that put somebody on duty. */
  readonly shifts: readonly Span[];
}

/** One entry of a batch, with what the mail and the working group are told about it. */
export interface TakenEntry extends ReminderEntry {
  /** The previous two reminders (Critical: one) met silence: the working group is told with this one. */
  readonly silent: boolean;
}

/** One mail to one maintainer. */
export interface Batch {
  readonly maintainer: string;
  readonly frequency: Frequency;
  /** *s*: from where the next period counts; with maintainer and frequency it names the batch. */
  readonly sendingInstant: Instant;
  /** The due instant that made the batch: unique in its group, whatever is retried. */
  readonly due: Instant;
  /** As they were before this batch. */
  readonly entries: readonly TakenEntry[];
  readonly nextDue: Instant;
  /** Nobody is on duty at *s*: everyone is told, and the reminder goes out anyway. */
  readonly nobodyOnDuty: boolean;
  /** More than one sweep interval after due while sweeps ran. */
  readonly late: boolean;
  readonly note?: BatchNote | undefined;
}

/** Starts of sweeps at or after an instant, this one included, in order. */
function sweepsFrom(at: Instant, sweep: Sweep): Instant[] {
  return [...(sweep.sweepsBefore ?? []), sweep.now].filter((start) => start >= at).sort();
}

/**
 * *s*: the due instant if the first sweep after it starts within one sweep interval, else (an outage) the start
 * of the sweep that sends.
 */
function sendingInstantOf(due: Instant, sweep: Sweep, policy: CadencePolicy): Instant {
  const first = sweepsFrom(due, sweep)[0] ?? sweep.now;
  return first <= plus(due, policy.sweepMs) ? due : sweep.now;
}

/** Late: more than one sweep interval after due, though an earlier sweep could have sent it. */
export function isLate(due: Instant, sweep: Sweep, policy: CadencePolicy): boolean {
  const first = sweepsFrom(due, sweep)[0] ?? sweep.now;
  return sweep.now > plus(due, policy.sweepMs) && first < sweep.now;
}

const isSilent = (entry: ReminderEntry, frequency: Frequency, policy: CadencePolicy): boolean =>
  silentNow(entry) >= policy.silence[frequency];

/** How many reminders in a row, the last one included, met silence. */
export const silentNow = (
  entry: Pick<ReminderEntry, 'remindersSent' | 'answered' | 'silentCount'>,
): number => (entry.remindersSent > 0 && !entry.answered ? entry.silentCount + 1 : 0);

/**
 * The group's batch that is due at a sweep: every entry due at or before *s*, or due before min(*e*, *s* +
 * *half*), where *e* is the end of the shift that covers *s* (with none, *s* + 7 days). Each is next due at
 * *s* + period.
 *
 * @returns the batch and the group after it, or undefined while nothing is due.
 */
export function batch(
  group: ReminderGroup,
  sweep: Sweep,
  policy: CadencePolicy,
): { readonly batch: Batch; readonly group: ReminderGroup } | undefined {
  const due = dueOf(group);
  if (due === undefined || due > sweep.now) return undefined;
  const s = sendingInstantOf(due, sweep, policy);
  const shiftEnd = endOfShiftCovering(sweep.shifts, s);
  const reach = Math.min(
    ms(shiftEnd ?? plus(s, policy.unmannedReachMs)),
    ms(s) + halfPeriod(s, group.frequency, policy),
  );
  const takes = ({ dueAt }: ReminderEntry) => dueAt <= s || ms(dueAt) < reach;
  const nextDue = periodAfter(s, group.frequency, policy);
  const { postponement, note, ...rest } = group;
  // A postponement of a later batch outlives this one.
  const kept = postponement && postponement.batchDue > s ? { postponement } : {};
  return {
    batch: {
      maintainer: group.maintainer,
      frequency: group.frequency,
      sendingInstant: s,
      due,
      entries: group.entries
        .filter(takes)
        .map((entry) => ({ ...entry, silent: isSilent(entry, group.frequency, policy) })),
      nextDue,
      nobodyOnDuty: shiftEnd === undefined,
      late: isLate(due, sweep, policy),
      ...(note ? { note } : {}),
    },
    group: {
      ...rest,
      ...kept,
      entries: group.entries.map((entry) => (takes(entry) ? reminded(entry, s, nextDue) : entry)).sort(byDue),
    },
  };
}

const reminded = (entry: ReminderEntry, s: Instant, nextDue: Instant): ReminderEntry => ({
  ...entry,
  dueAt: nextDue,
  lastRemindedAt: s,
  remindersSent: entry.remindersSent + 1,
  silentCount: silentNow(entry),
  answered: false,
});

/**
 * All batches of a group that are due at a sweep, in order: more than one only where a shift ends between two
 * due instants. Each is one commit and one mail; `group` is what its commit stores.
 */
export function sweepGroup(
  group: ReminderGroup,
  sweep: Sweep,
  policy: CadencePolicy,
): { readonly batch: Batch; readonly group: ReminderGroup }[] {
  const sent: { batch: Batch; group: ReminderGroup }[] = [];
  for (let next = batch(group, sweep, policy); next; next = batch(next.group, sweep, policy)) sent.push(next);
  return sent;
}

/**
 * The batches that will go out with sending instants in [from, to) if nothing changes and every sweep runs:
 * what the on-duty member is shown at the start of the shift.
 */
export function forecast(
  group: ReminderGroup,
  span: Span,
  shifts: readonly Span[],
  policy: CadencePolicy,
): Batch[] {
  const batches: Batch[] = [];
  let rest = group;
  for (let due = dueOf(rest); due !== undefined && due < span.end; due = dueOf(rest)) {
    const next = batch(rest, { now: due, shifts }, policy);
    if (next === undefined) break;
    if (due >= span.start) batches.push(next.batch);
    rest = next.group;
  }
  return batches;
}
