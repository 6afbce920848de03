import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import { sendingEventInQueue } from '#contracts/ses-events.ts';
import type { Told } from './observe-letters.ts';

/**
 * Takes what SES told in one batch of the queue. What is not of its shape, and what could not be recorded, is handed
 * back alone: SQS brings it again, and after the fifth time to the dead letters.
 */
export const observeBatch =
  (deps: { readonly observe: (batch: readonly Told[]) => Promise<readonly string[]>; readonly log: Log }) =>
  async ({ Records }: Pick<SQSEvent, 'Records'>): Promise<SQSBatchResponse> => {
    const told: Told[] = [];
    const failed: string[] = [];
    for (const { messageId, body } of Records) {
      try {
        told.push({ id: messageId, news: sendingEventInQueue.parse(body).Message });
      } catch (error) {
        deps.log(messages.letterEventFailed, {
          record: messageId,
          error: (error as Error).name,
          correlation: messageId,
        });
        failed.push(messageId);
      }
    }
    failed.push(...(await deps.observe(told)));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
