import type { DeskStore } from '#contracts/ports.ts';
import type { Instant } from '#domain/instant.ts';

/**
 * Letters that waited at the instant of a restore may have gone out afterwards, from the desk that is gone: nobody can
 * know. Each is given the lease that it would have had then, so that the restored desk treats it as every letter whose
 * outcome nobody knows: a routine one goes out once, a sensitive one asks a person first (policy.md, mail rules).
 * Answers how many were held. Signals and errands need none of it: they are looked up before they are done.
 */
export async function holdLetters(
  store: Pick<DeskStore, 'waiting' | 'event' | 'lease'>,
  at: Instant,
): Promise<number> {
  let held = 0;
  for (const { partition, cause } of await store.waiting(10_000)) {
    const event = await store.event(partition, cause);
    const letters = (event?.letters ?? []).map((_, index) => `L${index}`);
    if (letters.length > 0) held += (await store.lease(partition, cause, letters, at, '')).length;
  }
  return held;
}
