import * as z from 'zod';

const at = z.string().transform((text, context) => {
  const milliseconds = Date.parse(text);
  if (!Number.isNaN(milliseconds)) return new Date(milliseconds).toISOString();
  context.addIssue({ code: 'custom', message: 'not a date' });
  return z.NEVER;
});

const id = z.int().positive();

/** A post in a topic's stream, or by itself (then with `raw`). */
export const postAnswer = z.object({
  id,
  post_number: z.int().positive(),
  topic_id: id,
  username: z.string(),
  cooked: z.string(),
  raw: z.string().optional(),
  created_at: at,
  updated_at: at,
  version: z.int(),
  hidden: z.boolean().optional(),
  deleted_at: z.string().nullish(),
});
export type PostAnswer = z.infer<typeof postAnswer>;

export const topicAnswer = z.object({
  id,
  title: z.string(),
  slug: z.string(),
  category_id: z.int(),
  visible: z.boolean(),
  deleted_at: z.string().nullish(),
  post_stream: z.object({ posts: z.array(postAnswer).min(1), stream: z.array(id) }),
});
export type TopicAnswer = z.infer<typeof topicAnswer>;

/** 200 may be a queue: then there is no post yet. */
export const createdAnswer = z.union([
  z.object({ action: z.literal('enqueued') }),
  z.object({ id, topic_id: id, topic_slug: z.string() }),
]);

export const topicListAnswer = z.object({
  users: z.array(z.object({ id: z.int(), username: z.string() })).optional(),
  topic_list: z.object({
    topics: z.array(
      z.object({ id, title: z.string(), posters: z.array(z.object({ user_id: z.int() })).optional() }),
    ),
  }),
});

/** What Discourse says with an error; nothing in it is sure to be there. */
export const errorAnswer = z.object({
  errors: z.array(z.string()).optional().catch(undefined),
  error_type: z.string().optional().catch(undefined),
  extras: z.object({ wait_seconds: z.number().optional() }).optional().catch(undefined),
});
