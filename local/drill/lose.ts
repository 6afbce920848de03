import { setTimeout as pause } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DeleteTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Instant, instant } from '#domain/instant.ts';
import { until, write } from '../cases.ts';
import type { Desk } from '../desk.ts';
import { localCredentials, localRegion } from '../emulator/environment.ts';
import { versionsOf } from '../restore/bucket.ts';
import { type Existing, existingOf, goOn, stopDesk } from '../restore/stack.ts';
import { restoreTable } from '../restore/table.ts';
import { type Snapshot, sha256, snapshotOf } from '../restore/verify.ts';

export function clientsOf(desk: Desk) {
  const place = { endpoint: desk.addresses.endpoint, region: localRegion, credentials: localCredentials };
  return {
    place,
    formation: new CloudFormationClient(place),
    dynamo: new DynamoDBClient(place),
    lambda: new LambdaClient({ ...place, requestHandler: { requestTimeout: 600_000 } }),
    s3: new S3Client({ ...place, forcePathStyle: true }),
    secrets: new SecretsManagerClient(place),
  };
}

export type Clients = ReturnType<typeof clientsOf>;

/** What was there at the instant to which the desk is restored, as somebody who kept a copy of all would know it. */
export interface Remembered {
  /** Real time, by which AWS dates backups and versions. */
  readonly at: Instant;
  /** The same on the desk's clock. */
  readonly deskAt: Instant;
  readonly record: Snapshot;
  /** SHA-256 of each raw mail and text by its key. */
  readonly objects: ReadonlyMap<string, string>;
  readonly existing: Existing;
  readonly restoredTable: string;
}

/** S3 dates versions by the second. */
const second = 1100;

/**
 * The instant: the desk stands still, all of it is noted down, and the table is restored beside it. MiniStack restores
 * a table as it is, whatever instant is asked for, so the drill asks at that instant; on AWS one asks later.
 */
export async function remember(desk: Desk, clients: Clients): Promise<Remembered> {
  const { stack } = desk.addresses;
  await stopDesk(clients.formation, clients.lambda, stack);
  // What a function was about when it was held comes to its end.
  await pause(3000);
  const existing = await existingOf(clients, stack);
  const at = instant(Date.now());
  const restoredTable = `${stack}-restored`;
  const record = await snapshotOf(clients.dynamo, existing.table.name);
  const objects = await objectsOf(clients.s3, existing.bucket);
  await restoreTable(clients.dynamo, { from: existing.table.name, to: restoredTable, at });
  await pause(second);
  return { at, deskAt: desk.clock.now(), record, objects, existing, restoredTable };
}

/** SHA-256 of every raw mail and text of a bucket. */
export async function objectsOf(s3: S3Client, bucket: string): Promise<ReadonlyMap<string, string>> {
  const present = (await versionsOf(s3, bucket)).filter(
    ({ latest, deleted, key }) => latest && !deleted && !key.startsWith('derived/'),
  );
  const hashes = await Promise.all(
    present.map(async ({ key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return [key, sha256((await Body?.transformToByteArray()) ?? new Uint8Array())] as const;
    }),
  );
  return new Map(hashes);
}

/** The desk goes on after the instant: what waited goes out, and a mail comes of which the restored record knows nothing. */
export async function goOnAfterwards(desk: Desk, clients: Clients, later: string): Promise<void> {
  await goOn(clients.formation, clients.lambda, desk.addresses.stack);
  await write(desk, later, { subject: 'This came after the instant' });
  await desk.invoke('reconcile', { full: true });
  await until('the later mail is acknowledged', () => desk.gateway.mailbox.list(later).length > 0);
  await desk.quiet();
}

export interface Lost {
  readonly deleted: number;
  readonly overwritten: number;
  /** What deleting the table answered before its protection was lifted. */
  readonly refused: string;
}

/** Everything goes wrong: mails and texts deleted, one overwritten, and in the end the table itself. */
export async function lose(desk: Desk, { s3, dynamo, ...clients }: Clients, what: Remembered): Promise<Lost> {
  const { bucket, table } = what.existing;
  const keys = [...what.objects.keys()];
  const [spared, ...others] = keys.filter((key) => key.startsWith('mail/'));
  const gone = [...others.filter((_, at) => at % 2 === 0), ...keys.filter((key) => key.startsWith('text/'))];
  for (const Key of gone) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  if (spared) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: spared, Body: 'nothing' }));
  await stopDesk(clients.formation, clients.lambda, desk.addresses.stack);
  const remove = () => dynamo.send(new DeleteTableCommand({ TableName: table.name }));
  const refused = await remove().then(
    () => 'deleted',
    (error: Error) => error.name,
  );
  await dynamo.send(new UpdateTableCommand({ TableName: table.name, DeletionProtectionEnabled: false }));
  if (refused !== 'deleted') await remove();
  return { deleted: gone.length, overwritten: spared ? 1 : 0, refused };
}
