import type { CommandName } from '#domain/commands.ts';
import type { LetterParams } from '#domain/letter.ts';
import { severityText } from '#domain/rating.ts';
import {
  facts,
  keepPrivate,
  linkIfAny,
  linkTo,
  nameOf,
  questions,
  sayableFacts,
  text,
  type Writers,
  whenIn,
} from './context.ts';
import { oneLine } from './layout.ts';
import { actWords, escalationWords, handOffWords, ratingWords } from './words.ts';

type ToMembers =
  | 'new-report'
  | 'new-intake'
  | 'sign-in'
  | 'act-notice'
  | 'confirm-act'
  | 'follow-up'
  | 'hand-off'
  | 'escalation'
  | 'comment-asked';

const open = 'Open the disclosure';

/** Commands come as their names; anything else is a phrase of the core. Words, but never a report's. */
const actText = (act: string): string => actWords[act as CommandName] ?? oneLine(act, 120);

/** Whose news it is: a maintainer's answer is not taken for the reporter's. */
const newsFrom = ({
  from,
}: LetterParams['follow-up']): { readonly subject: string; readonly what: string } =>
  from === 'maintainer'
    ? { subject: 'A maintainer wrote', what: 'A maintainer answered by mail.' }
    : from === 'other'
      ? { subject: 'A mail was added', what: 'A mail was added to this disclosure.' }
      : { subject: 'News from the reporter', what: 'The reporter wrote, or chose something on their page.' };

const flagWords: Readonly<Record<string, string>> = {
  unparsed: 'the mail could not be read by the parser: look at the raw mail',
  'acknowledgement-withheld': 'no acknowledgement went out yet: the cap was reached',
  'possible-duplicate': 'the same text reached us before',
  'possibly-related': 'it names another disclosure, without proof',
  'unidentified-sender': 'the sender could not be identified',
  unauthenticated: 'the sender’s address is not authenticated',
  encrypted: 'the mail is encrypted',
  'via-forwarder': 'it came by a forwarder',
  'known-operator': 'a known operator sent it',
  'known-maintainer': 'a known maintainer sent it',
  'known-volunteer': 'a known volunteer sent it',
};

/** Why a person has to do it ends with the address where: room for the longest repository name, twice. */
const longestWhy = 800;

/** Letters to members of the working group: reference, score, rating, stage, dates, links; never a detail. */
export const toMembers: Writers<ToMembers> = {
  'new-report': (params, context) => ({
    subject: `[${params.reference}] New report`,
    parts: [
      text(
        params.onDuty
          ? 'A report has reached us, and you are on duty: please triage it.'
          : 'A report has reached us and nobody is on duty: whoever can, please triage it.',
      ),
      facts(
        ...sayableFacts(params),
        ['First answer promised by', whenIn(context, params.answerDueAt)],
        ...params.flags.map((flag) => ['Note', flagWords[flag] ?? oneLine(flag, 60)] as const),
      ),
      linkTo(context, 'Read the report and triage it'),
      text(
        'If nobody answers the reporter, everyone is warned at half of that time, and again when it has passed.',
      ),
      text(keepPrivate),
    ],
  }),

  'new-intake': (params, context) => ({
    subject: `New mail for the working group: ${oneLine(params.intakeKind, 40)}`,
    parts: [
      text('A mail has reached us that opened no disclosure by itself. Please look at it.'),
      facts(['What it looks like', oneLine(params.intakeKind, 40)]),
      linkTo(context, 'Look at the mail'),
      text('It stays in the members’ list until somebody decides.'),
      text(keepPrivate),
    ],
  }),

  'sign-in': (_params, context) => ({
    subject: 'Your sign-in link',
    parts: [
      text('Somebody, most likely you, asked for a link to sign in to the disclosure desk.'),
      linkTo(context, 'Sign in to the desk'),
      text('If it was not you, ignore this mail: nothing happens without you. The link works only for you.'),
      questions(context),
    ],
  }),

  'act-notice': (params, context) => ({
    subject: `[${params.reference}] ${nameOf(context, params.by)} ${actText(params.act)}`,
    parts: [
      text(`${nameOf(context, params.by)} ${actText(params.act)}.`),
      facts(...sayableFacts(params)),
      ...linkIfAny(context, 'See what was done, and object if it is wrong'),
      text(
        `To object, answer this mail. If nobody objects it stands.${params.reason ? ' The reason that was given stands on the page.' : ''}`,
      ),
      text(keepPrivate),
    ],
  }),

  'confirm-act': (params, context) => ({
    subject: `[${params.reference}] A second person is needed`,
    parts: [
      text(
        `${nameOf(context, params.by)} wants to ${oneLine(params.act, 120)}. It happens only when another person confirms it.`,
      ),
      facts(...sayableFacts(params)),
      linkTo(context, 'Look at it, and confirm or leave it'),
      text('If nobody confirms, it does not happen.'),
      text(keepPrivate),
    ],
  }),

  'follow-up': (params, context) => ({
    subject: `[${params.reference}] ${params.held ? 'A mail waits for your decision' : newsFrom(params).subject}`,
    parts: [
      text(
        params.held
          ? 'A mail came to this disclosure’s reply address, and its sender is not authenticated as somebody who takes part in it.'
          : newsFrom(params).what,
      ),
      facts(...sayableFacts(params)),
      linkTo(context, params.held ? 'Decide whether it belongs here' : open),
      text(
        params.held ? 'Until then it is kept apart.' : 'If an answer is needed, the on-duty member gives it.',
      ),
      text(keepPrivate),
    ],
  }),

  'hand-off': (params, context) => ({
    subject: `[${params.reference}] To do by hand: ${handOffWords[params.what]}`,
    parts: [
      text(
        `${handOffWords[params.what]}${params.repository ? ` (${params.repository})` : ''}. The desk could not do it itself: ${oneLine(params.why, longestWhy)}`,
      ),
      facts(...sayableFacts(params), ...(params.url ? [['Where', oneLine(params.url, 500)] as const] : [])),
      linkTo(context, 'How to do it, and the button “done”'),
      text('The disclosure waits for this step; nothing else is lost meanwhile.'),
      text(keepPrivate),
    ],
  }),

  escalation: (params, context) => {
    const { what, asked, urgent } = escalationWords(context.settings.policy)[params.about];
    return {
      subject: `[${params.reference}] ${urgent ? 'Urgent: ' : ''}${what}`,
      parts: [
        text(`You get this because ${what}.`),
        text(asked),
        facts(
          ...sayableFacts(params),
          ...(params.repository ? [['Repository', params.repository] as const] : []),
          ...(params.since ? [['Since', whenIn(context, params.since)] as const] : []),
          ...(params.due ? [['Due', whenIn(context, params.due)] as const] : []),
        ),
        linkTo(context, open),
        text(keepPrivate),
      ],
    };
  },

  'comment-asked': (params, context) => ({
    subject: `[${params.reference}] The severity was adjudicated: your comment?`,
    parts: [
      text(
        'The maintainer has adjudicated the severity. Their word holds already; you are asked for a comment on it, or for an explicit “none”.',
      ),
      facts(
        ...sayableFacts(params),
        ['Repository', params.repository],
        ['Before', ratingWords[params.before]],
        [
          'Now',
          severityText(
            params.repositories?.find((entry) => entry.repository === params.repository) ?? {
              rating: params.after,
            },
          ),
        ],
      ),
      linkTo(context, 'Comment on the severity'),
      text('Without a comment nothing is held up.'),
      text(keepPrivate),
    ],
  }),
};
