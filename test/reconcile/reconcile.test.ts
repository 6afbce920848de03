import { beforeEach, describe, expect, test } from 'vitest';
import { commitCommand } from '#commit/commit-command.ts';
import { day, hour, minute, plus } from '#domain/instant.ts';
import type { Intake } from '#domain/intake.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import { firstBreak } from '../../functions/commit/chain.ts';
import { type ReconcileDeps, reconcile } from '../../functions/reconcile/reconcile.ts';
import { TestClock } from '../support/clock.ts';
import { policy, t0, textRef } from '../support/desk-situation.ts';
import { InMemoryArchive } from '../support/in-memory-archive.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

const identity = {
  project: 'Test',
  signature: 'Test working group',
  securityAddress: 'security@desk.test',
  replyDomain: 'reply.desk.test',
  groupAddress: 'group@desk.test',
};

const settingsOf = () => ({ policy: { ...policy, branches: {}, defaultBranches: ['master'] }, identity });

let clock: TestClock;
let store: InMemoryStore;
let archive: InMemoryArchive;
let deps: ReconcileDeps;
let replayed: unknown[];
let redelivered: unknown[];
let status: Record<string, Awaited<ReturnType<ReconcileDeps['runner']['status']>>>;
let ended: { disclosure: string; generation: number }[];

beforeEach(async () => {
  clock = new TestClock(t0);
  store = new InMemoryStore(clock);
  archive = new InMemoryArchive(clock);
  replayed = [];
  redelivered = [];
  status = {};
  ended = [];
  deps = {
    store,
    archive,
    clock,
    commit: commitCommand({ store, clock, settings: settingsOf() }),
    runner: { ended: async () => ended, status: async (id, g) => status[`${id}-g${g}`] ?? 'MISSING' },
    replay: async (mail) => void replayed.push(mail),
    redeliver: async (events) => void redelivered.push(...events.redeliver),
    measure: () => {},
    realNow: () => Date.parse(clock.now()),
    retentionDays: 365,
    log: () => {},
  };
  const item = openDisclosure({
    id: 'EDX-2026-0001',
    mailKey: 'mail-1',
    reporter: 'p-reporter',
    receivedAt: t0,
    zone: 'UTC',
    responseBusinessDays: 2,
  });
  await store.commit({
    writes: [{ put: 'disclosure', item, expect: 0 }],
    event: {
      partition: 'DISC#EDX-2026-0001',
      cause: 'mail-1',
      type: 'open',
      actor: 'desk',
      at: t0,
      data: {},
      letters: [],
      signals: [],
      correlation: 'mail-1',
    },
  });
});

const generation = async () => (await store.disclosure('EDX-2026-0001'))?.generation;

describe('the inbox', () => {
  test('a mail that lies longer than its notification takes is put through again, and counted', async () => {
    archive.receive('late', new TextEncoder().encode('Subject: x\r\n\r\nx'));
    archive.receive('AMAZON_SES_SETUP_NOTIFICATION', new Uint8Array(1));
    await reconcile(deps)({});
    expect(replayed).toEqual([]);

    clock.advance(hour);
    await reconcile(deps)({});
    await reconcile(deps)({});

    expect(replayed).toEqual([
      { replay: { objectKey: 'in/late', attempt: 1 } },
      { replay: { objectKey: 'in/late', attempt: 2 } },
    ]);
  });
});

test('the age of the oldest mail is measured where there is one, and nothing where there is none', async () => {
  const measured: unknown[] = [];
  const measuring = { ...deps, measure: (...what: unknown[]) => void measured.push(what) };
  await reconcile(measuring)({});

  archive.receive('late', new TextEncoder().encode('Subject: x\r\n\r\nx'));
  clock.advance(40 * minute);
  await reconcile(measuring)({});

  expect(measured).toEqual([['InboxOldestMinutes', 40]]);
});

test('a full run takes up every mail in the inbox, however fresh', async () => {
  archive.receive('fresh', new TextEncoder().encode('Subject: x\r\n\r\nx'));

  await reconcile(deps)({ full: true });

  expect(replayed).toEqual([{ replay: { objectKey: 'in/fresh', attempt: 1 } }]);
});

