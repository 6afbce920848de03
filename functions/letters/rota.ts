import { frequencyWords } from '#domain/cadence.ts';
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
import { stageWords } from './words.ts';

type RotaLetters =
  | 'shift-begins'
  | 'shift-brief'
  | 'shift-summary'
  | 'no-one-on-duty'
  | 'handover-unacknowledged'
  | 'swap-proposed'
  | 'swap-answered'
  | 'shift-changed'
  | 'invitation';

const shift = (context: LetterContext, params: { from: string; to: string }): Part =>
  facts(['Shift begins', whenIn(context, params.from)], ['Shift ends', whenIn(context, params.to)]);

const none = 'none';
const list = (items: readonly string[]): Part => ({ kind: 'list', items: items.length > 0 ? items : [none] });

/** Letters of rota, handover and membership. */
export const rotaLetters: Writers<RotaLetters> = {
  'shift-begins': (params, context) => ({
    subject: 'Your shift begins: you are on duty',
    parts: [
      text('From now on you are on duty: new reports come to you, and reminders go out in your name.'),
      shift(context, params),
      text('Reminders that fall due in your shift:'),
      list(
        params.reminders.map(
          ({ maintainer, frequency, dueAt, count }) =>
            `${oneLine(context.names?.[maintainer] ?? maintainer, 80)}: ${frequencyWords(frequency, context.settings.policy.reminders)}, ${count} ${count === 1 ? 'entry' : 'entries'}, ${whenIn(context, dueAt)}`,
        ),
      ),
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
      ),
      facts(
        ['Reminders due next', String(params.due)],
        ['Unanswered mails', String(params.unanswered)],
        ['Promises about to lapse', String(params.lapsing)],
        ['In quarantine', String(params.quarantined)],
      ),
      linkTo(context, 'Add notes for whoever takes over'),
      text('Without notes the handover happens all the same.'),
      text(keepPrivate),
    ],
  }),

  'shift-summary': (params, context) => ({
    subject: 'Your shift: what went out',
    parts: [
      text('This went out in your name during your shift.'),
      shift(context, params),
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
      linkTo(context, 'Accept or decline'),
      text('Without an answer the rota stays as it is.'),
    ],
  }),

  'swap-answered': (params, context) => ({
    subject: params.accepted ? 'Your swap was accepted' : 'Your swap was declined',
    parts: [
      text(params.accepted ? 'The shift is no longer yours.' : 'The shift stays yours.'),
      shift(context, params),
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
        text('If it does not suit you, change it on that page, or offer the shift to another member.'),
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
