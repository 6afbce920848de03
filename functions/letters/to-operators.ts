import { facts, keepPrivate, linkTo, questions, text, type Writers, wordsOf } from './context.ts';
import { oneLine } from './layout.ts';

/** Letters to operators: the one kind that carries details, confirmed by a member on a preview of this very letter. */
export const toOperators: Writers<'operator-forward'> = {
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
};
