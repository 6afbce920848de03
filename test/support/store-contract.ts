import { beforeEach, describe, expect, test } from 'vitest';
import { firstBreak } from '#commit/chain.ts';
import type { Clock, Commit, DeskStore, NewEvent, Partition } from '#contracts/ports.ts';
import { ActorInactive, CauseTaken, VersionConflict } from '#contracts/store-errors.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { day, hour, plus } from '#domain/instant.ts';
import type { Intake } from '#domain/intake.ts';
import type { Person } from '#domain/people.ts';
import { TestClock } from './clock.ts';

const t0 = '2026-03-02T09:00:00.000Z';

const disclosure = (id: string, over: Partial<Disclosure> = {}): Disclosure => ({
  id,
  version: 0,
  stage: 'received',
  receivedAt: t0,
  intakes: [`mail-of-${id}`],
  reporters: [],
  credit: {},
  entries: [],
  facts: [],
  embargo: { since: t0 },
  steps: {},
  response: { dueAt: plus(t0, 2 * day), halfAt: plus(t0, day) },
  told: [],
  generation: 1,
  ...over,
});

const intake = (mailKey: string, over: Partial<Intake> = {}): Intake => ({
  mailKey,
  version: 0,
  kind: 'report',
  kindBy: 'default',
  disposition: 'opened',
  flags: [],
  receivedAt: t0,
  objectKey: `mail/2026/03/${mailKey}`,
  authenticated: 'unknown',
  verdicts: { spam: 'unknown', virus: 'unknown', spf: 'unknown', dkim: 'unknown', dmarc: 'unknown' },
  subject: '',
  references: [],
  disclosures: [],
  ...over,
});

const person = (id: string, over: Partial<Person> = {}): Person => ({
  id,
  version: 0,
  address: `${id}@people.test`,
  roles: ['reporter'],
  epoch: 1,
  ...over,
});

const event = (partition: Partition, cause: string, over: Partial<NewEvent> = {}): NewEvent => ({
  partition,
  cause,
  type: 'tested',
  actor: 'desk',
  at: t0,
  data: { of: cause },
  letters: [],
  signals: [],
  correlation: cause,
  ...over,
});

const putDisclosure = (item: Disclosure, expectVersion: number, cause: string): Commit => ({
  writes: [{ put: 'disclosure', item, expect: expectVersion }],
  event: event(`DISC#${item.id}`, cause),
});

const signIn = { template: 'sign-in', to: { person: 'p-1' }, params: {} } as const;

/**
 * What every store of the desk promises; run over the in-memory one and over the DynamoDB adapter, so that
 * a test of a use case means the same on either. `makeStore` answers an empty store each time; `clock` is
 * what it tells the time by.
 */
