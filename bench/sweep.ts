import { buffer } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { BatchWriteItemCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createTransport, type Transport } from '#adapters/aws-transport.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import type { DeskStore, NewEvent, Write } from '#contracts/ports.ts';
import type { ReminderGroup } from '#domain/cadence.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { day, hour, type Instant, minute, plus } from '#domain/instant.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Person } from '#domain/people.ts';
import { emptyRota } from '#domain/rota.ts';
import { remindMaintainers } from '../functions/remind-maintainers/remind-maintainers.ts';
import { settingsOf } from '../local/simulate/simulate.ts';
import { createTable, startDatabase } from '../test/support/database.ts';

/*
 * P5: a sweep costs what is due, never what is open. Twenty weekly reminders are due at each of fifteen sweeps a week
 * apart, with 100 disclosures open and with 100,000, on a store that counts request units (dynoxide). The sweeps of
 * the two are interleaved; request units and calls are to be equal, the wall time at most half as much again.
 */

const rounds = 15;
const duePerSweep = 20;
const start: Instant = '2027-03-01T09:00:00.000Z';
const wallBar = 1.5;

const settings = settingsOf({ zone: 'UTC' });

/** What a sweep took: request units of all its calls, how many calls, milliseconds. */
interface Cost {
  readonly units: number;
  readonly calls: number;
  readonly wall: number;
}

interface Metered {
  readonly ConsumedCapacity?: { readonly CapacityUnits?: number } | { readonly CapacityUnits?: number }[];
}

/** Counts the request units that each call reports, and the calls. The database looks at no signature. */
function meter(): { readonly transport: Transport; readonly count: { units: number; calls: number } } {
  const count = { units: 0, calls: 0 };
  const wire = createTransport();
  const transport: Transport = {
    async handle(request) {
      request.body = JSON.stringify({ ...JSON.parse(request.body), ReturnConsumedCapacity: 'TOTAL' });
      request.headers['content-length'] = String(Buffer.byteLength(request.body));
      const { response } = await wire.handle(request);
      const body = await buffer(response.body);
      const { ConsumedCapacity }: Metered = JSON.parse(body.toString());
      count.calls++;
      for (const { CapacityUnits = 0 } of [ConsumedCapacity ?? []].flat()) count.units += CapacityUnits;
      return { response: Object.assign(response, { body: [body] }) };
    },
  };
  return { transport, count };
}

const reference = (number: number): string => `EDX-2027-${String(number).padStart(6, '0')}`;

/** An open disclosure with one notified repository, as it lies in the table. */
const disclosureOf = (number: number, maintainer: string): Disclosure => ({
  ...openDisclosure({
    id: reference(number),
    mailKey: `mail-${number}`,
    reporter: 'p-reporter',
    receivedAt: plus(start, -30 * day),
    zone: 'UTC',
    responseBusinessDays: 2,
  }),
  version: 1,
  stage: 'advised',
  entries: [
    {
      repository: `openedx/part-${number % 100}`,
      ecosystem: 'other',
      severity: { rating: 'critical', score: 9.8, by: 'triage', at: plus(start, -30 * day) },
      maintainer: { id: maintainer, people: [`p-of-${maintainer.slice(5)}`], source: 'catalog-info' },
      delegates: [],
      notifiedAt: plus(start, -20 * day),
      frequency: 'weekly',
      branches: [{ name: 'main' }],
    },
  ],
});

const groupOf = (maintainer: string, number: number, dueAt: Instant): ReminderGroup => ({
  version: 1,
  maintainer,
  frequency: 'weekly',
  entries: [
    {
      disclosure: reference(number),
      repository: `openedx/part-${number % 100}`,
      dueAt,
      notifiedAt: plus(start, -20 * day),
      remindersSent: 0,
      silentCount: 0,
      answered: true,
    },
  ],
});

/** One commit that puts an item as it is. */
async function put(store: DeskStore, write: Write, partition: NewEvent['partition']): Promise<void> {
  const event = { cause: 'prepared', type: 'prepared', actor: 'desk', at: start, correlation: 'bench' };
  await store.commit({ writes: [write], event: { ...event, partition, data: {}, letters: [], signals: [] } });
}

