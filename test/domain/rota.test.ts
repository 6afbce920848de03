import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hour, instant, ms, plus } from '#domain/instant.ts';
import {
  acknowledge,
  answerSwap,
  coverage,
  emptyRota,
  endOfShiftCovering,
  generateShifts,
  handoverAlertAt,
  handoverState,
  handoversBetween,
  nextRotaInstant,
  onDutyAt,
  proposeSwap,
  type Rota,
  type RotaMember,
  rotaDefaults,
  type Shift,
  sizeWarning,
} from '#domain/rota.ts';

const ann: RotaMember = { id: 'p-ann', state: 'active' };
const ben: RotaMember = { id: 'p-ben', state: 'active' };
const cid: RotaMember = { id: 'p-cid', state: 'active' };
const members = [ann, ben, cid];
const at = (text: string) => `${text}.000Z`;

const shift = (id: string, member: RotaMember, start: string, end: string): Shift => ({
  id,
  member: member.id,
  start: at(start),
  end: at(end),
  zone: 'UTC',
});
const rotaOf = (...shifts: Shift[]): Rota => ({ ...emptyRota, shifts });

const first = shift('one', ann, '2026-03-02T09:00:00', '2026-03-09T09:00:00');
const second = shift('two', ben, '2026-03-09T09:00:00', '2026-03-16T09:00:00');
const rota = rotaOf(first, second);

describe('R9: who is on duty is who the rota says', () => {
  test('a shift is [start, end): at its end the next one is on duty', () => {
    const duty = (when: string) => onDutyAt(rota.shifts, members, when).map(({ member }) => member);

    expect(duty(at('2026-03-02T08:59:59'))).toEqual([]);
    expect(duty(at('2026-03-02T09:00:00'))).toEqual(['p-ann']);
    expect(duty('2026-03-09T08:59:59.999Z')).toEqual(['p-ann']);
    expect(duty(at('2026-03-09T09:00:00'))).toEqual(['p-ben']);
    expect(duty(at('2026-03-16T09:00:00'))).toEqual([]);
  });

  test('of several shifts the one that ends first counts', () => {
    const long = shift('long', cid, '2026-03-01T00:00:00', '2026-04-01T00:00:00');
    const shifts = [long, first];

    expect(onDutyAt(shifts, members, at('2026-03-03T00:00:00')).map(({ id }) => id)).toEqual(['one', 'long']);
    expect(endOfShiftCovering(shifts, at('2026-03-03T00:00:00'))).toBe(first.end);
    expect(endOfShiftCovering(shifts, at('2026-03-10T00:00:00'))).toBe(long.end);
    expect(endOfShiftCovering(shifts, at('2026-04-01T00:00:00'))).toBeUndefined();
  });

  test.each([
    ['away', ['p-ann']],
    ['left', []],
    ['invited', []],
  ] as const)('a member who is %s', (state, expected) => {
    const duty = onDutyAt(rota.shifts, [{ ...ann, state }, ben], at('2026-03-03T00:00:00'));

    expect(duty.map(({ member }) => member)).toEqual(expected);
  });
});

describe('generating a rota', () => {
  const plan = {
    members,
    start: at('2026-03-02T14:00:00'),
    until: at('2026-04-06T00:00:00'),
    zone: 'America/New_York',
  };

  test('round-robin over active members, at the same local time over the change of the clock', () => {
    const shifts = generateShifts({
      ...plan,
      members: [ann, { ...ben, state: 'away' }, cid],
      length: { days: 7 },
    });

    expect(shifts.map(({ member, start }) => [member, start])).toEqual([
      ['p-ann', '2026-03-02T14:00:00.000Z'],
      ['p-cid', '2026-03-09T13:00:00.000Z'], // 09:00 in New York, now summer time
      ['p-ann', '2026-03-16T13:00:00.000Z'],
      ['p-cid', '2026-03-23T13:00:00.000Z'],
      ['p-ann', '2026-03-30T13:00:00.000Z'],
    ]);
  });

  test('monthly shifts from the 31st begin on the 31st wherever there is one', () => {
    const shifts = generateShifts({
      members,
      start: at('2026-01-31T00:00:00'),
      until: at('2026-05-01T00:00:00'),
      length: { months: 1 },
      zone: 'UTC',
    });

    expect(shifts.map(({ start }) => start.slice(5, 10))).toEqual(['01-31', '02-28', '03-31', '04-30']);
  });

  test('has neither gap nor overlap and reaches its end, whatever the length', () => {
    const length = fc.oneof(
      fc.integer({ min: 1, max: 30 }).map((days) => ({ days })),
      fc.integer({ min: 1, max: 3 }).map((months) => ({ months })),
      fc.integer({ min: 6, max: 100 }).map((hours) => ({ hours })),
    );

    fc.assert(
      fc.property(length, fc.integer({ min: 0, max: 400 }), (each, days) => {
        const until = plus(plan.start, days * 24 * hour);
        const shifts = generateShifts({ ...plan, length: each, until });

        expect(coverage(shifts, plan.start, until)).toEqual({ gaps: [], overlaps: [] });
      }),
      { seed: 31 },
    );
  });

  test('is refused without active members, with an empty length and in an unknown zone', () => {
    expect(() =>
      generateShifts({ ...plan, members: [{ ...ann, state: 'away' }], length: { days: 7 } }),
    ).toThrow('No active member');
    expect(() => generateShifts({ ...plan, length: { days: 0 } })).toThrow('must take some time');
    expect(() => generateShifts({ ...plan, length: { days: -1 } })).toThrow('must take some time');
    expect(() => generateShifts({ ...plan, length: { days: 7 }, zone: 'Mars' })).toThrow('Unknown time zone');
  });
});

