import { isZone } from './calendar.ts';
import { Refused } from './errors.ts';
import { type Instant, ms } from './instant.ts';
import type { PersonId } from './people.ts';
import { byStart, handOn, type Rota, type Shift, type Span, type Swap } from './rota.ts';

/*
 * What members change by hand in a rota, generated or not. The past stays as it was: who was on duty then is part of
 * the record. Gaps and overlaps are allowed; they are shown (`coverage`).
 */

function requireLength({ start, end }: Span): void {
  if (!(ms(start) < ms(end)))
    throw new Refused('R2', 'A shift ends after it begins.', 'Give a later end.', 'end');
}

/** The shift that is to be changed. @throws {Refused} for one that is not there, or is over. */
function openShift(rota: Rota, id: string, now: Instant): Shift {
  const shift = rota.shifts.find((each) => each.id === id);
  if (!shift) throw new Refused('R2', 'This shift is not in the rota any more.', 'Look at the rota again.');
  if (shift.end <= now)
    throw new Refused('R2', 'This shift is over.', 'Choose one that runs or is ahead; the past stays.');
  return shift;
}

/** An id that no shift of the rota has: changed shifts keep theirs, whatever they have become. */
function freeId(rota: Rota, wanted: string): string {
  const taken = new Set(rota.shifts.map(({ id }) => id));
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted}/${count}`;
  return id;
}

/**
 * Adds a shift beside those that are there, under an id of its own.
 *
 * @throws {Refused} for a shift that ends before it begins, or an unknown zone.
 */
export function addShift(rota: Rota, shift: Shift): Rota {
  if (!isZone(shift.zone))
    throw new Refused('R2', 'Unknown time zone.', 'Choose a zone such as UTC.', 'zone');
  requireLength(shift);
  return { ...rota, shifts: [...rota.shifts, { ...shift, id: freeId(rota, shift.id) }].sort(byStart) };
}

/** A shift becomes others, or none; open offers of what it was are withdrawn. */
function replace(rota: Rota, id: string, by: readonly Shift[]): Rota {
  return {
    ...rota,
    shifts: rota.shifts.flatMap((shift) => (shift.id === id ? by : [shift])).sort(byStart),
    swaps: rota.swaps.map((swap) => withdrawnIf(swap, swap.shift === id || swap.inReturn === id)),
  };
}

const withdrawnIf = (swap: Swap, condition: boolean): Swap =>
  condition && swap.state === 'proposed' ? { ...swap, state: 'withdrawn' } : swap;

/** What a shift is to become; it keeps its id. */
export interface ShiftChange extends Span {
  readonly id: string;
  readonly member: PersonId;
}

/**
 * Moves, shortens, lengthens or reassigns a shift. Of one that runs already the beginning stays, and another member
 * takes over now.
 *
 * @throws {Refused} for a shift that is over, a beginning in the past, an end before it, or a change of nothing.
 */
export function changeShift(rota: Rota, change: ShiftChange, now: Instant): Rota {
  const shift = openShift(rota, change.id, now);
  const { member, start, end } = change;
  requireLength(change);
  if (member === shift.member && start === shift.start && end === shift.end)
    throw new Refused('R2', 'That changes nothing.', 'Change who is on duty, the beginning or the end.');
  const runs = shift.start <= now;
  if (runs && start !== shift.start)
    throw new Refused('R2', 'This shift has begun already.', 'Leave its beginning; the past stays.', 'start');
  if (!runs && start < now)
    throw new Refused('R2', 'A shift cannot begin in the past.', 'Choose a later beginning.', 'start');
  if (end <= now)
    throw new Refused('R2', 'That end is past.', 'Choose a later one, or remove the shift.', 'end');
  const changed = { ...shift, start, end };
  return replace(rota, shift.id, member === shift.member ? [changed] : handOn(changed, member, now));
}

/**
 * Splits a shift at an instant: what comes after it is a shift of its own, of the same member or another.
 *
 * @throws {Refused} for a shift that is over, and an instant that is not inside it or is past.
 */
export function splitShift(
  rota: Rota,
  split: { readonly id: string; readonly at: Instant; readonly member: PersonId },
  now: Instant,
): Rota {
  const shift = openShift(rota, split.id, now);
  const { at, member } = split;
  if (at <= shift.start || shift.end <= at)
    throw new Refused('R2', 'That is not inside the shift.', 'Choose an instant between its ends.', 'at');
  if (at < now) throw new Refused('R2', 'That instant is past.', 'Choose a later one.', 'at');
  const later: Shift = { ...shift, id: freeId(rota, `${shift.id}+${at}`), member, start: at };
  return replace(rota, shift.id, [{ ...shift, end: at }, later]);
}

/**
 * Takes a shift out, and with it the open offers of it; of one that runs the rest.
 *
 * @throws {Refused} for a shift that is over.
 */
export function removeShift(rota: Rota, id: string, now: Instant): Rota {
  const shift = openShift(rota, id, now);
  return replace(rota, id, shift.start < now ? [{ ...shift, end: now }] : []);
}

/** A member leaves at an instant: the running shift ends there, later ones go, open offers with them. */
export function leave(rota: Rota, member: PersonId, at: Instant): Rota {
  const shifts = rota.shifts.flatMap((shift): Shift[] => {
    if (shift.member !== member || shift.end <= at) return [shift];
    return shift.start < at ? [{ ...shift, end: at }] : [];
  });
  const swaps = rota.swaps.map((swap) => withdrawnIf(swap, swap.from === member || swap.to === member));
  return { ...rota, shifts, swaps };
}
