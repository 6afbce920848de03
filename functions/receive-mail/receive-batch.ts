import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Log } from '#contracts/log.ts';
import { arrivalOf, type MailArrival } from '#contracts/mail-arrival.ts';
import * as messages from '#contracts/messages.ts';
import type { TakenMail } from './receive-mail.ts';

/**
 * Takes mails in order. While the body of one is read, the next is already taken by its header: two steps at a
 * time, so that no more than one whole mail and one head are in memory. `take` answers nothing where there is no mail.
 */
export async function takeInTurn<T>(
  items: readonly T[],
  take: (item: T) => Promise<TakenMail | undefined>,
  failed: (item: T, error: Error) => void,
): Promise<void> {
  let finishing: Promise<unknown> = Promise.resolve();
  for (const item of items) {
    const fail = (error: Error): undefined => void failed(item, error);
    const taken = await take(item).catch(fail);
    await finishing;
    finishing = taken?.finish().catch(fail) ?? Promise.resolve();
  }
  await finishing;
}

/**
 * Takes the records of a batch. One that fails, or that is nothing we know, is handed back alone: SQS brings it
 * again, and after the third time to the dead letters.
 */
export const receiveBatch =
  (deps: { readonly take: (arrival: MailArrival) => Promise<TakenMail>; readonly log: Log }) =>
  async ({ Records }: Pick<SQSEvent, 'Records'>): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    const mails = new Map<string, string>();
    const take = async ({ body, messageId, attributes }: SQSRecord): Promise<TakenMail | undefined> => {
      const arrival = arrivalOf(body, Number(attributes.ApproximateReceiveCount));
      if (arrival === 'ignored') return undefined;
      mails.set(messageId, arrival.mailKey);
      return await deps.take(arrival);
    };
    await takeInTurn(Records, take, ({ messageId }, error) => {
      const correlation = mails.get(messageId) ?? messageId;
      deps.log(messages.mailFailed, { record: messageId, error: error.name, correlation });
      failed.push(messageId);
    });
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
