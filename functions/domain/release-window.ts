import { nextWeekdayAmong, type Weekday, weekday, type Zone } from './calendar.ts';
import { day, hour, type Instant, ms, plus } from './instant.ts';

/*
 * OEP-60 R14–R17 as arithmetic: "This post must be made at least two days in advance of the patch being made
 * public", the merge "around the date and time specified by the post", and the rest "within two hours after".
 */

/** The numbers of a release, all of them configuration. */
export interface ReleaseNumbers {
  readonly zone: Zone;
  /** How long the announcement stands before the patch: 48 hours. */
  readonly noticeMs: number;
  /** Publishing and the reply follow the last merge within this: 2 hours. "Around" is measured with it too. */
  readonly windowMs: number;
}

export const releaseDefaults: ReleaseNumbers = { zone: 'UTC', noticeMs: 48 * hour, windowMs: 2 * hour };

/** An announcement that is still not visible is asked for a day before it is late: T-72 h at the usual notice. */
const announcementAskMs = (noticeMs: number): number => noticeMs + day;

/** Instants proposed by the desk fall on Monday to Thursday: neither on a weekend nor right before one. */
const proposedDays: readonly Weekday[] = [1, 2, 3, 4];

/**
 * R15: have two days passed, in UTC, from when the announcement was *visible* (its category may be moderated)?
 * Exactly 48 h passes.
 */
export const noticeStands = (visibleAt: Instant, releaseAt: Instant, noticeMs: number): boolean =>
  ms(releaseAt) - ms(visibleAt) >= noticeMs;

/** The latest instant at which the announcement can become visible for a release. */
export const latestVisible = (releaseAt: Instant, noticeMs: number): Instant => plus(releaseAt, -noticeMs);

/**
 * Visible too late for the instant it names: the desk proposes visible + 48 h, at the same local time on the
 * next Monday to Thursday in its zone, and asks the maintainer to edit the post.
 */
export const proposeRelease = (visibleAt: Instant, zone: Zone, noticeMs: number): Instant =>
  nextWeekdayAmong(plus(visibleAt, noticeMs), proposedDays, zone);

/** What speaks against a release instant without forbidding it. */
export type ReleaseWarning = 'weekend' | 'friday';

/** A weekend or a Friday release is a warning, by the desk's zone. */
export function releaseWarnings(releaseAt: Instant, zone: Zone): readonly ReleaseWarning[] {
  const day = weekday(releaseAt, zone);
  return day > 5 ? ['weekend'] : day === 5 ? ['friday'] : [];
}

/** How the announcement stands to the release it is for. */
export type AnnouncementState =
  /** Visible in time. */
  | 'stands'
  /** Not visible yet, and nobody needs to be asked. */
  | 'awaited'
  /** Not visible at T-72 h: asked for. */
  | 'asked'
  /** Visible too late, or it cannot be in time any more. */
  | 'too-late';

export function announcementState(
  release: { readonly at: Instant; readonly visibleAt?: Instant | undefined },
  now: Instant,
  { noticeMs }: ReleaseNumbers,
): AnnouncementState {
  if (release.visibleAt !== undefined) {
    return noticeStands(release.visibleAt, release.at, noticeMs) ? 'stands' : 'too-late';
  }
  if (now > latestVisible(release.at, noticeMs)) return 'too-late';
  return now < plus(release.at, -announcementAskMs(noticeMs)) ? 'awaited' : 'asked';
}

/** How a merge stands to the announced time (R16). */
export type MergeTiming = 'violation' | 'early' | 'around' | 'late';

/**
 * Before 48 h = violation; early but after 48 h = warning; later than the window after the announced time =
 * late, which prompts an update post. On the early-public path (A5) nothing is too early.
 */
export function mergeTiming(
  merge: {
    readonly at: Instant;
    readonly releaseAt?: Instant | undefined;
    readonly visibleAt?: Instant | undefined;
    readonly skipsNotice: boolean;
  },
  { noticeMs, windowMs }: Pick<ReleaseNumbers, 'noticeMs' | 'windowMs'>,
): MergeTiming {
  const { at, releaseAt, visibleAt } = merge;
  if (releaseAt !== undefined && ms(at) > ms(releaseAt) + windowMs) return 'late';
  if (merge.skipsNotice) return 'around';
  if (visibleAt === undefined || !noticeStands(visibleAt, at, noticeMs)) return 'violation';
  return releaseAt === undefined || at < releaseAt ? 'early' : 'around';
}

