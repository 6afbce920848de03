import { localDate } from './calendar.ts';
import { askCredit } from './credit.ts';
import type { Severity, TextRef } from './disclosure.ts';
import {
  type Draft,
  onDuty,
  type Rules,
  requireEntry,
  sayable,
  set,
  setEntry,
  startReminding,
  stopReminding,
  workingGroup,
  write,
  writeToMaintainer,
} from './draft.ts';
import { endEmbargo, establish } from './embargo.ts';
import { Refused } from './errors.ts';
import { frequencyOf } from './rating.ts';
import { askToCloseWithoutSeverity, exit, newEntry, score, stepDone } from './triage.ts';

/** Puts another severity in force; due dates follow it (policy, "Severity change"). History stays in the events. */
function changeSeverity(
  draft: Draft,
  repository: string,
  severity: Severity,
  flags: { provisional: boolean },
): void {
  const entry = requireEntry(draft, repository);
  const before = entry.severity;
  draft.data.repository = repository;
  draft.data.before = { rating: before.rating, score: before.score, vector: before.vector };
  draft.data.after = { rating: severity.rating, score: severity.score, vector: severity.vector };
  setEntry(draft, repository, {
    severity: {
      rating: severity.rating,
      ...(severity.score !== undefined && { score: severity.score }),
      ...(severity.vector && { vector: severity.vector }),
      by: flags.provisional ? 'github' : 'maintainer',
      at: draft.now,
      ...(flags.provisional ? { provisional: true as const } : { commentAsked: true as const }),
    },
  });
  if (entry.maintainer && entry.frequency) {
    const to = frequencyOf(severity.rating, entry.frequency);
    setEntry(draft, repository, { frequency: to });
    draft.reminders.push({
      op: 'change',
      repository,
      maintainer: entry.maintainer.id,
      from: entry.frequency,
      to,
      at: draft.now,
    });
  }
  askToCloseWithoutSeverity(draft, requireEntry(draft, repository));
}

/** When every open entry has its advisory, or its hand-off is done, the sixth step of triage is. */
function noteAdvisories(draft: Draft): void {
  const entries = draft.disclosure.entries.filter((entry) => !entry.closed);
  if (entries.every((entry) => entry.advisory)) stepDone(draft, 'open-advisories');
}

/** A maintainer's own words: the record has their key and hash, and no letter has them (policy A8). */
function noteText(draft: Draft, text: TextRef | undefined): void {
  if (!text) return;
  draft.data.text = text.key;
  draft.data.sha256 = text.sha256;
}

export const advisingRules: Rules<
  | 'add-repository'
  | 'record-advisory'
  | 'hand-off-advisory'
  | 'notify-maintainer'
  | 'hand-off'
  | 'hand-off-done'
  | 'name-maintainer'
  | 'name-delegate'
  | 'adjudicate'
  | 'adopt-severity'
  | 'comment-severity'
  | 'ask-help'
  | 'expect-fix'
  | 'disown'
  | 'report-public-pull-request'
  | 'decide-public-pull-request'
  | 'close-entry'
