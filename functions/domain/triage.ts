import type { AffectedRepository, OperatorForward, Policy } from './commands.ts';
import {
  type Disclosure,
  type Entry,
  openEntries,
  resolved,
  type TextRef,
  type TriageStep,
} from './disclosure.ts';
import {
  confirmed,
  type Draft,
  type Rules,
  sayable,
  set,
  startReminding,
  stopReminding,
  workingGroup,
  write,
  writeToMaintainer,
  writeToReporters,
} from './draft.ts';
import { Refused } from './errors.ts';
import { day, type Instant, plus } from './instant.ts';
import type { ClosingReason, ExitKind } from './lifecycle.ts';
import { actorName } from './people.ts';
import { embargoCap, holdSpan } from './response-target.ts';
import { InvalidVectorError, severityOf } from './severity.ts';

/** Records one of the seven steps of OEP-60's triage, with actor and time (R2); the first time counts. */
export function stepDone(draft: Draft, step: TriageStep): void {
  if (draft.disclosure.steps[step]) return;
  set(draft, {
    steps: { ...draft.disclosure.steps, [step]: { by: actorName(draft.actor), at: draft.now } },
  });
}

/** The first human answer to the reporter meets the promise of policy A1. */
export function answered(draft: Draft): void {
  stepDone(draft, 'reply');
  if (draft.disclosure.response.answeredAt) return;
  set(draft, { response: { ...draft.disclosure.response, answeredAt: draft.now } });
}

/** The mail that a letter to the reporter answers. */
function thread({ situation }: Draft): { messageId?: string; references?: readonly string[] } {
  const { messageId, references } = situation.thread ?? {};
  return { ...(messageId && { messageId }), ...(references && { references }) };
}

/** A member's own words to the reporter, in the thread of their mail. */
export function answerReporter(draft: Draft, text: TextRef): void {
  answered(draft);
  const { subject } = draft.situation.thread ?? {};
  writeToReporters(draft, 'answer-to-reporter', {
    reference: draft.disclosure.id,
    text,
    ...thread(draft),
    ...(subject && { subject }),
  });
}

/**
 * Ends the disclosure by an exit. The embargo stays: closing never ends one (policy V7). The reporter gets one letter:
 * what became of it, with what a member writes besides (`text`).
 */
export function exit(
  draft: Draft,
  kind: ExitKind,
  more: {
    reason?: ClosingReason;
    duplicateOf?: string;
    text?: TextRef;
    operator?: string;
    tell?: boolean;
  } = {},
): void {
  const { text, operator, tell = true, ...kept } = more;
  if (text) answered(draft);
  set(draft, { exit: { kind, at: draft.now, ...kept }, hold: undefined });
  draft.data.exit = kind;
  if (tell)
    writeToReporters(draft, 'reporter-outcome', {
      reference: draft.disclosure.id,
      outcome: kind,
      ...kept,
      ...(text && { text, ...thread(draft) }),
      ...(operator && { operator }),
    });
  for (const entry of openEntries(draft.disclosure)) {
    stopReminding(draft, entry);
    if (entry.advisory && entry.advisory.state !== 'published')
      draft.signals.push({ kind: 'update-advisory', repository: entry.repository, what: 'close' });
    if (entry.notifiedAt)
      writeToMaintainer(draft, 'act-notice', entry, {
        ...sayable(draft, entry.repository),
        act: `ended it as ${kind}`,
        by: actorName(draft.actor),
      });
  }
}

/** CVSS 3.1 in canonical form with score and rating (OEP-60 R4); a malformed vector is refused at its field. */
export function score(vector: string) {
  try {
    const { vector: canonical, score: number, rating } = severityOf(vector);
    return { vector: canonical, score: number, rating };
  } catch (cause) {
    if (!(cause instanceof InvalidVectorError)) throw cause;
    throw new Refused(
      'R4',
      cause.message,
      'Give every base metric once, as in CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H.',
      'vector',
    );
  }
}

/** The branches a fix must reach: the default branch and the configured supported releases (OEP-60 R16). */
const requiredBranches = (policy: Policy, repository: string) =>
  (policy.branches[repository] ?? policy.defaultBranches).map((name) => ({ name }));

const repositoryShape = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/;