describe('gaps and overlaps', () => {
  test('are shown by what begins and ends them', () => {
    const late = shift('late', cid, '2026-03-15T09:00:00', '2026-03-18T09:00:00');

    const found = coverage([first, second, late], at('2026-03-01T00:00:00'), at('2026-03-20T00:00:00'));

    expect(found.gaps).toEqual([
      { start: at('2026-03-01T00:00:00'), end: first.start },
      { start: late.end, end: at('2026-03-20T00:00:00') },
    ]);
    expect(found.overlaps).toEqual([{ start: late.start, end: second.end, shifts: ['two', 'late'] }]);
  });

  test('agree with asking each hour who is on duty', () => {
    const from = at('2026-03-01T00:00:00');
    const hours = fc.integer({ min: 0, max: 100 });
    const anyShift = fc.tuple(hours, fc.integer({ min: 1, max: 40 }), fc.constantFrom(ann, ben, cid));

    fc.assert(
      fc.property(fc.array(anyShift, { maxLength: 6 }), (drawn) => {
        const shifts = drawn.map(([start, length, member], index): Shift => {
          const begins = plus(from, start * hour);
          return {
            id: String(index),
            member: member.id,
            start: begins,
            end: plus(begins, length * hour),
            zone: 'UTC',
          };
        });

        const { gaps, overlaps } = coverage(shifts, from, plus(from, 100 * hour));

        const inside = (span: { start: string; end: string }, when: string) =>
          span.start <= when && when < span.end;
        for (let index = 0; index < 100; index += 1) {
          const when = plus(from, index * hour);
          const count = onDutyAt(shifts, members, when).length;
          expect(gaps.some((gap) => inside(gap, when))).toBe(count === 0);
          expect(overlaps.some((overlap) => inside(overlap, when))).toBe(count > 1);
        }
      }),
      { seed: 31 },
    );
  });
});

describe('swaps', () => {
  const before = at('2026-03-01T00:00:00');
  const offer = { id: 'swap', shift: 'one', from: 'p-ann', to: 'p-ben', inReturn: 'two' };
  const offered = proposeSwap(rota, offer, members, before);
  const owners = (of: Rota) => of.shifts.map(({ member }) => member);

  test('the asked member accepts, and both shifts change hands', () => {
    const accepted = answerSwap(offered, { id: 'swap', by: 'p-ben', state: 'accepted' }, members, before);

    expect(owners(offered)).toEqual(['p-ann', 'p-ben']);
    expect(owners(accepted)).toEqual(['p-ben', 'p-ann']);
    expect(accepted.swaps[0]).toMatchObject({ state: 'accepted', answeredAt: before });
  });

  test('of a shift that runs only the rest changes hands', () => {
    const now = at('2026-03-04T12:00:00');

    const accepted = answerSwap(offered, { id: 'swap', by: 'p-ben', state: 'accepted' }, members, now);

    expect(owners(accepted)).toEqual(['p-ann', 'p-ben', 'p-ann']);
    expect(coverage(accepted.shifts, first.start, second.end)).toEqual({ gaps: [], overlaps: [] });
    expect(onDutyAt(accepted.shifts, members, now)[0]?.member).toBe('p-ben');
  });

  test.each(['declined', 'withdrawn'] as const)('%s changes nothing but the offer', (state) => {
    const by = state === 'withdrawn' ? 'p-ann' : 'p-ben';

    const answered = answerSwap(offered, { id: 'swap', by, state }, members, before);

    expect(answered.shifts).toEqual(rota.shifts);
    expect(answered.swaps[0]?.state).toBe(state);
    expect(() =>
      answerSwap(answered, { id: 'swap', by: 'p-ben', state: 'accepted' }, members, before),
    ).toThrow(`already ${state}`);
  });

  test('is refused to others, for shifts of others or over, and to members who cannot', () => {
    const accept = { id: 'swap', by: 'p-ben', state: 'accepted' } as const;

    expect(() => answerSwap(offered, { ...accept, by: 'p-cid' }, members, before)).toThrow('not yours');
    expect(() => answerSwap(offered, { ...accept, by: 'p-ann' }, members, before)).toThrow('not yours');
    expect(() => answerSwap(offered, { ...accept, id: 'no' }, members, before)).toThrow('not known');
    expect(() => answerSwap(offered, accept, members, first.end)).toThrow('is over');
    expect(() =>
      answerSwap({ ...offered, shifts: [{ ...first, member: 'p-cid' }, second] }, accept, members, before),
    ).toThrow('any more');
    expect(() => proposeSwap(rota, { ...offer, shift: 'two' }, members, before)).toThrow('any more');
    expect(() => proposeSwap(rota, offer, [ann, { ...ben, state: 'away' }], before)).toThrow(
      'another active member',
    );
  });
});

