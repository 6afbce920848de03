import { advisingRules } from './advising.ts';
import type { Command, CommandName, Situation } from './commands.ts';
import { conversationRules } from './conversation.ts';
import { deadlineRules, nextDeadline, pruneTold } from './deadlines.ts';
import { type Disclosure, isOpen, openEntries } from './disclosure.ts';
import {
  breakSilence,
  type Draft,
  onDuty,
  type ReminderChange,
  type Rule,
  type Rules,
  sayable,
  set,
  workingGroup,
  write,
} from './draft.ts';
import { embargoRules } from './embargo.ts';
import { Refused } from './errors.ts';
import type { Instant } from './instant.ts';
import type { Letter, Signal } from './letter.ts';
import { reached, type Stage, transitionOf } from './lifecycle.ts';
import { isWait, machineStateOf } from './machine.ts';
import { type Actor, selvesOf } from './people.ts';
import { mayGive, needsReasonFromMember } from './permissions.ts';
import { allMerged, allPublished, mergesComplete, published, releaseRules } from './release.ts';
import { triageRules } from './triage.ts';

/** What a command came to: the disclosure as it is then, and everything it sets in motion. */
export interface Decision {
  readonly disclosure: Disclosure;
  readonly type: CommandName;
  readonly data: Readonly<Record<string, unknown>>;
  readonly letters: readonly Letter[];
  readonly signals: readonly Signal[];
  readonly reminders: readonly ReminderChange[];
  /** The stages in which the write may take effect; the storage's condition (policy V10). */
  readonly from: readonly Stage[];
  /** When time alone will next matter. */
  readonly due: Instant | undefined;
}

const rules: Rules<CommandName> = {
  ...triageRules,
  ...conversationRules,
  ...advisingRules,
  ...releaseRules,
  ...embargoRules,
  ...deadlineRules,
  purge(draft, command) {
    const { disclosure } = draft;
    if (isOpen(disclosure))
      throw new Refused('A8', 'It has not ended.', 'Mails are kept until long after the end.');
    set(draft, { purgedAt: draft.now, title: undefined, description: undefined });
    draft.data.mails = command.mails;
    draft.data.texts = command.texts;
  },
  'note-delivery'(draft, command) {
    draft.data.of = command.of;
    draft.data.part = command.part;
    draft.data.template = command.template;
    draft.data.problem = command.problem;
    write(draft, 'escalation', onDuty(draft), {
      ...sayable(draft),
      about: command.problem === 'unknown' ? 'letter-unknown' : 'letter-bounced',
    });
  },
  'begin-generation'(draft, command) {
    const generation = draft.disclosure.generation + 1;
    set(draft, { generation });
    draft.data.because = command.because;
    draft.data.generation = generation;
    draft.signals.push({ kind: 'start-execution', generation });
  },
};

/** Moves the stage as far as what is known carries it. */
function settle(draft: Draft): void {
  if (draft.disclosure.exit || draft.disclosure.stage === 'received') return;
  const open = openEntries(draft.disclosure);
  const is = (stage: Stage): boolean => draft.disclosure.stage === stage;
  if (is('triaged') && open.every((entry) => (entry.advisory || entry.handOff?.doneAt) && entry.notifiedAt))
    set(draft, { stage: 'advised' });
  if (is('advised') && draft.disclosure.announcement) set(draft, { stage: 'announced' });
  if (!reached(draft.disclosure.stage, 'merged') && allMerged(draft.disclosure)) {
    set(draft, { stage: 'merged' });
    mergesComplete(draft);
  }
  if (!is('published') && allPublished(draft.disclosure)) {
    set(draft, { stage: 'published', hold: undefined });
    published(draft);
  }
}