/** A new repository entry, scored by triage. */
export function newEntry(draft: Draft, affected: AffectedRepository, vector: string): Entry {
  const { repository, ecosystem } = affected;
  if (!repositoryShape.test(repository))
    throw new Refused(
      'R2',
      `${JSON.stringify(repository)} is not a repository.`,
      'Write it as owner/name, for instance openedx/frontend-app-account.',
      'repository',
    );
  return {
    repository,
    ecosystem,
    ...(affected.package && { package: affected.package }),
    ...(affected.affected && { affected: affected.affected }),
    ...(affected.fixed && { fixed: affected.fixed }),
    severity: { ...score(vector), by: 'triage', at: draft.now },
    delegates: [],
    branches: requiredBranches(draft.situation.policy, repository),
  };
}

/** Sends a report on to the one operator it concerns (OEP-60 R3); a second member confirms where configured. */
function sendToOperator(draft: Draft, forward: OperatorForward): boolean {
  const key = `forward:${forward.operator}:${forward.text.sha256.slice(0, 16)}`;
  if (!confirmed(draft, key, draft.situation.policy.forwardNeedsTwo, `forward it to ${forward.instance}`))
    return false;
  stepDone(draft, 'forward');
  set(draft, { operators: [...new Set([...(draft.disclosure.operators ?? []), forward.operator])] });
  draft.data.operator = forward.operator;
  write(
    draft,
    'operator-forward',
    { person: forward.operator },
    {
      reference: draft.disclosure.id,
      instance: forward.instance,
      text: forward.text,
      reportKey: forward.reportKey,
      withAttachments: forward.withAttachments,
    },
    { sensitive: true, as: 'operator' },
  );
  return true;
}

/** A score of 0.0 asks maintainer and member to close the entry; reminders go on until someone does. */
export function askToCloseWithoutSeverity(draft: Draft, entry: Entry): void {
  if (entry.severity.score !== 0 && entry.severity.rating !== 'none') return;
  const params = { ...sayable(draft, entry.repository), repository: entry.repository };
  if (entry.notifiedAt) writeToMaintainer(draft, 'severity-zero', entry, params);
  write(draft, 'escalation', draft.situation.onDuty ? { person: draft.situation.onDuty } : workingGroup, {
    ...params,
    about: 'severity-none',
  });
}

export const triageRules: Rules<
  | 'accept'
  | 'mark-duplicate'
  | 'mark-invalid'
  | 'ask-information'
  | 'mark-spam'
  | 'forward'
  | 'answer'
  | 'record-step'
  | 'close'
  | 'resume'
  | 'defer'
  | 'reopen'
  | 'adopt-reporters'
