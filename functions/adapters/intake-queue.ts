import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ReplayedMail } from '#contracts/replay.ts';

/** Puts mails of the inbox through the intake queue again. */
export function createIntakeQueue(config: { readonly url: string; readonly client?: SQSClient }) {
  const sqs = config.client ?? new SQSClient({});
  return async (mail: ReplayedMail): Promise<void> => {
    await sqs.send(new SendMessageCommand({ QueueUrl: config.url, MessageBody: JSON.stringify(mail) }));
  };
}
