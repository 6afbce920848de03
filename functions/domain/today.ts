import type { Batch } from './cadence.ts';
import { addPeriod, startOfDay, type Zone } from './calendar.ts';
import type { Policy } from './commands.ts';
import { type DeadlineName, deadlineKey, deadlinesOf } from './deadlines.ts';
import { type Disclosure, isOpen, type Rating } from './disclosure.ts';
import {
  type DutyRecord,
  type HandoverNote,
  type OpenWork,
  type Stretch,
  shiftBrief,
  stretchAt,
} from './handover.ts';
import { day, earlier, type Instant, later, plus } from './instant.ts';
import type { LetterParams } from './letter.ts';
import type { Stage } from './lifecycle.ts';
import { nextStep } from './next-step.ts';
import type { PersonId } from './people.ts';
import { type ResponseState, responseState } from './response-target.ts';
import {
  byStart,
  type Coverage,
  coverage,
  type Handover,
  type HandoverState,
  handoverState,
  handoversBetween,
  manned,
  type RotaMember,
  type Shift,
  type Span,
  sizeWarning,
} from './rota.ts';

/** One of "my cases". */
export interface CaseLine {
  readonly reference: string;
  readonly stage: Stage;
  readonly hold?: string | undefined;
  /** The highest rating of its entries; none before triage. */
  readonly rating?: Rating | undefined;
  readonly next: string;
  readonly receivedAt: Instant;
  /** Policy A1, with when it is due. */
  readonly response: ResponseState;
  readonly responseDueAt: Instant;
  /** Why it is on my list. */
  readonly because: 'mine' | 'on-duty' | 'confirm';
}

/** Something that time brings about within a day, or has brought about. */
export type DueLine =
  | {
      readonly kind: 'deadline';
      readonly at: Instant;
      readonly reference: string;
      readonly name: DeadlineName;
      readonly past: boolean;
    }
  | {
      readonly kind: 'reminder';
      readonly at: Instant;
      readonly maintainer: string;
      readonly frequency: string;
      readonly entries: number;
      readonly postponed: boolean;
    };

/** One release on the time line. */
export interface ReleaseMark {
  readonly reference: string;
  readonly at: Instant;
  readonly confirmed: boolean;
  /** The announcement's visible instant. */
  readonly announcedAt?: Instant | undefined;
  /** Until when an announcement must be visible for this release (OEP-60 R15). */
  readonly announceBy: Instant;
}

/** The part of a shift that lies in a week, with the shift. */
export interface ShiftPart extends Shift {
  readonly whole: Span;
}

/** A week of the rota, Monday or not: seven days from its start. Shifts are cut to it. */
export interface RotaWeek extends Coverage {
  readonly start: Instant;
  readonly end: Instant;
  readonly shifts: readonly ShiftPart[];
}

export interface HandoverLine extends Handover {
  readonly state: HandoverState;
  readonly notes: readonly HandoverNote[];
}

/** What a member sees first: all of it made from the record. */
export interface Today {
  readonly now: Instant;
  readonly onDuty?: Stretch | undefined;
  readonly iAmOnDuty: boolean;
  readonly mine: readonly CaseLine[];
  readonly due: readonly DueLine[];
  /** The time line's span; releases beyond it are not on it. */
  readonly horizon: { readonly start: Instant; readonly end: Instant };
  readonly releases: readonly ReleaseMark[];
  readonly unanswered: number;
  readonly quarantined: number;
  readonly weeks: readonly RotaWeek[];
  /** The handover before now and the next one, where there are such. */
  readonly last?: HandoverLine | undefined;
  readonly following?: HandoverLine | undefined;
  /** What the outgoing member was mailed, as it stands now: for the stretch of duty that runs. */
  readonly brief: LetterParams['shift-brief'] | undefined;
  readonly size: ReturnType<typeof sizeWarning>;
}

export interface TodayInput {
  readonly me: PersonId;
  readonly now: Instant;
  readonly policy: Policy;
  readonly work: OpenWork;
  /** Reminder batches to come (`willGoOut`): of the coming day, and while the stretch of duty lasts. */
  readonly batches: readonly Batch[];
  readonly duty: DutyRecord;
  readonly members: readonly RotaMember[];
}

const weeksAhead = 4;

const ranks: readonly Rating[] = ['none', 'low', 'medium', 'high', 'critical'];
const highest = (disclosure: Disclosure): Rating | undefined =>
  disclosure.entries
    .map(({ severity }) => severity.rating)
    .sort((a, b) => ranks.indexOf(b) - ranks.indexOf(a))[0];

/** A case is mine where I did a step of its triage, where my confirmation is asked, or which nobody took up in my shift. */
function reasonFor(disclosure: Disclosure, me: PersonId, onDuty: boolean): CaseLine['because'] | undefined {
  const pending = Object.values(disclosure.pending ?? {});
  if (pending.length > 0 && pending.every(({ by }) => by !== me)) return 'confirm';
  const steps = Object.values(disclosure.steps);
  if (steps.some(({ by }) => by === `member:${me}`)) return 'mine';
  return onDuty && steps.every(({ by }) => !by.startsWith('member:')) ? 'on-duty' : undefined;
}

