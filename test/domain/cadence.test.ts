import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import {
  type Batch,
  batch,
  batchDueOf,
  type CadencePolicy,
  changeFrequency,
  dueOf,
  emptyGroup,
  entryIn,
  forecast,
  isLate,
  latestPostponement,
  mustRemind,
  periodAfter,
  postpone,
  type ReminderGroup,
  recordAnswer,
  reminderDefaults,
  removeEntry,
  scheduleEntry,
  sweepGroup,
} from '#domain/cadence.ts';
import { day, hour, type Instant, instant, minute, ms, plus } from '#domain/instant.ts';
import type { Frequency } from '#domain/rating.ts';
import type { Span } from '#domain/rota.ts';
import { at } from './cadence-replay.ts';

const policy: CadencePolicy = { zone: 'UTC', sweepMs: 15 * minute, ...reminderDefaults };
const key = (repository: string) => ({ disclosure: 'EDX-2026-0001', repository });
const always: Span[] = [{ start: at('2020-01-01 00:00'), end: at('2040-01-01 00:00') }];

/** A group whose entries were notified at these instants, named A, B, C … */
const groupOf = (frequency: Frequency, ...notified: string[]): ReminderGroup =>
  notified.reduce(
    (group, when, index) => scheduleEntry(group, key('ABCDEF'.charAt(index)), at(when), policy),
    emptyGroup('team:openedx/lms', frequency),
  );
const names = (sent: Batch | undefined) => sent?.entries.map(({ repository }) => repository).join('');

describe('R8: first due and periods', () => {
  test.each([
    ['weekly', '2026-03-09 10:00'],
    ['monthly', '2026-04-02 10:00'],
    ['quarterly', '2026-06-02 10:00'],
    ['half-yearly', '2026-09-02 10:00'],
  ] as const)('%s: one period after the commit of the notification', (frequency, due) => {
    const group = groupOf(frequency, '2026-03-02 10:00');

    expect(dueOf(group)).toBe(at(due));
    expect(batch(group, { now: plus(at(due), -1), shifts: always }, policy)).toBeUndefined();
    expect(batch(group, { now: at(due), shifts: always }, policy)?.batch.sendingInstant).toBe(at(due));
  });

  test('V9: reminders stop only on resolution', () => {
    expect(mustRemind({})).toBe(true);
    expect(mustRemind({ advisoryPublishedAt: at('2026-03-02 10:00') })).toBe(false);
    expect(mustRemind({ closedAt: at('2026-03-02 10:00') })).toBe(false);
    expect(dueOf(removeEntry(groupOf('weekly', '2026-03-02 10:00'), key('A')))).toBeUndefined();
  });
});

describe('the sending instant', () => {
  const group = groupOf('weekly', '2026-03-02 10:07');
  const due = at('2026-03-09 10:07');
  const sendAt = (now: string, sweepsBefore: string[] = []) =>
    batch(group, { now: at(now), sweepsBefore: sweepsBefore.map(at), shifts: always }, policy)?.batch
      .sendingInstant;

  test('is the due instant if the first sweep after it starts within one interval', () => {
    expect(sendAt('2026-03-09 10:15')).toBe(due);
    expect(sendAt('2026-03-09 10:22')).toBe(due);
  });

  test('is the start of the sweep that sends after an outage', () => {
    expect(sendAt('2026-03-09 10:23')).toBe(at('2026-03-09 10:23'));
    expect(sendAt('2026-03-12 06:00', ['2026-03-09 10:00'])).toBe(at('2026-03-12 06:00'));
  });

  test('stays the due instant when the first sweep came in time and a later one had to send', () => {
    expect(sendAt('2026-03-09 11:00', ['2026-03-09 10:15', '2026-03-09 10:30'])).toBe(due);
  });

  test('late is more than an interval after due, though a sweep ran before', () => {
    const late = (now: string, ...before: string[]) =>
      isLate(due, { now: at(now), sweepsBefore: before.map(at), shifts: [] }, policy);

    expect(late('2026-03-09 10:22')).toBe(false);
    expect(late('2026-03-12 10:15', '2026-03-09 10:00')).toBe(false);
    expect(late('2026-03-09 10:30', '2026-03-09 10:15')).toBe(true);
    expect(late('2026-03-12 10:30', '2026-03-12 10:15')).toBe(true);
  });

  test('after an outage the first sweep sends all that is due, once each', () => {
    const three = groupOf('weekly', '2026-03-02 10:00', '2026-03-03 10:00', '2026-03-04 10:00');
    const now = at('2026-03-12 00:00');

    const [first, ...more] = sweepGroup(three, { now, shifts: [] }, policy);

    expect(names(first?.batch)).toBe('ABC');
    expect(first?.batch).toMatchObject({ sendingInstant: now, nextDue: at('2026-03-19 00:00'), late: false });
    expect(more).toEqual([]);
    expect(sweepGroup(first?.group ?? three, { now, shifts: [] }, policy)).toEqual([]);
  });
});

