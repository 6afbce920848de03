import * as z from 'zod/mini';

const at = z.pipe(
  z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), { error: 'not a date', abort: true })),
  z.transform((text: string) => new Date(text).toISOString()),
);

const id = z.int().check(z.positive());

/** A post in a topic's stream, or by itself (then with `raw`). */
export const postAnswer = z.object({
  id,
  post_number: z.int().check(z.positive()),
  topic_id: id,
  username: z.string(),
  cooked: z.string(),
  raw: z.optional(z.string()),
  created_at: at,
  updated_at: at,
  version: z.int(),
  hidden: z.optional(z.boolean()),
  deleted_at: z.nullish(z.string()),
});
export type PostAnswer = z.infer<typeof postAnswer>;

export const topicAnswer = z.object({
  id,
  title: z.string(),
  slug: z.string(),
  category_id: z.int(),
  visible: z.boolean(),
  deleted_at: z.nullish(z.string()),
  post_stream: z.object({ posts: z.array(postAnswer).check(z.minLength(1)), stream: z.array(id) }),
});
export type TopicAnswer = z.infer<typeof topicAnswer>;

/** 200 may be a queue: then there is no post yet. */
export const createdAnswer = z.union([
  z.object({ action: z.literal('enqueued') }),
  z.object({ id, topic_id: id, topic_slug: z.string() }),
]);

export const topicListAnswer = z.object({
  users: z.optional(z.array(z.object({ id: z.int(), username: z.string() }))),
  topic_list: z.object({
    topics: z.array(
      z.object({ id, title: z.string(), posters: z.optional(z.array(z.object({ user_id: z.int() }))) }),
    ),
  }),
});

/** What Discourse says with an error; nothing in it is sure to be there. */
export const errorAnswer = z.object({
  errors: z.catch(z.optional(z.array(z.string())), undefined),
  error_type: z.catch(z.optional(z.string()), undefined),
  extras: z.catch(z.optional(z.object({ wait_seconds: z.optional(z.number()) })), undefined),
});
