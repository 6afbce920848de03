import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { DeskStore, Partition, StoredEvent } from '#contracts/ports.ts';
import { redelivery } from '#contracts/replay.ts';
import { plainItem } from './dynamo.ts';
import { storedEvent } from './table-reader.ts';

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
    let event: StoredEvent | undefined;
    try {
      if (!dynamodb?.NewImage) throw new TypeError('a stream record has no new image');
      event = storedEvent(plainItem(dynamodb.NewImage));
      await take(event);
    } catch (error) {
      log(messages.letterFailed, { error: (error as Error).name, correlation: event?.correlation });
      return { batchItemFailures: [{ itemIdentifier: dynamodb?.SequenceNumber ?? '' }] };
    }
  }
  return { batchItemFailures: [] };
}

/** Is this what `reconcile` sends: events that still wait? */
export const isRedelivery = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'redeliver' in event;

/** Takes up waiting events; one that fails does not keep the others waiting, and waits on itself. */
export async function redeliverBatch(
  batch: unknown,
  store: Pick<DeskStore, 'event'>,
  log: Log,
  take: (event: StoredEvent) => Promise<void>,
): Promise<void> {
  for (const { partition, cause } of redelivery.parse(batch).redeliver) {
    let event: StoredEvent | undefined;
    try {
      event = await store.event(partition as Partition, cause);
      if (event) await take(event);
    } catch (error) {
      log(messages.letterFailed, { cause, error: (error as Error).name, correlation: event?.correlation });
    }
  }
}
