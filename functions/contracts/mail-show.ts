import * as z from 'zod/mini';
import type { MailParts } from './mail-parts.ts';

/**
 * Asked of `receive-mail` by the pages, which have no parser of their own: the parts of one mail, or one of its
 * attachments put under `derived/`, where it lies for a day.
 */
export const showMailRequest = z.strictObject({
  show: z.strictObject({
    mailKey: z.string().check(z.regex(/^[\w.-]{1,200}$/)),
    /** Where the intake says the mail is filed. */
    objectKey: z.string().check(z.regex(/^mail\/\d{4}\/\d\d\/[\w.-]{1,200}$/)),
    /** The attachment to extract. */
    extract: z.optional(z.int().check(z.nonnegative())),
  }),
});
export type ShowMailRequest = z.infer<typeof showMailRequest>;

export type ShownMail =
  | { readonly parts: MailParts }
  | { readonly derived: { readonly key: string; readonly name: string } }
  /** The mail is gone (purged), has no such attachment, or no parser can read it: offer the raw mail. */
  | { readonly failed: 'missing' | 'unparsable' };