describe('R10: what a batch takes', () => {
  test('nothing due at the very end of the shift, all due before it', () => {
    const group = groupOf('monthly', '2026-02-03 10:00', '2026-02-08 08:59', '2026-02-08 09:00');
    const shifts = [{ start: at('2026-03-01 09:00'), end: at('2026-03-08 09:00') }];

    const sent = batch(group, { now: at('2026-03-03 10:00'), shifts }, policy);

    expect(names(sent?.batch)).toBe('AB');
  });

  test('of several shifts the earliest end counts', () => {
    const group = groupOf('monthly', '2026-02-03 10:00', '2026-02-06 10:00');
    const long = { start: at('2026-03-01 09:00'), end: at('2026-03-31 09:00') };
    const short = { start: at('2026-03-02 09:00'), end: at('2026-03-04 09:00') };

    expect(names(batch(group, { now: at('2026-03-03 10:00'), shifts: [long] }, policy)?.batch)).toBe('AB');
    expect(names(batch(group, { now: at('2026-03-03 10:00'), shifts: [long, short] }, policy)?.batch)).toBe(
      'A',
    );
  });

  test('nothing due half a period or more after s, however long the shift', () => {
    // From 9 March 10:00 half a week is 12 March 22:00.
    const group = groupOf('weekly', '2026-03-02 10:00', '2026-03-05 21:59', '2026-03-05 22:00');

    const sent = batch(group, { now: at('2026-03-09 10:00'), shifts: always }, policy);

    expect(names(sent?.batch)).toBe('AB');
    expect(entryIn(sent?.group ?? group, key('C'))?.dueAt).toBe(at('2026-03-12 22:00'));
  });

  test('a shift that ends between two due instants makes two batches of one sweep', () => {
    const group = groupOf('weekly', '2026-03-02 10:01', '2026-03-02 10:09');
    const shifts = [
      { start: at('2026-03-02 10:05'), end: at('2026-03-09 10:05') },
      { start: at('2026-03-09 10:05'), end: at('2026-03-16 10:05') },
    ];

    const sent = sweepGroup(group, { now: at('2026-03-09 10:15'), shifts }, policy);

    expect(sent.map((each) => [names(each.batch), each.batch.sendingInstant])).toEqual([
      ['A', at('2026-03-09 10:01')],
      ['B', at('2026-03-09 10:09')],
    ]);
  });
});

