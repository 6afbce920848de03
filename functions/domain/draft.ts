import type { Command, CommandNamed, Situation } from './commands.ts';
import { type Disclosure, type Entry, entryOf, openEntries } from './disclosure.ts';
import { Refused } from './errors.ts';
import type { Instant } from './instant.ts';
import type { Addressee, Letter, LetterParams, LetterTemplate, Sayable, Signal } from './letter.ts';
import type { Actor, PersonId } from './people.ts';
import { type Frequency, frequencyOf } from './rating.ts';

/** What a decision asks of the reminder groups (OEP-60 R8, R10); applied to them in the same commit. */
export type ReminderChange = { readonly repository: string; readonly maintainer: string } & (
  | { readonly op: 'start'; readonly frequency: Frequency; readonly at: Instant }
  | { readonly op: 'change'; readonly from: Frequency; readonly to: Frequency; readonly at: Instant }
  | { readonly op: 'stop'; readonly frequency: Frequency }
  | { readonly op: 'answered'; readonly frequency: Frequency }
);

/** A decision in the making: the disclosure as it becomes, and all that follows from it. */
export interface Draft {
  disclosure: Disclosure;
  readonly before: Disclosure;
  readonly actor: Actor;
  /** What is being decided; it is kept where it waits for a second person. */
  readonly command: Command;
  readonly now: Instant;
  readonly situation: Situation;
  readonly letters: Letter[];
  readonly signals: Signal[];
  readonly reminders: ReminderChange[];
  /** What the event says besides its name: ids and numbers, never personal data. */
  readonly data: Record<string, unknown>;
  /** The act waits for a second person: nothing else of it happens now. */
  postponed: boolean;
}

/** How one command changes a draft. */
export type Rule<N extends Command['name']> = (draft: Draft, command: CommandNamed<N>) => void;

/** Some rules of one subject. */
export type Rules<N extends Command['name']> = { readonly [K in N]: Rule<K> };

export const workingGroup: Addressee = { group: 'working-group' };

/** The on-duty member, or everyone when nobody is on duty. */
export const onDuty = (draft: Draft): Addressee =>
  draft.situation.onDuty ? { person: draft.situation.onDuty } : workingGroup;

/** Puts fields over the disclosure. */
export function set(draft: Draft, fields: Partial<Disclosure>): void {
  draft.disclosure = { ...draft.disclosure, ...fields };
}

/** The entry of a repository; refuses a repository that the disclosure does not have. */
export function requireEntry(draft: Draft, repository: string): Entry {
  const entry = entryOf(draft.disclosure, repository);
  if (!entry)
    throw new Refused(
      'R4',
      `${draft.disclosure.id} has no repository ${repository}.`,
      `Choose one of: ${draft.disclosure.entries.map((each) => each.repository).join(', ') || 'none yet'}.`,
      'repository',
    );
  return entry;
}

/** Puts fields over one repository entry. */
export function setEntry(draft: Draft, repository: string, fields: Partial<Entry>): void {
  set(draft, {
    entries: draft.disclosure.entries.map((entry) =>
      entry.repository === repository ? { ...entry, ...fields } : entry,
    ),
  });
}

/** What may be said of the disclosure in a mail to a member or a maintainer. */
export function sayable(draft: Draft, repository?: string): Sayable {
  const { disclosure } = draft;
  const entries = disclosure.entries.filter((entry) => !repository || entry.repository === repository);
  return {
    reference: disclosure.id,
    stage: disclosure.stage,
    ...(disclosure.hold && { hold: disclosure.hold.kind }),
    ...(disclosure.exit && { exit: disclosure.exit.kind }),
    repositories: entries.map(({ repository: name, severity }) => ({
      repository: name,
      rating: severity.rating,
      ...(severity.score !== undefined && { score: severity.score }),
    })),
  };
}

/** Adds one letter about this disclosure. */
export function write<T extends LetterTemplate>(
  draft: Draft,
  template: T,
  to: Addressee,
  params: LetterParams[T],
  options: { sensitive?: true; as?: Letter['as'] } = {},
): void {
  draft.letters.push({ template, to, params, about: draft.disclosure.id, ...options } as Letter);
}