describe('executions', () => {
  test('one that ended although its disclosure is open is replaced at the next generation, once', async () => {
    ended = [{ disclosure: 'EDX-2026-0001', generation: 1 }];

    const first = await reconcile(deps)({});
    const again = await reconcile(deps)({});

    expect([first.replaced, again.replaced]).toEqual([1, 0]);
    expect(await generation()).toBe(2);
    const last = (await store.events('DISC#EDX-2026-0001')).at(-1);
    expect(last?.signals).toContainEqual({ kind: 'start-execution', generation: 2 });
  });

  test('a full run compares every open disclosure, and takes no waiting start for a lost one', async () => {
    status['EDX-2026-0001-g1'] = 'RUNNING';
    expect((await reconcile(deps)({ full: true })).replaced).toBe(0);

    status['EDX-2026-0001-g1'] = 'FAILED';
    expect((await reconcile(deps)({ full: true })).replaced).toBe(1);
    // Generation 2 is still to be started by the letter box: its commit waits.
    expect((await reconcile(deps)({ full: true })).replaced).toBe(0);
    expect(await generation()).toBe(2);
  });

  test('what waits for delivery is taken up again, at once in a full run', async () => {
    ended = [{ disclosure: 'EDX-2026-0001', generation: 1 }];
    await reconcile(deps)({});
    redelivered.length = 0;

    await reconcile(deps)({});
    expect(redelivered).toEqual([]);
    await reconcile(deps)({ full: true });

    expect(redelivered).toContainEqual({ partition: 'DISC#EDX-2026-0001', cause: 'lost:g1' });
  });
});

describe('A8: retention', () => {
  const intakeOf = (mailKey: string, objectKey: string): Intake => ({
    mailKey,
    version: 0,
    kind: 'report',
    kindBy: 'default',
    disposition: 'opened',
    flags: [],
    receivedAt: t0,
    objectKey,
    authenticated: 'yes',
    verdicts: { spam: 'PASS', virus: 'PASS', spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' },
    subject: 'secret',
    references: [],
    disclosures: ['EDX-2026-0001'],
  });
  const take = (intake: Intake) =>
    store.commit({
      writes: [{ put: 'intake', item: intake, expect: 0 }],
      event: {
        partition: `INTAKE#${intake.mailKey}`,
        cause: intake.mailKey,
        type: 'take',
        actor: 'desk',
        at: t0,
        data: {},
        letters: [],
        signals: [],
        correlation: intake.mailKey,
      },
    });

  test('of a report on GitHub nothing lies in the bucket, and nothing is deleted there', async () => {
    await take(intakeOf('mail-1', 'https://github.test/openedx/x/security/advisories/GHSA-1'));
    const reply = await archive.putText('It is none.');
    const command = { name: 'close', reason: 'not-affected', reply } as const;
    const actor = { kind: 'member', person: 'p-member' } as const;
    await deps.commit({ disclosure: 'EDX-2026-0001', command, actor, cause: 'c' });
    clock.advance(366 * day);
    const removed: string[] = [];

    const remove = async (keys: readonly string[]) => void removed.push(...keys);
    const noting = { file: archive.file, inbox: archive.inbox.bind(archive), remove };
    await reconcile({ ...deps, archive: Object.assign(Object.create(archive), noting) })({ full: true });

    expect(removed.length).toBeGreaterThan(0);
    expect(removed.filter((key) => !key.startsWith('text/'))).toEqual([]);
    expect((await store.intake('mail-1'))?.subject).toBe('');
  });

  test('mails and texts go a year after the end; the audit trail stays and its chain is whole', async () => {
    archive.receive('mail-1', new TextEncoder().encode('Subject: secret\r\n\r\nsecret'));
    const objectKey = await archive.file('in/mail-1', t0);
    const reply = await archive.putText('we will look');
    await take(intakeOf('mail-1', objectKey));
    const actor = { kind: 'member', person: 'p-member' } as const;
    const act = (cause: string, command: Parameters<ReconcileDeps['commit']>[0]['command']) =>
      deps.commit({ disclosure: 'EDX-2026-0001', command, actor, cause });
    await act('c1', { name: 'reply-to-reporter', text: reply });
    await act('c2', { name: 'close', reason: 'not-affected', reply: textRef('other') });

    clock.advance(365 * day);
    expect((await reconcile(deps)({ full: true })).purged).toBe(0);
    clock.advance(day);
    expect((await reconcile(deps)({ full: true })).purged).toBe(1);

    expect(await archive.rawMail(objectKey)).toBeUndefined();
    expect(await archive.text(reply)).toBeUndefined();
    expect((await store.intake('mail-1'))?.subject).toBe('');
    const events = await store.events('DISC#EDX-2026-0001');
    expect(events.at(-1)).toMatchObject({ type: 'purge', data: { mails: 1 } });
    expect(firstBreak(events)).toBeUndefined();
    expect((await store.disclosure('EDX-2026-0001'))?.purgedAt).toBe(plus(t0, 366 * day));
    expect((await reconcile(deps)({ full: true })).purged).toBe(0);
  });
});
