import type { Settings } from '#contracts/settings.ts';
import { formatInZone } from '#domain/calendar.ts';
import type { CommandName } from '#domain/commands.ts';
import type { DeadlineName } from '#domain/deadlines.ts';
import type { Rating } from '#domain/disclosure.ts';
import { type Instant, ms, spanWords } from '#domain/instant.ts';
import type { EscalationKind, HandOffWhat } from '#domain/letter.ts';
import type { ClosingReason, ExitKind, HoldKind, Stage } from '#domain/lifecycle.ts';
import type { PersonId } from '#domain/people.ts';

/** One wording for letters and pages: what each command did, in the past tense, with its object. */
export const actWords: Readonly<Record<CommandName, string>> = {
  accept: 'found the report valid',
  'mark-duplicate': 'closed it as a duplicate',
  'mark-invalid': 'found the report invalid, for now',
  'ask-information': 'asked the reporter for information',
  'mark-spam': 'closed it as spam',
  forward: 'forwarded it to an operator',
  answer: 'answered the question',
  'record-step': 'recorded a step of triage',
  close: 'closed the disclosure',
  resume: 'lifted the hold',
  defer: 'deferred the disclosure',
  reopen: 'reopened the disclosure',
  'adopt-reporters': 'took over the reporters of a duplicate',
  'reply-to-reporter': 'replied to the reporter',
  'attach-mail': 'attached a mail',
  'answer-reminder': 'counted a mail as an answer here too',
  'add-text': 'added to the report',
  'choose-credit': 'chose how to be credited',
  'add-repository': 'added a repository',
  'record-advisory': 'recorded the advisory',
  'hand-off-advisory': 'handed the advisory to a person',
  'notify-maintainer': 'notified the maintainer',
  'hand-off': 'handed a step to a person',
  'hand-off-done': 'did by hand what the desk may not',
  'name-maintainer': 'named the maintainer',
  'name-delegate': 'named a delegate',
  adjudicate: 'adjudicated the severity',
  'adopt-severity': 'took over the severity that GitHub shows',
  'comment-severity': 'commented on the severity',
  'ask-help': 'asked for help',
  'expect-fix': 'said when the fix is expected',
  disown: 'said that the repository is not theirs',
  'report-public-pull-request': 'reported a public pull request',
  'decide-public-pull-request': 'decided on the public pull request',
  'close-entry': 'closed the repository’s entry',
  'record-ready': 'said that the fix is ready',
  'propose-release': 'proposed the release instant',
  'confirm-release': 'confirmed the release instant',
  'see-announcement': 'linked the announcement',
  'record-merge': 'reported a merged fix',
  'claim-merge': 'saw a push that looks like the fix',
  'command-post': 'asked the desk to post',
  'command-publication': 'asked for the advisory to be published',
  'see-advisory': 'saw the advisory on GitHub',
  'see-reply': 'linked the announcement’s reply',
  'link-announcement': 'linked the announcement, to be watched until it is visible',
  'link-reply': 'linked the announcement’s reply, to be watched until it is visible',
  'claim-announcement': 'found a topic that looks like the announcement',
  'record-fact': 'recorded a fact',
  'retract-fact': 'retracted a fact',
  'go-public-early': 'took the early-public path',
  'renew-embargo': 'renewed the embargo',
  'record-schedules': 'scheduled the release',
  'pass-deadline': 'reached a deadline',
  purge: 'deleted the mails and texts after the retention',
  'forget-person': 'erased a person on request',
  'note-delivery': 'noted that a letter did not arrive',
  'begin-generation': 'restarted the machinery',
};

export const stageWords: Readonly<Record<Stage, string>> = {
  received: 'Received',
  triaged: 'Triaged',
  advised: 'Advised',
  announced: 'Announced',
  merged: 'Merged',
  published: 'Published',
};

/** What each stage means, in one line. */
export const stageMeanings: Readonly<Record<Stage, string>> = {
  received: 'waits for triage by the on-duty member',
  triaged: 'found valid; the advisories are being opened and the maintainers notified',
  advised: 'the maintainers know and work on the fix',
  announced: 'the release is announced; the patch is not yet public',
  merged: 'every required branch has the fix; the advisory and the reply follow',
  published: 'advisory and announcement are complete',
};

