import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Log, messages } from '#contracts/log.ts';
import { arrivalOf, type MailArrival } from '#contracts/mail-arrival.ts';

/**
 * Takes the records of a batch one after the other, so that memory is bounded by one mail. One that fails, or that
 * is nothing we know, is handed back alone: SQS brings it again, and after the third time to the dead letters.
 */
export const receiveBatch =
  (deps: { readonly receive: (arrival: MailArrival) => Promise<unknown>; readonly log: Log }) =>
  async ({ Records }: Pick<SQSEvent, 'Records'>): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    for (const { body, messageId, attributes } of Records) {
      let arrival: ReturnType<typeof arrivalOf> | undefined;
      try {
        arrival = arrivalOf(body, Number(attributes.ApproximateReceiveCount));
        if (arrival !== 'ignored') await deps.receive(arrival);
      } catch (error) {
        const correlation = typeof arrival === 'object' ? arrival.mailKey : messageId;
        deps.log(messages.mailFailed, { record: messageId, error: (error as Error).name, correlation });
        failed.push(messageId);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
