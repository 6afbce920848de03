import { addPeriod, businessDaysLater, type Zone } from './calendar.ts';
import { day, type Instant, instant, ms, plus } from './instant.ts';

/**
 * Policy A1: the first human answer is promised within so many business days (2): Monday to Friday in the desk's
 * zone, due at the same local time; a mail of a weekend counts from Monday 00:00; half of two is one.
 */
export function responseTarget(
  receivedAt: Instant,
  zone: Zone,
  businessDays: number,
): { readonly dueAt: Instant; readonly halfAt: Instant } {
  const half = businessDaysLater(receivedAt, Math.floor(businessDays / 2), zone);
  return {
    dueAt: businessDaysLater(receivedAt, businessDays, zone),
    // Of an odd number of days, the last half day is twelve hours.
    halfAt: businessDays % 2 === 0 ? half : addPeriod(half, { hours: 12 }, zone),
  };
}

export type ResponseState = 'open' | 'warned' | 'missed' | 'answered' | 'answered-late';

/** A1 as shown on the case: warned from half on, missed once due has passed without an answer. */
export function responseState(
  response: {
    readonly dueAt: Instant;
    readonly halfAt: Instant;
    readonly answeredAt?: Instant | undefined;
  },
  now: Instant,
): ResponseState {
  const { dueAt, halfAt, answeredAt } = response;
  if (answeredAt !== undefined) return answeredAt <= dueAt ? 'answered' : 'answered-late';
  if (now > dueAt) return 'missed';
  return now < halfAt ? 'open' : 'warned';
}

/**
 * Policy A4 and V8: a hold of so many days (30), with one nudge at its half, after which the disclosure becomes
 * `incomplete`, or `invalid`. Days are elapsed: nothing here happens at a wall clock's time.
 */
export function holdSpan(
  since: Instant,
  days: number,
): { readonly nudgeAt: Instant; readonly until: Instant } {
  const until = plus(since, days * day);
  return { nudgeAt: instant((ms(since) + ms(until)) / 2), until };
}

/** Policy A2: an embargo is capped at so many days (90) from triage, or from the decision that renews it. */
export const embargoCap = (from: Instant, days: number): Instant => plus(from, days * day);

export type CapState = 'running' | 'near' | 'reached';

/** A2: asked so many days (14) before the cap and at it; expiry asks, never publishes. */
export function capState(cap: Instant, askDays: number, now: Instant): CapState {
  if (now >= cap) return 'reached';
  return now < plus(cap, -askDays * day) ? 'running' : 'near';
}

/**
 * The early-public path (A5): two members may publish once no maintainer has acted within so long (4 hours) of
 * being told.
 */
export function membersMayPublish(
  told: { readonly at: Instant; readonly maintainerActedAt?: Instant | undefined },
  now: Instant,
  earlyPublicMs: number,
): boolean {
  const acted = told.maintainerActedAt !== undefined && told.maintainerActedAt >= told.at;
  return !acted && ms(now) - ms(told.at) >= earlyPublicMs;
}
