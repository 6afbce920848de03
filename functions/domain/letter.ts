import type { DeadlineName } from './deadlines.ts';
import type { Rating, TextRef } from './disclosure.ts';
import type { Instant } from './instant.ts';
import type { ClosingReason, ExitKind, HoldKind, Stage } from './lifecycle.ts';
import type { PersonId } from './people.ts';
import type { Frequency } from './rating.ts';
import type { ReminderBatch } from './threading.ts';

/** What a mail to a member or a maintainer may say of a disclosure, and nothing besides (policy, "What a mail may say"). */
export interface Sayable {
  readonly reference: string;
  readonly stage?: Stage;
  /** What lies over the stage, or that it has ended: its meaning would say otherwise that somebody is at work. */
  readonly hold?: HoldKind;
  readonly exit?: ExitKind;
  readonly repositories?: readonly SayableEntry[];
}

export interface SayableEntry {
  readonly repository: string;
  readonly rating: Rating;
  readonly score?: number;
}

/** One line of a batch of reminders (OEP-60 R10). */
export interface ReminderLine extends SayableEntry {
  readonly reference: string;
  readonly stage: Stage;
  /** Whole days since the maintainer was notified. */
  readonly ageDays: number;
  /** What is next, in words: "a release instant", "the fix on release/verawood". */
  readonly next: string;
}

/** Parameters of each letter. A letter is data; `functions/letters` renders it when it is delivered. */
export interface LetterParams {
  // to reporters
  acknowledgement: {
    reference?: string;
    messageId?: string;
    references?: readonly string[];
    answerDueAt: Instant;
    pgp?: true;
  };
  'answer-to-reporter': {
    reference: string;
    text: TextRef;
    messageId?: string;
    references?: readonly string[];
    subject?: string;
  };
  'information-asked': {
    reference: string;
    text: TextRef;
    until: Instant;
    messageId?: string;
    references?: readonly string[];
  };
  'information-nudge': { reference: string; until: Instant };
  'reporter-outcome': {
    reference: string;
    outcome: ExitKind | 'invalid-pending';
    reason?: ClosingReason;
    until?: Instant;
    duplicateOf?: string;
    operator?: string;
    /** What a member writes besides: one letter, not two. */
    text?: TextRef;
    messageId?: string;
    references?: readonly string[];
  };
  'reporter-published': {
    reference: string;
    advisories: readonly { repository: string; url: string }[];
    credit: 'set' | 'anonymous' | 'not-chosen';
  };
  'fresh-link': { reference?: string };
  // to members
  'new-report': Sayable & { answerDueAt: Instant; flags: readonly string[]; onDuty: boolean };
  'new-intake': { intake: string; intakeKind: string };
  'sign-in': Record<string, never>;
  'act-notice': Sayable & { act: string; by: string; reason?: string };
  /** `from`: whose mail it is; absent where the reporter wrote or chose something. */
  'follow-up': Sayable & { held?: true; from?: 'maintainer' | 'other' };
  'hand-off': Sayable & { what: HandOffWhat; why: string; repository?: string; url?: string };
  escalation: Sayable & { about: EscalationKind; since?: Instant; due?: Instant; repository?: string };
  'comment-asked': Sayable & { repository: string; before: Rating; after: Rating };
  // to maintainers
  'maintainer-notification': Sayable & {
    repository: string;
    rating: Rating;
    score?: number;
    advisoryUrl?: string;
    why?: string;
  };
  'who-is-acting': Sayable;
  'delegate-named': Sayable & { repository: string; forGood: boolean };
  'release-proposed': Sayable & { at: Instant };
  'announce-now': Sayable & { at: Instant; latestVisibleAt: Instant };
  'announcement-late': Sayable & { at: Instant; visibleAt: Instant; proposed: Instant };
  'announcement-missing': Sayable & { at: Instant; latestVisibleAt: Instant };
  'release-time': Sayable & { at: Instant; repository: string; branches: readonly string[] };
  'release-late': Sayable & { at: Instant; repository: string };
  'reply-now': Sayable & { due: Instant };
  'confirm-act': Sayable & { act: string; by: string; reason?: string };
  'publish-now': Sayable & { repository: string; due: Instant };
  'fix-is-public': Sayable & { repository: string; urgent: boolean };
  'embargo-over': Sayable & { because: string };
  'severity-zero': Sayable & { repository: string };
  'severity-changed-on-github': Sayable & { repository: string; rating: Rating };
  reminder: {
    frequency: Frequency;
    lines: readonly ReminderLine[];
    onDuty?: string;
    note?: TextRef;
    /** False when the group acts for an unresolved maintainer. */
    toMaintainer: boolean;
    /** Which mail it is, for its reply address; absent in one that another version wrote. */
    batch?: ReminderBatch;
  };
  // to operators
  'operator-forward': {
    reference: string;
    instance: string;
    text: TextRef;
    reportKey: string;
    withAttachments: boolean;
  };
  /** What is recorded of an operator or a volunteer stands in their own record alone, and is read from there. */
  'operator-recorded': Record<string, never>;
  'volunteer-recorded': Record<string, never>;
  // rota and handover
  'shift-begins': {
    from: Instant;
    to: Instant;
    reminders: readonly ReminderSum[];
  };
  'shift-brief': {
    from: Instant;
    to: Instant;
    incoming?: string;
    /** The oldest of them. */
    open: readonly BriefLine[];
    openInAll?: number;
    /** How many reminders. */
    due: number;
    /** What falls due in the next shift, the first of it; letters from before lists were kept have none. */
    ahead?: readonly AheadLine[];
    aheadInAll?: number;
    unanswered: number;
    lapsing: number;
    promises?: readonly { reference: string; dueAt: Instant }[];
    quarantined: number;
  };
  'shift-summary': {
    from: Instant;
    to: Instant;
    sent: number;
    entries: number;
    reminders?: readonly ReminderSum[];
  };
  'no-one-on-duty': { since: Instant };
  'handover-unacknowledged': { from: Instant; who: string };
  'swap-proposed': { from: Instant; to: Instant; by: string; inReturn?: ShiftSpan };
  'swap-answered': { from: Instant; to: Instant; accepted: boolean; inReturn?: ShiftSpan };
  /** Only `before`: no longer theirs; only `after`: theirs from now on; both: moved. */
  'shift-changed': {
    by: string;
    before?: { from: Instant; to: Instant };
    after?: { from: Instant; to: Instant };
  };
  /** A plan in turn replaced shifts: all that are theirs no more, and all that are theirs from now on. */
  'shifts-planned': {
    by: string;
    before: readonly ShiftSpan[];
    after: readonly ShiftSpan[];
  };
  invitation: { by: string };
}

