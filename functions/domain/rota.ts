import { addPeriod, isZone, type Period, type Zone } from './calendar.ts';
import { Refused } from './errors.ts';
import { hour, type Instant, plus } from './instant.ts';
import type { MemberState, PersonId } from './people.ts';

/** One member's duty, [start, end): at `end` the next one is on duty. */
export interface Shift {
  readonly id: string;
  readonly member: PersonId;
  readonly start: Instant;
  readonly end: Instant;
  /** The zone it was made in, for showing and editing. */
  readonly zone: Zone;
}

/** A member as far as the rota cares. */
export interface RotaMember {
  readonly id: PersonId;
  readonly state: MemberState;
}

/** A member's offer of a shift to another member, for one of theirs or for nothing. */
export interface Swap {
  readonly id: string;
  readonly shift: string;
  readonly from: PersonId;
  readonly to: PersonId;
  readonly inReturn?: string | undefined;
  readonly proposedAt: Instant;
  readonly state: 'proposed' | 'accepted' | 'declined' | 'withdrawn';
  readonly answeredAt?: Instant | undefined;
}

/** The incoming member's word for having taken over at an instant: information, never what puts one on duty. */
export interface Acknowledgement {
  readonly at: Instant;
  readonly member: PersonId;
  readonly acknowledgedAt: Instant;
}

/** The stored rota. */
export interface Rota {
  readonly version: number;
  /** Sorted by start. */
  readonly shifts: readonly Shift[];
  readonly swaps: readonly Swap[];
  readonly acknowledgements: readonly Acknowledgement[];
}

/** Duty passes from one person, or nobody, to another, or nobody. */
export interface Handover {
  readonly at: Instant;
  readonly outgoing?: PersonId | undefined;
  readonly incoming?: PersonId | undefined;
}

export interface Span {
  readonly start: Instant;
  readonly end: Instant;
}

/** The numbers of the rota, all of them configuration. */
export interface RotaPolicy {
  /** Without acknowledgement for so long, the working group is told. */
  readonly acknowledgeWithinMs: number;
  /** `OEP-60 R23`: six to seven members; outside that, a warning. */
  readonly members: { readonly least: number; readonly most: number };
}

/** Policy defaults. */
export const rotaDefaults: RotaPolicy = { acknowledgeWithinMs: 24 * hour, members: { least: 6, most: 7 } };

export const emptyRota: Rota = { version: 0, shifts: [], swaps: [], acknowledgements: [] };

/** Shifts in the order in which they begin. */
export const byStart = (a: Shift, b: Shift) => a.start.localeCompare(b.start) || a.id.localeCompare(b.id);
const byEnd = (a: Shift, b: Shift) => a.end.localeCompare(b.end) || a.id.localeCompare(b.id);
const covers = (span: Span, at: Instant) => span.start <= at && at < span.end;

/**
 * The shifts that put somebody on duty. "On duty is who the rota says, always": a member who is away still is;
 * one who has left or has not yet accepted can act on nothing, so that their shift covers nobody.
 */
export function manned(shifts: readonly Shift[], members: readonly RotaMember[]): Shift[] {
  const able = new Set(
    members.filter(({ state }) => state === 'active' || state === 'away').map(({ id }) => id),
  );
  return shifts.filter((shift) => able.has(shift.member));
}

/** Who is on duty: of several shifts the one that ends first comes first; empty where nobody is. */
export function onDutyAt(
  shifts: readonly Shift[],
  members: readonly RotaMember[],
  at: Instant,
): readonly Shift[] {
  return manned(shifts, members)
    .filter((shift) => covers(shift, at))
    .sort(byEnd);
}

/** End of the shift that covers an instant, of several the earliest; undefined where none does. */
export function endOfShiftCovering(shifts: readonly Span[], at: Instant): Instant | undefined {
  const ends = shifts.filter((shift) => covers(shift, at)).map(({ end }) => end);
  return ends.sort()[0];
}

export interface RotaPlan {
  /** In the order of duty; only active members are given shifts. */
  readonly members: readonly RotaMember[];
  readonly start: Instant;
  readonly length: Period;
  /** The last shift is the one that covers or reaches this instant. */
  readonly until: Instant;
  readonly zone: Zone;
}

const times = (period: Period, count: number): Period =>
  'days' in period
    ? { days: period.days * count }
    : 'months' in period
      ? { months: period.months * count }
      : { hours: period.hours * count };

/**
 * Shifts round-robin, each beginning where the one before ends. Counted from the first start, so that monthly
 * shifts from the 31st begin on the 31st wherever there is one.
 *
 * @throws {Refused} without active members, with an empty length or an unknown zone.
 */
