import { frequencyWords } from '#domain/cadence.ts';
import type { AheadLine, LetterParams, ReminderSum } from '#domain/letter.ts';
import {
  facts,
  keepPrivate,
  type LetterContext,
  linkIfAny,
  linkTo,
  nameOf,
  questions,
  text,
  type Writers,
  whenIn,
} from './context.ts';
import { oneLine, type Part } from './layout.ts';
import { deadlineWords, maintainerWords, stageWords } from './words.ts';

type RotaLetters =
  | 'shift-begins'
  | 'shift-brief'
  | 'shift-summary'
  | 'no-one-on-duty'
  | 'handover-unacknowledged'
  | 'swap-proposed'
  | 'swap-answered'
  | 'shift-changed'
  | 'shifts-planned'
  | 'invitation';

const shift = (context: LetterContext, params: { from: string; to: string }): Part =>
  facts(['Shift begins', whenIn(context, params.from)], ['Shift ends', whenIn(context, params.to)]);

const none = 'none';

/** The first items of a list; where it has more, how many. */
const list = (items: readonly string[], inAll = items.length): Part => ({
  kind: 'list',
  items: [
    ...(items.length > 0 ? items : [none]),
    ...(inAll > items.length ? [`${inAll - items.length} more, on the page`] : []),
  ],
});

/** A batch of reminders in one line: to whom, how often, of how many entries. */
function reminderWords(context: LetterContext, { maintainer, frequency, count }: Omit<ReminderSum, 'dueAt'>) {
  const who = oneLine(
    maintainerWords(maintainer, (id) => context.names?.[id]),
    80,
  );
  const often = frequencyWords(frequency, context.settings.policy.reminders);
  return `${who}: ${often}, ${count} ${count === 1 ? 'entry' : 'entries'}`;
}

const aheadWords = (context: LetterContext, line: AheadLine): string =>
  `${'reference' in line ? `${line.reference}: ${deadlineWords[line.deadline]}` : `reminder to ${reminderWords(context, line)}`}, ${whenIn(context, line.at)}`;

/** What is due in the next shift and which promises are about to lapse; letters of before have counts alone. */
function aheadParts(params: LetterParams['shift-brief'], context: LetterContext): readonly Part[] {
  const { ahead, promises } = params;
  if (!ahead || !promises)
    return [
      facts(['Reminders due next', String(params.due)], ['Promises about to lapse', String(params.lapsing)]),
    ];
  return [
    text('Due in the next shift:'),
    list(
      ahead.map((line) => aheadWords(context, line)),
      params.aheadInAll,
    ),
    text('Promises to reporters about to lapse, or lapsed:'),
    list(
      promises.map(({ reference, dueAt }) => `${reference}: first answer by ${whenIn(context, dueAt)}`),
      params.lapsing,
    ),
  ];
}

/** What a shift is swapped for. */
const inReturn = (
  context: LetterContext,
  params: { readonly inReturn?: { readonly from: string; readonly to: string } },
): readonly Part[] => (params.inReturn ? [text('In return for:'), shift(context, params.inReturn)] : []);