function caseLines({ work, me, now }: TodayInput, onDuty: boolean): CaseLine[] {
  return work.disclosures.filter(isOpen).flatMap((disclosure): CaseLine[] => {
    const because = reasonFor(disclosure, me, onDuty);
    if (!because) return [];
    const { id, stage, hold, receivedAt, response } = disclosure;
    const rating = highest(disclosure);
    return [
      {
        reference: id,
        stage,
        ...(hold && { hold: hold.kind }),
        ...(rating && { rating }),
        next: nextStep(disclosure),
        receivedAt,
        response: responseState(response, now),
        responseDueAt: response.dueAt,
        because,
      },
    ];
  });
}

/** Deadlines of the coming day and untold ones of the past, and the reminders that go out within the day. */
function dueLines({ work, now, policy, batches }: TodayInput): DueLine[] {
  const until = plus(now, day);
  const deadlines = work.disclosures.flatMap((disclosure) =>
    deadlinesOf(disclosure, policy)
      .filter(({ at }) => at < until)
      .map(
        (deadline): DueLine => ({
          kind: 'deadline',
          at: deadline.at,
          reference: disclosure.id,
          name: deadline.name,
          past: deadline.at <= now || disclosure.told.includes(deadlineKey(deadline)),
        }),
      ),
  );
  const reminders = batches
    .filter(({ sendingInstant }) => sendingInstant < until)
    .map(
      ({ sendingInstant, maintainer, frequency, entries }): DueLine => ({
        kind: 'reminder',
        at: sendingInstant,
        maintainer,
        frequency,
        entries: entries.length,
        postponed: entries.length > 0 && entries.every(({ dueAt }) => dueAt < sendingInstant),
      }),
    );
  return [...deadlines, ...reminders].sort((a, b) => a.at.localeCompare(b.at));
}

function releaseMarks({ work, now, policy }: TodayInput, end: Instant): ReleaseMark[] {
  return work.disclosures
    .filter(isOpen)
    .flatMap(({ id, release, announcement }): ReleaseMark[] =>
      release && now <= release.at && release.at < end
        ? [
            {
              reference: id,
              at: release.at,
              confirmed: release.confirmedAt !== undefined,
              ...(announcement && { announcedAt: announcement.visibleAt }),
              announceBy: plus(release.at, -policy.noticeMs),
            },
          ]
        : [],
    )
    .sort((a, b) => a.at.localeCompare(b.at));
}

/** The rota week by week from the day of an instant on, with what it leaves open. */
export function rotaWeeks(
  shifts: readonly Shift[],
  from: Instant,
  zone: Zone,
  count = weeksAhead,
): readonly RotaWeek[] {
  const first = startOfDay(from, zone);
  return Array.from({ length: count }, (_, at) => {
    const start = addPeriod(first, { days: 7 * at }, zone);
    const end = addPeriod(first, { days: 7 * (at + 1) }, zone);
    const within = shifts
      .filter((shift) => shift.start < end && start < shift.end)
      .map((shift) => ({
        ...shift,
        start: later(shift.start, start),
        end: earlier(shift.end, end),
        whole: { start: shift.start, end: shift.end },
      }));
    return { start, end, shifts: within, ...coverage(within, start, end) };
  });
}

/** The shifts of some weeks, each once and uncut, in the order in which they begin. */
export const shiftsOf = (weeks: readonly RotaWeek[]): readonly Shift[] =>
  [...new Map(weeks.flatMap(({ shifts }) => shifts.map((part) => [part.id, part]))).values()]
    .map(({ whole, ...shift }) => ({ ...shift, ...whole }))
    .sort(byStart);

function handoverLines({ duty, members, now, policy }: TodayInput, end: Instant) {
  const line = (handover: Handover | undefined): HandoverLine | undefined =>
    handover && {
      ...handover,
      state: handoverState(duty, handover, now, policy.rota),
      notes: (duty.notes ?? []).filter(({ at }) => at === handover.at),
    };
  const all = handoversBetween(duty.shifts, members, plus(now, -60 * day), end);
  return {
    last: line(all.filter(({ at }) => at <= now).at(-1)),
    following: line(all.find(({ at }) => at > now)),
  };
}

/** The members' page "Today", as data. Pure. */
export function today(input: TodayInput): Today {
  const { now, me, duty, members, policy, work, batches } = input;
  const onDuty = stretchAt(duty, members, now);
  const shifts = manned(duty.shifts, members);
  const weeks = rotaWeeks(shifts, now, policy.zone);
  const end = weeks.at(-1)?.end ?? now;
  return {
    now,
    onDuty,
    iAmOnDuty: onDuty?.member === me,
    mine: caseLines(input, onDuty?.member === me),
    due: dueLines(input),
    horizon: { start: now, end },
    releases: releaseMarks(input, end),
    unanswered: work.unanswered.length,
    quarantined: work.quarantined.length,
    weeks,
    ...handoverLines(input, end),
    brief:
      onDuty &&
      shiftBrief(
        { start: now, end: onDuty.end },
        { start: now, end: onDuty.end },
        work,
        batches.filter(({ sendingInstant }) => sendingInstant < onDuty.end),
        policy,
      ),
    size: sizeWarning(members, policy.rota),
  };
}
