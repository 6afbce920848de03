import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localTime, weekday } from '#domain/calendar.ts';
import { hour, type Instant, instant, ms, plus } from '#domain/instant.ts';
import {
  announcementState,
  latestVisible,
  mergeTiming,
  noticeStands,
  proposeRelease,
  releaseDeadlines,
  releaseDefaults,
  releaseWarnings,
  scheduleName,
  twoHourClock,
} from '#domain/release-window.ts';

const at = (text: string): Instant => `${text.replace(' ', 'T')}:00.000Z`;
const numbers = releaseDefaults;
const { noticeMs } = numbers;
const zones = ['UTC', 'America/New_York', 'Europe/Berlin', 'Pacific/Auckland'];
const anyInstant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2040, 0, 1) }).map(instant);

describe('R15: two days from when the announcement is visible', () => {
  const releaseAt = at('2026-03-05 10:00');

  test('exactly 48 h passes, a millisecond less does not', () => {
    expect(noticeStands(at('2026-03-03 10:00'), releaseAt, noticeMs)).toBe(true);
    expect(noticeStands(at('2026-03-03 09:00'), releaseAt, noticeMs)).toBe(true);
    expect(noticeStands('2026-03-03T10:00:00.001Z', releaseAt, noticeMs)).toBe(false);
    expect(latestVisible(releaseAt, noticeMs)).toBe(at('2026-03-03 10:00'));
  });

  test('the 48 h are elapsed in UTC: a change of the clock adds and takes nothing', () => {
    // In Berlin the clock springs forward on 29 March: the same local time two days later is 47 h away.
    expect(noticeStands(at('2026-03-28 09:00'), at('2026-03-30 08:00'), noticeMs)).toBe(false);
    expect(noticeStands(at('2026-03-28 09:00'), at('2026-03-30 09:00'), noticeMs)).toBe(true);
  });

  test.each([
    ['awaited', '2026-03-02 09:59', undefined],
    ['asked', '2026-03-02 10:00', undefined],
    ['asked', '2026-03-03 10:00', undefined],
    ['too-late', '2026-03-03 10:01', undefined],
    ['stands', '2026-03-04 00:00', '2026-03-03 10:00'],
    ['too-late', '2026-03-03 12:00', '2026-03-03 10:01'],
  ] as const)('warned at T-72 h: the announcement is %s at %s, visible %s', (state, now, visibleAt) => {
    const release = { at: releaseAt, visibleAt: visibleAt && at(visibleAt) };

    expect(announcementState(release, at(now), numbers)).toBe(state);
  });
});

describe('visible too late: the desk proposes another instant', () => {
  test.each([
    ['Monday → Wednesday', '2026-03-02 10:00', '2026-03-04 10:00'],
    ['Tuesday → Thursday', '2026-03-03 10:00', '2026-03-05 10:00'],
    ['Wednesday → not Friday but Monday', '2026-03-04 10:00', '2026-03-09 10:00'],
    ['Thursday → not Saturday but Monday', '2026-03-05 10:00', '2026-03-09 10:00'],
    ['Friday → not Sunday but Monday', '2026-03-06 10:00', '2026-03-09 10:00'],
    ['Saturday → Monday', '2026-03-07 10:00', '2026-03-09 10:00'],
  ])('%s', (_what, visibleAt, expected) => {
    expect(proposeRelease(at(visibleAt), 'UTC', noticeMs)).toBe(at(expected));
  });

  test('on Monday to Thursday of the desk’s zone, never before 48 h, never a week later', () => {
    fc.assert(
      fc.property(anyInstant, fc.constantFrom(...zones), (visibleAt, zone) => {
        const proposed = proposeRelease(visibleAt, zone, noticeMs);

        expect(weekday(proposed, zone)).toBeLessThanOrEqual(4);
        expect(noticeStands(visibleAt, proposed, noticeMs)).toBe(true);
        expect(ms(proposed) - ms(visibleAt)).toBeLessThanOrEqual(noticeMs + 73 * hour);
        expect(releaseWarnings(proposed, zone)).toEqual([]);
      }),
      { seed: 31 },
    );
  });

  test('over a weekend it keeps the local time of day', () => {
    // Thursday 26 March 10:30 in Berlin; Monday is summer time already.
    const proposed = proposeRelease(at('2026-03-26 09:30'), 'Europe/Berlin', noticeMs);

    expect(localTime(proposed, 'Europe/Berlin')).toMatchObject({ day: 30, hour: 10, minute: 30 });
  });
});

