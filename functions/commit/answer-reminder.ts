import type { DeskStore } from '#contracts/ports.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { peopleOf } from '#domain/draft.ts';
import type { PersonId } from '#domain/people.ts';
import type { ReminderBatch } from '#domain/threading.ts';
import type { CommitCommand } from './commit-command.ts';
import { groupPartition, reminderCause } from './reminder-groups.ts';
import { groupsOf } from './standing-for.ts';

interface Deps {
  readonly store: Pick<DeskStore, 'disclosure' | 'event' | 'people'>;
  readonly commit: CommitCommand;
}

interface Answer {
  readonly mailKey: string;
  /** Who wrote; a member vouched for it, or the mail service. */
  readonly from: PersonId;
  /** The disclosure that the mail joined. */
  readonly keptWith: Disclosure;
  readonly batch: ReminderBatch;
}

interface Reminded {
  readonly disclosure: string;
  readonly repository: string;
}

/** What a reminder listed, by the event that it went out with; nothing where none of the maintainers had it. */
async function listedIn({ store }: Deps, { keptWith, batch }: Answer): Promise<readonly Reminded[]> {
  const maintainers = new Set(keptWith.entries.flatMap(({ maintainer }) => maintainer?.id ?? []));
  for (const maintainer of maintainers) {
    const event = await store.event(
      groupPartition({ maintainer, frequency: batch.frequency }),
      reminderCause(batch),
    );
    if (event) return event.data.entries as readonly Reminded[];
  }
  return [];
}

/**
 * A plain reply to a reminder of several disclosures counts for each that it lists and the sender acts for (policy,
 * "Silence"); its text lies with one of them, and the others say where. Once a disclosure, however often it is tried.
 */
export async function answerReminder(deps: Deps, answer: Answer): Promise<void> {
  const { from, keptWith, mailKey } = answer;
  const listed = await listedIn(deps, answer);
  const others = new Set(listed.map(({ disclosure }) => disclosure).filter((id) => id !== keptWith.id));
  for (const id of others) {
    const disclosure = await deps.store.disclosure(id);
    if (!disclosure) continue;
    const standsFor = await groupsOf(deps.store, disclosure, from);
    const repositories = disclosure.entries
      .filter((entry) => peopleOf(entry).some((each) => each === from || standsFor.includes(each)))
      .map(({ repository }) => repository)
      .filter((repository) =>
        listed.some((each) => each.disclosure === id && each.repository === repository),
      );
    if (repositories.length === 0) continue;
    await deps.commit({
      disclosure: id,
      command: { name: 'answer-reminder', mailKey, keptWith: keptWith.id, from, standsFor, repositories },
      actor: { kind: 'desk' },
      cause: mailKey,
    });
  }
}