describe('handover', () => {
  const handovers = handoversBetween(
    rota.shifts,
    members,
    at('2026-03-01T00:00:00'),
    at('2026-04-01T00:00:00'),
  );

  test('happens where duty passes to another, or to nobody', () => {
    expect(handovers).toEqual([
      { at: first.start, outgoing: undefined, incoming: 'p-ann' },
      { at: first.end, outgoing: 'p-ann', incoming: 'p-ben' },
      { at: second.end, outgoing: 'p-ben', incoming: undefined },
    ]);
    expect(handoversBetween([first, { ...second, member: 'p-ann' }], members, first.end, second.end)).toEqual(
      [],
    );
  });

  test('is information: 24 h without acknowledgement tells the group', () => {
    const [, handover] = handovers;
    if (!handover) throw new Error('no handover');
    const state = (of: Rota, now: string) => handoverState(of, handover, now, rotaDefaults);
    const alert = handoverAlertAt(handover, rotaDefaults);

    const said = acknowledge(rota, handover, 'p-ben', plus(handover.at, hour));

    expect(alert).toBe(at('2026-03-10T09:00:00'));
    expect(state(rota, plus(handover.at, -1))).toBe('ahead');
    expect(state(rota, handover.at)).toBe('waiting');
    expect(state(rota, plus(alert, -1))).toBe('waiting');
    expect(state(rota, alert)).toBe('overdue');
    expect(state(said, alert)).toBe('acknowledged');
    expect(acknowledge(said, handover, 'p-ben', alert)).toBe(said);
    expect(() => acknowledge(rota, handover, 'p-ann', alert)).toThrow('Another member');
    expect(onDutyAt(rota.shifts, members, alert)[0]?.member).toBe('p-ben');
  });

  test('the rota names the next instant at which it calls for something', () => {
    const [, handover] = handovers;
    if (!handover) throw new Error('no handover');
    const said = acknowledge(rota, handover, 'p-ben', handover.at);

    expect(nextRotaInstant(rota, members, at('2026-02-01T00:00:00'), rotaDefaults)).toBe(first.start);
    expect(nextRotaInstant(rota, members, handover.at, rotaDefaults)).toBe(
      handoverAlertAt(handover, rotaDefaults),
    );
    expect(nextRotaInstant(said, members, handover.at, rotaDefaults)).toBe(second.end);
    expect(nextRotaInstant(said, members, second.end, rotaDefaults)).toBeUndefined();
  });
});

test('R23: outside six to seven members there is a warning', () => {
  const group = (count: number): RotaMember[] =>
    Array.from({ length: count }, (_each, index) => ({
      id: `p-${index}`,
      state: index % 2 ? 'away' : 'active',
    }));
  const others: RotaMember[] = [
    { id: 'p-new', state: 'invited' },
    { id: 'p-old', state: 'left' },
  ];

  expect(
    [5, 6, 7, 8].map((count) => sizeWarning([...group(count), ...others], rotaDefaults)?.members),
  ).toEqual([5, undefined, undefined, 8]);
});

test('instants of a generated rota are UTC instants', () => {
  const [only] = generateShifts({
    members,
    start: first.start,
    until: second.start,
    length: { days: 7 },
    zone: 'UTC',
  });

  expect(only?.end).toBe(instant(ms(second.start)));
});
