import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { day, hour, instant, ms, plus } from '#domain/instant.ts';
import {
  coverage,
  emptyRota,
  onDutyAt,
  proposeSwap,
  type Rota,
  type RotaMember,
  type Shift,
} from '#domain/rota.ts';
import { addShift, changeShift, leave, removeShift, splitShift } from '#domain/rota-edit.ts';

const members: RotaMember[] = ['p-ann', 'p-ben', 'p-cid'].map((id) => ({ id, state: 'active' }));
const at = (text: string) => `${text}:00.000Z`;
const shift = (id: string, member: string, start: string, end: string): Shift => ({
  id,
  member,
  start: at(start),
  end: at(end),
  zone: 'UTC',
});
const first = shift('one', 'p-ann', '2026-03-02T09:00', '2026-03-09T09:00');
const second = shift('two', 'p-ben', '2026-03-09T09:00', '2026-03-16T09:00');
const rota: Rota = { ...emptyRota, shifts: [first, second] };
const ahead = at('2026-03-01T12:00');
const amid = at('2026-03-04T12:00');
const offered = proposeSwap(rota, { id: 's', shift: 'one', from: 'p-ann', to: 'p-cid' }, members, ahead);

const lines = ({ shifts }: Rota) => shifts.map(({ member, start, end }) => [member, start, end]);

describe('R2: a shift is added', () => {
  test('in its place, beside what is there', () => {
    const third = shift('three', 'p-cid', '2026-03-04T00:00', '2026-03-05T00:00');

    expect(addShift(rota, third).shifts.map(({ id }) => id)).toEqual(['one', 'three', 'two']);
    expect(() => addShift(rota, { ...third, end: third.start })).toThrow('ends after it begins');
    expect(() => addShift(rota, { ...third, zone: 'Mars/Base' })).toThrow('Unknown time zone');
  });

  test('under an id of its own, so that none is replaced unseen', () => {
    const again = addShift(addShift(rota, first), first);

    expect(new Set(again.shifts.map(({ id }) => id)).size).toBe(4);
  });
});

describe('R2: a shift is changed', () => {
  test('moved, it keeps its id, and gap and overlap are there to be shown', () => {
    const later = { ...first, start: at('2026-03-03T09:00'), end: at('2026-03-10T09:00') };

    const moved = changeShift(rota, later, ahead);

    expect(moved.shifts[0]).toEqual({ ...later });
    expect(coverage(moved.shifts, first.start, second.end)).toMatchObject({
      gaps: [{ start: first.start, end: later.start }],
      overlaps: [{ start: second.start, end: later.end }],
    });
  });

  test('reassigned ahead of its time the whole changes hands; of one that runs the rest, from now on', () => {
    const change = { ...first, member: 'p-cid' };

    expect(lines(changeShift(rota, change, ahead))[0]).toEqual(['p-cid', first.start, first.end]);
    expect(lines(changeShift(rota, { ...change, end: second.start }, amid)).slice(0, 2)).toEqual([
      ['p-ann', first.start, amid],
      ['p-cid', amid, first.end],
    ]);
  });

  test('an open offer of what it was is withdrawn', () => {
    const moved = changeShift(offered, { ...first, end: at('2026-03-08T09:00') }, ahead);

    expect(moved.swaps.map(({ state }) => state)).toEqual(['withdrawn']);
  });

  test.each([
    ['a change of nothing', first, ahead, 'changes nothing'],
    ['an end before its beginning', { ...first, end: first.start }, ahead, 'ends after it begins'],
    ['another beginning of one that runs', { ...first, start: amid }, amid, 'has begun already'],
    ['a beginning in the past', { ...second, start: at('2026-03-03T09:00') }, amid, 'begin in the past'],
    ['an end in the past', { ...first, end: at('2026-03-03T09:00') }, amid, 'That end is past'],
    ['one that is over', { ...first, member: 'p-cid' }, first.end, 'is over'],
    ['one that is not there', { ...first, id: 'none' }, ahead, 'not in the rota'],
  ])('refused: %s', (_what, change, now, why) => {
    expect(() => changeShift(rota, change, now)).toThrow(why);
  });
});

describe('R2: a shift is split', () => {
  test('what comes after the instant is another shift, of another member or the same', () => {
    const split = splitShift(offered, { id: 'one', at: at('2026-03-05T09:00'), member: 'p-cid' }, ahead);
    const twice = splitShift(split, { id: 'one', at: at('2026-03-04T09:00'), member: 'p-ann' }, ahead);

    expect(lines(twice).slice(0, 3)).toEqual([
      ['p-ann', first.start, at('2026-03-04T09:00')],
      ['p-ann', at('2026-03-04T09:00'), at('2026-03-05T09:00')],
      ['p-cid', at('2026-03-05T09:00'), first.end],
    ]);
    expect(split.swaps[0]?.state).toBe('withdrawn');
  });

  test.each([
    ['its beginning', first.start, ahead, 'not inside'],
    ['its end', first.end, ahead, 'not inside'],
    ['the past', at('2026-03-03T09:00'), amid, 'is past'],
  ])('not at %s', (_what, instantOfSplit, now, why) => {
    expect(() => splitShift(rota, { id: 'one', at: instantOfSplit, member: 'p-ben' }, now)).toThrow(why);
  });

  test('no instant loses or gains anybody on duty, wherever it is split', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 * 24 - 1 }),
        fc.constantFrom('p-ann', 'p-cid'),
        (hours, member) => {
          const instantOfSplit = plus(first.start, hours * hour);
          const split = splitShift(rota, { id: 'one', at: instantOfSplit, member }, ahead);

          for (let time = ms(first.start); time < ms(second.end); time += 6 * hour) {
            const when = instant(time);
            const expected = when >= second.start ? 'p-ben' : when < instantOfSplit ? 'p-ann' : member;
            expect(onDutyAt(split.shifts, members, when).map((each) => each.member)).toEqual([expected]);
          }
        },
      ),
      { seed: 6 },
    );
  });
});

describe('R2: a shift is removed', () => {
  test('one ahead altogether, of one that runs the rest; one that is over stays', () => {
    expect(lines(removeShift(rota, 'two', ahead))).toEqual([['p-ann', first.start, first.end]]);
    expect(lines(removeShift(rota, 'one', amid))[0]).toEqual(['p-ann', first.start, amid]);
    expect(() => removeShift(rota, 'one', plus(first.end, day))).toThrow('is over');
    expect(removeShift(offered, 'one', ahead).swaps[0]?.state).toBe('withdrawn');
  });
});

test('R23: a member who leaves is off duty at once, and the rest of the rota stands', () => {
  const asked = proposeSwap(
    rota,
    { id: 's', shift: 'two', from: 'p-ben', to: 'p-ann' },
    members,
    first.start,
  );

  const left = leave(asked, 'p-ann', amid);

  expect(left.shifts).toEqual([{ ...first, end: amid }, second]);
  expect(left.swaps[0]?.state).toBe('withdrawn');
  expect(leave(rota, 'p-ben', amid).shifts).toEqual([first]);
});
