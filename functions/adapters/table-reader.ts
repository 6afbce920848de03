import { createHash } from 'node:crypto';
import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Clock, DeskStore, DueItem, Partition, StoredEvent } from '#contracts/ports.ts';
import { parseItem } from '#contracts/stored-items.ts';
import { type Instant, plus } from '#domain/instant.ts';
import type { Person, PersonId } from '#domain/people.ts';
import type { AwsTarget } from './aws.ts';
import { BatchGetCommand, createDynamo, type Dynamo, GetCommand, QueryCommand } from './dynamo.ts';
import { hex, unpacked } from './packed-item.ts';

/** Index partitions that spread writes; a partition takes 1,000 write units a second. */
export const shards = 4;
export const shardOf = (key: string): number => (createHash('sha1').update(key).digest()[0] ?? 0) % shards;

export type Item = Record<string, unknown>;

const duePage = 100;
export const eventKey = (cause: string): string => `EVENT#${cause}`;

export interface TableConfig {
  readonly table: string;
  readonly clock: Clock;
  readonly aws?: AwsTarget | undefined;
}

/** What pages and rules read of the record. */
export type DeskReads = Pick<
  DeskStore,
  | 'disclosure'
  | 'intake'
  | 'person'
  | 'group'
  | 'rota'
  | 'people'
  | 'peopleOf'
  | 'event'
  | 'events'
  | 'listed'
  | 'ended'
  | 'due'
  | 'mark'
>;

/**
 * The reading half of the desk's record in one DynamoDB table. What is read of an aggregate is strongly consistent;
 * lists and the due index are not, and hold keys only.
 */
