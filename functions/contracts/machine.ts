import * as z from 'zod/mini';
import { waits } from '#domain/machine.ts';

/** Inputs and outputs of the state machine's tasks: ids alone, never a word of a report. */
const ids = {
  disclosure: z.string().check(z.minLength(1)),
  generation: z.int(),
  correlation: z.string(),
};

/** Of a state that works on the whole disclosure. */
export const taskInput = z.strictObject(ids);
export type TaskInput = z.infer<typeof taskInput>;

/** Of a state that finds maintainers: how often it was retried, so that the last try can do without an answer. */
export const notifyInput = z.strictObject({ ...ids, retries: z.optional(z.int()) });
export type NotifyInput = z.infer<typeof notifyInput>;

/** Of one round of the Map over repositories. */
export const repositoryInput = z.strictObject({ ...ids, repository: z.string() });
export type RepositoryInput = z.infer<typeof repositoryInput>;

/** Of a state that waits. */
export const holdInput = z.strictObject({
  ...ids,
  wait: z.enum(waits),
  token: z.string().check(z.minLength(1)),
});
export type HoldInput = z.infer<typeof holdInput>;
