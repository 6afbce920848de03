import * as z from 'zod/mini';

/** Environment of `deliver`; the deployment sets each variable together with the grant it stands for. */
export const environment = z.object({
  TABLE_NAME: z.string().check(z.minLength(1)),
  BUCKET_NAME: z.string().check(z.minLength(1)),
  /** Holds `{"current": "<kid>", "<kid>": "<key>"}`. */
  KEYS_SECRET_ARN: z.string().check(z.minLength(1)),
  PSEUDONYM_SECRET_ARN: z.string().check(z.minLength(1)),
  /** Base of every link; `settings.identity.linkBase` wins where it is configured. */
  LINK_BASE: z.string().check(z.minLength(1)),
  STATE_MACHINE_ARN: z.string().check(z.minLength(1)),
  CONFIGURATION_SET: z.string().check(z.minLength(1)),
  /** Only in a local deployment: file with the milliseconds that the desk's clock is ahead. */
  CLOCK_OFFSET_FILE: z.optional(z.string()),
});
