import { setTimeout as pause } from 'node:timers/promises';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DeskStore } from '#contracts/ports.ts';
import { isWait, machineStateOf } from '#domain/machine.ts';
import type { Desk } from './desk.ts';
import { localCredentials, localRegion } from './emulator/environment.ts';

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

/** How many messages a queue holds, those that are being handled included. */
async function held(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes?.ApproximateNumberOfMessages ?? 0) +
    Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0)
  );
}

/** Rest, and what SES tells of the letters is recorded, too: it gathers for two seconds before. */
export function untilTold({
  quiet,
  addresses,
  outputs,
}: Pick<Desk, 'quiet' | 'addresses' | 'outputs'>): () => Promise<void> {
  const aws = { endpoint: addresses.endpoint, region: localRegion, credentials: localCredentials };
  const sqs = new SQSClient(aws);
  return async () => {
    for (;;) {
      await quiet();
      if ((await held(sqs, outputs.LetterEventsQueueUrl ?? '')) === 0) return;
      await pause(200);
    }
  };
}

async function busy(deps: Parameters<typeof quietly>[0]): Promise<string | undefined> {
  const queued = await held(deps.sqs, deps.queueUrl);
  if (queued > 0) return `${queued} mails in the queue`;
  const [late] = await deps.store.waiting(1);
  if (late) return `delivery of ${late.partition} ${late.cause}`;
  for (const id of await deps.store.listed('open')) {
    const disclosure = await deps.store.disclosure(id);
    if (!disclosure) continue;
    const state = machineStateOf(disclosure);
    if (!isWait(state)) return `${id} in ${state}`;
    const waiting = (await deps.store.tokens(id)).some(
      ({ wait, generation }) => wait === state && generation === disclosure.generation,
    );
    if (!waiting) return `${id} without a token in ${state}`;
  }
  return undefined;
}
