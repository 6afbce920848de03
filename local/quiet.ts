import { setTimeout as pause } from 'node:timers/promises';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeskStore } from '#contracts/ports.ts';
import { isWait, machineStateOf } from '#domain/machine.ts';

/** Something is still under way after this long: it is stuck, not slow. */
const patienceMs = 60_000;

/**
 * Waits until nothing that was set in motion is under way: no mail in the queue, no letter or signal waiting, and
 * every open disclosure's execution waits for people. Answers what stays under way, where something does.
 */
export function quietly(deps: {
  readonly store: Pick<DeskStore, 'waiting' | 'listed' | 'disclosure' | 'tokens'>;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly settled: () => Promise<void>;
}) {
  return async (patience = patienceMs): Promise<string | undefined> => {
    const end = Date.now() + patience;
    for (let calm = 0; calm < 2; ) {
      await deps.settled();
      const what = await busy(deps);
      if (what && Date.now() > end) return what;
      calm = what ? 0 : calm + 1;
      await pause(calm > 0 ? 40 : 80);
    }
    return undefined;
  };
}

async function busy(deps: Parameters<typeof quietly>[0]): Promise<string | undefined> {
  const { Attributes } = await deps.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deps.queueUrl, AttributeNames: ['All'] }),
  );
  const queued =
    Number(Attributes?.ApproximateNumberOfMessages ?? 0) +
    Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0);
  if (queued > 0) return `${queued} mails in the queue`;
  const [late] = await deps.store.waiting(1);
  if (late) return `delivery of ${late.partition} ${late.cause}`;
  for (const id of await deps.store.listed('open')) {
    const disclosure = await deps.store.disclosure(id);
    if (!disclosure) continue;
    const state = machineStateOf(disclosure);
    if (!isWait(state)) return `${id} in ${state}`;
    const held = (await deps.store.tokens(id)).some(
      ({ wait, generation }) => wait === state && generation === disclosure.generation,
    );
    if (!held) return `${id} without a token in ${state}`;
  }
  return undefined;
}
