import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { chained } from '#commit/chain.ts';
import { isSettled, newsOf } from '#commit/delivery-state.ts';
import type {
  Clock,
  Commit,
  Delivery,
  DeliveryNews,
  DeskEvent,
  DeskStore,
  Partition,
  StoredEvent,
  StoredToken,
  Write,
} from '#contracts/ports.ts';
import { ActorInactive, CauseTaken, VersionConflict } from '#contracts/store-errors.ts';
import { isOpen } from '#domain/disclosure.ts';
import { day, type Instant, ms, plus } from '#domain/instant.ts';
import { listOf } from '#domain/intake.ts';
import { errandKinds } from '#domain/letter.ts';
import type { PersonId } from '#domain/people.ts';
import type { AwsTarget } from './aws.ts';
import { PutCommand, TransactionCanceledException, TransactWriteCommand, UpdateCommand } from './dynamo.ts';
import { hex, packed } from './packed-item.ts';
import {
  createTableReader,
  eventKey,
  type Item,
  idOf,
  shardOf,
  shards,
  storedEvent,
} from './table-reader.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What was counted in one window, and by which named uses. */
interface CountedUses {
  readonly used: number;
  readonly expires: Instant;
  readonly uses?: readonly string[];
}

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
  const { reads, dynamo, heads, get, query } = createTableReader(config);
  const readEvent = reads.event;
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

  async function countWithin(
    key: string,
    limits: readonly { readonly window: string; readonly limit: number; readonly expires: Instant }[],
    use?: string,
  ): Promise<boolean> {
    const Key = { pk: `COUNT#${key}`, sk: 'COUNT' };
    for (;;) {
      const now = clock.now();
      const held = await get(Key.pk, Key.sk);
      const alive = Object.entries((held?.windows ?? {}) as Record<string, CountedUses>).filter(
        ([, { expires }]) => expires > now,
      );
      const windows = new Map(alive);
      if (use && limits.every(({ window }) => windows.get(window)?.uses?.includes(use))) return true;
      if (limits.some(({ window, limit }) => (windows.get(window)?.used ?? 0) >= limit)) return false;
      for (const { window, expires } of limits) {
        const open = windows.get(window) ?? { used: 0, expires };
        const uses = use ? { uses: [...(open.uses ?? []), use] } : {};
        windows.set(window, { ...open, ...uses, used: open.used + 1 });
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
    ...reads,
    counter: async (name) => Number((await get(`COUNTER#${name}`, 'COUNTER'))?.v ?? 0),
    commit,
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
