import type { CommitCommand } from '#commit/commit-command.ts';
import type { Archive, Clock, DeskStore, StoredEvent } from '#contracts/ports.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { day, plus } from '#domain/instant.ts';
import { hasMail, type Intake } from '#domain/intake.ts';

export interface PurgeDeps {
  readonly store: Pick<DeskStore, 'endedBefore' | 'disclosure' | 'intake' | 'events' | 'commit'>;
  readonly archive: Pick<Archive, 'remove'>;
  readonly commit: CommitCommand;
  readonly clock: Clock;
  readonly retentionDays: number;
}

/** So many a day: a purge never keeps the backstop from its other work. */
const mostAtOnce = 50;

/**
 * Deletes mails, attachments and texts of what ended longer ago than the retention (policy A8). The audit trail
 * stays: it holds ids, keys and hashes. A run that is cut off is finished by the next, since deleting twice is
 * deleting once and the commit comes last.
 */
export async function purgeOld(deps: PurgeDeps): Promise<number> {
  const before = plus(deps.clock.now(), -deps.retentionDays * day);
  const ids = await deps.store.endedBefore(before, mostAtOnce);
  for (const id of ids) {
    const disclosure = await deps.store.disclosure(id);
    if (disclosure) await purge(deps, disclosure);
  }
  return ids.length;
}

async function purge(deps: PurgeDeps, disclosure: Disclosure): Promise<void> {
  const events = await deps.store.events(`DISC#${disclosure.id}`);
  const texts = new Set([
    ...textsOf(events),
    ...(disclosure.description ? [disclosure.description.key] : []),
  ]);
  for (const mailKey of disclosure.intakes) {
    const intake = await deps.store.intake(mailKey);
    if (intake) await forget(deps, intake);
  }
  await deps.archive.remove([...texts]);
  await deps.commit({
    disclosure: disclosure.id,
    command: { name: 'purge', mails: disclosure.intakes.length, texts: texts.size },
    actor: { kind: 'desk' },
    cause: 'purge',
  });
}

/** Keys of every text that an event of the disclosure names: letters' words, and what reporters added by page. */
function textsOf(events: readonly StoredEvent[]): readonly string[] {
  const named = JSON.stringify(
    events.map(({ letters, data }) => [letters.map(({ params }) => params), data]),
  );
  return [...named.matchAll(/"(text\/[0-9a-f]{64})"/g)].map(([, key = '']) => key);
}

/** The raw mail goes, and with it the subject, the one word of it in the table. */
async function forget({ store, archive, clock }: PurgeDeps, intake: Intake): Promise<void> {
  if (hasMail(intake)) await archive.remove([intake.objectKey]);
  if (intake.subject === '') return;
  try {
    await store.commit({
      writes: [{ put: 'intake', item: { ...intake, subject: '' }, expect: intake.version }],
      event: {
        partition: `INTAKE#${intake.mailKey}`,
        cause: 'purge',
        type: 'purge',
        actor: 'desk',
        at: clock.now(),
        data: {},
        letters: [],
        signals: [],
        correlation: intake.mailKey,
      },
    });
  } catch (error) {
    // Somebody decided on it at this very moment: the next run forgets it.
    if (!(error instanceof VersionConflict)) throw error;
  }
}
