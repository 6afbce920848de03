import type { Archive, Clock, DeskStore, StoredEvent } from '#contracts/ports.ts';
import { type Disclosure, isOpen } from '#domain/disclosure.ts';
import { Refused } from '#domain/errors.ts';
import { hasMail, type Intake } from '#domain/intake.ts';
import { erased, isErased, type Person, type PersonId } from '#domain/people.ts';
import type { CommitCommand } from './commit-command.ts';

/** Where a person has left something: the record has no index of it, so that it is looked for. */
export interface Traces {
  /** References of disclosures that they reported. */
  readonly disclosures: readonly string[];
  /** Keys of mails that they sent. */
  readonly intakes: readonly string[];
}

export interface EraseDeps {
  readonly store: Pick<
    DeskStore,
    'person' | 'people' | 'peopleOf' | 'disclosure' | 'intake' | 'listed' | 'events' | 'commit'
  >;
  readonly archive: Pick<Archive, 'remove'>;
  readonly commit: CommitCommand;
  readonly clock: Clock;
  readonly tracesOf: (person: PersonId) => Promise<Traces>;
}

/** What an erasure came to. */
export interface Erasure {
  readonly disclosures: number;
  readonly mails: number;
  /**
   * Disclosures that are still open: the mails and texts of the report are needed until they end, and are deleted
   * by another run then, or by the retention.
   */
  readonly kept: readonly string[];
}

/**
 * Erases one person on request (policy A8): their record becomes an id, all their links and sessions are dead, letters
 * to them are skipped, and their mails, subjects and texts go. The audit trail stays, and its chain is whole: its
 * events hold ids. A run that is cut off is finished by the next; nothing of it is done twice.
 *
 * @throws {Refused} for a member of the working group, and for the only maintainer of an open entry: duty and
 * reminders would reach nobody.
 */
export async function erasePerson(deps: EraseDeps, id: PersonId): Promise<Erasure> {
  const person = await deps.store.person(id);
  if (!person) throw new Refused('A8', 'Nobody is recorded under that id.', 'Look the address up again.');
  await requireFree(deps, person);
  const traces = await deps.tracesOf(id);
  const disclosures = await loaded(traces.disclosures, (each) => deps.store.disclosure(each));
  const intakes = await loaded(traces.intakes, (key) => deps.store.intake(key));
  const open = new Set(disclosures.filter(isOpen).map((disclosure) => disclosure.id));
  for (const disclosure of disclosures) await forgetIn(deps, person, disclosure);
  for (const intake of intakes) await forgetMail(deps, intake, open);
  await deps.archive.remove(textsIn(await deps.store.events(`PERSON#${id}`)));
  await leaveGroups(deps, person);
  if (!isErased(person)) await forgetRecord(deps, person);
  return { disclosures: disclosures.length, mails: intakes.length, kept: [...open] };
}

const loaded = async <T>(keys: readonly string[], load: (key: string) => Promise<T | undefined>) =>
  (await Promise.all(keys.map(load))).filter((each) => each !== undefined);

/** Whoever still has a part to play hands it on first. */
async function requireFree({ store }: EraseDeps, { id, member }: Person): Promise<void> {
  if (member === 'active' || member === 'away')
    throw new Refused('A8', 'They are a member of the working group.', 'Let them leave it first.');
  for (const reference of await store.listed('open')) {
    const disclosure = await store.disclosure(reference);
    for (const entry of disclosure?.entries ?? []) {
      const people = entry.maintainer?.people ?? [];
      if (!people.includes(id) || entry.closed || entry.advisory?.state === 'published') continue;
      const others = await store.people([...people, ...entry.delegates].filter((each) => each !== id));
      if (others.every(isErased))
        throw new Refused(
          'A8',
          `They are the only maintainer of ${entry.repository} in ${reference}.`,
          'Name another maintainer there first.',
        );
    }
  }
}

/** Keys of the texts that events name. */
const textsIn = (events: readonly unknown[]): readonly string[] => [
  ...new Set([...JSON.stringify(events).matchAll(/"(text\/[0-9a-f]{64})"/g)].map(([, key = '']) => key)),
];

/** Texts that they wrote, and that were written to them. */
const textsOf = (events: readonly StoredEvent[], id: PersonId): readonly string[] =>
  textsIn(
    events.flatMap(({ actor, data, letters }) => [
      ...(actor.endsWith(`:${id}`) ? [data] : []),
      ...letters.filter(({ to }) => 'person' in to && to.person === id).map(({ params }) => params),
    ]),
  );

async function forgetIn({ store, archive, commit }: EraseDeps, person: Person, disclosure: Disclosure) {
  if (!isOpen(disclosure))
    await archive.remove(textsOf(await store.events(`DISC#${disclosure.id}`), person.id));
  const named = disclosure.credit[person.id];
  if (!named || named.choice === 'anonymous') return;
  await commit({
    disclosure: disclosure.id,
    command: { name: 'forget-person', person: person.id },
    actor: { kind: 'desk' },
    cause: `erase:${person.id}:${person.version}`,
  });
}

/** The raw mail goes, unless it is the report of an open disclosure; what its header told the record goes at once. */
async function forgetMail(
  { store, archive, clock }: EraseDeps,
  intake: Intake,
  open: ReadonlySet<string>,
): Promise<void> {
  const kept = intake.disclosures.some((reference) => open.has(reference));
  if (hasMail(intake) && !kept) await archive.remove([intake.objectKey]);
  if (intake.subject === '' && intake.messageId === undefined && intake.references.length === 0) return;
  const { messageId: _, ...rest } = intake;
  await store.commit({
    writes: [{ put: 'intake', item: { ...rest, subject: '', references: [] }, expect: intake.version }],
    event: {
      partition: `INTAKE#${intake.mailKey}`,
      cause: 'erase-person',
      type: 'erase-person',
      actor: 'administrator',
      at: clock.now(),
      data: {},
      letters: [],
      signals: [],
      correlation: intake.mailKey,
    },
  });
}

/** They are no recorded person of a group any more; for one whose last they were, the working group stands in. */
async function leaveGroups({ store, clock }: EraseDeps, { id, version }: Person): Promise<void> {
  for (const group of await store.peopleOf('maintainer')) {
    const people = group.group?.people ?? [];
    if (!people.includes(id)) continue;
    await store.commit({
      writes: [
        {
          put: 'person',
          item: {
            ...group,
            version: group.version + 1,
            group: { people: people.filter((each) => each !== id) },
          },
          expect: group.version,
        },
      ],
      event: {
        partition: `PERSON#${group.id}`,
        cause: `erase:${id}:${version}`,
        type: 'remove-person',
        actor: 'administrator',
        at: clock.now(),
        data: { person: id },
        letters: [],
        signals: [],
        correlation: group.id,
      },
    });
  }
}

async function forgetRecord({ store, clock }: EraseDeps, person: Person): Promise<void> {
  await store.commit({
    writes: [{ put: 'person', item: erased(person), expect: person.version }],
    event: {
      partition: `PERSON#${person.id}`,
      cause: `erase:${person.version}`,
      type: 'erase-person',
      actor: 'administrator',
      at: clock.now(),
      data: {},
      letters: [],
      signals: [],
      correlation: person.id,
    },
  });
}
