import type { Batch } from './cadence.ts';
import { type Disclosure, isOpen, type TextRef } from './disclosure.ts';
import type { Instant } from './instant.ts';
import { plus } from './instant.ts';
import type { BriefLine, LetterParams } from './letter.ts';
import { nextStep } from './next-step.ts';
import type { PersonId } from './people.ts';
import {
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

/** What a handover at an instant means: who goes, with the shift that ends; who comes, with the one that begins. */
export function turnAt(duty: Rota, members: readonly RotaMember[], at: Instant) {
  const handover = handoversBetween(duty.shifts, members, at, plus(at, 1))[0];
  if (!handover) return undefined;
  return { handover, ends: shiftAt(duty, members, plus(at, -1)), begins: shiftAt(duty, members, at) };
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

/**
 * The outgoing member's brief, made from the record: open disclosures with stage and next step, and how much is
 * due, unanswered, about to lapse and quarantined. `next` is the shift that follows, or the week where none does.
 */
export function shiftBrief(
  ended: Span,
  next: Span & { readonly incoming?: PersonId | undefined },
  work: OpenWork,
  due: readonly Batch[],
): LetterParams['shift-brief'] {
  const open = work.disclosures
    .filter(isOpen)
    .toSorted(byAge)
    .map((each): BriefLine => ({ reference: each.id, stage: each.stage, next: nextStep(each) }));
  return {
    from: ended.start,
    to: ended.end,
    ...(next.incoming && { incoming: next.incoming }),
    open: open.slice(0, briefLines),
    due: due.length,
    unanswered: work.unanswered.length,
    lapsing: lapsingBefore(work.disclosures, next.end).length,
    quarantined: work.quarantined.length,
  };
}
