/**
 * The lifecycle as data. The core, the condition of every write, the state machine's test and the picture in
 * the documentation all read this one table.
 */

/** The stages of a disclosure, in order. A disclosure has exactly one. */
export const stages = ['received', 'triaged', 'advised', 'announced', 'merged', 'published'] as const;
export type Stage = (typeof stages)[number];

/** What may lie over a stage (policy V8); never a stage itself. */
export const holds = ['needs-information', 'invalid-pending', 'deferred'] as const;
export type HoldKind = (typeof holds)[number];

/** How a disclosure can end without being published. */
export const exits = [
  'forwarded',
  'duplicate',
  'invalid',
  'incomplete',
  'spam',
  'answered',
  'closed',
] as const;
export type ExitKind = (typeof exits)[number];

/** Why a disclosure or a repository entry is closed. */
export const closingReasons = [
  'wont-fix',
  'already-fixed',
  'not-affected',
  'withdrawn',
  'no-severity',
] as const;
export type ClosingReason = (typeof closingReasons)[number];

const anyStage: readonly Stage[] = stages;
const beforePublished: readonly Stage[] = ['received', 'triaged', 'advised', 'announced', 'merged'];
const accepted: readonly Stage[] = ['triaged', 'advised', 'announced', 'merged'];

export interface Transition {
  readonly command: string;
  /** Stages in which the command is legal. */
  readonly from: readonly Stage[];
  /** Stages it may lead to; empty where it never changes the stage. */
  readonly to: readonly Stage[];
  /** May the command be given while a hold lies over the stage? */
  readonly onHold: boolean;
  /** May the command be given after an exit? */
  readonly afterExit?: true;
}

const row = (
  command: string,
  from: readonly Stage[],
  to: readonly Stage[] = [],
  flags: { onHold?: boolean; afterExit?: true } = {},
): Transition => ({
  command,
  from,
  to,
  onHold: flags.onHold ?? true,
  ...(flags.afterExit && { afterExit: true }),
});

/** Every command of the core: where it is legal and where it may lead. Commands are decided in `decide.ts`. */
export const transitions = [
  // triage (OEP-60 R2)
  row('accept', ['received'], ['triaged']),
  row('mark-duplicate', beforePublished),
  row('mark-invalid', ['received']),
  row('ask-information', ['received', 'triaged']),
  row('mark-spam', ['received']),
  row('forward', ['received', 'triaged', 'advised']),
  row('answer', ['received']),
  row('record-step', anyStage),
  row('close', beforePublished),
  row('resume', ['received', 'triaged', 'advised', 'announced']),
  row('defer', ['received', 'triaged', 'advised', 'announced']),
  row('reopen', anyStage, [], { afterExit: true }),
  row('adopt-reporters', anyStage, [], { afterExit: true }),
  // conversation
  row('reply-to-reporter', anyStage, [], { afterExit: true }),
  row('attach-mail', anyStage, [], { afterExit: true }),
  row('answer-reminder', anyStage, [], { afterExit: true }),
  row('add-text', anyStage),
  row('choose-credit', anyStage, [], { afterExit: true }),
  // advising (OEP-60 R5, R6)
  row('add-repository', accepted, []),
  row('record-advisory', accepted, ['advised']),
  row('hand-off-advisory', accepted, []),
  row('notify-maintainer', accepted, ['advised']),
  row('hand-off', anyStage, [], { afterExit: true }),
  row('hand-off-done', anyStage, [], { afterExit: true }),
  row('name-maintainer', accepted, []),
  row('name-delegate', accepted, []),
  row('adjudicate', accepted, []),
  row('adopt-severity', accepted, []),
  row('comment-severity', accepted, []),
  row('ask-help', accepted, []),
  row('expect-fix', accepted, []),
  row('disown', accepted, []),
  row('report-public-pull-request', accepted, []),
  row('decide-public-pull-request', accepted, []),
  row('close-entry', accepted, ['advised', 'announced', 'merged', 'published']),
  // release (OEP-60, Security Releases)
  row('record-ready', accepted, []),
  row('propose-release', ['advised', 'announced'], ['advised'], { onHold: false }),
  row('confirm-release', ['advised', 'announced'], [], { onHold: false }),
  row('see-announcement', ['advised', 'announced', 'merged'], ['announced', 'merged']),
  row('record-merge', accepted, ['merged']),
  row('claim-merge', accepted, []),
  row('command-post', ['advised', 'announced', 'merged']),
  row('command-publication', accepted, []),
  row('see-advisory', accepted, ['published'], { afterExit: true }),
  row('see-reply', accepted, ['published']),
  row('link-announcement', ['advised', 'announced', 'merged']),
  row('link-reply', accepted),
  row('claim-announcement', ['advised', 'announced', 'merged']),
  // facts and the embargo (policy V1–V7, A2, A5)
  row('record-fact', anyStage, [], { afterExit: true }),
  row('retract-fact', anyStage, [], { afterExit: true }),
  row('go-public-early', beforePublished, []),
  row('renew-embargo', beforePublished, []),
  // time and machinery
  row('record-schedules', ['announced', 'merged']),
  row('pass-deadline', anyStage, []),
  row('note-delivery', anyStage, [], { afterExit: true }),
  row('purge', anyStage, [], { afterExit: true }),
  row('forget-person', anyStage, [], { afterExit: true }),
  row('begin-generation', anyStage, []),
] as const satisfies readonly Transition[];

/** The row of a command; throws where the table knows none. */
export function transitionOf(command: string): Transition {
  const found = transitions.find((entry) => entry.command === command);
  if (!found) throw new RangeError(`no transition is written for the command ${JSON.stringify(command)}`);
  return found;
}

/** Is `a` at or beyond `b`? */
export const reached = (a: Stage, b: Stage): boolean => stages.indexOf(a) >= stages.indexOf(b);
