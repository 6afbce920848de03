import type { Redelivery } from '#contracts/replay.ts';
import type { AwsTarget } from './aws.ts';
import { createInvoke } from './invoke.ts';

/** Has the functions that deliver look at waiting events again; each takes up only its own parts. */
export function createRedelivery(config: {
  readonly functions: readonly string[];
  readonly aws?: AwsTarget;
}) {
  const invoke = createInvoke(config.aws);
  return async (events: Redelivery): Promise<void> => {
    for (const name of config.functions) await invoke(name, 'Event', events);
  };
}