/** Everyone who acts for one entry: its maintainer's people and delegates. */
export const peopleOf = (entry: Entry): readonly PersonId[] => [
  ...new Set([...(entry.maintainer?.people ?? []), ...entry.delegates]),
];

/** Adds one letter to each who maintains the entry; to the working group in an unresolved maintainer's place. */
export function writeToMaintainer<T extends LetterTemplate>(
  draft: Draft,
  template: T,
  entry: Entry,
  params: LetterParams[T],
): void {
  const people = peopleOf(entry);
  if (people.length === 0) write(draft, template, workingGroup, params);
  for (const person of people) write(draft, template, { person }, params, { as: 'maintainer' });
}

/** Adds one letter to every reporter. */
export function writeToReporters<T extends LetterTemplate>(
  draft: Draft,
  template: T,
  params: LetterParams[T],
): void {
  for (const person of draft.disclosure.reporters)
    write(draft, template, { person }, params, { as: 'reporter' });
  // Who reported on GitHub left no mail address: a member takes the answer there.
  const report = draft.disclosure.githubReport;
  if (report)
    write(draft, 'hand-off', onDuty(draft), {
      ...sayable(draft),
      repository: report.repository,
      what: 'answer-on-github',
      why: 'The report was filed on GitHub, where its reporter has no mail address.',
      url: report.url,
    });
}

/** Ids of the maintainers of all open entries. */
export const maintainersOf = (disclosure: Disclosure): readonly string[] => [
  ...new Set(openEntries(disclosure).flatMap((entry) => (entry.maintainer ? [entry.maintainer.id] : []))),
];

/**
 * An act that needs two people: true when it may happen now. The first person's command is kept under a key that
 * holds everything which was confirmed; the second's, the same command, lets it happen.
 */
export function confirmed(draft: Draft, key: string, needed: boolean, act: string, reason?: string): boolean {
  if (!needed || !('person' in draft.actor)) return true;
  const earlier = draft.disclosure.pending?.[key];
  if (earlier && earlier.by !== draft.actor.person) {
    const { [key]: _done, ...rest } = draft.disclosure.pending ?? {};
    set(draft, { pending: Object.keys(rest).length > 0 ? rest : undefined });
    draft.data.confirmedFor = earlier.by;
    return true;
  }
  set(draft, {
    pending: {
      ...draft.disclosure.pending,
      [key]: { by: draft.actor.person, at: draft.now, command: draft.command },
    },
  });
  draft.postponed = true;
  draft.data.awaitsConfirmation = true;
  write(draft, 'confirm-act', workingGroup, {
    ...sayable(draft),
    act,
    by: draft.actor.person,
    ...(reason && { reason }),
  });
  return false;
}

/** Starts the entry's reminder clock at an instant, in the frequency of its rating (OEP-60 R8). */
export function startReminding(draft: Draft, repository: string, at: Instant): void {
  const entry = requireEntry(draft, repository);
  const frequency = frequencyOf(entry.severity.rating, entry.frequency);
  setEntry(draft, repository, { frequency });
  if (entry.maintainer)
    draft.reminders.push({ op: 'start', repository, maintainer: entry.maintainer.id, frequency, at });
}

/** Reminders stop only on resolution (policy V9): a published advisory, or a closed entry or disclosure. */
export function stopReminding(draft: Draft, entry: Entry): void {
  if (!entry.maintainer || !entry.frequency || !entry.notifiedAt) return;
  draft.reminders.push({
    op: 'stop',
    repository: entry.repository,
    maintainer: entry.maintainer.id,
    frequency: entry.frequency,
  });
  setEntry(draft, entry.repository, { frequency: undefined });
}

/**
 * Whoever acts for an entry did something by link, or wrote: that breaks the silence and moves no due date (policy,
 * "Silence"). Of that repository, or of each that they act for where it concerns the whole disclosure.
 */
export function breakSilence(draft: Draft, by: readonly PersonId[], repository?: string): void {
  for (const entry of draft.disclosure.entries) {
    const { maintainer, frequency } = entry;
    const concerned = repository === undefined || entry.repository === repository;
    if (!concerned || !maintainer || !frequency || !peopleOf(entry).some((each) => by.includes(each)))
      continue;
    draft.reminders.push({
      op: 'answered',
      repository: entry.repository,
      maintainer: maintainer.id,
      frequency,
    });
  }
}
