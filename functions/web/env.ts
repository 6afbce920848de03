import * as z from 'zod/mini';

const given = z.string().check(z.minLength(1));

/** Environment of the functions behind the links, `open-desk` and `change-desk`; the deployment sets each variable together with the grant it stands for. */
export const environment = z.object({
  TABLE_NAME: given,
  BUCKET_NAME: given,
  KEYS_SECRET_ARN: given,
  PSEUDONYM_SECRET_ARN: given,
  /** The function that parses mails, asked to show one. */
  RECEIVE_MAIL_FUNCTION: given,
  /** Base of every link, and the one origin a form may come from. Never taken from a request. */
  LINK_BASE: z.url(),
  /** Only in a local deployment: file with the milliseconds that the desk's clock is ahead. */
  CLOCK_OFFSET_FILE: z.optional(z.string()),
});
