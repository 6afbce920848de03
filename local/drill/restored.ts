import { writeFileSync } from 'node:fs';
import { GetFunctionConfigurationCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { createArchive } from '#adapters/archive.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import type { Clock } from '#contracts/ports.ts';
import example from '../../desk.config.ts';
import { functionNames } from '../../lib/functions.ts';
import type { Desk } from '../desk.ts';
import { type BucketRestored, restoreBucket } from '../restore/bucket.ts';
import { holdLetters } from '../restore/outbox.ts';
import { equipTable, type RestoredTable } from '../restore/table.ts';
import { differences, snapshotOf, type Verified, verifyRecord } from '../restore/verify.ts';
import type { Clients, Remembered } from './lose.ts';

export interface BroughtBack {
  readonly table: RestoredTable;
  readonly bucket: string;
  readonly copied: BucketRestored;
  readonly held: number;
  readonly verified: Verified;
  /** Items that are not as they were. */
  readonly differing: readonly string[];
}

/** The steps of docs/restore.md, by the same functions that `npm run restore` calls. */
export async function bringBack(clients: Clients, what: Remembered, clock: Clock): Promise<BroughtBack> {
  const { dynamo, s3 } = clients;
  const table = await equipTable(dynamo, what.restoredTable);
  const bucket = `${what.existing.bucket}-restored`.slice(-63).replace(/^-+/, '');
  const copied = await restoreBucket(s3, { from: what.existing.bucket, to: bucket, at: what.at });
  const store = createDeskStore({ table: table.name, clock, aws: clients.place });
  const archive = createArchive({ bucket, aws: clients.place });
  const verified = await verifyRecord({ client: dynamo, table: table.name, store, archive });
  const differing = differences(what.record, await snapshotOf(dynamo, table.name));
  const held = await holdLetters(store, what.deskAt);
  return { table, bucket, copied, held, verified, differing };
}

/** The configuration of a second stack that takes over what was restored. */
export function writeConfig(file: string, stackName: string, what: Remembered, back: BroughtBack): void {
  const existing = { ...what.existing, table: back.table, bucket: back.bucket };
  writeFileSync(
    file,
    `export default ${JSON.stringify({ ...example, stackName, existing }, undefined, 2)};\n`,
  );
}

/** What the functions of a stack are wired to: tables, buckets and streams, each once. */
export async function wiringOf(desk: Desk, { lambda }: Clients) {
  const variables = await Promise.all(
    functionNames.map(async (name) => {
      const FunctionName = `${desk.addresses.stack}-${name}`;
      try {
        const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
        return Environment?.Variables ?? {};
      } catch (error) {
        // Not every function is deployed on the emulator: it receives no mail by SES.
        if ((error as Error).name !== 'ResourceNotFoundException') throw error;
        return {};
      }
    }),
  );
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  const streams = EventSourceMappings.filter(
    ({ FunctionArn, EventSourceArn }) =>
      FunctionArn?.includes(`:${desk.addresses.stack}-`) && EventSourceArn?.includes('/stream/'),
  ).map(({ EventSourceArn }) => EventSourceArn ?? '');
  const each = (name: string) => [...new Set(variables.flatMap((all) => all[name] ?? []))];
  return { tables: each('TABLE_NAME'), buckets: each('BUCKET_NAME'), streams: [...new Set(streams)] };
}
