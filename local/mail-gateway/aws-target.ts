import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { SesSendingEvent } from '#contracts/ses-events.ts';
import { localCredentials, localRegion } from '../emulator/environment.ts';
import type { InboundTarget } from './inbound.ts';

interface Destination {
  /** The emulator's address. */
  readonly endpoint: string;
  readonly topicArn: string;
}

const settings = (endpoint: string) => ({ endpoint, region: localRegion, credentials: localCredentials });

/** SES's side of the S3 action on the emulator: objects into `in/` of the bucket, notifications to the topic. */
export function awsInbound({
  endpoint,
  topicArn,
  bucket,
}: Destination & { readonly bucket: string }): InboundTarget {
  const s3 = new S3Client({ ...settings(endpoint), forcePathStyle: true });
  const sns = new SNSClient(settings(endpoint));
  return {
    bucket,
    topicArn,
    prefix: 'in/',
    async put(key, body) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    },
    async notify(notification) {
      const message = JSON.stringify(notification);
      await sns.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: 'Amazon SES Email Receipt Notification',
          Message: message,
        }),
      );
    },
  };
}

/** The configuration set's event destination on the emulator. */
export function awsEvents({ endpoint, topicArn }: Destination): (event: SesSendingEvent) => Promise<void> {
  const sns = new SNSClient(settings(endpoint));
  return async (event) => {
    const message = JSON.stringify(event);
    await sns.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: 'Amazon SES Email Event Notification',
        Message: message,
      }),
    );
  };
}
