/*
 * The plan of a year: who there is, and what they do when. Plain data, so that the desk (which lives it) and the
 * model (which reckons what ought to have been mailed) are given the very same year. Instants are milliseconds UTC.
 */

export type Rating = 'none' | 'low' | 'medium' | 'high' | 'critical';
export type Frequency = 'weekly' | 'monthly' | 'quarterly' | 'half-yearly';

/** One maintainer with the people who get its mail; none: nobody is known, and the working group stands in. */
export interface PlannedMaintainer {
  readonly id: string;
  readonly people: readonly string[];
}

export interface PlannedShift {
  readonly member: string;
  readonly start: number;
  readonly end: number;
}

/** One repository of one disclosure. */
export interface EntryOf {
  readonly disclosure: string;
  readonly repository: string;
}

/** What happens, each at its instant. */
export type Happening = { readonly at: number } & (
  | { readonly what: 'received'; readonly disclosure: string }
  | {
      readonly what: 'triaged';
      readonly disclosure: string;
      readonly rating: Rating;
      readonly repositories: readonly string[];
    }
  | ({ readonly what: 'notified'; readonly maintainer: string } & EntryOf)
  /** By the maintainer, which is an answer too. */
  | ({ readonly what: 'adjudicated'; readonly rating: Rating } & EntryOf)
  /** Seen on GitHub and adopted provisionally: nobody's answer. */
  | ({ readonly what: 'seen-on-github'; readonly rating: Rating } & EntryOf)
  | ({ readonly what: 'answered'; readonly how: 'expect-fix' | 'ask-help' | 'disown' } & EntryOf)
  /** The member names another maintainer; the notification follows as a happening of its own. */
  | ({ readonly what: 'reassigned'; readonly maintainer: string } & EntryOf)
  | ({ readonly what: 'closed' | 'published' } & EntryOf)
  | { readonly what: 'deferred'; readonly disclosure: string; readonly until: number }
  /** Somebody on duty puts the next batch off to so many days after it is due. */
  | {
      readonly what: 'postponed';
      readonly maintainer: string;
      readonly frequency: Frequency;
      readonly days: number;
    }
  | { readonly what: 'swapped'; readonly shift: number; readonly to: string }
  | { readonly what: 'left'; readonly member: string }
  | { readonly what: 'acknowledged'; readonly handover: number; readonly member: string }
);

export interface Plan {
  readonly zone: string;
  readonly start: number;
  readonly end: number;
  readonly members: readonly string[];
  readonly maintainers: readonly PlannedMaintainer[];
  readonly shifts: readonly PlannedShift[];
  readonly happenings: readonly Happening[];
  /** No sweep runs in [from, to). */
  readonly outage: { readonly from: number; readonly to: number };
  /** In [from, to) every sweep runs five times, at once. */
  readonly repeated: { readonly from: number; readonly to: number };
}

/** How much there is in a year: the numbers of a full run, or fewer for a quick one. */
export interface Size {
  readonly members: number;
  readonly maintainers: number;
  readonly disclosures: number;
  readonly days: number;
}

export const fullYear: Size = { members: 7, maintainers: 40, disclosures: 300, days: 365 };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A generator of numbers in [0, 1) that gives the same year for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Dice {
  readonly upTo: (count: number) => number;
  readonly between: (from: number, to: number) => number;
  readonly one: <T>(of: readonly T[]) => T;
  readonly chance: (of: number) => boolean;
}

function diceOf(seed: number): Dice {
  const next = numbers(seed);
  const upTo = (count: number) => Math.floor(next() * count);
  return {
    upTo,
    between: (from, to) => from + Math.floor(next() * (to - from)),
    one: (of) => of[upTo(of.length)] as (typeof of)[number],
    chance: (of) => next() < of,
  };
}

const ratings: readonly Rating[] = ['low', 'medium', 'medium', 'high', 'high', 'critical', 'critical'];
const anyRating: readonly Rating[] = [...ratings, 'none'];

