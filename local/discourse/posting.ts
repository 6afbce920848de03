import { createHash } from 'node:crypto';
import { type DiscourseState, nextId, type Queued, type StoredPost, slugOf, userOf } from './state.ts';

/** What somebody wants to post: a topic has a title, a reply names its topic. */
export interface Draft {
  readonly username: string;
  readonly raw: string;
  readonly title?: string | undefined;
  readonly category?: number | undefined;
  readonly topic?: number | undefined;
  readonly externalId?: string | undefined;
}

export type Posted =
  | { readonly kind: 'post'; readonly post: StoredPost }
  | { readonly kind: 'queued'; readonly pending: number }
  | { readonly kind: 'refused'; readonly errors: readonly string[] };

/** Discourse's defaults: min_topic_title_length, min_first_post_length and min_post_length. */
const shortestTitle = 15;
const shortestPost = 20;
/** Identical creates within this many milliseconds return the first result. */
const memory = 120_000;

/** Creates a topic or a reply as Discourse does: remembered, checked, queued where the category is moderated. */
export function post(
  state: DiscourseState,
  draft: Draft,
  now: number,
  created: (post: StoredPost) => void,
): Posted {
  const key = createHash('sha1')
    .update(JSON.stringify([draft.username.toLowerCase(), draft.title, draft.topic, draft.raw]))
    .digest('hex');
  const at = new Date(now).toISOString();
  state.recent = state.recent.filter((each) => now - each.at < memory);
  const before = state.recent.find((each) => each.key === key);
  if (before) return again(state, before.post);
  const errors = problems(state, draft);
  if (errors.length > 0) return { kind: 'refused', errors };
  const topic = state.topics.find((each) => each.id === draft.topic);
  const category = state.categories.find((each) => each.id === (topic?.category ?? draft.category));
  const waits = draft.topic === undefined ? category?.moderated : category?.repliesModerated;
  if (waits) {
    state.queue.push({
      id: nextId(state),
      username: draft.username,
      raw: draft.raw,
      title: draft.title ?? null,
      category: category?.id ?? 0,
      topic: draft.topic ?? null,
      at,
      status: 'pending',
    });
    state.recent.push({ key, at: now, post: null });
    return { kind: 'queued', pending: pendingOf(state) };
  }
  const stored = store(state, draft, at);
  state.recent.push({ key, at: now, post: stored.id });
  created(stored);
  return { kind: 'post', post: stored };
}

const pendingOf = (state: DiscourseState): number =>
  state.queue.filter((each) => each.status === 'pending').length;

function again(state: DiscourseState, id: number | null): Posted {
  const known = state.posts.find((each) => each.id === id);
  return known ? { kind: 'post', post: known } : { kind: 'queued', pending: pendingOf(state) };
}

function problems(state: DiscourseState, draft: Draft): string[] {
  const errors: string[] = [];
  if (draft.raw.trim().length < shortestPost)
    errors.push(`Body is too short (minimum is ${shortestPost} characters)`);
  if (draft.topic !== undefined) {
    const topic = state.topics.find((each) => each.id === draft.topic && each.deletedAt === null);
    return topic ? errors : ['The topic you are trying to reply to does not exist'];
  }
  const title = draft.title?.trim() ?? '';
  if (title.length < shortestTitle)
    errors.push(`Title is too short (minimum is ${shortestTitle} characters)`);
  if (!state.categories.some((each) => each.id === draft.category)) errors.push("Category can't be blank");
  if (
    state.topics.some((each) => each.deletedAt === null && each.title.toLowerCase() === title.toLowerCase())
  ) {
    errors.push('Title has already been used');
  }
  if (draft.externalId !== undefined && state.topics.some((each) => each.externalId === draft.externalId)) {
    errors.push('External has already been taken');
  }
  return errors;
}

function store(state: DiscourseState, draft: Draft, at: string): StoredPost {
  userOf(state, draft.username);
  const topic = draft.topic ?? openTopic(state, draft, at);
  const stored: StoredPost = {
    id: nextId(state),
    topic,
    number: state.posts.filter((each) => each.topic === topic).length + 1,
    username: draft.username,
    raw: draft.raw,
    createdAt: at,
    updatedAt: at,
    version: 1,
    deletedAt: null,
  };
  state.posts.push(stored);
  return stored;
}

function openTopic(state: DiscourseState, draft: Draft, at: string): number {
  const title = draft.title?.trim() ?? '';
  const id = nextId(state);
  state.topics.push({
    id,
    title,
    slug: slugOf(title),
    category: draft.category ?? 0,
    externalId: draft.externalId ?? null,
    username: draft.username,
    createdAt: at,
    visible: true,
    deletedAt: null,
  });
  return id;
}

/** A moderator's approval: the post is created now, so that it is dated with its becoming visible. */
export function approve(
  state: DiscourseState,
  queued: Queued,
  now: number,
  created: (post: StoredPost) => void,
): StoredPost {
  queued.status = 'approved';
  const { username, raw, title, category, topic } = queued;
  const draft = { username, raw, category, title: title ?? undefined, topic: topic ?? undefined };
  const stored = store(state, draft, new Date(now).toISOString());
  created(stored);
  return stored;
}
