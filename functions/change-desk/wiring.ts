import { createArchive } from '#adapters/archive.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createDiscourse } from '#adapters/discourse.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { commitContact } from '#commit/contacts.ts';
import { commitMembership } from '#commit/people.ts';
import { commitBatch } from '#commit/postpone.ts';
import { commitRota } from '#commit/rota.ts';
import type { Settings } from '#contracts/settings.ts';
import { forumOf, wire } from '#web/wiring.ts';
import { commitIntakeDecision, commitLetter, enrolPerson } from './commits.ts';
import type { ChangeDeskDeps } from './deps.ts';

/** What reading takes of the world, and what acting changes in it. */
export function wireChanges(settings: Settings): () => Promise<ChangeDeskDeps> {
  const { fixed, bucket, signerNow } = wire(settings, createDeskStore);
  const { store, clock } = fixed;
  const { putText, putDerived } = createArchive({ bucket });
  const config = forumOf(settings);
  const forum = config && createDiscourse(config);
  const commit = commitCommand({ store, clock, settings });
  return async () => {
    const signer = await signerNow();
    const deps = { store, clock, settings, signer, commit };
    return {
      ...fixed,
      signer,
      archive: { ...fixed.archive, putText, putDerived },
      forum: forum && fixed.forum && { ...fixed.forum, getTopic: (url) => forum.getTopic(url) },
      commit,
      decideIntake: commitIntakeDecision(deps),
      write: commitLetter(deps),
      enrol: enrolPerson(deps),
      rota: commitRota(deps),
      membership: commitMembership(deps),
      contact: commitContact(deps),
      batch: commitBatch(deps),
    };
  };
}
