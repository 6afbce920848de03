import { rawMailOf } from '#commit/raw-mail.ts';
import { type MailParser, Unparsable } from '#contracts/mail-parts.ts';
import type { ShowMailRequest, ShownMail } from '#contracts/mail-show.ts';
import type { Archive } from '#contracts/ports.ts';

/**
 * Parses a mail when somebody looks at it (mail rules, Attachments): its text and the list of its attachments, or
 * one attachment put under `derived/`. A mail that was not filed yet still lies in the inbox.
 */
export const showMail =
  ({
    archive,
    parser,
  }: {
    readonly archive: Pick<Archive, 'rawMail' | 'putDerived'>;
    readonly parser: Pick<MailParser, 'parse' | 'extract'>;
  }) =>
  async ({ show: { mailKey, objectKey, extract } }: ShowMailRequest): Promise<ShownMail> => {
    const raw = (await rawMailOf(archive, { mailKey, objectKey }))?.bytes;
    if (!raw) return { failed: 'missing' };
    try {
      if (extract === undefined) return { parts: await parser.parse(raw) };
      const { name, content } = await parser.extract(raw, extract);
      const key = await archive.putDerived(`${mailKey}/${extract}`, content, 'application/octet-stream');
      return { derived: { key, name } };
    } catch (error) {
      if (!(error instanceof Unparsable)) throw error;
      return { failed: error.reason === 'no-such-attachment' ? 'missing' : 'unparsable' };
    }
  };