/** The two-hour clock of R17, and the exposure that began before it. */
export interface TwoHourClock {
  /** The first merge made the fix public: the alert counts from here. */
  readonly exposedAt?: Instant | undefined;
  readonly alertAt?: Instant | undefined;
  /** The last required merge started the clock. */
  readonly startedAt?: Instant | undefined;
  readonly dueAt?: Instant | undefined;
  readonly state: 'not-started' | 'exposed' | 'running' | 'met' | 'overdue';
}

/**
 * R17: advisory published *and* announcement replied to within two hours of the last required merge. The fix is
 * exposed from the first. Overdue escalates; it never publishes.
 *
 * @param merges instants of the required merges, undefined for those that are still missing.
 * @param doneAt when the last advisory was published and the reply was visible, whichever came later.
 */
export function twoHourClock(
  merges: readonly (Instant | undefined)[],
  doneAt: Instant | undefined,
  now: Instant,
  { windowMs }: ReleaseNumbers,
): TwoHourClock {
  const done = merges.filter((merge) => merge !== undefined).sort();
  const exposedAt = done[0];
  if (exposedAt === undefined) return { state: 'not-started' };
  const startedAt = done.length === merges.length ? done.at(-1) : undefined;
  const dueAt = startedAt === undefined ? undefined : plus(startedAt, windowMs);
  const found = { exposedAt, alertAt: plus(exposedAt, windowMs), startedAt, dueAt };
  if (dueAt === undefined) return { ...found, state: 'exposed' };
  if ((doneAt ?? now) > dueAt) return { ...found, state: 'overdue' };
  return { ...found, state: doneAt === undefined ? 'running' : 'met' };
}

/** What a release's one-time schedules are for. */
export type ReleaseDeadline =
  | 'announcement-missing'
  | 'release-time'
  | 'release-late'
  | 'two-hours-fix-exposed'
  | 'two-hours-after-merge';

/**
 * The one-time schedules of a release, in order: the announcement asked for a day before it is late, the merge asked for at T,
 * an update post once T is past by the window, and the two hours after the first and after the last merge.
 */
export function releaseDeadlines(
  release: {
    /** Absent where nobody proposed an instant: then only merges count. */
    readonly at?: Instant | undefined;
    readonly firstMergeAt?: Instant | undefined;
    readonly lastMergeAt?: Instant | undefined;
  },
  { noticeMs, windowMs }: Pick<ReleaseNumbers, 'noticeMs' | 'windowMs'>,
): readonly { readonly name: ReleaseDeadline; readonly at: Instant }[] {
  const { at, firstMergeAt, lastMergeAt } = release;
  return [
    ...(at
      ? [
          { name: 'announcement-missing' as const, at: plus(at, -announcementAskMs(noticeMs)) },
          { name: 'release-time' as const, at },
          { name: 'release-late' as const, at: plus(at, windowMs) },
        ]
      : []),
    ...(firstMergeAt ? [{ name: 'two-hours-fix-exposed' as const, at: plus(firstMergeAt, windowMs) }] : []),
    ...(lastMergeAt ? [{ name: 'two-hours-after-merge' as const, at: plus(lastMergeAt, windowMs) }] : []),
  ].sort((a, b) => a.at.localeCompare(b.at));
}

/**
 * The name of a one-time schedule: the same for the same deadline at the same instant, so that making it twice
 * makes one, and another instant makes another. At most 64 characters of `[A-Za-z0-9_.-]`, as EventBridge asks.
 *
 * @example scheduleName('EDX-2026-0001', { name: 'release-time', at: '2026-03-05T10:00:00.000Z' })
 * // 'EDX-2026-0001.release-time.20260305T100000000'
 */
export const scheduleName = (
  reference: string,
  { name, at }: { readonly name: string; readonly at: Instant },
): string => `${reference}.${name}.${at.replace(/[-:.Z]/g, '')}`;