export const ratingWords: Readonly<Record<Rating, string>> = {
  none: 'None',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

export const holdWords: Readonly<Record<HoldKind, string>> = {
  'needs-information': 'waits for information from the reporter',
  'invalid-pending': 'held as invalid, with a chance to add evidence',
  deferred: 'deferred',
};

export const exitWords: Readonly<Record<ExitKind, string>> = {
  forwarded: 'forwarded to the operator it concerns',
  duplicate: 'a duplicate of another report',
  invalid: 'not a vulnerability, as far as we could find out',
  incomplete: 'closed, because information we asked for did not come',
  spam: 'spam',
  answered: 'answered',
  closed: 'closed',
};

/** Where a disclosure stands, in one line: its stage and what that means, unless a hold or an exit lies over it. */
export function stageText(
  stage: Stage,
  over: { readonly hold?: HoldKind | undefined; readonly exit?: ExitKind | undefined },
): string {
  if (over.exit) return `Ended: ${exitWords[over.exit]}`;
  return `${stageWords[stage]}: ${over.hold ? holdWords[over.hold] : stageMeanings[stage]}`;
}

export const reasonWords: Readonly<Record<ClosingReason, string>> = {
  'wont-fix': 'it will not be fixed',
  'already-fixed': 'it was fixed before',
  'not-affected': 'the software is not affected',
  withdrawn: 'it was withdrawn',
  'no-severity': 'it has no severity',
};

/** What a person does by hand where the desk may not. */
export const handOffWords: Readonly<Record<HandOffWhat, string>> = {
  'open-advisory': 'Open the draft advisory on GitHub',
  'add-collaborators': 'Add the maintainers to the advisory as collaborators',
  'private-fork': 'Start the advisory’s temporary private fork',
  'request-cve': 'Request a CVE from the advisory',
  'update-severity': 'Set the advisory’s severity to the one in force',
  'publish-advisory': 'Publish the advisory on GitHub',
  'close-advisory': 'Close the advisory on GitHub',
  'set-credit': 'Set the credit in the advisory',
  'post-announcement': 'Post the announcement',
  'post-reply': 'Post the reply to the announcement',
  'answer-on-github': 'Answer the reporter on GitHub',
};

/** What an escalation is about: the subject's words, and what is asked. */
export const escalationWords = (
  policy: Pick<Settings['policy'], 'noticeMs' | 'windowMs'>,
): Readonly<
  Record<EscalationKind, { readonly what: string; readonly asked: string; readonly urgent?: true }>
> => ({
  'response-half': {
    what: 'the first answer is due soon',
    asked: 'Half of the time that we promised the reporter has passed. Please answer, or see who can.',
  },
  'response-missed': {
    what: 'the first answer is overdue',
    asked: 'We promised the reporter an answer within that time. Please answer now.',
    urgent: true,
  },
  'two-hours-fix-exposed': {
    what: `the fix has been public for ${spanWords(policy.windowMs)}`,
    asked:
      'One branch has the fix and the advisory is not published. Please help the maintainers to merge the rest and to publish.',
    urgent: true,
  },
  'two-hours-after-merge': {
    what: `${spanWords(policy.windowMs)} have passed since the last merge`,
    asked:
      'Advisory and reply were due by now. The desk never publishes on its own: please reach the maintainer.',
    urgent: true,
  },
  'embargo-cap-near': {
    what: 'the embargo reaches its cap soon',
    asked: 'Please renew it with a reason, or agree with the maintainers on a release.',
  },
  'embargo-cap-reached': {
    what: 'the embargo has reached its cap',
    asked: 'Please decide: renew it with a reason, or go public. Nothing is published by itself.',
    urgent: true,
  },
  'attacks-seen': {
    what: 'attacks have been seen',
    asked: 'Please decide at once. The default is to end the embargo; it never ends silently.',
    urgent: true,
  },
  'public-pull-request': {
    what: 'a pull request is public by accident',
    asked: 'The working group decides by severity what follows. Nothing happens by itself.',
    urgent: true,
  },
  'maintainer-silent': {
    what: 'a maintainer has been silent',
    asked: 'The reminders met no answer. Please reach the maintainer another way, or name another.',
  },
  'maintainer-unresolved': {
    what: 'no maintainer was found',
    asked: 'The working group is the maintainer until one is named. Please name one.',
  },
  'early-public-unpublished': {
    what: 'no maintainer has published on the early-public path',
    asked: 'Two members may publish now, with a reason. It is recorded as a deviation.',
    urgent: true,
  },
  'help-asked': {
    what: 'a maintainer asks for help',
    asked: 'Please answer them, or find a volunteer who can.',
  },
  disowned: {
    what: 'a maintainer says that the repository is not theirs',
    asked: 'Please name the maintainer.',
  },
  'letter-bounced': {
    what: 'a letter came back',
    asked: 'The recipient does not know what we wrote. Please find another way to reach them.',
    urgent: true,
  },
  'letter-unknown': {
    what: 'nobody can say whether a letter went out',
    asked: 'It holds details, so that the desk does not send it twice. Please look and decide.',
  },
  'severity-none': {
    what: 'the score is 0.0',
    asked: 'Please agree with the maintainer to close it, or score it again. Reminders go on until then.',
  },
  'merge-claimed': {
    what: 'a push looks like the fix',
    asked: 'It is a claim, not a fact. Please report the merge if it is the fix.',
  },
  'announcement-claimed': {
    what: 'a topic in the forum looks like the announcement',
    asked: 'It was found by its title alone, which proves nothing. If it is yours, please link it.',
  },
  'released-before-notice': {
    what: `the fix became public less than ${spanWords(policy.noticeMs)} after the announcement`,
    asked: 'This departs from the release process. Please see what operators should be told.',
    urgent: true,
  },
  'release-warning': {
    what: 'the release deserves a look',
    asked: 'Please look at the release instant and the announcement.',
  },
});

/** `Tuesday 3 March 2026, 10:00 (America/New_York, UTC-05:00) = Tuesday 3 March 2026, 15:00 UTC`. */
export function whenText(at: Instant, zone: string): string {
  const local = formatInZone(at, zone);
  const utc = formatInZone(at, 'UTC');
  return local === utc ? utc : `${local} = ${utc}`;
}

const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
] as const;