/** Weekly shifts with two gaps, an overlap and some of other lengths: nothing that a rota may not hold. */
function shiftsOf(dice: Dice, members: readonly string[], start: number, end: number): PlannedShift[] {
  const shifts: PlannedShift[] = [];
  let from = start - 3 * day + 9 * hour;
  for (let count = 0; from < end; count += 1) {
    const member = members[count % members.length] as string;
    const length = dice.chance(0.15) ? dice.between(2, 13) * day : 7 * day;
    shifts.push({ member, start: from, end: from + length });
    from += length;
    if (count % 17 === 9) from += dice.between(3, 11) * day;
    if (count % 17 === 13) from -= dice.between(1, 3) * day;
  }
  return shifts;
}

/** What befalls one repository of a disclosure between its notification and its resolution. */
function entryLife(
  dice: Dice,
  entry: EntryOf,
  notified: number,
  maintainer: string,
  others: readonly string[],
  end: number,
): Happening[] {
  const happenings: Happening[] = [{ at: notified, what: 'notified', maintainer, ...entry }];
  const resolved = notified + Math.floor(-Math.log(1 - dice.upTo(1000) / 1000) * 110 * day) + day;
  const horizon = Math.min(resolved, end);
  const acts = dice.upTo(6);
  for (let count = 0; count < acts; count += 1) {
    const at = dice.between(notified + hour, horizon);
    if (at <= notified || at >= horizon) continue;
    const kind = dice.upTo(10);
    if (kind < 3) happenings.push({ at, what: 'adjudicated', rating: dice.one(anyRating), ...entry });
    else if (kind < 5) happenings.push({ at, what: 'seen-on-github', rating: dice.one(ratings), ...entry });
    else if (kind < 9)
      happenings.push({
        at,
        what: 'answered',
        how: dice.one(['expect-fix', 'ask-help', 'disown'] as const),
        ...entry,
      });
    else if (at + 2 * hour < horizon) {
      const next = dice.one(others);
      happenings.push({ at, what: 'reassigned', maintainer: next, ...entry });
      happenings.push({
        at: at + dice.between(minute, hour),
        what: 'notified',
        maintainer: next,
        ...entry,
      });
    }
  }
  if (resolved < end)
    happenings.push({ at: resolved, what: dice.chance(0.5) ? 'closed' : 'published', ...entry });
  return happenings;
}

/**
 * Nobody acts for an entry between its reassignment and the new notification, nor where no maintainer is known:
 * such acts do not happen.
 */
function withoutImpossibleActs(happenings: readonly Happening[]): Happening[] {
  const away = new Set<string>();
  const unknown = new Set<string>();
  return happenings
    .toSorted((a, b) => a.at - b.at)
    .filter((each) => {
      if (!('repository' in each)) return true;
      const key = `${each.disclosure} ${each.repository}`;
      if (each.what === 'notified') {
        away.delete(key);
        if (each.maintainer === 'working-group') unknown.add(key);
        else unknown.delete(key);
      } else if (unknown.has(key) && (each.what === 'adjudicated' || each.what === 'answered')) return false;
      else if (away.has(key) && each.what !== 'closed' && each.what !== 'published') return false;
      else if (each.what === 'reassigned') away.add(key);
      return true;
    });
}

/** A notification that a resolution or another reassignment overtook does not happen either, nor a late deferral. */
function withoutOvertaken(happenings: readonly Happening[]): Happening[] {
  const state = new Map<string, 'waits' | 'runs' | 'resolved'>();
  return happenings.filter((each) => {
    if (each.what === 'deferred')
      return [...state].some(([key, now]) => key.startsWith(each.disclosure) && now !== 'resolved');
    if (!('repository' in each)) return true;
    const key = `${each.disclosure} ${each.repository}`;
    const now = state.get(key) ?? 'waits';
    if (now === 'resolved') return false;
    if (each.what === 'notified') {
      if (now === 'runs') return false;
      state.set(key, 'runs');
    } else if (each.what === 'reassigned') state.set(key, 'waits');
    else if (each.what === 'closed' || each.what === 'published') state.set(key, 'resolved');
    return true;
  });
}

