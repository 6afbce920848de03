import type { SendMessageRequest } from '@aws-sdk/client-sqs';
import type { ReplayedMail } from '#contracts/replay.ts';
import type { AwsTarget } from './aws.ts';
import { awsJson } from './aws-json.ts';

type Operations = { readonly SendMessage: readonly [SendMessageRequest, object] };

/** Puts mails of the inbox through the intake queue again. */
export function createIntakeQueue(config: { readonly url: string; readonly aws?: AwsTarget }) {
  const call = awsJson<Operations>({ service: 'sqs', target: 'AmazonSQS', version: '1.0' }, config.aws);
  return async (mail: ReplayedMail): Promise<void> => {
    await call('SendMessage', { QueueUrl: config.url, MessageBody: JSON.stringify(mail) });
  };
}
