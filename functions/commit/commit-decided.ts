import type { Commit, DeskEvent, DeskStore, StoredEvent } from '#contracts/ports.ts';
import { CauseTaken, VersionConflict } from '#contracts/store-errors.ts';

/** What one round of load and decide came to: an answer that needs no write, or a commit and what it answers. */
export type Round<T> =
  | { readonly answer: T }
  | {
      readonly commit: Commit;
      readonly done: (event: DeskEvent) => T;
      /** The cause has its event already: somebody, or an earlier try of ours, was first. */
      readonly repeated: (event: StoredEvent) => T | Promise<T>;
    };

const attempts = 8;

/**
 * Load → decide → commit, decided anew on what is stored then while another commit got in between. What the
 * round itself throws (a refusal, a revision that a person no longer sees) is not tried again.
 * Throws VersionConflict after eight rounds, ActorInactive at once; nothing was written then.
 */
export async function commitDecided<T>(
  store: Pick<DeskStore, 'commit'>,
  round: () => Promise<Round<T>>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const decided = await round();
    if ('answer' in decided) return decided.answer;
    try {
      return decided.done(await store.commit(decided.commit));
    } catch (error) {
      if (error instanceof CauseTaken) return decided.repeated(error.event);
      if (!(error instanceof VersionConflict) || attempt >= attempts) throw error;
      await new Promise((wake) => setTimeout(wake, 10 * 2 ** attempt * Math.random()));
    }
  }
}
