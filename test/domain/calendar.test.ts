import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test } from 'vitest';
import {
  addPeriod,
  businessDaysLater,
  formatInZone,
  InvalidLocalTimeError,
  instantOf,
  instantOfText,
  isWeekday,
  isZone,
  localDate,
  localText,
  localTime,
  nextWeekdayAmong,
  offsetText,
  startOfDay,
  UnknownZoneError,
  type Weekday,
  weekday,
} from '#domain/calendar.ts';
import { instant } from '#domain/instant.ts';

const zones = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe', // changes by half an hour
  'America/St_Johns',
  'Pacific/Apia', // skipped 30 December 2011
  'Africa/Casablanca', // changes around Ramadan
  'Asia/Beirut', // changes at midnight
];
const zoneOf = fc.constantFrom(...zones);
const anyInstant = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2060, 0, 1) }).map(instant);
const zoned = (at: string, zone: string) => Temporal.Instant.from(at).toZonedDateTimeISO(zone);
const text = (at: Temporal.ZonedDateTime) => instant(at.epochMilliseconds);

describe('against Temporal as the oracle', () => {
  test('local time of an instant', () => {
    fc.assert(
      fc.property(anyInstant, zoneOf, (at, zone) => {
        const expected = zoned(at, zone);

        expect(localTime(at, zone)).toEqual({
          year: expected.year,
          month: expected.month,
          day: expected.day,
          hour: expected.hour,
          minute: expected.minute,
          second: expected.second,
          millisecond: expected.millisecond,
        });
        expect(weekday(at, zone)).toBe(expected.dayOfWeek);
        expect(isWeekday(at, zone)).toBe(expected.dayOfWeek < 6);
        expect(localDate(at, zone)).toBe(expected.toPlainDate().toString());
        expect(localText(at, zone)).toBe(expected.toPlainDateTime().toString({ smallestUnit: 'minute' }));
      }),
      { numRuns: 2000, seed: 31 },
    );
  });

  test('instant of a local time, in gaps and folds too', () => {
    const nearChange = fc
      .tuple(zoneOf, anyInstant, fc.integer({ min: -120, max: 120 }))
      .map(([zone, at, minutes]) => {
        const change = zoned(at, zone).getTimeZoneTransition('next') ?? zoned(at, zone);
        return { zone, local: change.toPlainDateTime().add({ minutes }) };
      });
    const anywhere = fc
      .tuple(zoneOf, anyInstant)
      .map(([zone, at]) => ({ zone, local: zoned(at, zone).toPlainDateTime() }));

    fc.assert(
      fc.property(fc.oneof(nearChange, anywhere), ({ zone, local }) => {
        const { year, month, day, hour, minute, second, millisecond } = local;

        const found = instantOf({ year, month, day, hour, minute, second, millisecond }, zone);

        expect(found).toBe(text(local.toZonedDateTime(zone, { disambiguation: 'compatible' })));
      }),
      { numRuns: 3000, seed: 31 },
    );
  });

  test('adding days and months', () => {
    const period = fc.oneof(
      fc.integer({ min: -400, max: 400 }).map((days) => ({ days })),
      fc.integer({ min: -24, max: 24 }).map((months) => ({ months })),
    );

    fc.assert(
      fc.property(anyInstant, period, zoneOf, (at, by, zone) => {
        const local = zoned(at, zone).toPlainDateTime().add(by);

        expect(addPeriod(at, by, zone)).toBe(
          text(local.toZonedDateTime(zone, { disambiguation: 'compatible' })),
        );
      }),
      { numRuns: 3000, seed: 31 },
    );
  });

  test('start of a day', () => {
    fc.assert(
      fc.property(anyInstant, zoneOf, (at, zone) => {
        expect(startOfDay(at, zone)).toBe(text(zoned(at, zone).startOfDay()));
      }),
      { seed: 31 },
    );
  });

  test('business days, counted one by one', () => {
    fc.assert(
      fc.property(anyInstant, fc.integer({ min: 0, max: 15 }), zoneOf, (at, count, zone) => {
        let slow = zoned(at, zone);
        if (slow.dayOfWeek > 5) slow = slow.add({ days: 8 - slow.dayOfWeek }).startOfDay();
        let date = slow.toPlainDateTime();
        for (let left = count; left > 0; ) {
          date = date.add({ days: 1 });
          if (date.dayOfWeek < 6) left -= 1;
        }

        expect(businessDaysLater(at, count, zone)).toBe(text(date.toZonedDateTime(zone)));
      }),
      { numRuns: 2000, seed: 31 },
    );
  });

  test('the next of some weekdays: never more than a week ahead, at the same local time', () => {
    const days = fc.subarray<Weekday>([1, 2, 3, 4, 5, 6, 7], { minLength: 1 });

    fc.assert(
      fc.property(anyInstant, days, zoneOf, (at, among, zone) => {
        let date = zoned(at, zone).toPlainDateTime();
        while (!among.includes(date.dayOfWeek as Weekday)) date = date.add({ days: 1 });
        const same = date.equals(zoned(at, zone).toPlainDateTime());

        expect(nextWeekdayAmong(at, among, zone)).toBe(same ? at : text(date.toZonedDateTime(zone)));
      }),
      { seed: 31 },
    );
  });
});

