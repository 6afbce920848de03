import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Desk } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';

/** The queues of a running desk, as an administrator looks into them. */
export function queuesOf({ addresses }: Pick<Desk, 'addresses'>) {
  const { endpoint } = addresses;
  const sqs = new SQSClient({ endpoint, region: localRegion, credentials: localCredentials });
  const attributes = async (QueueUrl: string): Promise<Readonly<Record<string, string>>> =>
    (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
  return {
    sqs,
    attributes,
    /** Where that queue puts what failed too often. */
    async deadLettersOf(url: string): Promise<string> {
      const { RedrivePolicy = '{}' } = await attributes(url);
      const arn = String(JSON.parse(RedrivePolicy).deadLetterTargetArn);
      return url.replace(/[^/]+$/, arn.slice(arn.lastIndexOf(':') + 1));
    },
    /** Every message that waits in a queue; each stays there, and counts as handed out once more. */
    async look(QueueUrl: string): Promise<readonly Message[]> {
      const found: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60 }),
        );
        if (Messages.length === 0) break;
        found.push(...Messages);
      }
      for (const { ReceiptHandle } of found)
        await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
      return found;
    },
    async remove(QueueUrl: string, { ReceiptHandle }: Message): Promise<void> {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    },
    /** Does something while what was handed out comes back after so many seconds, not after twelve minutes. */
    async returningAfter<T>(QueueUrl: string, seconds: number, act: () => Promise<T>): Promise<T> {
      const { VisibilityTimeout = '' } = await attributes(QueueUrl);
      const set = (value: string) =>
        sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: value } }));
      await set(String(seconds));
      try {
        return await act();
      } finally {
        await set(VisibilityTimeout);
      }
    },
  };
}
