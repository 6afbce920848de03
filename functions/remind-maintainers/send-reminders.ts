import { addressGroup } from '#commit/address-group.ts';
import { commitDecided, type Round } from '#commit/commit-decided.ts';
import { cadenceOf, groupPartition, reminderCause } from '#commit/reminder-groups.ts';
import { reminderLine } from '#commit/reminder-line.ts';
import type { Duty } from '#commit/rota-record.ts';
import type { Measure } from '#contracts/metrics.ts';
import type { Clock, Commit, DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { type Batch, batch, dueOf, type ReminderGroup, type TakenEntry } from '#domain/cadence.ts';
import { type Disclosure, type Entry, entryOf } from '#domain/disclosure.ts';
import { peopleOf } from '#domain/draft.ts';
import { shiftAt } from '#domain/handover.ts';
import type { Instant } from '#domain/instant.ts';
import type { Letter, ReminderLine } from '#domain/letter.ts';
import { nobodyBehind, type Person, type PersonId } from '#domain/people.ts';
import { manned } from '#domain/rota.ts';
import { type SweepRun, startsSince } from './sweep-starts.ts';

export interface ReminderDeps {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'policy' | 'identity'>;
  readonly measure?: Measure | undefined;
}

/** What one sweep knows. */
export interface SweepContext {
  readonly now: Instant;
  /** Before this one. */
  readonly runs: readonly SweepRun[];
  readonly duty: () => Promise<Duty>;
  /** Everyone of the working group, read once a sweep. */
  readonly everyone: () => Promise<readonly Person[]>;
  /** Tells everyone that nobody is on duty; more than once a day it does nothing. */
  readonly tellNobodyOnDuty: (at: Instant) => Promise<void>;
}

/** One entry of a batch beside its record. */
interface Line {
  readonly taken: TakenEntry;
  readonly disclosure: Disclosure;
  readonly entry: Entry;
  /** Who acts for the entry and can: not a group's address without recorded persons. */
  readonly people: readonly PersonId[];
}

/** A reminder group names an entry that its disclosure does not have: the record contradicts itself. */
export class LostEntry extends Error {
  override readonly name = 'LostEntry';
}

const lineOf = ({ disclosure, entry, taken }: Line, s: Instant): ReminderLine =>
  reminderLine(disclosure, entry, taken.notifiedAt, s);

/**
 * One copy of the mail to each of its recipients (OEP-60 R10). Everyone sees the entries that they act for: a
 * delegate of one disclosure learns nothing of another. An entry that nobody acts for goes to the working group.
 */
function reminderLetters(
  sent: Batch,
  version: number,
  lines: readonly Line[],
  onDuty: PersonId | undefined,
): Letter[] {
  const people = [...new Set(lines.flatMap((line) => line.people))].sort();
  const to = (of: readonly Line[], toMaintainer: boolean) => ({
    // A plain reply joins a case, where the on-duty member reads it; of several the first, as the mail says.
    about: of[0]?.disclosure.id ?? 'desk',
    params: {
      frequency: sent.frequency,
      lines: of.map((line) => lineOf(line, sent.sendingInstant)),
      ...(onDuty && { onDuty }),
      // Whoever sees a part of the batch alone is not shown words about the rest.
      ...(sent.note && of.length === lines.length && { note: sent.note.text }),
      toMaintainer,
      batch: { frequency: sent.frequency, due: sent.due, version },
    },
  });
  const orphaned = lines.filter((line) => line.people.length === 0);
  return [
    ...people.map(
      (person): Letter => ({
        template: 'reminder',
        to: { person },
        as: 'maintainer',
        ...to(
          lines.filter((line) => line.people.includes(person)),
          true,
        ),
      }),
    ),
    ...(orphaned.length > 0
      ? [
          {
            template: 'reminder',
            to: { group: 'working-group' },
            ...to(orphaned, false),
          } satisfies Letter,
        ]
      : []),
  ];
}

/** The working group is told of each disclosure whose maintainer has met the last reminders with silence. */
function silenceLetters(lines: readonly Line[]): Letter[] {
  const silent = lines.filter(({ taken }) => taken.silent);
  return [...new Set(silent.map(({ disclosure }) => disclosure.id))].map((reference): Letter => {
    const own = silent.filter(({ disclosure }) => disclosure.id === reference);
    const since = own.map(({ taken }) => taken.lastRemindedAt ?? taken.notifiedAt).sort()[0];
    return {
      template: 'escalation',
      to: { group: 'working-group' },
      about: reference,
      params: {
        reference,
        about: 'maintainer-silent',
        ...(own[0] && { stage: own[0].disclosure.stage }),
        repositories: own.map(({ entry }) => ({
          repository: entry.repository,
          rating: entry.severity.rating,
          ...(entry.severity.score !== undefined && { score: entry.severity.score }),
        })),
        ...(since && { since }),
      },
    };
  });
}

async function loadLines(store: DeskStore, sent: Batch): Promise<Line[]> {
  const references = [...new Set(sent.entries.map(({ disclosure }) => disclosure))];
  const loaded = new Map(
    await Promise.all(references.map(async (id) => [id, await store.disclosure(id)] as const)),
  );
  const lines = sent.entries.map((taken) => {
    const disclosure = loaded.get(taken.disclosure);
    const entry = disclosure && entryOf(disclosure, taken.repository);
    if (!disclosure || !entry)
      throw new LostEntry(
        `${taken.disclosure} has no entry for ${taken.repository} that a reminder is due for`,
      );
    return { taken, disclosure, entry, people: peopleOf(entry) };
  });
  // Read once a batch: a mail to a group whose last person was removed would reach nobody who may act.
  const everyone = await store.people([...new Set(lines.flatMap(({ people }) => people))]);
  const idle = new Set(everyone.filter(nobodyBehind).map(({ id }) => id));
  return lines.map((line) => ({ ...line, people: line.people.filter((id) => !idle.has(id)) }));
}

/** One batch as one commit in the group's partition: the group's next due instant with all the letters. */
function commitOf(
  deps: ReminderDeps,
  read: ReminderGroup,
  next: { readonly batch: Batch; readonly group: ReminderGroup },
  letters: readonly Letter[],
  onDuty: PersonId | undefined,
): Commit {
  const { batch: sent, group } = next;
  return {
    writes: [
      {
        put: 'group',
        item: { ...group, version: read.version + 1 },
        expect: read.version,
        due: dueOf(group),
      },
    ],
    event: {
      partition: groupPartition(read),
      cause: reminderCause({ due: sent.due, version: read.version }),
      type: 'remind',
      actor: 'desk',
      at: deps.clock.now(),
      data: {
        due: sent.due,
        sendingInstant: sent.sendingInstant,
        nextDue: sent.nextDue,
        ...(onDuty && { onDuty }),
        ...(sent.late && { late: true }),
        entries: sent.entries.map(({ disclosure, repository, silent }) => ({
          disclosure,
          repository,
          ...(silent && { silent }),
        })),
      },
      letters,
      signals: [],
      correlation: groupPartition(read).slice('GROUP#'.length),
    },
  };
}

/** Sends every batch of one group that is due (OEP-60 R8–R10): one commit each. Answers how many it sent. */
export async function sendReminders(
  deps: ReminderDeps,
  context: SweepContext,
  key: { readonly maintainer: string; readonly frequency: string },
): Promise<number> {
  const policy = cadenceOf(deps.settings.policy);
  const next = async (): Promise<Round<boolean>> => {
    const group = await deps.store.group(key.maintainer, key.frequency);
    const due = group && dueOf(group);
    if (!due || due > context.now) return { answer: false };
    const { rota, members } = await context.duty();
    const shifts = manned(rota.shifts, members);
    const sweepsBefore = startsSince(due, context.runs, context.now);
    const decided = batch(group, { now: context.now, sweepsBefore, shifts }, policy);
    if (!decided) return { answer: false };
    const { sendingInstant, nobodyOnDuty } = decided.batch;
    const onDuty = shiftAt(rota, members, sendingInstant)?.member;
    const lines = await loadLines(deps.store, decided.batch);
    if (nobodyOnDuty) await context.tellNobodyOnDuty(sendingInstant);
    const letters = await addressGroup({ peopleOf: context.everyone }, deps.settings, [
      ...reminderLetters(decided.batch, group.version, lines, onDuty),
      ...silenceLetters(lines),
    ]);
    return {
      commit: commitOf(deps, group, decided, letters, onDuty),
      done: () => true,
      repeated: () => false,
    };
  };
  let sent = 0;
  while (await commitDecided(deps.store, next)) sent++;
  return sent;
}
