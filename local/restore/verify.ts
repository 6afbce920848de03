import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { hex } from '#adapters/packed-item.ts';
import { canonicalJson, firstBreak } from '#commit/chain.ts';
import type { Archive, DeskStore, Partition } from '#contracts/ports.ts';
import { hasMail } from '#domain/intake.ts';
import { itemsOf, readable } from '../table-items.ts';

/** Every item of a table by its key, as canonical JSON: two records are equal when these are. */
export type Snapshot = ReadonlyMap<string, string>;

/** Reads a whole table. */
export async function snapshotOf(client: DynamoDBClient, table: string): Promise<Snapshot> {
  const items = await itemsOf(client, table);
  return new Map(items.map((item) => [`${item.pk?.S} ${item.sk?.S}`, canonicalJson(item)]));
}

/** Keys of items that one snapshot has and the other has not, or has otherwise. */
export const differences = (a: Snapshot, b: Snapshot): readonly string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key)).sort();

/** What a look over record and archive came to. Nothing of it names a person or quotes a text. */
export interface Verified {
  readonly items: number;
  /** Partitions whose chain of events was followed from its first event to the head that the aggregate holds. */
  readonly chains: number;
  readonly mails: number;
  readonly texts: number;
  /** What is wrong, a line each; empty when the record is whole. */
  readonly problems: readonly string[];
}

/**
 * Follows every chain to its head, and looks for the raw mail of every intake and the text of every reference to one,
 * whose name is its hash.
 */
export async function verifyRecord(deps: {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly store: Pick<DeskStore, 'events' | 'event' | 'intake'>;
  readonly archive: Pick<Archive, 'rawMail'>;
}): Promise<Verified> {
  const items = (await itemsOf(deps.client, deps.table)).map(readable);
  const partitions = Map.groupBy(items, ({ pk }) => String(pk));
  const problems: string[] = [];
  let chains = 0;
  let mails = 0;
  for (const [partition, all] of partitions) {
    const head = all.find((each) => each.head !== undefined)?.head;
    if (head !== undefined) {
      chains += 1;
      const events = await deps.store.events(partition as Partition);
      const broken = firstBreak(events);
      if (broken !== undefined) problems.push(`the chain of ${partition} breaks at event ${broken}`);
      else if (events.at(-1)?.hash !== hex(head))
        problems.push(`the chain of ${partition} does not end at its head`);
    }
    if (!all.some(({ sk }) => sk === 'INTAKE')) continue;
    const gone = await mailGone(deps, partition.slice('INTAKE#'.length));
    if (gone === undefined) mails += 1;
    else if (gone) problems.push(`the raw mail of ${partition} is not in the bucket`);
  }
  const texts = [
    ...new Set(JSON.stringify(items.map(({ item }) => item)).match(/text\/[0-9a-f]{64}/g) ?? []),
  ];
  const lost = await Promise.all(texts.map(async (key) => ((await isWhole(deps.archive, key)) ? [] : [key])));
  problems.push(...lost.flat().map((key) => `${key} is not in the bucket, or not what its name says`));
  return { items: items.length, chains, mails, texts: texts.length, problems };
}

/** Undefined: it is there. False: it was purged (policy A8). True: it ought to be there. */
async function mailGone(
  { store, archive }: Parameters<typeof verifyRecord>[0],
  mailKey: string,
): Promise<boolean | undefined> {
  const intake = await store.intake(mailKey);
  if (!intake || !hasMail(intake) || (await archive.rawMail(intake.objectKey, 1)) !== undefined)
    return undefined;
  return (await store.event(`INTAKE#${mailKey}`, 'purge')) === undefined;
}

async function isWhole(archive: Pick<Archive, 'rawMail'>, key: string): Promise<boolean> {
  const body = await archive.rawMail(key);
  return body !== undefined && `text/${sha256(body)}` === key;
}

export const sha256 = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');
