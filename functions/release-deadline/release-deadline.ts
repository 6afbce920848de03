import * as z from 'zod/mini';
import { commitCommand } from '#commit/commit-command.ts';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { Measure } from '#contracts/metrics.ts';
import type { Clock, DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { ms } from '#domain/instant.ts';

/** What a one-time schedule of the release window hands over: which deadline of which disclosure. */
export const deadlineInput = z.strictObject({
  disclosure: z.string().check(z.minLength(1)),
  name: z.string().check(z.minLength(1)),
  at: z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)),
});
export type DeadlineInput = z.infer<typeof deadlineInput>;

/** A schedule knows seconds and the desk milliseconds: so far ahead, waiting is cheaper than the next sweep. */
const worthWaitingMs = 1000;

/**
 * An instant of the release window has come. A schedule that fires well before its instant on the desk's clock
 * does nothing: the due index still lists the disclosure, and the sweep finds it there.
 */
export const releaseDeadline = (deps: {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'policy' | 'identity'>;
  readonly log: Log;
  readonly measure?: Measure | undefined;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}) => {
  const commit = commitCommand(deps);
  return async ({ disclosure, name, at }: DeadlineInput) => {
    const ahead = ms(at) - ms(deps.clock.now());
    if (ahead > 0 && ahead <= worthWaitingMs) await deps.pause(ahead);
    if (deps.clock.now() < at) return { outcome: 'early' as const };
    const { outcome, event } = await commit({
      disclosure,
      command: { name: 'pass-deadline' },
      actor: { kind: 'desk' },
      cause: `deadline:${name}@${at}`,
    });
    deps.log(messages.committed, {
      disclosure,
      command: 'pass-deadline',
      deadline: name,
      outcome,
      correlation: event.correlation,
    });
    return { outcome };
  };
};
