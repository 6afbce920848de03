import type { SQSEvent } from 'aws-lambda';

/** The body of a record of the intake queue: what SES published, in SNS's envelope. */
export const envelope = (message: unknown): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: '1',
    TopicArn: 'arn:aws:sns:us-east-1:1:t',
    Timestamp: '2026-03-02T09:00:01.000Z',
    Message: JSON.stringify(message),
  });

/** A record as SQS hands it out; of it the function reads no more than this. */
export const record = (messageId: string, body: string, receiveCount = 1) =>
  ({
    messageId,
    body,
    attributes: { ApproximateReceiveCount: String(receiveCount) },
  }) as SQSEvent['Records'][number];