/** The open ones that are not due: written in bulk, spread over a year after the last sweep. */
async function fill(client: DynamoDBClient, open: number): Promise<void> {
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const items = function* () {
    for (let number = 1000; number < 1000 + open; number++) {
      const maintainer = `team:other-${number}`;
      const dueAt = plus(start, rounds * 7 * day + day + (number % 8760) * hour);
      const disclosure = disclosureOf(number, maintainer);
      const index = { dueShard: `due#${number % 4}`, dueAt };
      yield {
        pk: `DISC#${disclosure.id}`,
        sk: 'DISC',
        v: 1,
        head: '',
        stage: disclosure.stage,
        list: 'open',
        listAt: disclosure.receivedAt,
        item: disclosure,
        ...index,
      };
      const group = groupOf(maintainer, number, dueAt);
      yield { pk: `GROUP#${maintainer}#weekly`, sk: 'GROUP', v: 1, head: '', item: group, ...index };
    }
  };
  let batch: NonNullable<BatchWriteItemCommandInput['RequestItems']>[string] = [];
  const flush = async (): Promise<void> => {
    await documents.send(new BatchWriteCommand({ RequestItems: { desk: batch as never } }));
    batch = [];
  };
  for (const Item of items()) {
    batch.push({ PutRequest: { Item } } as never);
    if (batch.length === 25) await flush();
  }
  if (batch.length > 0) await flush();
}

/** A desk with so many open disclosures, and twenty reminders due at each sweep to come. */
async function deskWith(open: number) {
  const { client, target, process } = await startDatabase();
  await createTable(client);
  const box = { now: start };
  const clock = { now: () => box.now };
  const { transport, count } = meter();
  const store = createDeskStore({ table: 'desk', clock, aws: { ...target, transport } });
  await fill(client, open - duePerSweep);
  for (let number = 0; number < duePerSweep; number++) {
    const maintainer = `team:due-${number}`;
    const dueAt = plus(start, number * 1000);
    const item = disclosureOf(number, maintainer);
    await put(store, { put: 'disclosure', item, expect: 0 }, `DISC#${item.id}`);
    const group = groupOf(maintainer, number, dueAt);
    await put(store, { put: 'group', item: group, expect: 0, due: dueAt }, `GROUP#${maintainer}#weekly`);
  }
  const member: Person = {
    id: 'p-member',
    version: 0,
    address: 'member@people.example',
    roles: ['member'],
    member: 'active',
    epoch: 1,
  };
  await put(store, { put: 'person', item: member, expect: 0 }, 'PERSON#p-member');
  const shift = {
    id: 's',
    member: member.id,
    start: plus(start, -day),
    end: plus(start, 400 * day),
    zone: 'UTC',
  };
  await put(store, { put: 'rota', item: { ...emptyRota, shifts: [shift] }, expect: 0 }, 'ROTA');

  const sweep = remindMaintainers({ store, clock, settings, log: () => undefined });
  return {
    close: () => process.kill(),
    async round(nth: number): Promise<Cost> {
      box.now = plus(start, nth * 7 * day + minute);
      const before = { ...count };
      const began = performance.now();
      const { sent, failed } = await sweep({});
      const wall = performance.now() - began;
      if (sent !== duePerSweep || failed > 0)
        throw new Error(`${sent} sent and ${failed} failed at round ${nth}`);
      return { units: count.units - before.units, calls: count.calls - before.calls, wall };
    },
  };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Runs both, round by round, and answers the ratios of the many to the few. */
export async function measure(few: number, many: number) {
  const desks = await Promise.all([deskWith(few), deskWith(many)]);
  try {
    const costs: Cost[][] = [[], []];
    for (let nth = 0; nth < rounds; nth++)
      for (const [which, desk] of desks.entries()) costs[which]?.push(await desk.round(nth));
    const [small = [], large = []] = costs;
    const of = (name: keyof Cost, from: readonly Cost[]) => from.map((cost) => cost[name]);
    return {
      units: sum(of('units', large)) / sum(of('units', small)),
      calls: sum(of('calls', large)) / sum(of('calls', small)),
      wall: median(of('wall', large)) / median(of('wall', small)),
      perSweep: { units: sum(of('units', large)) / rounds, calls: sum(of('calls', large)) / rounds },
    };
  } finally {
    for (const desk of desks) desk.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, open: { type: 'string', default: '100000' } },
  });
  const { units, calls, wall, perSweep } = await measure(100, Number(values.open));
  const pass = units === 1 && calls === 1 && wall <= wallBar * 1.1;
  const rounded = (value: number): number => Math.round(value * 1000) / 1000;
  if (values.json)
    console.log(
      JSON.stringify({
        bench: 'sweep',
        value: rounded(units),
        unit: 'request units at 100,000 open ÷ at 100',
        bar: 1,
        pass,
        calls: rounded(calls),
        wall: rounded(wall),
        wallBar,
      }),
    );
  else
    console.log(
      `P5 sweep, ${values.open} open ÷ 100 open, ${duePerSweep} due: request units ${units.toFixed(2)} · calls ${calls.toFixed(2)} · wall ${wall.toFixed(2)} (bars 1.00 · 1.00 · ${wallBar}); ${perSweep.units.toFixed(1)} units in ${perSweep.calls} calls a sweep.`,
    );
  if (!pass) process.exitCode = 1;
}

if (import.meta.main) await main();