export function describeStore(name: string, makeStore: (clock: Clock) => Promise<DeskStore>): void {
  describe(name, () => {
    let clock: TestClock;
    let store: DeskStore;
    beforeEach(async () => {
      clock = new TestClock(t0);
      store = await makeStore(clock);
    });

    describe('commit', () => {
      test('writes every item and the event, and stamps the versions', async () => {
        // act
        const made = await store.commit({
          writes: [
            { put: 'disclosure', item: disclosure('EDX-2026-0001'), expect: 0 },
            { put: 'intake', item: intake('m1'), expect: 0 },
            { put: 'person', item: person('p-1'), expect: 0 },
            { counter: 'disclosure#2026', expect: 0 },
          ],
          event: event('DISC#EDX-2026-0001', 'm1'),
        });

        // assert
        expect(made.seq).toBe(1);
        expect(made.prev).toBe('');
        expect(await store.disclosure('EDX-2026-0001')).toMatchObject({ version: 1, stage: 'received' });
        expect(await store.intake('m1')).toMatchObject({ version: 1, kind: 'report' });
        expect(await store.person('p-1')).toMatchObject({ version: 1, address: 'p-1@people.test' });
        expect(await store.counter('disclosure#2026')).toBe(1);
        expect(await store.event('DISC#EDX-2026-0001', 'm1')).toMatchObject({
          hash: made.hash,
          waits: false,
        });
      });

      test('answers nothing for what is not there', async () => {
        expect(await store.disclosure('EDX-2026-0009')).toBeUndefined();
        expect(await store.intake('none')).toBeUndefined();
        expect(await store.person('p-none')).toBeUndefined();
        expect(await store.rota()).toBeUndefined();
        expect(await store.counter('disclosure#1999')).toBe(0);
        expect(await store.event('DISC#EDX-2026-0009', 'none')).toBeUndefined();
        expect(await store.events('DISC#EDX-2026-0009')).toEqual([]);
      });

      test('a cause that has its event throws CauseTaken with that event and writes nothing', async () => {
        const first = await store.commit(putDisclosure(disclosure('EDX-2026-0001'), 0, 'm1'));

        const again = store.commit(putDisclosure(disclosure('EDX-2026-0001', { title: 'other' }), 1, 'm1'));

        await expect(again).rejects.toBeInstanceOf(CauseTaken);
        await again.catch((error: CauseTaken) => expect(error.event.hash).toBe(first.hash));
        expect((await store.disclosure('EDX-2026-0001'))?.version).toBe(1);
      });

      test('a version that moved on throws VersionConflict and writes nothing, whichever item it is', async () => {
        await store.commit(putDisclosure(disclosure('EDX-2026-0001'), 0, 'm1'));

        const stale = store.commit({
          writes: [
            { put: 'intake', item: intake('m2'), expect: 0 },
            { put: 'disclosure', item: disclosure('EDX-2026-0001'), expect: 0 },
          ],
          event: event('INTAKE#m2', 'm2'),
        });
        await expect(stale).rejects.toBeInstanceOf(VersionConflict);
        const staleCounter = store.commit({
          writes: [
            { put: 'intake', item: intake('m2'), expect: 0 },
            { counter: 'disclosure#2026', expect: 4 },
          ],
          event: event('INTAKE#m2', 'm2'),
        });
        await expect(staleCounter).rejects.toBeInstanceOf(VersionConflict);

        expect(await store.intake('m2')).toBeUndefined();
        expect(await store.events('INTAKE#m2')).toEqual([]);
      });

      test('of commits on one version at once, exactly one wins', async () => {
        await store.commit(putDisclosure(disclosure('EDX-2026-0001'), 0, 'm1'));

        const outcomes = await Promise.allSettled(
          Array.from({ length: 10 }, (_, i) =>
            store.commit(putDisclosure(disclosure('EDX-2026-0001'), 1, `c${i}`)),
          ),
        );

        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(VersionConflict);
        expect(await store.events('DISC#EDX-2026-0001')).toHaveLength(2);
      });

      test('V10: a stage that the command may not leave is refused by storage itself', async () => {
        await store.commit(putDisclosure(disclosure('EDX-2026-0001', { stage: 'merged' }), 0, 'm1'));
        const move = (from: readonly Disclosure['stage'][], cause: string): Promise<unknown> =>
          store.commit({
            writes: [{ put: 'disclosure', item: disclosure('EDX-2026-0001'), expect: 1, from }],
            event: event('DISC#EDX-2026-0001', cause),
          });

        await expect(move(['received', 'triaged'], 'c1')).rejects.toBeInstanceOf(VersionConflict);
        await move(['received', 'merged'], 'c2');

        expect((await store.disclosure('EDX-2026-0001'))?.version).toBe(2);
      });

      test('mail rules, Signed links 5: the actor must be there, of this epoch, and not have left', async () => {
        await store.commit({
          writes: [{ put: 'person', item: person('p-1', { epoch: 3 }), expect: 0 }],
          event: event('PERSON#p-1', 'c1'),
        });
        await store.commit({
          writes: [{ put: 'person', item: person('p-2', { roles: ['member'], member: 'left' }), expect: 0 }],
          event: event('PERSON#p-2', 'c2'),
        });
        const by = (id: string, epoch: number, cause: string) =>
          store.commit({
            ...putDisclosure(disclosure(`EDX-2026-${cause}`), 0, cause),
            actors: [{ person: id, epoch }],
          });

        await expect(by('p-1', 2, '1')).rejects.toBeInstanceOf(ActorInactive);
        await expect(by('p-2', 1, '2')).rejects.toBeInstanceOf(ActorInactive);
        await expect(by('p-none', 1, '3')).rejects.toBeInstanceOf(ActorInactive);
        await expect(by('p-1', 3, '4')).resolves.toMatchObject({ seq: 1 });
      });

      test('the events of a partition are a whole hash chain in order', async () => {
        for (const [i, cause] of ['m1', 'c1', 'c2'].entries())
          await store.commit(putDisclosure(disclosure('EDX-2026-0001'), i, cause));

        const events = await store.events('DISC#EDX-2026-0001');

        expect(events.map(({ cause, seq }) => [cause, seq])).toEqual([
          ['m1', 1],
          ['c1', 2],
          ['c2', 3],
        ]);
        expect(firstBreak(events)).toBeUndefined();
        const [first, second, third] = events;
        expect(first && second && third && firstBreak([first, { ...second, at: plus(t0, 1) }, third])).toBe(
          1,
        );
      });
    });

    test('a write beside another aggregate’s event leaves its own chain whole', async () => {
      const put = (expectVersion: number) =>
        ({ put: 'person', item: person('p-1'), expect: expectVersion }) as const;
      await store.commit({ writes: [put(0)], event: event('PERSON#p-1', 'c1') });
      await store.commit({
        writes: [{ put: 'disclosure', item: disclosure('EDX-2026-0001'), expect: 0 }, put(1)],
        event: event('DISC#EDX-2026-0001', 'm1'),
      });
      await store.commit({ writes: [put(2)], event: event('PERSON#p-1', 'c2') });

      const events = await store.events('PERSON#p-1');
      expect(events.map(({ cause }) => cause)).toEqual(['c1', 'c2']);
      expect(firstBreak(events)).toBeUndefined();
    });

    describe('lists', () => {
      test('open, ended, and the members’ lists of intakes', async () => {
        await store.commit(putDisclosure(disclosure('EDX-2026-0001'), 0, 'm1'));
        for (const [i, id] of ['EDX-2026-0002', 'EDX-2026-0003'].entries())
          await store.commit(
            putDisclosure(disclosure(id, { exit: { kind: 'spam', at: plus(t0, i * hour) } }), 0, id),
          );
        for (const disposition of ['held', 'quarantined', 'recorded', 'bounce'] as const)
          await store.commit({
            writes: [{ put: 'intake', item: intake(disposition, { disposition }), expect: 0 }],
            event: event(`INTAKE#${disposition}`, disposition),
          });

        expect(await store.listed('open')).toEqual(['EDX-2026-0001']);
        expect(await store.ended(10)).toEqual(['EDX-2026-0003', 'EDX-2026-0002']);
        expect(await store.ended(1)).toEqual(['EDX-2026-0003']);
        expect(await store.listed('held')).toEqual(['held']);
        expect(await store.listed('quarantined')).toEqual(['quarantined']);
        expect(await store.listed('queue')).toEqual(['recorded']);
      });

      test('A8: what ended before an instant is found until it is purged', async () => {
        for (const [i, id] of ['EDX-2026-0002', 'EDX-2026-0003'].entries())
          await store.commit(
            putDisclosure(disclosure(id, { exit: { kind: 'spam', at: plus(t0, i * hour) } }), 0, id),
          );

        expect(await store.endedBefore(plus(t0, hour), 10)).toEqual(['EDX-2026-0002']);
        expect(await store.endedBefore(plus(t0, day), 1)).toEqual(['EDX-2026-0002']);
        const gone = disclosure('EDX-2026-0002', { exit: { kind: 'spam', at: t0 }, purgedAt: plus(t0, day) });
        await store.commit(putDisclosure(gone, 1, 'purge'));

        expect(await store.endedBefore(plus(t0, day), 10)).toEqual(['EDX-2026-0003']);
        expect(await store.disclosure('EDX-2026-0002')).toMatchObject({ purgedAt: plus(t0, day) });
      });

      test('what a member decided leaves its list', async () => {
        await store.commit({
          writes: [{ put: 'intake', item: intake('m1', { disposition: 'held' }), expect: 0 }],
          event: event('INTAKE#m1', 'm1'),
        });

        await store.commit({
          writes: [
            { put: 'intake', item: intake('m1', { disposition: 'held', decidedBy: 'p-2' }), expect: 1 },
          ],
          event: event('INTAKE#m1', 'c1'),
        });

        expect(await store.listed('held')).toEqual([]);
      });

      test('what is due comes oldest first, all of it over pages, and only once it is due', async () => {
        for (let i = 0; i < 60; i++) {
          const id = `EDX-2026-${String(i).padStart(4, '0')}`;
          const due = plus(t0, ((i * 7) % 60) * hour);
          await store.commit({
            writes: [{ put: 'disclosure', item: disclosure(id), expect: 0, due }],
            event: event(`DISC#${id}`, id),
          });
        }
        const until = plus(t0, 49 * hour);

        const found: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.due(until, cursor);
          found.push(...page.items.map(({ dueAt }) => dueAt));
          cursor = page.cursor;
        } while (cursor !== undefined);

        expect(found).toEqual(Array.from({ length: 50 }, (_, i) => plus(t0, i * hour)));
      });

      test('more due at one instant than a page holds are all found', { timeout: 60_000 }, async () => {
        const ids = Array.from({ length: 450 }, (_, i) => `EDX-2026-${String(i).padStart(4, '0')}`);
        for (let i = 0; i < ids.length; i += 25)
          await Promise.all(
            ids.slice(i, i + 25).map((id) =>
              store.commit({
                writes: [{ put: 'disclosure', item: disclosure(id), expect: 0, due: t0 }],
                event: event(`DISC#${id}`, id),
              }),
            ),
          );

        const found = new Set<string>();
        let cursor: string | undefined;
        do {
          const page = await store.due(t0, cursor);
          for (const { partition } of page.items) found.add(partition);
          cursor = page.cursor;
        } while (cursor !== undefined);

        expect(found.size).toBe(450);
      });

      test('a put without a due instant takes the item off the due index', async () => {
        await store.commit({
          writes: [{ put: 'disclosure', item: disclosure('EDX-2026-0001'), expect: 0, due: t0 }],
          event: event('DISC#EDX-2026-0001', 'm1'),
        });
        expect((await store.due(t0)).items).toEqual([{ partition: 'DISC#EDX-2026-0001', dueAt: t0 }]);

        await store.commit(putDisclosure(disclosure('EDX-2026-0001'), 1, 'c1'));

        expect((await store.due(plus(t0, day))).items).toEqual([]);
      });

      test('people are found by id and by role', async () => {
        for (const [id, roles] of [
          ['p-1', ['member', 'reporter']],
          ['p-2', ['reporter']],
        ] as const)
          await store.commit({
            writes: [{ put: 'person', item: person(id, { roles }), expect: 0 }],
            event: event(`PERSON#${id}`, id),
          });

        expect((await store.people(['p-2', 'p-none', 'p-1', 'p-2'])).map(({ id }) => id).sort()).toEqual([
          'p-1',
          'p-2',
        ]);
        expect((await store.peopleOf('member')).map(({ id }) => id)).toEqual(['p-1']);
      });
    });

    describe('delivery', () => {
      const at = 'DISC#EDX-2026-0001' as const;
      beforeEach(() =>
        store.commit({
          writes: [{ put: 'disclosure', item: disclosure('EDX-2026-0001'), expect: 0 }],
          event: event(at, 'm1', { letters: [signIn, signIn], signals: [{ kind: 'advance' }] }),
        }),
      );

      test('an event with letters or signals waits until its delivery is done', async () => {
        expect(await store.waiting(10)).toEqual([{ partition: at, cause: 'm1', at: t0 }]);

        await store.recordDelivery(at, 'm1', { L0: { state: 'sent', at: t0, sesId: 's-1', attempts: 1 } });
        expect(await store.waiting(10)).toHaveLength(1);
        const rest = { L1: { state: 'failed', at: t0 }, S0: { state: 'sent', at: t0, attempts: 1 } } as const;
        await store.recordDelivery(at, 'm1', rest);

        expect(await store.waiting(10)).toEqual([]);
        expect((await store.event(at, 'm1'))?.delivery).toMatchObject({
          L0: { state: 'sent', sesId: 's-1' },
          S0: { state: 'sent' },
        });
      });

      test('a part is leased once; a lapsed or withheld one can be leased again', async () => {
        const lapses = plus(t0, -hour);
        expect(await store.lease(at, 'm1', ['L0', 'L1', 'S0'], t0, lapses)).toEqual(['L0', 'L1', 'S0']);
        expect(await store.lease(at, 'm1', ['L0', 'L1', 'S0'], t0, lapses)).toEqual([]);
        await store.recordDelivery(at, 'm1', {
          L0: { state: 'sent', at: t0, attempts: 1 },
          L1: { state: 'withheld', at: t0, attempts: 1 },
        });

        const later = plus(t0, day);
        expect(await store.lease(at, 'm1', ['L0', 'L1', 'S0'], later, plus(later, -hour))).toEqual([
          'L1',
          'S0',
        ]);
        expect((await store.event(at, 'm1'))?.delivery.S0).toEqual({
          state: 'leased',
          at: later,
          attempts: 2,
        });
      });

      test('of leases at once, one takes each part', async () => {
        const taken = await Promise.all(
          Array.from({ length: 10 }, () => store.lease(at, 'm1', ['L0', 'L1'], t0, plus(t0, -hour))),
        );

        expect(taken.flat().sort()).toEqual(['L0', 'L1']);
      });

      test('an event whose every part stands finally leaves the waiting index by itself', async () => {
        const sent = { state: 'sent', at: t0, attempts: 1 } as const;
        await store.recordDelivery(at, 'm1', { L0: sent, L1: sent });
        expect(await store.waiting(10)).toHaveLength(1);

        await store.recordDelivery(at, 'm1', { S0: { ...sent, state: 'skipped' } });

        expect(await store.waiting(10)).toEqual([]);
      });

      test('a letter that is withheld goes on waiting; where nobody knows, a person was asked', async () => {
        const sent = { state: 'sent', at: t0, attempts: 1 } as const;
        await store.recordDelivery(at, 'm1', { L0: { ...sent, state: 'withheld' }, L1: sent, S0: sent });
        expect(await store.waiting(10)).toHaveLength(1);

        await store.recordDelivery(at, 'm1', { L0: { ...sent, state: 'unknown' } });

        expect(await store.waiting(10)).toEqual([]);
      });

      test('of parts that are told at once by two, the last takes the event off the waiting index', async () => {
        const sent = { state: 'sent', at: t0, attempts: 1 } as const;
        await Promise.all([
          store.recordDelivery(at, 'm1', { L0: sent, L1: sent }),
          store.recordDelivery(at, 'm1', { S0: sent }),
        ]);

        expect(await store.waiting(10)).toEqual([]);
      });

      test('later news never turns back what is known, and what is known is no news', async () => {
        const told = (state: 'sent' | 'delivered' | 'bounced') =>
          store.recordDelivery(at, 'm1', { L0: { state, at: t0, sesId: 's-1' } });
        await store.lease(at, 'm1', ['L0'], t0, t0);

        expect(await told('delivered')).toEqual(['L0']);
        expect(await told('sent')).toEqual([]);
        expect(await told('delivered')).toEqual([]);
        expect(await told('bounced')).toEqual(['L0']);
        expect(await told('delivered')).toEqual([]);

        expect((await store.event(at, 'm1'))?.delivery.L0).toEqual({
          ...{ state: 'bounced', at: t0, sesId: 's-1', attempts: 1 },
        });
      });

      test('of two that tell at once, the better news stands', async () => {
        for (const states of [
          ['sent', 'delivered'],
          ['bounced', 'delivered'],
        ] as const)
          await Promise.all(
            states.map((state) => store.recordDelivery(at, 'm1', { [states[0]]: { state, at: t0 } })),
          );

        const { delivery } = (await store.event(at, 'm1')) ?? {};
        expect([delivery?.sent?.state, delivery?.bounced?.state]).toEqual(['delivered', 'bounced']);
      });

      test('news of an event that is not there is none', async () => {
        expect(await store.recordDelivery(at, 'never', { L0: { state: 'sent', at: t0 } })).toEqual([]);
      });

      test('what stands beside an event leaves its chain whole', async () => {
        await store.recordDelivery(at, 'm1', { L0: { state: 'bounced', at: t0, attempts: 1 } });

        expect(firstBreak(await store.events(at))).toBeUndefined();
      });
    });

    describe('tokens, counts and marks', () => {
      test('a token is kept by disclosure and generation, in the place of the wait before', async () => {
        const token = (wait: string, name: string, generation: number) => ({
          ...{ wait, token: name, generation, at: t0 },
        });
        await store.putToken('EDX-2026-0001', token('AwaitTriage', 'a', 1));
        await store.putToken('EDX-2026-0001', token('AwaitTriage', 'b', 2));
        await store.putToken('EDX-2026-0001', token('AwaitMerge', 'c', 2));
        await store.putToken('EDX-2026-0002', token('AwaitTriage', 'd', 1));

        expect((await store.tokens('EDX-2026-0001')).toSorted((x, y) => x.generation - y.generation)).toEqual(
          [token('AwaitTriage', 'a', 1), token('AwaitMerge', 'c', 2)],
        );
      });

      test('counts stop at the first limit reached, and then nothing is counted', async () => {
        const limits = [
          { window: 'hour', limit: 5, expires: plus(t0, hour) },
          { window: 'day', limit: 2, expires: plus(t0, day) },
        ];

        const answers = [];
        for (let i = 0; i < 4; i++) answers.push(await store.countWithin('acks', limits));
        expect(answers).toEqual([true, true, false, false]);

        const onlyHour = limits.slice(0, 1);
        const rest = [];
        for (let i = 0; i < 4; i++) rest.push(await store.countWithin('acks', onlyHour));
        expect(rest).toEqual([true, true, true, false]);
        expect(await store.countWithin('other', limits)).toBe(true);
      });

      test('a window counts anew once it expired, from the instant it was opened', async () => {
        const once = (window: number) => [{ window: 'day', limit: 1, expires: plus(clock.now(), window) }];
        expect(await store.countWithin('acks', once(day))).toBe(true);

        clock.advance(day - 1);
        expect(await store.countWithin('acks', once(day))).toBe(false);
        clock.advance(1);
        expect(await store.countWithin('acks', once(day))).toBe(true);
      });

      test('a named use counts once while its windows are open, and another does not pass by it', async () => {
        const limits = () => [
          { window: 'day', limit: 1, expires: plus(clock.now(), day) },
          { window: 'week', limit: 3, expires: plus(clock.now(), 7 * day) },
        ];
        const count = (use?: string) => store.countWithin('acks', limits(), use);
        expect([await count('first'), await count('first'), await count('other'), await count()]).toEqual([
          true,
          true,
          false,
          false,
        ]);

        clock.advance(day);

        // The day's window is over: the use counts anew, as any.
        expect([await count('first'), await count('other')]).toEqual([true, false]);
      });

      test('of 50 counts at once, as many pass as the limit says', async () => {
        const limits = [{ window: 'hour', limit: 7, expires: plus(t0, hour) }];

        const answers = await Promise.all(
          Array.from({ length: 50 }, () => store.countWithin('acks', limits)),
        );

        expect(answers.filter(Boolean)).toHaveLength(7);
      });

      test('a mark is kept, replaced, and gone when it expires', async () => {
        await store.setMark('sweep', { cursor: 'a' });
        await store.setMark('sweep', { cursor: 'b' });
        await store.setMark('nonce#1', { used: false }, plus(t0, hour));
        expect(await store.mark('sweep')).toEqual({ cursor: 'b' });
        expect(await store.mark('nonce#1')).toEqual({ used: false });

        clock.advance(hour);

        expect(await store.mark('nonce#1')).toBeUndefined();
        expect(await store.mark('never')).toBeUndefined();
      });
    });
  });
}