test('a weekend or a Friday release is a warning, by the desk’s zone', () => {
  expect(releaseWarnings(at('2026-03-05 10:00'), 'UTC')).toEqual([]);
  expect(releaseWarnings(at('2026-03-06 10:00'), 'UTC')).toEqual(['friday']);
  expect(releaseWarnings(at('2026-03-07 10:00'), 'UTC')).toEqual(['weekend']);
  expect(releaseWarnings(at('2026-03-08 23:59'), 'UTC')).toEqual(['weekend']);
  expect(releaseWarnings(at('2026-03-06 03:00'), 'America/New_York')).toEqual([]);
});

describe('R16: "around" the announced time', () => {
  const announced = {
    visibleAt: at('2026-03-02 10:00'),
    releaseAt: at('2026-03-05 10:00'),
    skipsNotice: false,
  };

  test.each([
    ['2026-03-04 09:59', 'violation'],
    ['2026-03-04 10:00', 'early'],
    ['2026-03-05 09:59', 'early'],
    ['2026-03-05 10:00', 'around'],
    ['2026-03-05 12:00', 'around'],
    ['2026-03-05 12:01', 'late'],
  ])('merged %s: %s', (merged, timing) => {
    expect(mergeTiming({ ...announced, at: at(merged) }, numbers)).toBe(timing);
  });

  test('without a visible announcement every merge is a violation', () => {
    expect(mergeTiming({ at: at('2026-03-05 10:00'), skipsNotice: false }, numbers)).toBe('violation');
    expect(mergeTiming({ ...announced, visibleAt: undefined, at: at('2026-03-05 10:00') }, numbers)).toBe(
      'violation',
    );
  });

  test('A5: on the early-public path nothing is too early', () => {
    const early = { ...announced, skipsNotice: true };

    expect(mergeTiming({ ...early, at: at('2026-03-02 10:01') }, numbers)).toBe('around');
    expect(mergeTiming({ ...early, visibleAt: undefined, at: at('2026-03-02 10:01') }, numbers)).toBe(
      'around',
    );
    expect(mergeTiming({ ...early, at: at('2026-03-06 10:00') }, numbers)).toBe('late');
  });
});

describe('R17: the two-hour clock', () => {
  const first = at('2026-03-05 10:00');
  const last = at('2026-03-05 10:40');
  const clock = (merges: (Instant | undefined)[], now: string, doneAt?: Instant) =>
    twoHourClock(merges, doneAt, at(now), numbers);

  test('starts at the last required merge; the fix is exposed from the first', () => {
    expect(clock([undefined, undefined], '2026-03-05 10:00')).toEqual({ state: 'not-started' });
    expect(clock([undefined, first], '2026-03-05 10:10')).toMatchObject({
      state: 'exposed',
      exposedAt: first,
      alertAt: at('2026-03-05 12:00'),
      dueAt: undefined,
    });
    expect(clock([last, first], '2026-03-05 10:50')).toMatchObject({
      state: 'running',
      alertAt: at('2026-03-05 12:00'),
      startedAt: last,
      dueAt: at('2026-03-05 12:40'),
    });
  });

  test('is met at two hours sharp and overdue after', () => {
    const due = at('2026-03-05 12:40');

    expect(clock([first, last], '2026-03-05 12:40').state).toBe('running');
    expect(clock([first, last], '2026-03-05 12:41').state).toBe('overdue');
    expect(clock([first, last], '2026-03-06 00:00', due).state).toBe('met');
    expect(clock([first, last], '2026-03-06 00:00', plus(due, 1)).state).toBe('overdue');
  });
});

describe('the one-time schedules of a release', () => {
  const releaseAt = at('2026-03-05 10:00');

  test('are T-72 h, T, and two hours after T, the first merge and the last', () => {
    const merges = { firstMergeAt: at('2026-03-05 10:05'), lastMergeAt: at('2026-03-05 11:00') };

    expect(releaseDeadlines({ at: releaseAt }, numbers).map(({ name }) => name)).toEqual([
      'announcement-missing',
      'release-time',
      'release-late',
    ]);
    expect(releaseDeadlines({ at: releaseAt, ...merges }, numbers)).toEqual([
      { name: 'announcement-missing', at: at('2026-03-02 10:00') },
      { name: 'release-time', at: releaseAt },
      { name: 'release-late', at: at('2026-03-05 12:00') },
      { name: 'two-hours-fix-exposed', at: at('2026-03-05 12:05') },
      { name: 'two-hours-after-merge', at: at('2026-03-05 13:00') },
    ]);
  });

  test('have names that EventBridge takes, one a deadline and instant', () => {
    const deadlines = [at('2026-03-05 10:00'), at('2026-03-05 10:01')].flatMap((each) =>
      releaseDeadlines({ at: each, firstMergeAt: each, lastMergeAt: each }, numbers),
    );

    const names = deadlines.map((deadline) => scheduleName('ABCDEFGHIJ-2026-0001', deadline));

    expect(new Set(names).size).toBe(10);
    for (const name of names) expect(name).toMatch(/^[\w.-]{1,64}$/);
  });
});
