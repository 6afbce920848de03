import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '#contracts/ports.ts';
import type { Letter } from '#domain/letter.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import { holdLetters } from '../../local/restore/outbox.ts';
import { differences } from '../../local/restore/verify.ts';
import { planBucket, type Version } from '../../local/restore/versions.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

const at = '2026-11-25T10:00:00.000Z';
const second = (n: number): string => new Date(Date.parse(at) + n * 1000).toISOString();

/** Versions of one key, oldest first: a number is a put at that second, a negative one a deletion. */
const history = (key: string, ...seconds: readonly (readonly [number, 'put' | 'deleted'])[]): Version[] =>
  seconds.map(([when, what], index) => ({
    key,
    id: `${key}@${when}`,
    at: second(when),
    deleted: what === 'deleted',
    latest: index === seconds.length - 1,
  }));

const restoredIds = (versions: readonly Version[]) =>
  Object.fromEntries(planBucket(versions, at).restored.map(({ key, id }) => [key, id]));

describe('a bucket is restored from its versions', () => {
  test('what was overwritten or deleted afterwards is as it was; what was deleted before stays deleted', () => {
    const versions = [
      ...history('mail/a', [-20, 'put'], [-10, 'put'], [5, 'put']),
      ...history('mail/b', [-20, 'put'], [5, 'deleted']),
      ...history('mail/c', [-20, 'put'], [-5, 'deleted'], [5, 'put']),
      ...history('text/d', [0, 'put']),
      ...history('derived/e', [-20, 'put']),
    ];

    expect(restoredIds(versions)).toEqual({
      'mail/a': 'mail/a@-10',
      'mail/b': 'mail/b@-20',
      'text/d': 'text/d@0',
    });
  });

  test('a mail that came afterwards goes into the inbox once, wherever it lies by now, oldest first', () => {
    const versions = [
      ...history('in/later', [9, 'put'], [10, 'deleted']),
      ...history('mail/2026/11/later', [10, 'put']),
      ...history('in/latest', [20, 'put']),
      ...history('text/new', [20, 'put']),
    ];

    expect(planBucket(versions, at)).toEqual({
      restored: [],
      inbox: [
        { key: 'mail/2026/11/later', id: 'mail/2026/11/later@10', to: 'in/later' },
        { key: 'in/latest', id: 'in/latest@20', to: 'in/latest' },
      ],
    });
  });

  test('a mail that lay in the inbox at the instant lies there again, and not twice', () => {
    const versions = [
      ...history('in/then', [-5, 'put'], [5, 'deleted']),
      ...history('mail/2026/11/then', [5, 'put']),
    ];

    expect(planBucket(versions, at)).toEqual({
      restored: [{ key: 'in/then', id: 'in/then@-5', to: 'in/then' }],
      inbox: [],
    });
  });

  test('whatever happened to a mail after it had come, it comes back, by one way alone', () => {
    const events = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(events, (seconds) => {
        const [first = 0, ...rest] = seconds.toSorted((a, b) => a - b);
        const versions = history(
          'mail/x',
          [first, 'put'],
          ...rest.map((when, n) => [when, n % 2 === 0 ? 'deleted' : 'put'] as const),
        );
        const { restored, inbox } = planBucket(versions, at);
        const before = versions.filter((version) => version.at <= at);

        expect(restored).toHaveLength(before.at(-1)?.deleted === false ? 1 : 0);
        expect(inbox).toHaveLength(before.length === 0 ? 1 : 0);
      }),
    );
  });
});

describe('the outbox of a restored record', () => {
  test('letters that waited are leased as of the instant: nobody knows, so nothing goes out at once', async () => {
    const store = new InMemoryStore({ now: () => at });
    const letter = { template: 'acknowledgement', to: { person: 'p-x' }, params: {} } as unknown as Letter;
    const item = openDisclosure({
      id: 'EDX-2026-0001',
      mailKey: 'mail-1',
      reporter: 'p-x',
      receivedAt: at,
      zone: 'UTC',
      responseBusinessDays: 2,
    });
    const event: NewEvent = {
      partition: 'DISC#EDX-2026-0001',
      cause: 'mail-1',
      type: 'open',
      actor: 'desk',
      at,
      data: {},
      letters: [letter, letter],
      signals: [{ kind: 'advance' }],
      correlation: 'mail-1',
    };
    await store.commit({ writes: [{ put: 'disclosure', item, expect: 0 }], event });

    const held = await holdLetters(store, at);

    expect(held).toBe(2);
    expect(await holdLetters(store, at)).toBe(0);
    expect(await store.lease('DISC#EDX-2026-0001', 'mail-1', ['L0', 'L1', 'S0'], second(60), '')).toEqual([
      'S0',
    ]);
    // Fifteen minutes later they lapse like every lease, and are attempts of unknown outcome.
    expect(await store.lease('DISC#EDX-2026-0001', 'mail-1', ['L0'], second(1000), second(100))).toEqual([
      'L0',
    ]);
    const { delivery } = (await store.event('DISC#EDX-2026-0001', 'mail-1')) ?? {};
    expect(delivery?.L0?.attempts).toBe(2);
  });
});

test('two records differ by each item that one lacks or has otherwise', () => {
  const one = new Map([
    ['a', '1'],
    ['b', '2'],
  ]);
  const other = new Map([
    ['b', '3'],
    ['c', '4'],
  ]);

  expect(differences(one, other)).toEqual(['a', 'b', 'c']);
  expect(differences(one, one)).toEqual([]);
});
