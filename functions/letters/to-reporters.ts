import { facts, linkIfAny, linkTo, questions, text, type Writers, whenIn, wordsOf } from './context.ts';
import { exitWords, reasonWords } from './words.ts';

type ToReporters =
  | 'acknowledgement'
  | 'answer-to-reporter'
  | 'information-asked'
  | 'information-nudge'
  | 'reporter-outcome'
  | 'reporter-published'
  | 'fresh-link';

const yours = 'Your page: what you sent, our replies, the stage, your credit';

/** Letters to those who report. Subjects are fixed; none repeats a word that a sender wrote. */
export const toReporters: Writers<ToReporters> = {
  acknowledgement: (params, context) => ({
    subject: params.reference
      ? `[${params.reference}] We received your report`
      : 'We received your mail to the security address',
    parts: [
      text(
        `Thank you for writing to ${context.settings.identity.securityAddress}. A person of the working group reads every mail; this answer is automatic.`,
      ),
      facts(...(params.reference ? [['Your reference', params.reference] as const] : []), [
        'A person answers by',
        whenIn(context, params.answerDueAt),
      ]),
      ...linkIfAny(context, yours),
      text(
        'You can add text or files there, or answer this mail. Please keep the report private until a fix is released; we tell you when it is.',
      ),
      ...(params.pgp && context.settings.identity.pgpKeyUrl
        ? [
            text(
              `To write to us encrypted, use our public key: ${context.settings.identity.pgpKeyUrl} Encrypted mail takes longer to read.`,
            ),
          ]
        : []),
      text('If you hear nothing by then, nothing is lost: the whole working group is told.'),
    ],
  }),

  'answer-to-reporter': (params, context) => ({
    subject: `[${params.reference}] An answer to your report`,
    parts: [
      { kind: 'words', text: wordsOf(context, params.text), plain: true },
      ...linkIfAny(context, yours),
      text('Answer this mail, or use the page. No answer is needed if you have nothing to add.'),
    ],
  }),

  'information-asked': (params, context) => ({
    subject: `[${params.reference}] We need more information`,
    parts: [
      { kind: 'words', text: wordsOf(context, params.text), plain: true },
      facts(['Please answer by', whenIn(context, params.until)]),
      ...linkIfAny(context, yours),
      text(
        `Answer this mail, or use the page. Without an answer we close the report as incomplete after that day; an answer within ${context.settings.policy.reopenDays} days still reopens it.`,
      ),
    ],
  }),

  'information-nudge': (params, context) => ({
    subject: `[${params.reference}] We still need more information`,
    parts: [
      text('We asked you for more information on your report and have not heard from you yet.'),
      facts(['Your reference', params.reference], ['Please answer by', whenIn(context, params.until)]),
      linkTo(context, yours),
      text('Without an answer we close the report as incomplete then. You get no further reminder.'),
      questions(context),
    ],
  }),

  'reporter-outcome': (params, context) => ({
    subject: `[${params.reference}] What became of your report`,
    parts: [
      text(
        params.outcome === 'invalid-pending'
          ? 'We looked at your report and found no vulnerability in it. It stays open for a while, so that you can add evidence.'
          : `Your report is ${exitWords[params.outcome]}${params.reason ? `: ${reasonWords[params.reason]}` : ''}.`,
      ),
      facts(
        ['Your reference', params.reference],
        ...(params.operator ? [['Forwarded to', params.operator] as const] : []),
        ...(params.until ? [['Evidence counts until', whenIn(context, params.until)] as const] : []),
      ),
      ...(params.text
        ? [
            {
              kind: 'words' as const,
              title: 'A member of the working group adds',
              text: wordsOf(context, params.text),
            },
          ]
        : []),
      ...(params.outcome === 'duplicate' && !params.text
        ? [text('Somebody reported the same before. You are credited together with them, as you choose.')]
        : []),
      ...linkIfAny(context, yours),
      questions(context),
    ],
  }),

  'reporter-published': (params, context) => ({
    subject: `[${params.reference}] Published: thank you`,
    parts: [
      text(
        'The vulnerability that you reported is fixed, and its advisory is public. Thank you for your help.',
      ),
      facts(
        ['Your reference', params.reference],
        ...params.advisories.map(({ repository, url }) => [repository, url] as const),
        ['Credit', creditWords[params.credit]],
      ),
      ...linkIfAny(context, yours),
      text('You are free to write about it now.'),
      questions(context),
    ],
  }),

  'fresh-link': (params, context) => ({
    subject: params.reference ? `[${params.reference}] A fresh link` : 'A fresh link',
    parts: [
      text('A fresh link was asked for, because an earlier one had expired or was lost on its way.'),
      linkTo(context, 'Open your page'),
      text(
        'The link works for 7 days. If you did not ask for it, ignore this mail: nothing happens without you.',
      ),
      questions(context),
    ],
  }),
};

const creditWords = {
  set: 'as you chose it',
  anonymous: 'none, as you chose',
  'not-chosen': 'you have not chosen yet; you can still choose on your page',
} as const;