/** A planned year by its seed. The same seed, size and year give the same plan. */
export function planOf(seed: number, size: Size = fullYear, year = 2027): Plan {
  const dice = diceOf(seed);
  const start = Date.UTC(year, 0, 1);
  const end = start + size.days * day;
  const members = Array.from({ length: size.members }, (_, at) => `p-member-${at + 1}`);
  const maintainers = Array.from({ length: size.maintainers }, (_, at): PlannedMaintainer => {
    if (at === 0) return { id: 'working-group', people: [] };
    const people = Array.from({ length: 1 + (at % 3) }, (_, nth) => `p-maintainer-${at}-${nth + 1}`);
    // A team, a group's address (one mail), or owners.
    if (at % 3 === 0) return { id: `group:${people[0]}`, people: people.slice(0, 1) };
    return { id: at % 3 === 1 ? `owners:${people.join(',')}` : `team:openedx/team-${at}`, people };
  });
  const shifts = shiftsOf(dice, members, start, end);
  const ids = maintainers.map(({ id }) => id);

  const happenings: Happening[] = [];
  for (let number = 1; number <= size.disclosures; number += 1) {
    const disclosure = `EDX-${year}-${String(number).padStart(4, '0')}`;
    const received = dice.between(start, end - 10 * day);
    const triaged = received + dice.between(10 * minute, 20 * hour);
    const count = dice.chance(0.25) ? 1 + dice.upTo(3) : 1;
    const repositories = Array.from({ length: count }, (_, at) => `openedx/part-${dice.upTo(70)}-${at}`);
    happenings.push({ at: received, what: 'received', disclosure });
    happenings.push({ at: triaged, what: 'triaged', disclosure, rating: dice.one(ratings), repositories });
    for (const repository of repositories) {
      const notified = triaged + dice.between(minute, 2 * hour);
      const entry = { disclosure, repository };
      happenings.push(...entryLife(dice, entry, notified, dice.one(ids), ids, end));
    }
    if (dice.chance(0.1)) {
      const at = triaged + dice.between(3 * hour, 9 * day);
      happenings.push({ at, what: 'deferred', disclosure, until: at + dice.between(5, 60) * day });
    }
  }
  const frequencies: readonly Frequency[] = ['weekly', 'weekly', 'monthly', 'monthly', 'quarterly'];
  for (let count = 0; count < size.disclosures / 2; count += 1)
    happenings.push({
      at: dice.between(start + 10 * day, end),
      what: 'postponed',
      maintainer: dice.one(ids),
      frequency: dice.one(frequencies),
      days: dice.between(1, 9),
    });
  // Two running shifts change hands in the middle; in the last quarter one member leaves.
  for (const nth of [Math.floor(shifts.length / 3), Math.floor(shifts.length / 2)]) {
    const shift = shifts[nth];
    const other = members.find((member) => member !== shift?.member && member !== members[0]);
    if (shift && other)
      happenings.push({
        at: dice.between(shift.start + day, shift.end - hour),
        what: 'swapped',
        shift: nth,
        to: other,
      });
  }
  happenings.push({
    at: start + Math.floor(size.days * 0.8) * day + 11 * hour + 7 * minute,
    what: 'left',
    member: members[0] as string,
  });
  for (const { member, start: handover } of shifts)
    if (dice.chance(0.8))
      happenings.push({
        at: handover + dice.between(20 * minute, 20 * hour),
        what: 'acknowledged',
        handover,
        member,
      });

  const outage = start + Math.floor(size.days * 0.55) * day + 10 * hour;
  const repeated = start + Math.floor(size.days * 0.3) * day;
  return {
    zone: 'America/New_York',
    start,
    end,
    members,
    maintainers,
    shifts,
    happenings: withoutOvertaken(withoutImpossibleActs(happenings)).filter(
      ({ at }) => start <= at && at < end,
    ),
    outage: { from: outage, to: outage + 3 * day },
    repeated: { from: repeated, to: repeated + day },
  };
}
