import type { ShowMailRequest, ShownMail } from '#contracts/mail-show.ts';
import { hasMail } from '#domain/intake.ts';
import type { MailReader } from './deps.ts';

/** Mails as the function that has a parser shows them; one that cannot be shown is offered raw, a report on GitHub there. */
export function mailReader(ask: (request: ShowMailRequest) => Promise<ShownMail>): MailReader {
  return {
    async read(intake) {
      const { mailKey, objectKey } = intake;
      if (!hasMail(intake)) return undefined;
      const shown = await ask({ show: { mailKey, objectKey } });
      if (!('parts' in shown)) return undefined;
      const { text, cut, attachments } = shown.parts;
      return { text, truncated: cut, attachments };
    },
    async extractAttachment(intake, index) {
      const { mailKey, objectKey } = intake;
      if (!hasMail(intake)) return undefined;
      const shown = await ask({ show: { mailKey, objectKey, extract: index } });
      return 'derived' in shown ? shown.derived : undefined;
    },
  };
}