interface ShiftSpan {
  readonly from: Instant;
  readonly to: Instant;
}

/** One batch of reminders that goes out, or went out, at an instant. */
export interface ReminderSum {
  readonly maintainer: string;
  readonly frequency: Frequency;
  readonly dueAt: Instant;
  /** Entries in it. */
  readonly count: number;
}

/** Something that falls due: a disclosure's deadline, or a batch of reminders. */
export type AheadLine =
  | { readonly at: Instant; readonly reference: string; readonly deadline: DeadlineName }
  | {
      readonly at: Instant;
      readonly maintainer: string;
      readonly frequency: Frequency;
      readonly count: number;
    };

export interface BriefLine {
  readonly reference: string;
  readonly stage: Stage;
  readonly next: string;
}

export type HandOffWhat =
  | 'open-advisory'
  | 'add-collaborators'
  | 'private-fork'
  | 'request-cve'
  | 'update-severity'
  | 'publish-advisory'
  | 'close-advisory'
  | 'set-credit'
  | 'post-announcement'
  | 'post-reply'
  | 'answer-on-github';

export type EscalationKind =
  | 'response-half'
  | 'response-missed'
  | 'two-hours-fix-exposed'
  | 'two-hours-after-merge'
  | 'embargo-cap-near'
  | 'embargo-cap-reached'
  | 'attacks-seen'
  | 'public-pull-request'
  | 'maintainer-silent'
  | 'maintainer-unresolved'
  | 'early-public-unpublished'
  | 'help-asked'
  | 'disowned'
  | 'letter-bounced'
  | 'letter-unknown'
  | 'severity-none'
  | 'merge-claimed'
  | 'announcement-claimed'
  | 'released-before-notice'
  | 'release-warning';

export type LetterTemplate = keyof LetterParams;

/** To whom: one person, or the working group (its address where configured, else each active member). */
export type Addressee = { readonly person: PersonId } | { readonly group: 'working-group' };

/** One letter that a commit causes; delivered by the stream, at least once. */
export type Letter = {
  [T in LetterTemplate]: {
    readonly template: T;
    readonly to: Addressee;
    readonly params: LetterParams[T];
    /** Which disclosure, intake, shift or batch its link is for; none for letters without a link. */
    readonly about?: string | undefined;
    /** As what the recipient is addressed: what their link shows and allows. */
    readonly as?: 'reporter' | 'member' | 'maintainer' | 'operator' | undefined;
    /** Holds details: never sent a second time without a person's word. */
    readonly sensitive?: true | undefined;
  };
}[LetterTemplate];

/** What a commit sets in motion besides letters. */
export type Signal =
  /** Start the execution of this generation at the stored stage. */
  | { readonly kind: 'start-execution'; readonly generation: number }
  /** The disclosure moved: resolve the token that waits, where its wait is over. */
  | { readonly kind: 'advance' }
  /** Bring an advisory in line with the record (severity, credit, state). */
  | {
      readonly kind: 'update-advisory';
      readonly repository: string;
      readonly what: 'severity' | 'credit' | 'close';
    }
  /** The maintainer's explicit, confirmed command. Never repeated, never guessed. */
  | { readonly kind: 'publish-advisory'; readonly repository: string }
  /** The reporters of a duplicate are handed to the original (policy A3). */
  | { readonly kind: 'hand-reporters'; readonly to: string }
  /** A delegate for good is remembered beyond this disclosure (R29). */
  | { readonly kind: 'remember-delegate'; readonly maintainer: string; readonly delegate: PersonId }
  | { readonly kind: 'post-announcement' }
  | { readonly kind: 'post-reply' };

/** Signals that go to GitHub or Discourse; the others go to the state machine. */
export const errandKinds: readonly Signal['kind'][] = [
  'update-advisory',
  'publish-advisory',
  'post-announcement',
  'post-reply',
];
