import { frequencyWords } from '#domain/cadence.ts';
import { spanWords } from '#domain/instant.ts';
import type { LetterParams, ReminderLine } from '#domain/letter.ts';
import { severityText } from '#domain/rating.ts';
import {
  facts,
  keepPrivate,
  type LetterContext,
  linkIfAny,
  linkTo,
  questions,
  type ReminderAction,
  reminderActions,
  reminderLinkKey,
  sayableFacts,
  text,
  type Writers,
  whenIn,
  wordsOf,
} from './context.ts';
import { oneLine, type Part } from './layout.ts';
import { ratingWords, stageWords } from './words.ts';

type ToMaintainers =
  | 'maintainer-notification'
  | 'who-is-acting'
  | 'delegate-named'
  | 'release-proposed'
  | 'announce-now'
  | 'announcement-late'
  | 'announcement-missing'
  | 'release-time'
  | 'release-late'
  | 'reply-now'
  | 'publish-now'
  | 'fix-is-public'
  | 'embargo-over'
  | 'severity-zero'
  | 'severity-changed-on-github'
  | 'reminder';

const page = 'Open the page with the details';

/** Letters to maintainers: reference, repository, score and rating, stage, dates, links; never a detail. */
export const toMaintainers: Writers<ToMaintainers> = {
  'maintainer-notification': (params, context) => ({
    subject: `[${params.reference}] ${params.repository}: a vulnerability, ${severityText(params)}`,
    parts: [
      text(
        `A vulnerability was reported in ${params.repository}, and a member of the working group has verified it. You get this because ${params.why ? oneLine(params.why, 160) : 'you are recorded as a maintainer of it'}.`,
      ),
      facts(
        ['Disclosure', params.reference],
        ['Repository', params.repository],
        // OEP-60 R6: the number and the rating.
        ['Severity', severityText(params)],
        ...(params.advisoryUrl ? [['Draft advisory', params.advisoryUrl] as const] : []),
      ),
      linkTo(context, page),
      text(
        'There you can see the details, judge the severity yourself (your judgement wins), ask for help, name a delegate and plan the release. Develop the fix in the advisory’s temporary private fork, never in a public pull request.',
      ),
      text('If nothing is done, you are reminded in proportion to the severity until it is resolved.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'who-is-acting': (params, context) => ({
    subject: `[${params.reference}] Your own link`,
    parts: [
      text(
        'You are a recorded person of a group that maintains the software. Somebody chose your name as the one who acts.',
      ),
      facts(...sayableFacts(params)),
      linkTo(context, 'Open the page as yourself'),
      text('If it was not you, ignore this mail: nothing happens without you.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'delegate-named': (params, context) => ({
    subject: `[${params.reference}] You were named as a delegate`,
    parts: [
      text(
        `The maintainer of ${params.repository} has named you as a delegate${params.forGood ? ' for every disclosure that comes to them' : ' for this disclosure'}. You may do all that a maintainer may.`,
      ),
      facts(...sayableFacts(params)),
      linkTo(context, page),
      text('If this is a mistake, answer this mail.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'release-proposed': (params, context) => ({
    subject: `[${params.reference}] A release instant is proposed`,
    parts: [
      text(
        'An instant was proposed at which the fix becomes public in every repository. It holds when all maintainers have confirmed it.',
      ),
      facts(...sayableFacts(params), ['Release', whenIn(context, params.at)]),
      linkTo(context, 'Confirm it, or propose another'),
      text('Until it is confirmed nothing is announced.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'announce-now': (params, context) => ({
    subject: `[${params.reference}] Please announce the release`,
    parts: [
      text(
        'The release instant is confirmed. Please post the announcement: it has to be visible for two full days before the patch is, and the category may be moderated.',
      ),
      facts(
        ...sayableFacts(params),
        ['Release', whenIn(context, params.at)],
        ['Visible at the latest', whenIn(context, params.latestVisibleAt)],
      ),
      linkTo(context, 'Get the announcement, ready to post'),
      text('If it is visible later than that, the release has to move; the desk proposes when to.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'announcement-late': (params, context) => ({
    subject: `[${params.reference}] The announcement was visible too late`,
    parts: [
      text(
        `The announcement became visible less than ${spanWords(context.settings.policy.noticeMs)} before the release. The desk proposes another instant; please confirm it and edit the post.`,
      ),
      facts(
        ...sayableFacts(params),
        ['Announced release', whenIn(context, params.at)],
        ['Visible since', whenIn(context, params.visibleAt)],
        ['Proposed instead', whenIn(context, params.proposed)],
      ),
      linkTo(context, 'Confirm the new instant'),
      text('Please merge nothing before then.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'announcement-missing': (params, context) => ({
    subject: `[${params.reference}] The announcement is not visible yet`,
    parts: [
      text('We have not seen the announcement of this release. It has to be visible two full days before.'),
      facts(
        ...sayableFacts(params),
        ['Release', whenIn(context, params.at)],
        ['Visible at the latest', whenIn(context, params.latestVisibleAt)],
      ),
      linkTo(context, 'Post it, or link the post'),
      text('If it is visible later than that, the release has to move.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'release-time': (params, context) => ({
    subject: `[${params.reference}] ${params.repository}: it is time to merge`,
    parts: [
      text('The announced instant has come. Please merge the fix, then tell us each commit or pull request.'),
      facts(
        ...sayableFacts(params),
        ['Release', whenIn(context, params.at)],
        ['Repository', params.repository],
        ['Branches', params.branches.join(', ')],
      ),
      linkTo(context, 'Report the merges'),
      text(
        `With the first merge the fix is public. The advisory and the reply to the announcement follow within ${spanWords(context.settings.policy.windowMs)} of the last.`,
      ),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'release-late': (params, context) => ({
    subject: `[${params.reference}] ${params.repository}: the announced time has passed`,
    parts: [
      text('The announced instant has passed and we have seen no fix. Operators are waiting for it.'),
      facts(
        ...sayableFacts(params),
        ['Release', whenIn(context, params.at)],
        ['Repository', params.repository],
      ),
      linkTo(context, 'Report the merges, or say what is wrong'),
      text('If it takes longer, please tell the readers of the announcement in a post.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'reply-now': (params, context) => ({
    subject: `[${params.reference}] Please reply to the announcement`,
    parts: [
      text(
        'The fix is public. Please reply to the announcement with the links to advisory, fix and backports.',
      ),
      facts(...sayableFacts(params), ['Due', whenIn(context, params.due)]),
      linkTo(context, 'Get the reply, ready to post'),
      text('If it is late, the working group is told.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'publish-now': (params, context) => ({
    subject: `[${params.reference}] ${params.repository}: please publish the advisory`,
    parts: [
      text(
        'Every required branch has the fix. Please publish the advisory; the desk never does so on its own.',
      ),
      facts(...sayableFacts(params), ['Repository', params.repository], ['Due', whenIn(context, params.due)]),
      linkTo(context, 'Publish the advisory'),
      text('If it is late, the working group is told.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'fix-is-public': (params, context) => ({
    subject: `[${params.reference}] ${params.urgent ? 'Urgent: the' : 'The'} fix is public`,
    parts: [
      text(
        params.urgent
          ? 'A fix for this disclosure is public in another repository. Whoever compares can now find the flaw in yours: please merge your fix as soon as you can.'
          : 'A fix for this disclosure is public. The embargo has ended.',
      ),
      facts(...sayableFacts(params), ['Repository', params.repository]),
      linkTo(context, page),
      text('The desk still sends no details of its own until the advisory is published.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'embargo-over': (params, context) => ({
    subject: `[${params.reference}] The embargo has ended`,
    parts: [
      text(`The embargo has ended: ${becauseWords[params.because] ?? oneLine(params.because, 120)}.`),
      facts(...sayableFacts(params)),
      linkTo(context, page),
      text(
        `Please bring the fix out as soon as it is sound. There is no need to wait ${spanWords(context.settings.policy.noticeMs)} any more.`,
      ),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'severity-zero': (params, context) => ({
    subject: `[${params.reference}] ${params.repository}: the score is 0.0`,
    parts: [
      text('The score of this disclosure is 0.0. Please close it, or judge the severity again.'),
      facts(...sayableFacts(params), ['Repository', params.repository]),
      linkTo(context, 'Close it, or judge again'),
      text('Until then reminders go on as before.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  'severity-changed-on-github': (params, context) => ({
    subject: `[${params.reference}] ${params.repository}: did you change the severity?`,
    parts: [
      text('The advisory on GitHub shows another severity than our record. We took it over provisionally.'),
      facts(
        ...sayableFacts(params),
        ['Repository', params.repository],
        ['Rating now', ratingWords[params.rating]],
      ),
      linkTo(context, 'Confirm it, or set it right'),
      text('Without an answer it stays as GitHub shows it.'),
      text(keepPrivate),
      questions(context),
    ],
  }),

  reminder: (params, context) => ({
    subject: `${reminderName(params, context)}: ${params.lines.length} open ${params.lines.length === 1 ? 'vulnerability' : 'vulnerabilities'}`,
    parts: [
      text(
        params.toMaintainer
          ? 'These vulnerabilities of repositories that you maintain are not resolved yet. For each you can answer right here.'
          : 'These vulnerabilities have no known maintainer, so that the working group stands in. For each you can answer right here.',
      ),
      ...(params.note
        ? [
            {
              kind: 'words' as const,
              title: 'A note from the working group',
              text: wordsOf(context, params.note),
            },
          ]
        : []),
      ...params.lines.map((line) => reminderCase(line, context)),
      ...linkIfAny(context, 'Open the page'),
      text(
        `You are reminded ${frequencyWords(params.frequency, context.settings.policy.reminders)} until they are resolved. A plain answer to this mail reaches the working group${severalIn(params)}.`,
      ),
      text(keepPrivate),
      text(
        params.onDuty
          ? `Sent for ${oneLine(context.names?.[params.onDuty] ?? 'the member on duty', 80)}, who is on duty.`
          : 'Sent by the desk; nobody is on duty just now.',
      ),
    ],
  }),
};

/** Where a plain answer to a mail about several disclosures is kept. */
function severalIn({ lines }: LetterParams['reminder']): string {
  const [first, ...more] = [...new Set(lines.map(({ reference }) => reference))];
  return more.length > 0
    ? `; it counts as an answer on each of them and is kept with ${first}, so please name the one you mean`
    : '';
}

/** "Monthly reminder", or "Reminder every 10 days" where that is how often. */
function reminderName({ frequency }: LetterParams['reminder'], { settings }: LetterContext): string {
  const words = frequencyWords(frequency, settings.policy.reminders);
  return words.startsWith('every') ? `Reminder ${words}` : `${capitalised(frequency)} reminder`;
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

const becauseWords: Readonly<Record<string, string>> = {
  'fix-public': 'a fix is public',
  'flaw-public': 'the flaw is public',
  'exploit-public': 'an exploit is public',
  'early-public': 'the working group has decided so',
};

/** How the answers of a reminder are called in the mail. */
const answerWords: Readonly<Record<ReminderAction, string>> = {
  'expect-fix': 'Fix expected on …',
  'ask-help': 'Need help',
  adjudicate: 'Severity is wrong',
  disown: 'Not ours: reassign',
  'record-merge': 'Already fixed',
};

function reminderCase(line: ReminderLine, context: LetterContext): Part {
  return {
    kind: 'case',
    title: `${line.reference}, ${line.repository}`,
    facts: [
      ['Severity', severityText(line)],
      ['Open for', `${line.ageDays} ${line.ageDays === 1 ? 'day' : 'days'}`],
      ['Stage', stageWords[line.stage]],
      ['Next', oneLine(line.next, 160)],
    ],
    answers: reminderActions.flatMap((action) => {
      const url = context.links?.[reminderLinkKey(line.reference, line.repository, action)];
      return url ? [{ label: answerWords[action], url }] : [];
    }),
  };
}