> = {
  accept(draft, command) {
    if (command.repositories.length === 0)
      throw new Refused(
        'R2',
        'A valid report needs at least one affected repository.',
        'Name the repositories, one a row.',
        'repository',
      );
    const names = command.repositories.map(({ repository }) => repository.toLowerCase());
    if (new Set(names).size < names.length)
      throw new Refused(
        'R5',
        'A repository is named twice.',
        'Name each affected repository once.',
        'repository',
      );
    if (!command.title.trim())
      throw new Refused(
        'R5',
        'The advisory needs a title.',
        'Write one line that a maintainer will recognise.',
        'title',
      );
    if (command.operator && !sendToOperator(draft, command.operator)) return;
    for (const step of ['verify', 'identify-repositories', 'score'] as const) stepDone(draft, step);
    if (command.reply) answerReporter(draft, command.reply);
    const entries = command.repositories.map((affected) => newEntry(draft, affected, command.vector));
    set(draft, {
      stage: 'triaged',
      triagedAt: draft.now,
      hold: undefined,
      title: command.title.trim().slice(0, 1024),
      description: command.description,
      ...(command.cwes && command.cwes.length > 0 && { cwes: command.cwes }),
      entries,
      embargo: draft.disclosure.embargo.ended
        ? draft.disclosure.embargo
        : { ...draft.disclosure.embargo, cap: embargoCap(draft.now, draft.situation.policy.embargoDays) },
    });
    draft.data.repositories = names;
    draft.data.vector = entries[0]?.severity.vector;
    const first = entries[0];
    if (first) askToCloseWithoutSeverity(draft, first);
  },

  'mark-duplicate'(draft, command) {
    if (command.of === draft.disclosure.id)
      throw new Refused(
        'A3',
        'A disclosure cannot be its own duplicate.',
        'Give the reference of the original.',
        'of',
      );
    draft.data.of = command.of;
    draft.signals.push({ kind: 'hand-reporters', to: command.of });
    exit(draft, 'duplicate', { duplicateOf: command.of, ...(command.reply && { text: command.reply }) });
  },

  'mark-invalid'(draft, command) {
    stepDone(draft, 'verify');
    answered(draft);
    const { until } = holdSpan(draft.now, draft.situation.policy.informationDays);
    set(draft, { hold: { kind: 'invalid-pending', since: draft.now, until } });
    writeToReporters(draft, 'reporter-outcome', {
      reference: draft.disclosure.id,
      outcome: 'invalid-pending',
      until,
      text: command.reply,
      ...thread(draft),
    });
  },

  'ask-information'(draft, command) {
    answered(draft);
    const { until } = holdSpan(draft.now, draft.situation.policy.informationDays);
    set(draft, { hold: { kind: 'needs-information', since: draft.now, until } });
    writeToReporters(draft, 'information-asked', {
      reference: draft.disclosure.id,
      text: command.reply,
      until,
      ...thread(draft),
    });
  },

  'mark-spam'(draft) {
    // No answer to spam: it would confirm the address.
    exit(draft, 'spam', { tell: false });
  },

  forward(draft, command) {
    if (!sendToOperator(draft, command.operator)) return;
    if (!command.ends) {
      if (command.reply) answerReporter(draft, command.reply);
      return;
    }
    stepDone(draft, 'verify');
    answered(draft);
    const text = command.reply && { text: command.reply };
    exit(draft, 'forwarded', { operator: command.operator.instance, ...text });
  },

  answer(draft, command) {
    if (command.vector) {
      const scored = score(command.vector);
      draft.data.vector = scored.vector;
      draft.data.score = scored.score;
      stepDone(draft, 'score');
    }
    draft.data.about = command.about;
    answerReporter(draft, command.reply);
    exit(draft, 'answered', { tell: false });
  },

  'record-step'(draft, command) {
    draft.data.step = command.step;
    stepDone(draft, command.step);
  },

  close(draft, command) {
    draft.data.reason = command.reason;
    exit(draft, 'closed', { reason: command.reason, ...(command.reply && { text: command.reply }) });
  },

  resume(draft) {
    if (!draft.disclosure.hold)
      throw new Refused('V8', 'No hold lies over this disclosure.', 'Nothing needs to be resumed.');
    draft.data.hold = draft.disclosure.hold.kind;
    set(draft, { hold: undefined });
  },

  defer(draft, command) {
    if (command.until <= draft.now)
      throw new Refused('V8', 'A deferral ends in the future.', 'Choose a later day.', 'until');
    draft.data.reason = command.reason;
    draft.data.until = command.until;
    set(draft, { hold: { kind: 'deferred', since: draft.now, until: command.until } });
  },

  reopen(draft, command) {
    if (!draft.disclosure.exit) throw new Refused('A3', 'It has not ended.', 'Nothing needs to be reopened.');
    draft.data.reason = command.reason;
    draft.data.was = draft.disclosure.exit.kind;
    // A new generation: the execution of the old one has come to its end.
    set(draft, { exit: undefined, hold: undefined, generation: draft.disclosure.generation + 1 });
    draft.signals.push({ kind: 'start-execution', generation: draft.disclosure.generation });
    for (const entry of draft.disclosure.entries)
      if (!resolved(entry) && entry.notifiedAt) startReminding(draft, entry.repository, draft.now);
  },

  'adopt-reporters'(draft, command) {
    set(draft, {
      reporters: [...new Set([...draft.disclosure.reporters, ...command.reporters])],
      intakes: [...new Set([...draft.disclosure.intakes, ...command.intakes])],
      related: [...new Set([...(draft.disclosure.related ?? []), command.from])],
    });
    draft.data.from = command.from;
  },
};

/** Which reply may an ended disclosure still take: an authenticated one of its reporter, within 90 days (policy A3). */
export const reopensByReply = (disclosure: Disclosure, now: Instant, days: number): boolean =>
  (disclosure.exit?.kind === 'incomplete' || disclosure.exit?.kind === 'invalid') &&
  now <= plus(disclosure.exit.at, days * day);
