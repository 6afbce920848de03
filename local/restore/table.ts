import {
  DescribeTableCommand,
  type DynamoDBClient,
  RestoreTableToPointInTimeCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { Instant } from '#domain/instant.ts';

/** A restored table as `existing.table` of desk.config.ts names it. */
export interface RestoredTable {
  readonly name: string;
  readonly streamArn: string;
}

/** A restore takes from ten minutes to hours, by the table's size. */
const patienceSeconds = 6 * 3600;

/**
 * Restores a table as it was at an instant into a new one beside it, and waits until that one can be used. Items and
 * indexes come; stream, TTL, backups and deletion protection do not: `equipTable` switches them on.
 * @param at absent: the latest instant that can be restored, some minutes ago
 * @throws the SDK's errors: TableAlreadyExistsException, PointInTimeRecoveryUnavailableException …
 */
export async function restoreTable(
  client: DynamoDBClient,
  { from, to, at }: { readonly from: string; readonly to: string; readonly at?: Instant | undefined },
): Promise<void> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: from }));
  const KMSMasterKeyId = Table?.SSEDescription?.KMSMasterKeyArn;
  await client.send(
    new RestoreTableToPointInTimeCommand({
      SourceTableName: from,
      TargetTableName: to,
      ...(at === undefined ? { UseLatestRestorableTime: true } : { RestoreDateTime: new Date(at) }),
      ...(KMSMasterKeyId && {
        SSESpecificationOverride: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId },
      }),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: patienceSeconds, minDelay: 1 }, { TableName: to });
}

/** Gives a restored table what the deployment gives its own (`lib/disclosure-table.ts`). Done twice is done once. */
export async function equipTable(client: DynamoDBClient, name: string): Promise<RestoredTable> {
  const TableName = name;
  const ready = () =>
    waitUntilTableExists({ client, maxWaitTime: patienceSeconds, minDelay: 1 }, { TableName });
  const { Table: before } = await client.send(new DescribeTableCommand({ TableName }));
  if (!before?.StreamSpecification?.StreamEnabled) {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } as const;
    await client.send(new UpdateTableCommand({ TableName, StreamSpecification }));
    await ready();
  }
  if (!before?.DeletionProtectionEnabled) {
    await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: true }));
    await ready();
  }
  await client
    .send(
      new UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      }),
    )
    .catch((error: Error) => {
      // DynamoDB's way of saying that it is on already.
      if (error.name !== 'ValidationException' || !/already enabled/i.test(error.message)) throw error;
    });
  await client.send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
    }),
  );
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  if (!Table?.LatestStreamArn) throw new Error(`${name} has no stream although one was switched on`);
  return { name, streamArn: Table.LatestStreamArn };
}
