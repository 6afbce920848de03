import { createHash } from 'node:crypto';
import type { QueryCommandInput, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { chained } from '#commit/chain.ts';
import { isSettled, newsOf } from '#commit/delivery-state.ts';
import type {
  Clock,
  Commit,
  Delivery,
  DeliveryNews,
  DeskEvent,
  DeskStore,
  DueItem,
  Partition,
  StoredEvent,
  StoredToken,
  Write,
} from '#contracts/ports.ts';
import { ActorInactive, CauseTaken, VersionConflict } from '#contracts/store-errors.ts';
import { parseItem } from '#contracts/stored-items.ts';
import { isOpen } from '#domain/disclosure.ts';
import { day, type Instant, ms, plus } from '#domain/instant.ts';
import { listOf } from '#domain/intake.ts';
import { errandKinds } from '#domain/letter.ts';
import type { Person, PersonId } from '#domain/people.ts';
import type { AwsTarget } from './aws.ts';
import {
  BatchGetCommand,
  createDynamo,
  type Dynamo,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteCommand,
  UpdateCommand,
} from './dynamo.ts';
import { hex, packed, unpacked } from './packed-item.ts';

/** Index partitions that spread writes; a partition takes 1,000 write units a second. */
const shards = 4;
const shardOf = (key: string): number => (createHash('sha1').update(key).digest()[0] ?? 0) % shards;

type Item = Record<string, unknown>;
type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

const duePage = 100;
const eventKey = (cause: string): string => `EVENT#${cause}`;

/** Key, condition and index attributes of one write. */
function placeOf(write: Write): { pk: string; sk: string; what: string; index: Item } {
  if ('counter' in write)
    return { pk: `COUNTER#${write.counter}`, sk: 'COUNTER', what: `counter ${write.counter}`, index: {} };
  const due = (pk: string): Item =>
    'due' in write && write.due ? { dueShard: `due#${shardOf(pk)}`, dueAt: write.due } : {};
  switch (write.put) {
    case 'disclosure': {
      const { item } = write;
      const pk = `DISC#${item.id}`;
      // What was purged is in no list: the audit trail stays, and is found by its reference.
      const index = item.purgedAt
        ? {}
        : isOpen(item)
          ? { list: 'open', listAt: item.receivedAt }
          : { list: 'ended', listAt: item.exit?.at ?? item.publishedAt ?? item.receivedAt };
      return {
        pk,
        sk: 'DISC',
        what: `disclosure ${item.id}`,
        index: { stage: item.stage, ...index, ...due(pk) },
      };
    }
    case 'intake': {
      const list = listOf(write.item);
      return {
        pk: `INTAKE#${write.item.mailKey}`,
        sk: 'INTAKE',
        what: `intake ${write.item.mailKey}`,
        index: list ? { list, listAt: write.item.receivedAt } : {},
      };
    }
    case 'person': {
      const { item } = write;
      const known = item.roles.some((role) => role !== 'reporter');
      return {
        pk: `PERSON#${item.id}`,
        sk: 'PERSON',
        what: `person ${item.id}`,
        index: {
          epoch: item.epoch,
          member: item.member ?? 'none',
          ...(known && { list: 'people', listAt: item.id }),
        },
      };
    }
    case 'group': {
      const pk = `GROUP#${write.item.maintainer}#${write.item.frequency}`;
      return {
        pk,
        sk: 'GROUP',
        what: `group ${write.item.maintainer}#${write.item.frequency}`,
        index: due(pk),
      };
    }
    case 'rota':
      return { pk: 'ROTA', sk: 'ROTA', what: 'rota', index: due('ROTA') };
  }
}

/**
 * The desk's record in one DynamoDB table. A commit is one transaction: each write on the version it was decided
 * on, the event under its cause. What is read of an aggregate is strongly consistent; lists and the due index
 * are not, and hold keys only.
 */
export function createDeskStore(config: {
  readonly table: string;
  readonly clock: Clock;
  readonly aws?: AwsTarget | undefined;
}): DeskStore {
  const { table, clock } = config;
  const dynamo = createDynamo(config.aws);
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

  const idOf = (item: Item): string => String(item.pk).slice(String(item.pk).indexOf('#') + 1);

  async function headOf(pk: string, sk: string, version: number): Promise<string> {
    if (version === 0) return '';
    const known = heads.get(pk);
    if (known?.version === version) return known.head;
    const found = await get(pk, sk);
    return found?.head ? hex(found.head) : '';
  }

  function transactPut(write: Write, head: string | undefined): TransactItem {
    const { pk, sk, index } = placeOf(write);
    if ('counter' in write)
      return {
        Update: {
          TableName: table,
          Key: { pk, sk },
          UpdateExpression: 'SET v = :next',
          ConditionExpression: write.expect === 0 ? 'attribute_not_exists(pk)' : 'v = :expect',
          ExpressionAttributeValues: {
            ':next': write.expect + 1,
            ...(write.expect > 0 && { ':expect': write.expect }),
          },
        },
      };
    const from = write.put === 'disclosure' && write.expect > 0 ? write.from : undefined;
    const stageNames = (from ?? []).map((_, at) => `:stage${at}`);
    return {
      Put: {
        TableName: table,
        Item: {
          pk,
          sk,
          v: write.expect + 1,
          ...(head && { head: Buffer.from(head, 'hex') }),
          ...index,
          ...packed({ ...write.item, version: write.expect + 1 }),
        },
        ConditionExpression:
          write.expect === 0
            ? 'attribute_not_exists(pk)'
            : ['v = :expect', ...(from ? [`stage IN (${stageNames.join(', ')})`] : [])].join(' AND '),
        ...(write.expect > 0 && {
          ExpressionAttributeValues: {
            ':expect': write.expect,
            ...Object.fromEntries((from ?? []).map((stage, at) => [`:stage${at}`, stage])),
          },
        }),
      },
    };
  }

  function transactEvent(made: DeskEvent): TransactItem {
    const { deliver, errands } = consumersOf(made);
    return {
      Put: {
        TableName: table,
        Item: {
          pk: made.partition,
          sk: eventKey(made.cause),
          ...packed(made),
          delivery: {},
          ...((deliver || errands) && { waits: `waits#${shardOf(made.cause)}`, waitsAt: made.at }),
          ...(deliver && { deliver: 'yes' }),
          ...(errands && { errands: 'yes' }),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    };
  }

  const transactActor = ({ person, epoch }: { person: PersonId; epoch: number }): TransactItem => ({
    ConditionCheck: {
      TableName: table,
      Key: { pk: `PERSON#${person}`, sk: 'PERSON' },
      ConditionExpression: 'epoch = :epoch AND #member <> :left',
      ExpressionAttributeNames: { '#member': 'member' },
      ExpressionAttributeValues: { ':epoch': epoch, ':left': 'left' },
    },
  });

  async function commit({ writes, event, actors = [] }: Commit): Promise<DeskEvent> {
    const first = writes[0];
    if (!first || 'counter' in first)
      throw new TypeError('a commit writes at least the aggregate of its event');
    const place = placeOf(first);
    // A write beside the aggregate's carries its own chain's head on.
    const [prev = '', ...others] = await Promise.all(
      writes.map((write) =>
        'counter' in write ? '' : headOf(placeOf(write).pk, placeOf(write).sk, write.expect),
      ),
    );
    const made = chained(event, first.expect + 1, prev);
    const written = new Set(writes.map((write) => placeOf(write).pk));
    const checks = actors.filter(({ person }) => !written.has(`PERSON#${person}`));
    const items = [
      transactEvent(made),
      ...writes.map((write, at) => transactPut(write, at === 0 ? made.hash : others[at - 1])),
      ...checks.map(transactActor),
    ];
    try {
      await dynamo.send(new TransactWriteCommand({ TransactItems: items }));
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      heads.delete(place.pk);
      throw await refusal(error, event.partition, event.cause, writes, checks);
    }
    for (const [at, write] of writes.entries())
      if (!('counter' in write))
        heads.set(placeOf(write).pk, {
          version: write.expect + 1,
          head: at === 0 ? made.hash : (others[at - 1] ?? ''),
        });
    return made;
  }

  /** Which of the store's errors a cancelled transaction is; the cause goes first, since it settles the matter. */
  async function refusal(
    error: TransactionCanceledException,
    partition: Partition,
    cause: string,
    writes: readonly Write[],
    checks: readonly { person: PersonId; epoch: number }[],
  ): Promise<Error> {
    const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
    if (codes[0] === 'ConditionalCheckFailed') {
      const earlier = await readEvent(partition, cause);
      if (earlier) return new CauseTaken(earlier);
    }
    const actor = checks.find((_, at) => codes[1 + writes.length + at] === 'ConditionalCheckFailed');
    if (actor) return new ActorInactive(actor.person);
    const at = codes.findIndex((code, index) => index > 0 && code !== 'None' && code !== undefined);
    const write = writes[at - 1] ?? writes[0];
    const busy = codes.includes('TransactionConflict');
    return new VersionConflict(
      write ? placeOf(write).what : partition,
      busy ? 'is being written' : 'moved on',
    );
  }

  async function readEvent(partition: Partition, cause: string): Promise<StoredEvent | undefined> {
    const found = await get(partition, eventKey(cause));
    return found && storedEvent(found);
  }

  async function lease(
    partition: Partition,
    cause: string,
    parts: readonly string[],
    now: Instant,
    lapsesBefore: Instant,
  ): Promise<readonly string[]> {
    const free = (held: Delivery | undefined): boolean =>
      !held || held.state === 'withheld' || (held.state === 'leased' && held.at < lapsesBefore);
    for (;;) {
      const event = await readEvent(partition, cause);
      if (!event) throw new RangeError(`${partition} has no event of the cause ${cause}`);
      const taken = parts.filter((part) => free(event.delivery[part]));
      if (taken.length === 0) return [];
      const leases = Object.fromEntries(
        taken.map((part): [string, Delivery] => [
          part,
          { state: 'leased', at: now, attempts: (event.delivery[part]?.attempts ?? 0) + 1 },
        ]),
      );
      try {
        await dynamo.send(
          new UpdateCommand({
            ...setParts(event, leases),
            TableName: table,
            Key: { pk: partition, sk: eventKey(cause) },
          }),
        );
        return taken;
      } catch (error) {
        // Somebody else took one of them meanwhile: look again at what is still free.
        if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
      }
    }
  }

  async function recordDelivery(
    partition: Partition,
    cause: string,
    news: Readonly<Record<string, DeliveryNews>>,
  ): Promise<readonly string[]> {
    const Key = { pk: partition, sk: eventKey(cause) };
    for (;;) {
      const event = await readEvent(partition, cause);
      const known = event ? newsOf(event.delivery, news) : {};
      const parts = Object.keys(known);
      if (!event || parts.length === 0) return [];
      const settled = isSettled(event, { ...event.delivery, ...known });
      try {
        const { Attributes } = await dynamo.send(
          new UpdateCommand({
            ...setParts(event, known, settled ? ' REMOVE waits, waitsAt' : ''),
            TableName: table,
            Key,
            ReturnValues: settled ? 'NONE' : 'ALL_NEW',
          }),
        );
        // Somebody else settled the other parts meanwhile, and saw ours open.
        if (Attributes?.waits !== undefined && isSettled(event, storedEvent(Attributes).delivery))
          await dynamo.send(
            new UpdateCommand({ TableName: table, Key, UpdateExpression: 'REMOVE waits, waitsAt' }),
          );
        return parts;
      } catch (error) {
        // Somebody told something of the same parts meanwhile: what is news is looked at again.
        if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
      }
    }
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

  async function countWithin(
    key: string,
    limits: readonly { readonly window: string; readonly limit: number; readonly expires: Instant }[],
  ): Promise<boolean> {
    const Key = { pk: `COUNT#${key}`, sk: 'COUNT' };
    for (;;) {
      const now = clock.now();
      const held = await get(Key.pk, Key.sk);
      const alive = Object.entries(
        (held?.windows ?? {}) as Record<string, { used: number; expires: Instant }>,
      ).filter(([, { expires }]) => expires > now);
      const windows = new Map(alive);
      if (limits.some(({ window, limit }) => (windows.get(window)?.used ?? 0) >= limit)) return false;
      for (const { window, expires } of limits) {
        const open = windows.get(window) ?? { used: 0, expires };
        windows.set(window, { ...open, used: open.used + 1 });
      }
      const last =
        [...windows.values()]
          .map(({ expires }) => expires)
          .sort()
          .at(-1) ?? now;
      try {
        await dynamo.send(
          new PutCommand({
            TableName: table,
            Item: {
              ...Key,
              n: Number(held?.n ?? 0) + 1,
              windows: Object.fromEntries(windows),
              ttl: ttlOf(last),
            },
            ConditionExpression: held ? 'n = :n' : 'attribute_not_exists(pk)',
            ...(held && { ExpressionAttributeValues: { ':n': held.n } }),
          }),
        );
        return true;
      } catch (error) {
        if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
      }
    }
  }

  return {
    disclosure: (id) => aggregate('disclosure', `DISC#${id}`, 'DISC'),
    intake: (mailKey) => aggregate('intake', `INTAKE#${mailKey}`, 'INTAKE'),
    person: (id) => aggregate('person', `PERSON#${id}`, 'PERSON'),
    group: (maintainer, frequency) => aggregate('group', `GROUP#${maintainer}#${frequency}`, 'GROUP'),
    rota: () => aggregate('rota', 'ROTA', 'ROTA'),
    counter: async (name) => Number((await get(`COUNTER#${name}`, 'COUNTER'))?.v ?? 0),
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
    commit,
    listed: async (list) => (await listing(list)).map(idOf),
    ended: async (limit) => (await listing('ended', { ScanIndexForward: false, Limit: limit })).map(idOf),
    endedBefore: async (before, limit) =>
      (
        await query({
          IndexName: 'list',
          KeyConditionExpression: '#list = :list AND listAt < :before',
          ExpressionAttributeNames: { '#list': 'list' },
          ExpressionAttributeValues: { ':list': 'ended', ':before': before },
          Limit: limit,
        })
      ).map(idOf),
    due,
    async waiting(limit) {
      const pages = await Promise.all(
        Array.from({ length: shards }, (_, shard) =>
          query({
            IndexName: 'waits',
            KeyConditionExpression: 'waits = :shard',
            ExpressionAttributeValues: { ':shard': `waits#${shard}` },
            Limit: limit,
          }),
        ),
      );
      return pages
        .flat()
        .map((item) => ({
          partition: String(item.pk) as Partition,
          cause: String(item.sk).slice('EVENT#'.length),
          at: String(item.waitsAt),
        }))
        .sort((a, b) => (a.at < b.at ? -1 : 1))
        .slice(0, limit);
    },
    lease,
    recordDelivery,
    async putToken(disclosure, token) {
      await dynamo.send(
        new PutCommand({
          TableName: table,
          Item: {
            pk: `DISC#${disclosure}`,
            sk: `TOKEN#g${token.generation}`,
            token,
            ttl: ttlOf(plus(token.at, tokenDays * day)),
          },
        }),
      );
    },
    async tokens(disclosure) {
      const items = await query({
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :token)',
        ExpressionAttributeValues: { ':pk': `DISC#${disclosure}`, ':token': 'TOKEN#' },
        ConsistentRead: true,
      });
      return items
        .filter((item) => !item.dropped)
        .map(({ sk, token }): StoredToken => {
          // Before, each wait had an item of its own, with its name in the key.
          const wait = String(sk).slice('TOKEN#'.length);
          return { ...{ wait }, ...(token as StoredToken) };
        });
    },
    countWithin,
    async mark(name) {
      const found = await get(`MARK#${name}`, 'MARK');
      if (!found || (typeof found.expires === 'string' && found.expires <= clock.now())) return undefined;
      return found.value as Readonly<Record<string, unknown>>;
    },
    async setMark(name, value, expires) {
      await dynamo.send(
        new PutCommand({
          TableName: table,
          Item: { pk: `MARK#${name}`, sk: 'MARK', value, ...(expires && { expires, ttl: ttlOf(expires) }) },
        }),
      );
    },
  };
}

/** Seconds since the epoch, for the table's TTL; deletion comes late, reads filter. */
const ttlOf = (at: Instant): number => Math.ceil(ms(at) / 1000);

/** A wait of the machine ends after 60 days at the latest; its token is of no use any more then. */
const tokenDays = 61;

/** Which consumers of the stream an event concerns. */
function consumersOf({ letters, signals }: DeskEvent): { deliver: boolean; errands: boolean } {
  const isErrand = ({ kind }: DeskEvent['signals'][number]): boolean => errandKinds.includes(kind);
  return {
    deliver: letters.length > 0 || signals.some((signal) => !isErrand(signal)),
    errands: signals.some(isErrand),
  };
}

/** Writes parts of a delivery, if each still stands as it was read. */
function setParts({ delivery }: StoredEvent, parts: Readonly<Record<string, Delivery>>, more = '') {
  const names = Object.keys(parts);
  return {
    UpdateExpression: `SET ${names.map((part) => `delivery.#${part} = :new${part}`).join(', ')}${more}`,
    ConditionExpression: names
      .map((part) =>
        delivery[part] ? `delivery.#${part} = :old${part}` : `attribute_not_exists(delivery.#${part})`,
      )
      .join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((part) => [`#${part}`, part])),
    ExpressionAttributeValues: Object.fromEntries(
      names.flatMap((part): [string, Delivery | undefined][] => [
        [`:new${part}`, parts[part]],
        ...(delivery[part] ? [[`:old${part}`, delivery[part]] as [string, Delivery]] : []),
      ]),
    ),
  };
}

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