export function createTableReader({ table, clock, aws }: TableConfig) {
  const dynamo = createDynamo(aws);
  /** Hash of the last event of a partition at a version that was read: saves a read in the commit that follows. */
  const heads = new Map<string, { version: number; head: string }>();

  async function get(pk: string, sk: string): Promise<Item | undefined> {
    const { Item: found } = await dynamo.send(
      new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }),
    );
    if (found?.head) {
      if (heads.size > 500) heads.clear();
      heads.set(pk, { version: Number(found.v), head: hex(found.head) });
    }
    return found;
  }

  async function aggregate<K extends 'disclosure' | 'intake' | 'person' | 'group' | 'rota'>(
    kind: K,
    pk: string,
    sk: string,
  ) {
    const found = await get(pk, sk);
    return found && parseItem(kind, pk, unpacked(found));
  }

  async function query(input: Omit<QueryCommandInput, 'TableName'>): Promise<Item[]> {
    const items: Item[] = [];
    let start: Item | undefined;
    do {
      const page = await dynamo.send(
        new QueryCommand({ TableName: table, ...input, ...(start && { ExclusiveStartKey: start }) }),
      );
      items.push(...(page.Items ?? []));
      start = input.Limit && items.length >= input.Limit ? undefined : page.LastEvaluatedKey;
    } while (start);
    return items;
  }

  const listing = (list: string, more: Partial<QueryCommandInput> = {}): Promise<Item[]> =>
    query({
      IndexName: 'list',
      KeyConditionExpression: '#list = :list',
      ExpressionAttributeNames: { '#list': 'list' },
      ExpressionAttributeValues: { ':list': list },
      ...more,
    });

  async function readEvent(partition: Partition, cause: string): Promise<StoredEvent | undefined> {
    const found = await get(partition, eventKey(cause));
    return found && storedEvent(found);
  }

  const dueIn = (shard: number, from: Instant, until: Instant, limit?: number): Promise<Item[]> =>
    query({
      IndexName: 'due',
      KeyConditionExpression: 'dueShard = :shard AND dueAt BETWEEN :from AND :until',
      ExpressionAttributeValues: { ':shard': `due#${shard}`, ':from': from, ':until': until },
      ...(limit && { Limit: limit }),
    });

  /** A page of one shard, with every row of its last instant: the index has no order within one. */
  async function duePageOf(shard: number, from: Instant, until: Instant) {
    const rows = await dueIn(shard, from, until, duePage);
    if (rows.length < duePage) return { rows, last: undefined };
    const last = String(rows.at(-1)?.dueAt);
    const before = rows.filter(({ dueAt }) => dueAt !== last);
    return { rows: [...before, ...(await dueIn(shard, last, last))], last };
  }

  /** The cursor is the instant up to which everything was answered. */
  async function due(until: Instant, cursor?: string) {
    const from = cursor ? plus(cursor, 1) : '0';
    if (from > until) return { items: [] };
    const pages = await Promise.all(
      Array.from({ length: shards }, (_, shard) => duePageOf(shard, from, until)),
    );
    // A shard that has more hides what comes after its last row: only what lies before is in order.
    const frontier = pages.flatMap(({ last }) => (last === undefined ? [] : [last])).sort()[0];
    const items = pages
      .flatMap(({ rows }) => rows)
      .map((item): DueItem => ({ partition: String(item.pk) as Partition, dueAt: String(item.dueAt) }))
      .filter(({ dueAt }) => frontier === undefined || dueAt <= frontier)
      .sort((x, y) => (x.dueAt < y.dueAt ? -1 : x.dueAt > y.dueAt ? 1 : x.partition < y.partition ? -1 : 1));
    return frontier === undefined ? { items } : { items, cursor: frontier };
  }

  const reads: DeskReads = {
    disclosure: (id) => aggregate('disclosure', `DISC#${id}`, 'DISC'),
    intake: (mailKey) => aggregate('intake', `INTAKE#${mailKey}`, 'INTAKE'),
    person: (id) => aggregate('person', `PERSON#${id}`, 'PERSON'),
    group: (maintainer, frequency) => aggregate('group', `GROUP#${maintainer}#${frequency}`, 'GROUP'),
    rota: () => aggregate('rota', 'ROTA', 'ROTA'),
    people: (ids) => batchPeople(dynamo, table, ids),
    async peopleOf(role) {
      const people = await batchPeople(dynamo, table, (await listing('people')).map(idOf));
      return people.filter((person) => person.roles.includes(role));
    },
    event: readEvent,
    async events(partition) {
      const items = await query({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
        ExpressionAttributeValues: { ':pk': partition, ':event': 'EVENT#' },
        ConsistentRead: true,
      });
      return items.map(storedEvent).sort((a, b) => a.seq - b.seq);
    },
    listed: async (list) => (await listing(list)).map(idOf),
    ended: async (limit) => (await listing('ended', { ScanIndexForward: false, Limit: limit })).map(idOf),
    due,
    async mark(name) {
      const found = await get(`MARK#${name}`, 'MARK');
      if (!found || (typeof found.expires === 'string' && found.expires <= clock.now())) return undefined;
      return found.value as Readonly<Record<string, unknown>>;
    },
  };
  return { reads, dynamo, heads, get, query };
}

export const idOf = (item: Item): string => String(item.pk).slice(String(item.pk).indexOf('#') + 1);

/** An event as the table holds it → as the desk reads it. */
export function storedEvent(item: Item): StoredEvent {
  const made = unpacked(item) as Record<string, unknown> | undefined;
  return parseItem('event', `${String(item.pk)} ${String(item.sk)}`, {
    ...made,
    delivery: item.delivery ?? {},
    waits: item.waits !== undefined,
  });
}

async function batchPeople(
  dynamo: Dynamo,
  table: string,
  ids: readonly PersonId[],
): Promise<readonly Person[]> {
  const people: Person[] = [];
  let keys: Item[] = [...new Set(ids)].map((id) => ({ pk: `PERSON#${id}`, sk: 'PERSON' }));
  while (keys.length > 0) {
    const { Responses, UnprocessedKeys } = await dynamo.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: keys.slice(0, 100), ConsistentRead: true } } }),
    );
    for (const found of Responses?.[table] ?? [])
      people.push(parseItem('person', String(found.pk), unpacked(found)));
    keys = [...(UnprocessedKeys?.[table]?.Keys ?? []), ...keys.slice(100)];
  }
  return people;
}