> = {
  'add-repository'(draft, command) {
    const { repository } = command.repository;
    if (draft.disclosure.entries.some((entry) => entry.repository.toLowerCase() === repository.toLowerCase()))
      throw new Refused(
        'R5',
        `${repository} is already part of ${draft.disclosure.id}.`,
        'Name another repository.',
        'repository',
      );
    const vector =
      command.vector ?? draft.disclosure.entries.find((entry) => entry.severity.vector)?.severity.vector;
    if (!vector)
      throw new Refused('R4', 'The new repository has no score.', 'Give a CVSS 3.1 vector.', 'vector');
    set(draft, { entries: [...draft.disclosure.entries, newEntry(draft, command.repository, vector)] });
    draft.data.repository = repository;
  },

  'record-advisory'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    setEntry(draft, command.repository, {
      advisory: command.advisory,
      ...(entry.handOff && { handOff: { ...entry.handOff, doneAt: draft.now } }),
    });
    draft.data.repository = command.repository;
    draft.data.ghsa = command.advisory.ghsa;
    noteAdvisories(draft);
    // Chosen before there was an advisory to set it in (policy A6).
    const choices = new Set(Object.values(draft.disclosure.credit).map(({ choice }) => choice));
    if (!entry.advisory)
      for (const choice of choices) askCredit(draft, requireEntry(draft, command.repository), choice);
    // 403 and the like: a person does it by hand, the disclosure goes on.
    for (const { what, why } of command.handOffs ?? [])
      write(draft, 'hand-off', onDuty(draft), {
        ...sayable(draft, command.repository),
        repository: command.repository,
        what,
        why,
        url: command.advisory.url,
      });
  },

  'hand-off-advisory'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    if (entry.advisory || entry.handOff) return;
    setEntry(draft, command.repository, { handOff: { what: 'open-advisory', since: draft.now } });
    draft.data.repository = command.repository;
    draft.data.why = command.why;
    write(draft, 'hand-off', onDuty(draft), {
      ...sayable(draft, command.repository),
      repository: command.repository,
      what: 'open-advisory',
      why: command.why,
    });
  },

  'notify-maintainer'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    setEntry(draft, command.repository, {
      maintainer: command.maintainer,
      delegates: [...new Set([...entry.delegates, ...(command.delegates ?? [])])],
      notifiedAt: draft.now,
    });
    draft.data.repository = command.repository;
    draft.data.maintainer = command.maintainer.id;
    draft.data.source = command.maintainer.source;
    if (command.passedOver?.length) draft.data.passedOver = command.passedOver;
    establish(draft, 'vendor-aware');
    const { severity } = entry;
    const params = {
      ...sayable(draft, command.repository),
      repository: command.repository,
      rating: severity.rating,
      ...(severity.score !== undefined && { score: severity.score }),
      ...(entry.advisory && { advisoryUrl: entry.advisory.url }),
      ...(command.maintainer.source === 'unresolved' && {
        why: 'nobody is recorded as its maintainer: the working group stands in their place until one is named',
      }),
    };
    writeToMaintainer(draft, 'maintainer-notification', requireEntry(draft, command.repository), params);
    if (command.maintainer.source === 'unresolved')
      write(draft, 'escalation', onDuty(draft), {
        ...sayable(draft, command.repository),
        repository: command.repository,
        about: 'maintainer-unresolved',
      });
    startReminding(draft, command.repository, draft.now);
    if (draft.disclosure.entries.every((each) => each.closed || each.notifiedAt))
      stepDone(draft, 'notify-maintainers');
  },

  'hand-off'(draft, command) {
    const { repository, what, why, url } = command;
    if (repository) draft.data.repository = repository;
    draft.data.what = what;
    draft.data.why = why;
    write(draft, 'hand-off', onDuty(draft), {
      ...sayable(draft, repository),
      what,
      why,
      ...(repository && { repository }),
      ...(url && { url }),
    });
  },

  'hand-off-done'(draft, { what, repository }) {
    if (repository) draft.data.repository = requireEntry(draft, repository).repository;
    draft.data.what = what;
  },

  'name-maintainer'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    stopReminding(draft, entry);
    draft.data.repository = command.repository;
    draft.data.maintainer = command.maintainer.id;
    draft.data.reason = command.reason;
    // Reassignment starts the clock anew at the new notification, which the state machine sends.
    setEntry(draft, command.repository, {
      maintainer: command.maintainer,
      notifiedAt: undefined,
      // A score of 0.0 keeps the frequency it had before, under the next maintainer too.
      frequency: entry.frequency,
      delegates: [],
    });
  },

  'name-delegate'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    setEntry(draft, command.repository, { delegates: [...new Set([...entry.delegates, command.delegate])] });
    draft.data.repository = command.repository;
    draft.data.delegate = command.delegate;
    draft.data.forGood = command.forGood;
    write(
      draft,
      'delegate-named',
      { person: command.delegate },
      {
        ...sayable(draft, command.repository),
        repository: command.repository,
        forGood: command.forGood,
      },
      { as: 'maintainer' },
    );
    if (command.forGood && entry.maintainer)
      draft.signals.push({
        kind: 'remember-delegate',
        maintainer: entry.maintainer.id,
        delegate: command.delegate,
      });
  },

  adjudicate(draft, command) {
    const before = requireEntry(draft, command.repository).severity.rating;
    // With a vector the score is ours to compute; a label alone keeps the label and invents no vector.
    const severity = command.severity.vector
      ? score(command.severity.vector)
      : { rating: command.severity.rating };
    changeSeverity(draft, command.repository, severity, { provisional: false });
    draft.signals.push({ kind: 'update-advisory', repository: command.repository, what: 'severity' });
    write(draft, 'comment-asked', onDuty(draft), {
      ...sayable(draft, command.repository),
      repository: command.repository,
      before,
      after: severity.rating,
    });
  },

  'adopt-severity'(draft, command) {
    changeSeverity(draft, command.repository, command.severity, { provisional: true });
    const entry = requireEntry(draft, command.repository);
    writeToMaintainer(draft, 'severity-changed-on-github', entry, {
      ...sayable(draft, command.repository),
      repository: command.repository,
      rating: command.severity.rating,
    });
  },

  'comment-severity'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    if (!entry.severity.commentAsked)
      throw new Refused('R7', 'No adjudication waits for a comment.', 'Nothing needs to be said.');
    const { commentAsked: _asked, ...severity } = entry.severity;
    setEntry(draft, command.repository, { severity });
    draft.data.repository = command.repository;
    draft.data.comment = command.comment ?? 'none';
  },

  'ask-help'(draft, command) {
    setEntry(draft, command.repository, { helpAskedAt: draft.now });
    draft.data.repository = command.repository;
    noteText(draft, command.text);
    write(draft, 'escalation', onDuty(draft), {
      ...sayable(draft, command.repository),
      repository: command.repository,
      about: 'help-asked',
    });
  },

  'expect-fix'(draft, command) {
    if (command.on < localDate(draft.now, draft.situation.policy.zone))
      throw new Refused('R8', `${command.on} has passed.`, 'Choose today or a later day.', 'on');
    // Counts as an answer and moves no due date.
    setEntry(draft, command.repository, { fixExpected: command.on });
    draft.data.repository = command.repository;
    draft.data.on = command.on;
  },

  disown(draft, command) {
    draft.data.repository = command.repository;
    noteText(draft, command.text);
    write(draft, 'escalation', onDuty(draft), {
      ...sayable(draft, command.repository),
      repository: command.repository,
      about: 'disowned',
    });
  },

  'report-public-pull-request'(draft, command) {
    setEntry(draft, command.repository, { publicPullRequest: { url: command.url, at: draft.now } });
    draft.data.repository = command.repository;
    draft.data.url = command.url;
    // R13: the group decides by severity, never automatically.
    write(draft, 'escalation', workingGroup, {
      ...sayable(draft, command.repository),
      repository: command.repository,
      about: 'public-pull-request',
    });
  },

  'decide-public-pull-request'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    if (!entry.publicPullRequest)
      throw new Refused('R13', 'No public pull request is reported for this repository.', 'Report it first.');
    setEntry(draft, command.repository, {
      publicPullRequest: { ...entry.publicPullRequest, decision: command.decision },
    });
    draft.data.repository = command.repository;
    draft.data.decision = command.decision;
    draft.data.reason = command.reason;
    if (command.decision === 'end-embargo') endEmbargo(draft, 'early-public');
  },

  'close-entry'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    if (entry.closed) throw new Refused('V9', 'This entry is already closed.', 'Nothing needs to be done.');
    draft.data.repository = command.repository;
    draft.data.reason = command.reason;
    if (command.note) draft.data.note = command.note;
    stopReminding(draft, entry);
    if (entry.advisory && entry.advisory.state !== 'published')
      draft.signals.push({ kind: 'update-advisory', repository: command.repository, what: 'close' });
    setEntry(draft, command.repository, { closed: { reason: command.reason, at: draft.now } });
    if (draft.disclosure.entries.every((each) => each.closed))
      exit(draft, 'closed', { reason: command.reason });
  },
};
