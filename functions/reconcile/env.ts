import * as z from 'zod/mini';

/** Environment of `reconcile`; the deployment sets each variable together with the grant it stands for. */
export const environment = z.object({
  TABLE_NAME: z.string().check(z.minLength(1)),
  BUCKET_NAME: z.string().check(z.minLength(1)),
  INTAKE_QUEUE_URL: z.string().check(z.minLength(1)),
  STATE_MACHINE_ARN: z.string().check(z.minLength(1)),
  DELIVER_FUNCTION_NAME: z.string().check(z.minLength(1)),
  RUN_ERRANDS_FUNCTION_NAME: z.string().check(z.minLength(1)),
  /** Only in a local deployment: file with the milliseconds that the desk's clock is ahead. */
  CLOCK_OFFSET_FILE: z.optional(z.string()),
});

/** The schedules' inputs: every 15 minutes, and once a day in full. */
export const input = z.object({ full: z.optional(z.boolean()) });