export function generateShifts(plan: RotaPlan): Shift[] {
  const active = plan.members.filter(({ state }) => state === 'active');
  if (active.length === 0)
    throw new Refused('R2', 'No active member to put on duty.', 'Invite a member first.');
  if (!isZone(plan.zone)) throw new Refused('R2', 'Unknown time zone.', 'Choose a zone such as UTC.', 'zone');
  const boundary = (count: number) => addPeriod(plan.start, times(plan.length, count), plan.zone);
  if (!(boundary(1) > plan.start)) {
    throw new Refused('R2', 'A shift must take some time.', 'Give a length of a day or more.', 'length');
  }
  const shifts: Shift[] = [];
  for (let count = 0; boundary(count) < plan.until; count += 1) {
    const member = active[count % active.length]?.id ?? '';
    const start = boundary(count);
    shifts.push({ id: `${start}/${member}`, member, start, end: boundary(count + 1), zone: plan.zone });
  }
  return shifts;
}

export interface Coverage {
  readonly gaps: readonly Span[];
  readonly overlaps: readonly (Span & { readonly shifts: readonly string[] })[];
}

/** Where between two instants nobody is on duty, and where more than one is. */
export function coverage(shifts: readonly Shift[], from: Instant, to: Instant): Coverage {
  const edges = new Set([from, to, ...shifts.flatMap(({ start, end }) => [start, end])]);
  const inside = [...edges].filter((edge) => from <= edge && edge <= to).sort();
  const pieces = inside.slice(1).map((end, index) => {
    const start = inside[index] ?? from;
    return { start, end, shifts: shifts.filter((shift) => covers(shift, start)).map(({ id }) => id) };
  });
  const joined: typeof pieces = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const same = last?.end === piece.start && last.shifts.join('\n') === piece.shifts.join('\n');
    if (same) joined.splice(-1, 1, { ...piece, start: last.start });
    else joined.push(piece);
  }
  return {
    gaps: joined.filter((piece) => piece.shifts.length === 0).map(({ start, end }) => ({ start, end })),
    overlaps: joined.filter((piece) => piece.shifts.length > 1),
  };
}

const shiftOf = (rota: Rota, id: string): Shift | undefined => rota.shifts.find((shift) => shift.id === id);

function refuseSwap(rota: Rota, swap: Swap, members: readonly RotaMember[], at: Instant): void {
  const given = shiftOf(rota, swap.shift);
  const returned = swap.inReturn === undefined ? undefined : shiftOf(rota, swap.inReturn);
  const again = 'Look at the rota and propose another swap.';
  if (given?.member !== swap.from || (swap.inReturn !== undefined && returned?.member !== swap.to)) {
    throw new Refused('R2', 'A shift of this swap is not that member’s any more.', again);
  }
  if ([given, returned].some((shift) => shift !== undefined && shift.end <= at)) {
    throw new Refused('R2', 'A shift of this swap is over.', again);
  }
  const active = members.some(({ id, state }) => id === swap.to && state === 'active');
  if (!active || swap.from === swap.to) {
    throw new Refused('R2', 'A shift can only be given to another active member.', 'Choose one.', 'to');
  }
}

/**
 * Records a member's offer of a shift.
 *
 * @throws {Refused} unless the shifts are theirs and not over, and the other member is active.
 */
export function proposeSwap(
  rota: Rota,
  offer: Omit<Swap, 'state' | 'answeredAt' | 'proposedAt'>,
  members: readonly RotaMember[],
  at: Instant,
): Rota {
  const swap: Swap = { ...offer, proposedAt: at, state: 'proposed' };
  refuseSwap(rota, swap, members, at);
  return { ...rota, swaps: [...rota.swaps.filter(({ id }) => id !== swap.id), swap] };
}

/**
 * The asked member accepts or declines, or the proposing one withdraws. Of a shift that runs already only the
 * rest changes hands. An offer that was answered stays as it was answered.
 *
 * @throws {Refused} for anyone else, or when the rota has changed meanwhile.
 */
export function answerSwap(
  rota: Rota,
  answer: {
    readonly id: string;
    readonly by: PersonId;
    readonly state: 'accepted' | 'declined' | 'withdrawn';
  },
  members: readonly RotaMember[],
  at: Instant,
): Rota {
  const swap = rota.swaps.find(({ id }) => id === answer.id);
  if (swap === undefined) throw new Refused('R2', 'This swap is not known.', 'Look at the rota.');
  if (swap.state !== 'proposed') {
    throw new Refused('R2', `This swap was already ${swap.state}.`, 'Look at the rota.');
  }
  if (answer.by !== (answer.state === 'withdrawn' ? swap.from : swap.to)) {
    throw new Refused('R2', 'This is not yours to answer.', 'The member who was asked answers.');
  }
  const swaps = rota.swaps.map((each) =>
    each.id === swap.id ? { ...each, state: answer.state, answeredAt: at } : each,
  );
  if (answer.state !== 'accepted') return { ...rota, swaps };
  refuseSwap(rota, swap, members, at);
  const given = rota.shifts.flatMap((shift) => {
    if (shift.id === swap.shift) return handOn(shift, swap.to, at);
    if (shift.id === swap.inReturn) return handOn(shift, swap.from, at);
    return [shift];
  });
  return { ...rota, swaps, shifts: given.sort(byStart) };
}

