import { day, hour, type Instant, instant, ms } from './instant.ts';

/** A time zone's name in the IANA database: `America/New_York`, `UTC`. */
export type Zone = string;

/** A wall clock's reading; `month` 1–12, `hour` 0–23. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** So many days or months on the wall calendar (the same local time), or so many elapsed hours. */
export type Period = { readonly days: number } | { readonly months: number } | { readonly hours: number };

/** 1 Monday … 7 Sunday, as ISO 8601 counts. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** A name is no time zone. */
export class UnknownZoneError extends Error {
  override readonly name = 'UnknownZoneError';
}

/** A text is no date and time of day. */
export class InvalidLocalTimeError extends Error {
  override readonly name = 'InvalidLocalTimeError';
}

const isUtc = (zone: Zone) => zone === 'UTC' || zone === 'Etc/UTC';

// Making a formatter costs far more than using it, and a desk knows few zones.
const formatters = new Map<Zone, Intl.DateTimeFormat>();

function formatterOf(zone: Zone): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  try {
    const made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(zone, made);
    return made;
  } catch (cause) {
    throw new UnknownZoneError('This is no time zone of the IANA database.', { cause });
  }
}

/** Whether this machine knows the zone. */
export function isZone(zone: string): boolean {
  try {
    return formatterOf(zone) !== undefined;
  } catch {
    return false;
  }
}

/** What the wall clock would read as milliseconds since the epoch, were it in UTC. */
function wall(milliseconds: number, zone: Zone): number {
  if (isUtc(zone)) return milliseconds;
  const read = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatterOf(zone).formatToParts(milliseconds)) {
    if (type in read) read[type as keyof typeof read] = Number(value);
  }
  const fraction = ((milliseconds % 1000) + 1000) % 1000;
  return Date.UTC(read.year, read.month - 1, read.day, read.hour, read.minute, read.second, fraction);
}

const wallOf = (local: LocalTime): number =>
  Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second, local.millisecond);

/** Offset of the zone from UTC at an instant, in milliseconds, east positive. */
const offset = (milliseconds: number, zone: Zone): number => wall(milliseconds, zone) - milliseconds;

/**
 * The instant at which the wall clock reads `reading`. A reading that does not exist moves forward by the gap;
 * one that occurs twice is the first (policy.md, "Reminder clock").
 */
function fromWall(reading: number, zone: Zone): number {
  if (isUtc(zone)) return reading;
  // Offsets stay within a day, and no zone has moved its clock twice within two, so that the offsets a day
  // before and a day after are those on either side of any change near `reading`.
  const before = reading - offset(reading - day, zone);
  const after = reading - offset(reading + day, zone);
  const readings = [before, after].filter((candidate) => wall(candidate, zone) === reading);
  return readings.length > 0 ? Math.min(...readings) : before;
}

function split(reading: number): LocalTime {
  const date = new Date(reading);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}

/** What a wall clock in the zone reads at an instant. @throws {UnknownZoneError} */
export const localTime = (at: Instant, zone: Zone): LocalTime => split(wall(ms(at), zone));

/**
 * The instant of a local time: one that does not exist moves forward by the gap, one that occurs twice is the
 * first. @throws {UnknownZoneError}
 */
export const instantOf = (local: LocalTime, zone: Zone): Instant => instant(fromWall(wallOf(local), zone));

const localShape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?$/;

/**
 * The instant of what a form's date-and-time field holds, `2026-03-01T09:00`, read in the zone.
 *
 * @throws {InvalidLocalTimeError} for another shape, or a date that no calendar has.
 * @throws {UnknownZoneError}
 */
export function instantOfText(text: string, zone: Zone): Instant {
  const parts = localShape
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  const [year = 0, month = 0, date = 0, hours = 0, minutes = 0, seconds = 0] = parts ?? [];
  const local = { year, month, day: date, hour: hours, minute: minutes, second: seconds, millisecond: 0 };
  const exists = JSON.stringify(split(wallOf(local))) === JSON.stringify(local);
  if (parts === undefined || !exists) {
    throw new InvalidLocalTimeError('A date and time is written 2026-03-01T09:00.');
  }
  return instantOf(local, zone);
}