/** `in 2 days`, `3 hours ago`, `now`: whole units, rounded towards now. */
export function relativeText(at: Instant, now: Instant): string {
  const difference = ms(at) - ms(now);
  const size = Math.abs(difference);
  const [length, name] = units.find(([unit]) => size >= unit) ?? [60_000, 'minute'];
  const count = Math.floor(size / length);
  if (count === 0) return 'now';
  const words = `${count} ${name}${count === 1 ? '' : 's'}`;
  return difference > 0 ? `in ${words}` : `${words} ago`;
}

/** What each deadline of a disclosure is. */
export const deadlineWords: Readonly<Record<DeadlineName, string>> = {
  'response-half': 'half of the time for the first answer is over (A1)',
  'response-missed': 'the first answer to the reporter is due (A1)',
  'information-nudge': 'the reporter is asked again for information (A4)',
  'hold-ends': 'the hold ends',
  'embargo-cap-near': 'the embargo’s cap is near (A2)',
  'embargo-cap-reached': 'the embargo’s cap is reached: renew it or end it (A2)',
  'announcement-missing': 'the maintainers are asked for the announcement, unless it is visible (R15)',
  'release-time': 'the release',
  'release-late': 'the release is late',
  'two-hours-fix-exposed': 'the fix has been public since the first merge, and is not published (R17)',
  'two-hours-after-merge': 'advisory and reply are due since the last merge (R17)',
  'early-public-unpublished': 'early-public path: nobody has published',
};

/** A maintainer's key (`team:openedx/x`, `owners:p-…,p-…`) in words, with names for the people in it. */
export const maintainerWords = (key: string, nameOf: (person: PersonId) => string | undefined): string =>
  key
    .replace(/^(owners|team|group|contacts):/, '')
    .replace(/\bp-[a-z2-7]{24}\b/g, (id) => nameOf(id) ?? 'a recorded person')
    .replace(/,(?=\S)/g, ', ');
