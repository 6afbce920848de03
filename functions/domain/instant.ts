/** An instant in UTC as ISO 8601 with milliseconds: `2026-03-01T09:00:00.000Z`. Sorts as text. */
export type Instant = string;

const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Milliseconds since the epoch → instant. Throws RangeError where the number is no date. */
export function instant(milliseconds: number): Instant {
  return new Date(milliseconds).toISOString();
}

/** Instant → milliseconds since the epoch. Throws RangeError for anything that is not a full UTC instant. */
export function ms(at: Instant): number {
  const value = shape.test(at) ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(value)) throw new RangeError(`not a UTC instant: ${JSON.stringify(at)}`);
  return value;
}

/** `at` moved by a number of milliseconds. */
export function plus(at: Instant, milliseconds: number): Instant {
  return instant(ms(at) + milliseconds);
}

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** A configured span in words, such as "two days" or "36 hours": whole days where it is, else hours. Milliseconds. */
export function spanWords(span: number): string {
  const [unit, name] = span >= day && span % day === 0 ? [day, 'day'] : [hour, 'hour'];
  const count = Math.round((span / unit) * 10) / 10;
  return `${numbers[count] ?? count} ${name}${count === 1 ? '' : 's'}`;
}

/** The earlier of two instants. */
export const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);

/** The later of two instants. */
export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