describe('severity changes', () => {
  test('within one frequency the entry stays in its group', () => {
    const group = groupOf('monthly', '2026-02-03 10:00');

    const { from, to } = changeFrequency(group, group, key('A'), at('2026-02-10 00:00'), policy);

    expect(from).toBe(to);
    expect(from).toEqual(group);
  });

  test('an entry keeps what it was reminded of', () => {
    const [sent] = sweepGroup(
      groupOf('weekly', '2026-03-02 10:00'),
      { now: at('2026-03-09 10:00'), shifts: always },
      policy,
    );
    const weekly = sent?.group ?? emptyGroup('', 'weekly');

    const moved = changeFrequency(
      weekly,
      emptyGroup(weekly.maintainer, 'monthly'),
      key('A'),
      at('2026-03-10 00:00'),
      policy,
    );

    expect(moved.from.entries).toEqual([]);
    expect(entryIn(moved.to, key('A'))).toMatchObject({ remindersSent: 1, dueAt: at('2026-04-09 10:00') });
  });

  test('of an entry that is not there is an error', () => {
    const group = groupOf('weekly', '2026-03-02 10:00');

    expect(() => changeFrequency(group, group, key('Z'), at('2026-03-03 00:00'), policy)).toThrow(RangeError);
  });
});

describe('silence', () => {
  /** Sends what is due at each instant; an entry `answeredAfter` so many reminders is answered. */
  function silences(frequency: Frequency, count: number, answeredAfter: number[] = []): boolean[] {
    let group = groupOf(frequency, '2026-03-02 10:00');
    return Array.from({ length: count }, (_each, index) => {
      const [sent] = sweepGroup(group, { now: dueOf(group) ?? '', shifts: always }, policy);
      group = sent?.group ?? group;
      if (answeredAfter.includes(index + 1)) group = recordAnswer(group, key('A'));
      return sent?.batch.entries[0]?.silent ?? false;
    });
  }

  test.each(['monthly', 'quarterly', 'half-yearly'] as const)(
    '%s: the group is told when the previous two met silence',
    (frequency) => {
      expect(silences(frequency, 4)).toEqual([false, false, true, true]);
    },
  );

  test('Critical: one is enough', () => {
    expect(silences('weekly', 3)).toEqual([false, true, true]);
  });

  test('an answer starts the count anew, and moves no due date', () => {
    const group = groupOf('monthly', '2026-03-02 10:00');

    expect(silences('monthly', 6, [2])).toEqual([false, false, false, false, true, true]);
    expect(silences('weekly', 4, [1])).toEqual([false, false, true, true]);
    expect(dueOf(recordAnswer(group, key('A')))).toBe(dueOf(group));
  });

  test('a reassignment starts it anew with the clock', () => {
    const [sent] = sweepGroup(
      groupOf('weekly', '2026-03-02 10:00'),
      { now: at('2026-03-09 10:00'), shifts: always },
      policy,
    );
    const other = scheduleEntry(
      emptyGroup('group:p-list', 'weekly'),
      key('A'),
      at('2026-03-10 10:00'),
      policy,
    );

    expect(removeEntry(sent?.group ?? other, key('A')).entries).toEqual([]);
    expect(entryIn(other, key('A'))).toMatchObject({
      dueAt: at('2026-03-17 10:00'),
      remindersSent: 0,
      silentCount: 0,
    });
  });
});