/** A shift given to another at an instant: of one that runs already the rest alone; what is past stays as it was. */
export function handOn(shift: Shift, member: PersonId, at: Instant): Shift[] {
  if (at <= shift.start) return [{ ...shift, member }];
  return [
    { ...shift, end: at },
    { ...shift, id: `${shift.id}+${at}`, member, start: at },
  ];
}

/** Where duty passes to another person between two instants [from, to). */
export function handoversBetween(
  shifts: readonly Shift[],
  members: readonly RotaMember[],
  from: Instant,
  to: Instant,
): Handover[] {
  const edges = new Set(shifts.flatMap(({ start, end }) => [start, end]));
  const first = (at: Instant) => onDutyAt(shifts, members, at)[0]?.member;
  return [...edges]
    .filter((at) => from <= at && at < to)
    .sort()
    .map((at) => ({ at, outgoing: first(plus(at, -1)), incoming: first(at) }))
    .filter(({ outgoing, incoming }) => outgoing !== incoming);
}

export type HandoverState = 'ahead' | 'waiting' | 'acknowledged' | 'overdue' | 'nobody';

/** Handover's state: 24 h without acknowledgement is overdue, and the working group is told. */
export function handoverState(
  rota: Rota,
  handover: Handover,
  now: Instant,
  policy: Pick<RotaPolicy, 'acknowledgeWithinMs'>,
): HandoverState {
  if (handover.incoming === undefined) return 'nobody';
  const said = rota.acknowledgements.some(
    ({ at, member }) => at === handover.at && member === handover.incoming,
  );
  if (said) return 'acknowledged';
  if (now < handover.at) return 'ahead';
  return now < handoverAlertAt(handover, policy) ? 'waiting' : 'overdue';
}

/** When the working group is told of a handover that nobody acknowledged. */
export const handoverAlertAt = (
  handover: Handover,
  policy: Pick<RotaPolicy, 'acknowledgeWithinMs'>,
): Instant => plus(handover.at, policy.acknowledgeWithinMs);

/**
 * The incoming member acknowledges; a second time changes nothing.
 *
 * @throws {Refused} for anyone but the incoming member.
 */
export function acknowledge(rota: Rota, handover: Handover, by: PersonId, now: Instant): Rota {
  if (handover.incoming !== by) {
    throw new Refused('R2', 'Another member takes over here.', 'The incoming member acknowledges.');
  }
  if (rota.acknowledgements.some(({ at, member }) => at === handover.at && member === by)) return rota;
  const said = { at: handover.at, member: by, acknowledgedAt: now };
  return { ...rota, acknowledgements: [...rota.acknowledgements, said] };
}

/** Later than any shift; instants compare as text up to the year 9999. */
export const farAhead: Instant = '9999-12-31T23:59:59.999Z';

/**
 * The next instant after `after` at which the rota calls for something: a handover, or the end of the wait for
 * its acknowledgement. Undefined where the rota ends.
 */
export function nextRotaInstant(
  rota: Rota,
  members: readonly RotaMember[],
  after: Instant,
  policy: Pick<RotaPolicy, 'acknowledgeWithinMs'>,
): Instant | undefined {
  const from = plus(after, -policy.acknowledgeWithinMs);
  const instants = handoversBetween(rota.shifts, members, from, farAhead).flatMap((handover) =>
    handoverState(rota, handover, after, policy) === 'acknowledged' || handover.incoming === undefined
      ? [handover.at]
      : [handover.at, handoverAlertAt(handover, policy)],
  );
  return instants.filter((at) => at > after).sort()[0];
}

/** `OEP-60 R23`: "six to seven members of the working group at a time"; undefined where that is so. */
export function sizeWarning(
  members: readonly RotaMember[],
  policy: Pick<RotaPolicy, 'members'>,
): { readonly members: number; readonly least: number; readonly most: number } | undefined {
  const count = members.filter(({ state }) => state === 'active' || state === 'away').length;
  const { least, most } = policy.members;
  return count < least || count > most ? { members: count, least, most } : undefined;
}