/**
 * `at` moved by a period: days and months keep the local time of day in the zone, a month's day is clamped to
 * the month's last and remembers no anchor (31 Jan → 28 Feb → 28 Mar). Hours are elapsed time.
 *
 * @throws {UnknownZoneError}
 */
export function addPeriod(at: Instant, period: Period, zone: Zone): Instant {
  if ('hours' in period) return instant(ms(at) + period.hours * hour);
  const reading = wall(ms(at), zone);
  if ('days' in period) return instant(fromWall(reading + period.days * day, zone));
  const date = new Date(reading);
  const wanted = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + period.months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(wanted, last));
  return instant(fromWall(date.getTime(), zone));
}

/** The day of the week in the zone, 1 Monday … 7 Sunday. */
export function weekday(at: Instant, zone: Zone): Weekday {
  return (new Date(wall(ms(at), zone)).getUTCDay() || 7) as Weekday;
}

/** Monday to Friday in the zone: a business day has no holidays (policy.md, A1). */
export const isWeekday = (at: Instant, zone: Zone): boolean => weekday(at, zone) <= 5;

/** Midnight at which the day of `at` began in the zone. */
export function startOfDay(at: Instant, zone: Zone): Instant {
  return instant(fromWall(midnight(wall(ms(at), zone)), zone));
}

const midnight = (reading: number): number => Math.floor(reading / day) * day;

/** `at` itself if its weekday is among `days`, else the same local time on the next day that is. */
export function nextWeekdayAmong(at: Instant, days: readonly Weekday[], zone: Zone): Instant {
  if (days.length === 0) throw new RangeError('at least one weekday is needed');
  const today = weekday(at, zone);
  const ahead = Math.min(...days.map((each) => (each - today + 7) % 7));
  return ahead === 0 ? at : addPeriod(at, { days: ahead }, zone);
}

/**
 * Policy A1: business days are Monday to Friday; due at the same local time so many business days later; a mail
 * of a weekend counts from Monday 00:00.
 */
export function businessDaysLater(at: Instant, count: number, zone: Zone): Instant {
  const today = weekday(at, zone);
  const reading = wall(ms(at), zone);
  // On the wall's readings, not on instants: a zone may skip Sunday's midnight but not Monday's.
  const from = today <= 5 ? reading : midnight(reading) + (8 - today) * day;
  const position = (today <= 5 ? today - 1 : 0) + count;
  return instant(fromWall(from + (count + 2 * Math.floor(position / 5)) * day, zone));
}

const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const two = (number: number) => String(number).padStart(2, '0');

/** `2026-03-01`: the date in the zone. */
export const localDate = (at: Instant, zone: Zone): string =>
  new Date(wall(ms(at), zone)).toISOString().slice(0, 10);

/** `2026-03-01T09:00`: what a date-and-time field of a form takes. */
export const localText = (at: Instant, zone: Zone): string =>
  new Date(wall(ms(at), zone)).toISOString().slice(0, 16);

/** `UTC`, `UTC+05:30`, `UTC-05:00`: the zone's distance from UTC at an instant. */
export function offsetText(at: Instant, zone: Zone): string {
  const minutes = Math.round(offset(ms(at), zone) / 60_000);
  const size = Math.abs(minutes);
  return minutes === 0
    ? 'UTC'
    : `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/**
 * An instant for letters: `Monday 2 March 2026, 09:00 (America/New_York, UTC-05:00)`, in UTC
 * `Monday 2 March 2026, 14:00 UTC`. Our own words, since those of Intl change with its data.
 */
export function formatInZone(at: Instant, zone: Zone): string {
  const local = localTime(at, zone);
  const date = `${weekdayNames[weekday(at, zone) - 1]} ${local.day} ${monthNames[local.month - 1]} ${local.year}`;
  const text = `${date}, ${two(local.hour)}:${two(local.minute)}`;
  return isUtc(zone) ? `${text} UTC` : `${text} (${zone}, ${offsetText(at, zone)})`;
}
