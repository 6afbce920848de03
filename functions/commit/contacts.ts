import type { Clock, DeskEvent, DeskStore, StoredEvent, Write } from '#contracts/ports.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import type { Person, PersonId } from '#domain/people.ts';
import { commitDecided, type Round } from './commit-decided.ts';
import { type ContactAct, decideContact } from './contact-acts.ts';

export interface ContactInput {
  /** The id of the address. */
  readonly contact: PersonId;
  /** The address itself, where it may have no record yet. */
  readonly address?: string | undefined;
  readonly act: ContactAct;
  /** Whom a recorded person of a group is, or was. */
  readonly person?: PersonId | undefined;
  readonly by: PersonId;
  readonly cause: string;
  readonly expectVersion?: number | undefined;
  readonly checks?: readonly { readonly person: PersonId; readonly epoch: number }[] | undefined;
}

export interface ContactResult {
  readonly outcome: 'done' | 'repeated';
  readonly event: DeskEvent | StoredEvent;
}

const stored = (person: Person): Write => ({
  put: 'person',
  item: { ...person, version: person.version + 1 },
  expect: person.version,
});

/**
 * Load → decide → commit, for who is behind a maintainer's address. A person who is removed stands for the group no
 * more from that moment on: who a group's persons are is looked up whenever one of them acts. Throws Refused,
 * VersionConflict or ActorInactive; nothing has changed then.
 */
export const commitContact =
  ({ store, clock }: { readonly store: DeskStore; readonly clock: Clock }) =>
  (input: ContactInput): Promise<ContactResult> =>
    commitDecided<ContactResult>(store, async (): Promise<Round<ContactResult>> => {
      const { contact: id, address, act, person, by, cause, expectVersion, checks } = input;
      const partition = `PERSON#${id}` as const;
      const [earlier, contact, known, actor] = await Promise.all([
        store.event(partition, cause),
        store.person(id),
        person ? store.person(person) : undefined,
        store.person(by),
      ]);
      if (earlier) return { answer: { outcome: 'repeated', event: earlier } };
      if (expectVersion !== undefined && expectVersion !== (contact?.version ?? 0))
        throw new VersionConflict(
          `person ${id}`,
          `is at revision ${contact?.version ?? 0}, not ${expectVersion}`,
        );
      const fresh: Person | undefined = address
        ? { id, version: 0, address, roles: [], epoch: 1 }
        : undefined;
      const change = decideContact(act, { contact, fresh, person, known, actor });
      return {
        commit: {
          writes: [stored(change.contact), ...(change.person ? [stored(change.person)] : [])],
          event: {
            partition,
            cause,
            type: act.name,
            actor: `member:${by}`,
            at: clock.now(),
            data: change.data,
            letters: [],
            signals: [],
            correlation: id,
          },
          ...(checks && { actors: checks }),
        },
        done: (event) => ({ outcome: 'done', event }),
        repeated: (event) => ({ outcome: 'repeated', event }),
      };
    });
