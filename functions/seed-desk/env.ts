import * as z from 'zod/mini';

/** Environment of `seed-desk`; the deployment sets each variable together with the grant it stands for. */
export const environment = z.object({
  TABLE_NAME: z.string().check(z.minLength(1)),
  KEYS_SECRET_ARN: z.string().check(z.minLength(1)),
  PSEUDONYM_SECRET_ARN: z.string().check(z.minLength(1)),
  /** Only in a local deployment: file with the milliseconds that the desk's clock is ahead. */
  CLOCK_OFFSET_FILE: z.optional(z.string()),
});