describe('periods by example (policy, "Reminder clock")', () => {
  test.each([
    ['31 Jan → 28 Feb', '2026-01-31T09:00:00.000Z', { months: 1 }, 'UTC', '2026-02-28T09:00:00.000Z'],
    [
      '28 Feb → 28 Mar: no anchor',
      '2026-02-28T09:00:00.000Z',
      { months: 1 },
      'UTC',
      '2026-03-28T09:00:00.000Z',
    ],
    [
      '31 Jan → 29 Feb of a leap year',
      '2028-01-31T09:00:00.000Z',
      { months: 1 },
      'UTC',
      '2028-02-29T09:00:00.000Z',
    ],
    ['29 Feb → 29 Aug', '2028-02-29T09:00:00.000Z', { months: 6 }, 'UTC', '2028-08-29T09:00:00.000Z'],
    ['31 Aug → 28 Feb', '2026-08-31T09:00:00.000Z', { months: 6 }, 'UTC', '2027-02-28T09:00:00.000Z'],
    ['over the year', '2026-11-30T09:00:00.000Z', { months: 3 }, 'UTC', '2027-02-28T09:00:00.000Z'],
    [
      'the last second of a month',
      '2026-01-31T23:59:59.999Z',
      { months: 1 },
      'UTC',
      '2026-02-28T23:59:59.999Z',
    ],
    [
      'the month of the zone, not of UTC',
      '2026-03-31T23:30:00.000Z', // 1 April 01:30 in Berlin
      { months: 1 },
      'Europe/Berlin',
      '2026-04-30T23:30:00.000Z',
    ],
    [
      'spring forward keeps 09:00',
      '2026-03-23T08:00:00.000Z',
      { days: 7 },
      'Europe/Berlin',
      '2026-03-30T07:00:00.000Z',
    ],
    [
      'a time that does not exist moves forward by the gap',
      '2026-03-22T01:30:00.000Z', // 02:30 in Berlin; on 29 March there is no 02:30
      { days: 7 },
      'Europe/Berlin',
      '2026-03-29T01:30:00.000Z', // 03:30
    ],
    [
      'a time that occurs twice is the first',
      '2026-10-18T00:30:00.000Z', // 02:30 in Berlin; on 25 October it comes twice
      { days: 7 },
      'Europe/Berlin',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'hours are elapsed',
      '2026-03-28T12:00:00.000Z',
      { hours: 24 },
      'Europe/Berlin',
      '2026-03-29T12:00:00.000Z',
    ],
  ])('%s', (_what, at, period, zone, expected) => {
    expect(addPeriod(at, period, zone)).toBe(expected);
  });
});

describe('A1: business days by example', () => {
  test.each([
    ['Monday → Wednesday', '2026-03-02T10:00:00.000Z', '2026-03-04T10:00:00.000Z'],
    ['Thursday → Monday', '2026-03-05T10:00:00.000Z', '2026-03-09T10:00:00.000Z'],
    ['Friday 23:59 → Tuesday 23:59', '2026-03-06T23:59:00.000Z', '2026-03-10T23:59:00.000Z'],
    ['Saturday 00:00 → Wednesday 00:00', '2026-03-07T00:00:00.000Z', '2026-03-11T00:00:00.000Z'],
    ['Sunday evening → Wednesday 00:00', '2026-03-08T20:00:00.000Z', '2026-03-11T00:00:00.000Z'],
  ])('%s', (_what, at, expected) => {
    expect(businessDaysLater(at, 2, 'UTC')).toBe(expected);
  });

  test('the weekend is the zone’s: Friday 22:00 in New York is Saturday in UTC', () => {
    expect(businessDaysLater('2026-03-07T03:00:00.000Z', 2, 'America/New_York')).toBe(
      '2026-03-11T02:00:00.000Z',
    );
  });
});

describe('words and edges', () => {
  test('an instant as letters show it', () => {
    const at = '2026-03-02T14:05:00.000Z';

    expect(formatInZone(at, 'UTC')).toBe('Monday 2 March 2026, 14:05 UTC');
    expect(formatInZone(at, 'America/New_York')).toBe(
      'Monday 2 March 2026, 09:05 (America/New_York, UTC-05:00)',
    );
    expect(offsetText(at, 'Asia/Kolkata')).toBe('UTC+05:30');
    expect(offsetText(at, 'Africa/Abidjan')).toBe('UTC');
  });

  test('a form’s date and time is read in the zone', () => {
    expect(instantOfText('2026-03-02T09:05', 'America/New_York')).toBe('2026-03-02T14:05:00.000Z');
    expect(instantOfText('2026-03-02T09:05:07', 'UTC')).toBe('2026-03-02T09:05:07.000Z');
  });

  test.each([
    '',
    '2026-02-30T09:00',
    '2026-13-01T09:00',
    '2026-03-02T24:30',
    '2026-03-02 09:00',
    '2026-03-02T09:00Z',
  ])('a form’s %j is refused', (given) => {
    expect(() => instantOfText(given, 'UTC')).toThrow(InvalidLocalTimeError);
  });

  test('an unknown zone is refused by name', () => {
    expect(isZone('Europe/Berlin')).toBe(true);
    expect(isZone('Mars/Olympus')).toBe(false);
    expect(() => localTime('2026-03-02T14:05:00.000Z', 'Mars/Olympus')).toThrow(UnknownZoneError);
  });
});
