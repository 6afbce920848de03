import { advance } from '#commit/advance.ts';
import type { Log } from '#contracts/log.ts';
import type { HoldInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import type { Clock, DeskStore, LifecycleRunner } from '#contracts/ports.ts';

/**
 * Keeps the task token of a state that waits. A fact that arrived before its token resolves it at once: the token
 * is stored first, then the record is read; whoever commits does it the other way round, so that none is missed.
 */
export const holdToken =
  (deps: {
    readonly store: DeskStore;
    readonly runner: Pick<LifecycleRunner, 'resolve'>;
    readonly clock: Clock;
    readonly log: Log;
  }) =>
  async (input: HoldInput): Promise<void> => {
    const { disclosure, generation, wait, token } = input;
    await deps.store.putToken(disclosure, { wait, token, generation, at: deps.clock.now() });
    deps.log(messages.tokenHeld, { disclosure, generation, wait, correlation: input.correlation });
    await advance(deps, disclosure, [{ token, generation, wait }]);
  };
