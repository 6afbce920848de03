import * as z from 'zod/mini';

/**
 * A mail that still lies in the inbox, put through the intake queue again by `reconcile`: its notification was lost
 * or its intake failed. Verdicts come from the header block that SES put on top of the raw mail.
 */
export const replayedMail = z.strictObject({
  replay: z.strictObject({
    objectKey: z.string().check(z.startsWith('in/')),
    /** From 1 on; the third becomes an `unparsed` intake, whatever else fails. */
    attempt: z.int().check(z.positive()),
  }),
});
export type ReplayedMail = z.infer<typeof replayedMail>;

/** Events whose letters, signals or errands still wait: given to the function that delivers them. */
export const redelivery = z.strictObject({
  redeliver: z.array(z.strictObject({ partition: z.string(), cause: z.string() })),
});
export type Redelivery = z.infer<typeof redelivery>;
