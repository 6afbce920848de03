import { facts, keepPrivate, linkTo, questions, text, type Writers, wordsOf } from './context.ts';
import { oneLine } from './layout.ts';

/**
 * Letters to operators and volunteers. A forward is the one kind that carries details, confirmed by a member on a
 * preview of this very letter.
 */
export const toOperators: Writers<'operator-forward' | 'operator-recorded' | 'volunteer-recorded'> = {
  'operator-forward': (params, context) => ({
    subject: `[${params.reference}] A security report for ${oneLine(params.instance, 80)}`,
    parts: [
      text(
        `A report reached ${context.settings.identity.securityAddress} that concerns your site, ${params.instance}. You get it because this address is recorded for your site's security reports.`,
      ),
      { kind: 'words', title: 'A member of the working group writes', text: wordsOf(context, params.text) },
      facts(
        ['Reference', params.reference],
        [
          'The report',
          params.withAttachments ? 'behind the link, with its attachments' : 'behind the link, as text',
        ],
      ),
      linkTo(context, 'Read the report that was forwarded to you'),
      text(keepPrivate),
      text(
        'What you do about it is yours to decide. If the flaw turns out to lie in the platform itself, please send it back to us: answer this mail.',
      ),
      questions(context),
    ],
  }),

  'operator-recorded': (_params, context) => {
    const { operator, address } = context.recipient;
    return {
      subject: `${context.settings.identity.project}: your site is recorded for security reports`,
      parts: [
        text(
          `The ${context.settings.identity.signature} has recorded where security reports that concern your site go.`,
        ),
        facts(
          ['Site', oneLine(operator?.instance ?? '', 120)],
          ['Domains', oneLine((operator?.domains ?? []).join(', '), 400)],
          ['Reports go to', oneLine(address, 254)],
          ['Individual contact', oneLine(operator?.contact ?? 'none', 254)],
        ),
        text(
          'If somebody reports to you a vulnerability of the platform itself, please forward it to us, or ask them to send it to us.',
        ),
        text(keepPrivate),
        text('If something is wrong, or changes, answer this mail. Nothing else is asked of you.'),
        questions(context),
      ],
    };
  },

  'volunteer-recorded': (_params, context) => ({
    subject: `${context.settings.identity.project}: thank you for volunteering`,
    parts: [
      text(
        `You are recorded as a volunteer for security fixes of ${context.settings.identity.project}. When a maintainer needs help, the working group may ask you.`,
      ),
      text('Whoever is asked gets a link of their own. Nothing is asked of you now.'),
      text(keepPrivate),
      questions(context),
    ],
  }),
};
