import * as z from 'zod/mini';

/** Environment of `run-errands`; the deployment sets each variable together with the grant it stands for. */
export const environment = z.object({
  TABLE_NAME: z.string().check(z.minLength(1)),
  /** Base of every link; `settings.identity.linkBase` wins where it is configured. */
  LINK_BASE: z.string().check(z.minLength(1)),
  /** Absent where the configuration has no GitHub App. */
  GITHUB_SECRET_ARN: z.optional(z.string()),
  /** Absent where the configuration has no key: links are prefilled instead. */
  DISCOURSE_SECRET_ARN: z.optional(z.string()),
  /** Only in a local deployment: file with the milliseconds that the desk's clock is ahead. */
  CLOCK_OFFSET_FILE: z.optional(z.string()),
});
