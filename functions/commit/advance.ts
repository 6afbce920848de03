import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { DeskStore, LifecycleRunner } from '#contracts/ports.ts';
import { endOfGeneration, machineInputOf, machineStateOf } from '#domain/machine.ts';

/** A token that may be resolved now. */
interface HeldToken {
  readonly token: string;
  readonly generation: number;
  readonly wait: string;
}

/**
 * Resolves the waits of a disclosure that are over, by the record as it stands now: a wait is over when the
 * machine belongs elsewhere, and a token of an older generation ends its execution. A stale token is a no-op;
 * calling this twice does no harm, as
 * it is called again for a token that was resolved before: it stays until the machine's next wait.
 */
export async function advance(
  deps: { readonly store: DeskStore; readonly runner: Pick<LifecycleRunner, 'resolve'>; readonly log: Log },
  id: string,
  held?: readonly HeldToken[],
): Promise<number> {
  const tokens = held ?? (await deps.store.tokens(id));
  if (tokens.length === 0) return 0;
  const disclosure = await deps.store.disclosure(id);
  if (!disclosure) return 0;
  let resolved = 0;
  for (const { token, generation, wait } of tokens) {
    const stale = generation < disclosure.generation;
    if (!stale && machineStateOf(disclosure) === wait) continue;
    const output = stale ? endOfGeneration(disclosure, generation) : machineInputOf(disclosure);
    const outcome = await deps.runner
      .resolve(token, output)
      .catch((error: Error) => deniedIfStale(error, stale));
    if (outcome === 'resolved') resolved += 1;
    deps.log(messages.advanced, {
      disclosure: id,
      wait,
      next: output.next,
      outcome,
      correlation: output.correlation,
    });
  }
  return resolved;
}

/** Nothing may be behind a token of an older generation any more, not even a state machine to have rights on. */
function deniedIfStale(error: Error, stale: boolean): 'stale' {
  if (stale && error.name === 'AccessDeniedException') return 'stale';
  throw error;
}
