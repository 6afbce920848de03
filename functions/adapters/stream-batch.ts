import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { type Log, messages } from '#contracts/log.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import { storedEvent } from './disclosure-store.ts';

/**
 * Takes the new events of a stream batch one after the other. The first that fails ends the batch there: a stream
 * is in order, and Lambda brings the rest again from that one on.
 */
export async function streamBatch(
  batch: DynamoDBStreamEvent,
  log: Log,
  take: (event: StoredEvent) => Promise<void>,
): Promise<DynamoDBBatchResponse> {
  for (const { dynamodb } of batch.Records) {
    try {
      if (!dynamodb?.NewImage) throw new TypeError('a stream record has no new image');
      await take(storedEvent(unmarshall(dynamodb.NewImage as Record<string, AttributeValue>)));
    } catch (error) {
      log(messages.letterFailed, { error: (error as Error).name });
      return { batchItemFailures: [{ itemIdentifier: dynamodb?.SequenceNumber ?? '' }] };
    }
  }
  return { batchItemFailures: [] };
}
