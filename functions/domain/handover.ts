import type { Batch } from './cadence.ts';
import type { Policy } from './commands.ts';
import { deadlinesOf } from './deadlines.ts';
import { type Disclosure, isOpen, type TextRef } from './disclosure.ts';
import type { Instant } from './instant.ts';
import { plus } from './instant.ts';
import type { AheadLine, BriefLine, LetterParams } from './letter.ts';
import { nextStep } from './next-step.ts';
import type { PersonId } from './people.ts';
import {
  farAhead,
  handoversBetween,
  nextRotaInstant,
  onDutyAt,
  type Rota,
  type RotaMember,
  type RotaPolicy,
  type Shift,
  type Span,
} from './rota.ts';

/** What the outgoing member adds to the brief for whoever takes over; the words lie outside the record. */
export interface HandoverNote {
  /** Of the handover. */
  readonly at: Instant;
  readonly by: PersonId;
  readonly text: TextRef;
}

/** The rota as it is stored: with what the handover and the calendar feeds add to it. */
export interface DutyRecord extends Rota {
  /** All that the rota calls for was done up to this instant. */
  readonly doneUntil?: Instant | undefined;
  readonly notes?: readonly HandoverNote[] | undefined;
  /** SHA-256 (hex) of the secret in a feed's address, by whose feed it is: a person or `working-group`. */
  readonly feeds?: Readonly<Record<string, string>> | undefined;
}

/** When the rota next calls for something: what was left undone comes first. */
export const nextDuty = (
  duty: DutyRecord,
  members: readonly RotaMember[],
  now: Instant,
  policy: RotaPolicy,
): Instant | undefined => nextRotaInstant(duty, members, duty.doneUntil ?? plus(now, -1), policy);

/** The shift that puts one on duty at an instant: of several the one that ends first. */
export const shiftAt = (duty: Rota, members: readonly RotaMember[], at: Instant): Shift | undefined =>
  onDutyAt(duty.shifts, members, at)[0];

/** A member's time on duty without a break, of however many shifts: from one handover to the next. */
export interface Stretch extends Span {
  readonly member: PersonId;
}

/** The stretch of duty around an instant; undefined where nobody is on duty. */
export function stretchAt(duty: Rota, members: readonly RotaMember[], at: Instant): Stretch | undefined {
  const member = shiftAt(duty, members, at)?.member;
  if (member === undefined) return undefined;
  const turns = handoversBetween(duty.shifts, members, '', farAhead).map((handover) => handover.at);
  return {
    member,
    start: turns.findLast((turn) => turn <= at) ?? at,
    end: turns.find((turn) => turn > at) ?? at,
  };
}

/** What a handover at an instant means: who goes, after which stretch of duty; who comes, and until when. */
export function turnAt(duty: Rota, members: readonly RotaMember[], at: Instant) {
  const handover = handoversBetween(duty.shifts, members, at, plus(at, 1))[0];
  if (!handover) return undefined;
  return {
    handover,
    ends: stretchAt(duty, members, plus(at, -1)),
    begins: stretchAt(duty, members, at),
  };
}

/** `OEP-60 R9`: on what goes out decides who is on duty now, or when it is due; any member where nobody is. */
export function decidesOnBatch(
  duty: Rota,
  members: readonly RotaMember[],
  by: PersonId,
  now: Instant,
  due: Instant | undefined,
): boolean {
  const state = members.find(({ id }) => id === by)?.state;
  const present = shiftAt(duty, members, now)?.member;
  const then = due && shiftAt(duty, members, due)?.member;
  return (state === 'active' || state === 'away') && (by === present || by === then || present === undefined);
}

/** The record at the end of a shift, as far as the brief looks at it. */
export interface OpenWork {
  readonly disclosures: readonly Disclosure[];
  /** Keys of intakes that wait for a member's answer or decision. */
  readonly unanswered: readonly string[];
  readonly quarantined: readonly string[];
}

/** More lines than this help nobody in a mail; the page has them all. */
const briefLines = 40;

/** Oldest first: who waits longest stands on top. */
const byAge = (a: Disclosure, b: Disclosure): number => a.receivedAt.localeCompare(b.receivedAt);

/** Promises to reporters (A1) that lapse before an instant, or have lapsed. */
export const lapsingBefore = (disclosures: readonly Disclosure[], at: Instant): readonly Disclosure[] =>
  disclosures.filter(
    (disclosure) => isOpen(disclosure) && !disclosure.response.answeredAt && disclosure.response.dueAt < at,
  );

/** What falls due in a span, earliest first: deadlines of disclosures, and the reminders that will go out. */
function aheadIn(span: Span, work: OpenWork, due: readonly Batch[], policy: Policy): readonly AheadLine[] {
  const deadlines = work.disclosures.flatMap((disclosure) =>
    deadlinesOf(disclosure, policy)
      .filter(({ at }) => span.start <= at && at < span.end)
      .map(({ at, name }): AheadLine => ({ at, reference: disclosure.id, deadline: name })),
  );
  const reminders = due.map(
    ({ sendingInstant, maintainer, frequency, entries }): AheadLine => ({
      at: sendingInstant,
      maintainer,
      frequency,
      count: entries.length,
    }),
  );
  return [...deadlines, ...reminders].sort((a, b) => a.at.localeCompare(b.at));
}

/**
 * The outgoing member's brief, made from the record: open disclosures with stage and next step, what is due in the
 * next shift, promises to reporters about to lapse, and how many mails are unanswered and quarantined. `next` is the
 * shift that follows, or the week where none does.
 */
export function shiftBrief(
  ended: Span,
  next: Span & { readonly incoming?: PersonId | undefined },
  work: OpenWork,
  due: readonly Batch[],
  policy: Policy,
): LetterParams['shift-brief'] {
  const open = work.disclosures
    .filter(isOpen)
    .toSorted(byAge)
    .map((each): BriefLine => ({ reference: each.id, stage: each.stage, next: nextStep(each) }));
  const lapsing = lapsingBefore(work.disclosures, next.end);
  const ahead = aheadIn(next, work, due, policy);
  return {
    from: ended.start,
    to: ended.end,
    ...(next.incoming && { incoming: next.incoming }),
    open: open.slice(0, briefLines),
    openInAll: open.length,
    due: due.length,
    ahead: ahead.slice(0, briefLines),
    aheadInAll: ahead.length,
    unanswered: work.unanswered.length,
    lapsing: lapsing.length,
    promises: lapsing
      .map(({ id, response }) => ({ reference: id, dueAt: response.dueAt }))
      .sort((a, b) => a.dueAt.localeCompare(b.dueAt))
      .slice(0, briefLines),
    quarantined: work.quarantined.length,
  };
}