/** Letters of rota, handover and membership. */
export const rotaLetters: Writers<RotaLetters> = {
  'shift-begins': (params, context) => ({
    subject: 'Your shift begins: you are on duty',
    parts: [
      text('From now on you are on duty: new reports come to you, and reminders go out in your name.'),
      shift(context, params),
      text('Reminders that fall due in your shift:'),
      list(params.reminders.map((each) => `${reminderWords(context, each)}, ${whenIn(context, each.dueAt)}`)),
      linkTo(context, 'Acknowledge, and see what will go out'),
      text(
        'You can postpone a reminder once or add a note. Without an act of yours they go out as they are.',
      ),
      text(keepPrivate),
    ],
  }),

  'shift-brief': (params, context) => ({
    subject: 'Your shift ends: the brief for the handover',
    parts: [
      text(
        `Your shift ends. ${params.incoming ? `${nameOf(context, params.incoming)} takes over.` : 'Nobody is recorded to take over.'}`,
      ),
      shift(context, params),
      text('Open disclosures:'),
      list(
        params.open.map(
          (line) => `${line.reference}: ${stageWords[line.stage]}, next ${oneLine(line.next, 120)}`,
        ),
        params.openInAll,
      ),
      ...aheadParts(params, context),
      facts(['Unanswered mails', String(params.unanswered)], ['In quarantine', String(params.quarantined)]),
      linkTo(context, 'Add notes for whoever takes over'),
      text('Without notes the handover happens all the same.'),
      text(keepPrivate),
    ],
  }),

  'shift-summary': (params, context) => ({
    subject: 'Your shift: what went out',
    parts: [
      text(
        params.sent > 0
          ? 'These reminders went out in your name during your shift.'
          : 'No reminder fell due in your shift: nothing went out in your name.',
      ),
      shift(context, params),
      ...(params.reminders && params.sent > 0
        ? [
            list(
              params.reminders.map(
                (each) => `${reminderWords(context, each)}, ${whenIn(context, each.dueAt)}`,
              ),
              params.sent,
            ),
          ]
        : []),
      facts(['Reminders sent', String(params.sent)], ['Entries in them', String(params.entries)]),
      ...linkIfAny(context, 'Open the desk'),
      text('Nothing is asked of you. Thank you.'),
    ],
  }),

  'no-one-on-duty': (params, context) => ({
    subject: 'Nobody is on duty',
    parts: [
      text(
        'The rota names nobody. New reports come to everyone until somebody is on duty; reminders go out anyway.',
      ),
      facts(['Since', whenIn(context, params.since)]),
      linkTo(context, 'Open the rota and take a shift'),
      questions(context),
    ],
  }),

  'handover-unacknowledged': (params, context) => ({
    subject: 'A handover was not acknowledged',
    parts: [
      text(
        `${nameOf(context, params.who)} has been on duty for a day and has not acknowledged it. On duty is who the rota says; please make sure that they know.`,
      ),
      facts(['On duty since', whenIn(context, params.from)]),
      linkTo(context, 'Open the rota'),
      text('If nothing is done, reports go on reaching them.'),
    ],
  }),

  'swap-proposed': (params, context) => ({
    subject: 'A shift is offered to you',
    parts: [
      text(`${nameOf(context, params.by)} asks you to take this shift.`),
      shift(context, params),
      ...inReturn(context, params),
      linkTo(context, 'Accept or decline'),
      text('Without an answer the rota stays as it is.'),
    ],
  }),

  'swap-answered': (params, context) => ({
    subject: params.accepted ? 'Your swap was accepted' : 'Your swap was declined',
    parts: [
      text(params.accepted ? 'The shift is no longer yours.' : 'The shift stays yours.'),
      shift(context, params),
      ...(params.accepted && params.inReturn
        ? [text('In return this one is yours:'), shift(context, params.inReturn)]
        : []),
      ...linkIfAny(context, 'Open the rota'),
      text('Nothing else is asked of you.'),
    ],
  }),

  'shift-changed'({ by, before, after }, context) {
    const what = after
      ? before
        ? 'Your shift was changed'
        : 'A shift is yours'
      : 'A shift is yours no more';
    return {
      subject: what,
      parts: [
        text(`${nameOf(context, by)} changed the rota. ${what}.`),
        ...(before && after ? [text('It was:'), shift(context, before), text('It is now:')] : []),
        ...(after ? [shift(context, after)] : before ? [shift(context, before)] : []),
        linkTo(context, 'Open the rota'),
        text(
          after
            ? 'If it does not suit you, change it on that page, or offer the shift to another member.'
            : 'If it does not suit you, change it on that page.',
        ),
      ],
    };
  },

  'shifts-planned'({ by, before, after }, context) {
    const spans = (of: typeof before): Part =>
      list(of.map(({ from, to }) => `${whenIn(context, from)} to ${whenIn(context, to)}`));
    return {
      subject: 'Your shifts were planned anew',
      parts: [
        text(`${nameOf(context, by)} planned shifts in turn, and yours changed.`),
        ...(before.length > 0 ? [text('Yours no more:'), spans(before)] : []),
        ...(after.length > 0 ? [text('Yours from now on:'), spans(after)] : []),
        linkTo(context, 'Open the rota'),
        text('If it does not suit you, change it on that page, or offer a shift to another member.'),
      ],
    };
  },

  invitation: (params, context) => ({
    subject: `An invitation to the ${oneLine(context.settings.identity.signature, 80)}`,
    parts: [
      text(`${nameOf(context, params.by)} invites you to join the working group.`),
      text('Members take turns on duty, triage reports, and keep what they learn to themselves.'),
      linkTo(context, 'Read what it means, and answer'),
      text(keepPrivate),
      text('Without an answer you are not a member, and nothing else happens.'),
      questions(context),
    ],
  }),
};