describe('R9: postponing a batch', () => {
  const monthly = groupOf('monthly', '2026-02-03 10:00');
  const weekly = groupOf('weekly', '2026-02-24 10:00');
  const due = at('2026-03-03 10:00');
  const now = at('2026-03-02 12:00');
  const wish = (until: Instant) => ({ until, reason: 'release week', by: 'p-ann' });

  test('to at most 7 days and half a period after its due instant', () => {
    expect(latestPostponement(monthly, policy)).toBe(at('2026-03-10 10:00'));
    expect(latestPostponement(weekly, policy)).toBe(at('2026-03-06 22:00'));
    for (const group of [monthly, weekly]) {
      const latest = latestPostponement(group, policy) ?? '';
      expect(dueOf(postpone(group, wish(latest), now, policy))).toBe(latest);
      expect(() => postpone(group, wish(plus(latest, 1)), now, policy)).toThrow('too late');
    }
  });

  test('once, with a reason, and really', () => {
    const once = postpone(monthly, wish(at('2026-03-05 10:00')), now, policy);

    expect(() => postpone(once, wish(at('2026-03-06 10:00')), now, policy)).toThrow('postponed already');
    expect(() => postpone(monthly, { ...wish(at('2026-03-05 10:00')), reason: ' ' }, now, policy)).toThrow(
      'needs a reason',
    );
    expect(() => postpone(monthly, wish(due), now, policy)).toThrow('postpones nothing');
    expect(() => postpone(monthly, wish(at('2026-03-04 10:00')), at('2026-03-05 10:00'), policy)).toThrow(
      'postpones nothing',
    );
    expect(() => postpone(emptyGroup('x', 'weekly'), wish(due), now, policy)).toThrow('nothing to postpone');
  });

  test('s is then that instant, or the sweep’s start after an outage, and the next batch is a new one', () => {
    const postponed = postpone(monthly, wish(at('2026-03-05 10:00')), now, policy);

    const [inTime] = sweepGroup(postponed, { now: at('2026-03-05 10:15'), shifts: always }, policy);
    const [after] = sweepGroup(postponed, { now: at('2026-03-07 00:00'), shifts: always }, policy);

    expect(sweepGroup(postponed, { now: at('2026-03-05 09:45'), shifts: always }, policy)).toEqual([]);
    expect(inTime?.batch).toMatchObject({
      sendingInstant: at('2026-03-05 10:00'),
      nextDue: at('2026-04-05 10:00'),
    });
    expect(after?.batch.sendingInstant).toBe(at('2026-03-07 00:00'));
    expect(
      dueOf(postpone(inTime?.group ?? monthly, wish(at('2026-04-06 10:00')), at('2026-04-01 00:00'), policy)),
    ).toBe(at('2026-04-06 10:00'));
  });

  test('holds back what falls due meanwhile, but not what was due before', () => {
    const postponed = postpone(monthly, wish(at('2026-03-08 10:00')), now, policy);
    const meanwhile = scheduleEntry(postponed, key('B'), at('2026-02-05 10:00'), policy);
    const earlier = scheduleEntry(postponed, key('B'), at('2026-02-02 20:00'), policy);
    const shifts = [{ start: at('2026-03-02 09:00'), end: at('2026-03-03 09:00') }];

    const [first] = sweepGroup(earlier, { now: at('2026-03-02 20:00'), shifts }, policy);

    expect(dueOf(meanwhile)).toBe(at('2026-03-08 10:00'));
    expect(
      names(sweepGroup(meanwhile, { now: at('2026-03-08 10:00'), shifts: always }, policy)[0]?.batch),
    ).toBe('AB');
    expect(names(first?.batch)).toBe('B');
    expect(dueOf(first?.group ?? earlier)).toBe(at('2026-03-08 10:00'));
  });

  test('ends with the batch: what is left is due as it is', () => {
    const postponed = postpone(monthly, wish(at('2026-03-08 10:00')), now, policy);
    const later = removeEntry(scheduleEntry(postponed, key('B'), at('2026-02-20 10:00'), policy), key('A'));

    expect(dueOf(later)).toBe(at('2026-03-20 10:00'));
    expect(removeEntry(postponed, key('A')).postponement).toBeUndefined();
  });
});

test('a note goes with the next batch and no further', () => {
  const note = { text: { key: 'texts/1', sha256: '0'.repeat(64) }, by: 'p-ann' };
  const group: ReminderGroup = { ...groupOf('weekly', '2026-03-02 10:00'), note };

  const [sent] = sweepGroup(group, { now: at('2026-03-09 10:00'), shifts: always }, policy);

  expect(sent?.batch.note).toEqual(note);
  expect(sent?.group.note).toBeUndefined();
});

test('R9: the member sees at the start of a shift what will go out in it', () => {
  const group = groupOf('weekly', '2026-03-02 10:00', '2026-03-06 23:00');
  const shift = { start: at('2026-03-09 09:00'), end: at('2026-03-20 09:00') };

  const batches = forecast(group, shift, [shift], policy);

  expect(batches.map((each) => [names(each), each.sendingInstant])).toEqual([
    ['A', at('2026-03-09 10:00')],
    ['BA', at('2026-03-13 23:00')], // A, due again on the 16th, is within half a week
  ]);
  expect(forecast(group, { start: shift.start, end: shift.start }, [shift], policy)).toEqual([]);
});