/** Refuses what the transition table does not allow, saying where the disclosure stands. */
function requireLegal(disclosure: Disclosure, command: Command): void {
  const row = transitionOf(command.name);
  if (
    disclosure.exit &&
    !row.afterExit &&
    command.name !== 'begin-generation' &&
    command.name !== 'pass-deadline'
  )
    throw new Refused(
      'V10',
      `${disclosure.id} ended (${disclosure.exit.kind}).`,
      'Reopen it first, where the rules allow that.',
    );
  if (disclosure.hold && !row.onHold)
    throw new Refused('V8', `${disclosure.id} is on hold (${disclosure.hold.kind}).`, 'Resume it first.');
  if (!row.from.includes(disclosure.stage))
    throw new Refused(
      'V10',
      `"${command.name}" is not possible at the stage ${disclosure.stage}.`,
      `It is possible at: ${row.from.join(', ')}.`,
    );
}

function requirePermission(disclosure: Disclosure, actor: Actor, command: Command): void {
  if (!mayGive(disclosure, actor, command))
    throw new Refused(
      'R2',
      `As ${actor.kind} you may not do that here.`,
      'Ask the person whose act it is, or the working group.',
    );
  const reason = 'reason' in command ? command.reason : undefined;
  if (actor.kind === 'member' && needsReasonFromMember.includes(command.name) && !reason?.trim())
    throw new Refused(
      'R2',
      'Acting for a maintainer needs a reason.',
      'Say why you act in the maintainer’s place.',
      'reason',
    );
}

/** Acts of members and maintainers are told to the group, with a way to object; the conversation and steps are not. */
const quiet: readonly CommandName[] = [
  'record-step',
  'comment-severity',
  'expect-fix',
  'reply-to-reporter',
  'hand-off-done',
];

/** The repository that a command is about; none where it concerns the whole disclosure. */
const repositoryOf = (command: Command): string | undefined =>
  'repository' in command && typeof command.repository === 'string' ? command.repository : undefined;

function tellGroup(draft: Draft, command: Command): void {
  const { actor } = draft;
  if (!('person' in actor) || actor.kind === 'reporter' || quiet.includes(command.name) || draft.postponed)
    return;
  const reason = 'reason' in command && typeof command.reason === 'string' ? command.reason : undefined;
  write(draft, 'act-notice', workingGroup, {
    ...sayable(draft),
    act: command.name,
    by: actor.person,
    ...(reason && { reason }),
  });
}

/**
 * The one place where a disclosure changes. Pure: the same disclosure, command, actor, instant and situation give
 * the same decision. Throws Refused where a rule forbids it; nothing has changed then.
 */
export function decide(
  disclosure: Disclosure,
  command: Command,
  actor: Actor,
  now: Instant,
  situation: Situation,
): Decision {
  requireLegal(disclosure, command);
  requirePermission(disclosure, actor, command);
  const draft: Draft = {
    disclosure,
    before: disclosure,
    actor,
    command,
    now,
    situation,
    letters: [],
    signals: [],
    reminders: [],
    data: {},
    postponed: false,
  };
  (rules[command.name] as Rule<CommandName>)(draft, command);
  if (!draft.postponed) settle(draft);
  // Every act of a maintainer is one; that it waits for a second person makes it no silence.
  if (actor.kind === 'maintainer') breakSilence(draft, selvesOf(actor), repositoryOf(command));
  tellGroup(draft, command);
  requireAllowedStage(draft, command);
  // A task of the machine goes on by what it returns; only a wait is told that it is over.
  const waited = machineStateOf(disclosure);
  if (isWait(waited) && machineStateOf(draft.disclosure) !== waited) draft.signals.push({ kind: 'advance' });
  const after = pruneTold({ ...draft.disclosure, version: disclosure.version + 1 }, situation.policy);
  return {
    disclosure: after,
    type: command.name,
    data: { ...draft.data, ...(after.stage !== disclosure.stage && { stage: after.stage }) },
    letters: draft.letters,
    signals: draft.signals,
    reminders: draft.reminders,
    from: transitionOf(command.name).from,
    due: nextDeadline(after, situation.policy),
  };
}

/** A stage that the table does not name for this command is a fault of ours, never a way around the table. */
function requireAllowedStage(draft: Draft, command: Command): void {
  const { stage } = draft.disclosure;
  if (stage !== draft.before.stage && !transitionOf(command.name).to.includes(stage))
    throw new Error(
      `the transition table has no way from ${draft.before.stage} to ${stage} by ${command.name}`,
    );
}
