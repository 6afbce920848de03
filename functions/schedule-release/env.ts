import * as z from 'zod/mini';

/** Environment of `schedule-release`; the deployment sets each variable together with the grant it stands for. */
export const environment = z.object({
  TABLE_NAME: z.string().check(z.minLength(1)),
  SCHEDULE_GROUP: z.string().check(z.minLength(1)),
  /** The role under which the scheduler invokes `release-deadline`. */
  SCHEDULE_ROLE_ARN: z.string().check(z.minLength(1)),
  /** Where a schedule that found no function puts its input. */
  SCHEDULE_DLQ_ARN: z.string().check(z.minLength(1)),
  RELEASE_DEADLINE_ARN: z.string().check(z.minLength(1)),
  /** Only in a local deployment: file with the milliseconds that the desk's clock is ahead. */
  CLOCK_OFFSET_FILE: z.optional(z.string()),
});