describe('against a plain model of the policy', () => {
  const zone = 'America/New_York';
  // Two hours between sweeps instead of a quarter make the model eight times as quick and change no rule.
  const interval = 2 * hour;
  const local: CadencePolicy = { ...policy, zone, sweepMs: interval };
  const from = at('2026-01-01 00:00');
  const frequencies: Frequency[] = ['weekly', 'monthly', 'quarterly', 'half-yearly'];
  const lengths = {
    weekly: { days: 7 },
    monthly: { months: 1 },
    quarterly: { months: 3 },
    'half-yearly': { months: 6 },
  };
  const modelPeriod = (when: number, frequency: Frequency) =>
    Temporal.Instant.fromEpochMilliseconds(when).toZonedDateTimeISO(zone).add(lengths[frequency])
      .epochMilliseconds;

  const moment = fc.integer({ min: 0, max: 300 * 24 * 60 }).map((minutes) => minutes * minute);
  const world = fc.record({
    entries: fc.array(fc.record({ born: moment, frequency: fc.constantFrom(...frequencies) }), {
      minLength: 1,
      maxLength: 6,
    }),
    changes: fc.array(
      fc.record({ when: moment, entry: fc.nat(5), frequency: fc.constantFrom(...frequencies) }),
      { maxLength: 4 },
    ),
    ends: fc.array(fc.record({ when: moment, entry: fc.nat(5) }), { maxLength: 3 }),
    shiftDays: fc.integer({ min: 1, max: 20 }),
    gap: fc.boolean(),
    outage: fc.option(fc.record({ start: moment, hours: fc.integer({ min: 1, max: 100 }) }), {
      nil: undefined,
    }),
  });
  type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
  type Mail = string;

  const shiftsOf = ({ shiftDays, gap }: World): Span[] =>
    Array.from({ length: Math.ceil(310 / shiftDays) }, (_each, index) => ({
      start: plus(from, index * shiftDays * day),
      end: plus(from, (index + 1) * shiftDays * day - (gap ? 12 * hour : 0)),
    }));

  /** Every interval: first what happened, then the sweep, unless it is down. */
  function run(
    world: World,
    happens: (kind: 'born' | 'change' | 'end', entry: number, frequency: Frequency, when: number) => void,
    sweep: (now: number) => void,
  ) {
    const events = [
      ...world.entries.map(({ born, frequency }, entry) => ({
        kind: 'born' as const,
        when: born,
        entry,
        frequency,
      })),
      ...world.changes.map((each) => ({ kind: 'change' as const, ...each })),
      ...world.ends.map((each) => ({ kind: 'end' as const, frequency: 'weekly' as const, ...each })),
    ].sort((a, b) => a.when - b.when);
    for (let now = 0; now <= 310 * day; now += interval) {
      for (let next = events[0]; next && next.when <= now; next = events[0]) {
        happens(next.kind, next.entry, next.frequency, ms(from) + next.when);
        events.shift();
      }
      const { outage } = world;
      const down = outage && outage.start <= now && now < outage.start + outage.hours * hour;
      if (!down) sweep(ms(from) + now);
    }
  }

  function modelMails(world: World): Mail[] {
    const shifts = shiftsOf(world).map(({ start, end }) => ({ start: ms(start), end: ms(end) }));
    const open = new Map<number, { frequency: Frequency; due: number; last: number }>();
    const mails: Mail[] = [];
    run(
      world,
      (kind, entry, frequency, when) => {
        const known = open.get(entry);
        if (kind === 'born') open.set(entry, { frequency, due: modelPeriod(when, frequency), last: when });
        else if (known && kind === 'end') open.delete(entry);
        else if (known)
          open.set(entry, { ...known, frequency, due: Math.max(modelPeriod(known.last, frequency), when) });
      },
      (now) => {
        for (const frequency of frequencies) {
          for (;;) {
            const mine = [...open].filter(([, each]) => each.frequency === frequency);
            const d = Math.min(...mine.map(([, each]) => each.due));
            if (d > now) break;
            const firstSweepAfter = now; // every sweep sends all that is due, so that none before it came after d
            const s = firstSweepAfter - d <= interval ? d : now;
            const covering = shifts.filter(({ start, end }) => start <= s && s < end).map(({ end }) => end);
            const e = covering.length > 0 ? Math.min(...covering) : s + 7 * day;
            const half = (modelPeriod(s, frequency) - s) / 2;
            const taken = mine.filter(([, { due }]) => due <= s || due < Math.min(e, s + half));
            for (const [entry] of taken)
              open.set(entry, { frequency, due: modelPeriod(s, frequency), last: s });
            mails.push(
              `${frequency} ${instant(s)} ${taken
                .map(([entry]) => entry)
                .sort()
                .join()}`,
            );
          }
        }
      },
    );
    return mails.sort();
  }

  function deskMails(world: World): { mails: Mail[]; reminded: Map<string, Instant[]> } {
    const shifts = shiftsOf(world);
    const groups = new Map(frequencies.map((each) => [each, emptyGroup('m', each)]));
    const home = new Map<number, Frequency>();
    const group = (frequency: Frequency) => groups.get(frequency) ?? emptyGroup('m', frequency);
    const mails: Mail[] = [];
    const reminded = new Map<string, Instant[]>();
    run(
      world,
      (kind, entry, frequency, when) => {
        const before = home.get(entry);
        const id = key(String(entry));
        if (kind === 'born') {
          groups.set(frequency, scheduleEntry(group(frequency), id, instant(when), local));
          home.set(entry, frequency);
        } else if (before && kind === 'end') {
          groups.set(before, removeEntry(group(before), id));
          home.delete(entry);
        } else if (before) {
          const changed = changeFrequency(group(before), group(frequency), id, instant(when), local);
          groups.set(before, changed.from);
          groups.set(frequency, changed.to);
          home.set(entry, frequency);
        }
      },
      (now) => {
        for (const frequency of frequencies) {
          if ((dueOf(group(frequency)) ?? '9') > instant(now)) continue;
          for (const { batch: sent, group: after } of sweepGroup(
            group(frequency),
            { now: instant(now), shifts },
            local,
          )) {
            groups.set(frequency, after);
            const entries = sent.entries.map(({ repository }) => repository).sort();
            mails.push(`${frequency} ${sent.sendingInstant} ${entries.join()}`);
            for (const each of entries)
              reminded.set(each, [...(reminded.get(each) ?? []), sent.sendingInstant]);
          }
        }
      },
    );
    return { mails: mails.sort(), reminded };
  }

  test('R8–R10: the mails are the model’s, mail for mail, with changes, gaps and an outage', () => {
    fc.assert(
      fc.property(world, (drawn) => {
        expect(deskMails(drawn).mails).toEqual(modelMails(drawn));
      }),
      { numRuns: 40, seed: 31 },
    );
  });

  test('except by outage there is never more than one period between two reminders', () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const calm: World = { ...drawn, changes: [], ends: [], outage: undefined };

        const { reminded } = deskMails(calm);

        for (const [entry, instants] of reminded) {
          const frequency = calm.entries[Number(entry)]?.frequency ?? 'weekly';
          for (const [index, sent] of instants.slice(1).entries()) {
            expect(sent <= periodAfter(instants[index] ?? '', frequency, local)).toBe(true);
          }
        }
      }),
      { numRuns: 20, seed: 31 },
    );
  });
});

test('an empty group is never due', () => {
  expect(dueOf(emptyGroup('m', 'weekly'))).toBeUndefined();
  expect(batchDueOf(emptyGroup('m', 'weekly'))).toBeUndefined();
  expect(sweepGroup(emptyGroup('m', 'weekly'), { now: at('2026-03-02 10:00'), shifts: [] }, policy)).toEqual(
    [],
  );
});
