import { readFileSync } from 'node:fs';
import { Contract, type Json, type Operation } from '../stand-in/contract.ts';
import { type Answer, type Call, ControlError, type Running, startStandIn } from '../stand-in/server.ts';
import { pages } from './pages.ts';
import { approve, type Draft, type Posted, post } from './posting.ts';
import { createdShape, editedShape, postShape, topicList, topicShape } from './shapes.ts';
import {
  type DiscourseSeed,
  type DiscourseState,
  postsOf,
  type Queued,
  readable,
  type StoredPost,
  sown,
  userOf,
} from './state.ts';

export interface DiscourseOptions {
  /** 0 chooses a free one. */
  readonly port: number;
  readonly host?: string;
  /** The desk's clock in milliseconds: what posts are dated with. */
  readonly now: () => number;
  readonly seed: DiscourseSeed;
  /** JSON file that keeps the state over restarts; it wins over the seed. */
  readonly stateFile?: string;
  readonly log?: (line: string) => void;
  /** Where webhooks go; also settable by `POST /_control/webhooks`. */
  readonly webhook?: { readonly url: string; readonly secret: string };
  /** What the webhook is subscribed to, as Discourse's admin page asks; without it, both. */
  readonly subscribed?: readonly ('topic' | 'post')[];
}

export type RunningDiscourse = Running<DiscourseState>;

/** The part of Discourse's published description that the desk meets (MIT). */
const description = new URL('../../test/fixtures/discourse-openapi.json', import.meta.url);

/**
 * Discourse on the loopback: topics, replies, moderation, the prefilled editor; every request and answer checked
 * against the published description. People's acts and failures are ordered under `/_control/`.
 */
export async function startDiscourse(options: DiscourseOptions): Promise<RunningDiscourse> {
  const contract = new Contract(JSON.parse(readFileSync(description, 'utf8')) as Json);
  return startStandIn<DiscourseState>(
    {
      port: options.port,
      contract,
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.stateFile === undefined ? {} : { stateFile: options.stateFile }),
      ...(options.log === undefined ? {} : { log: options.log }),
      ...(options.webhook === undefined ? {} : { webhooks: [options.webhook] }),
      initial: () => sown(options.seed),
    },
    ({ state, webhook: send }) => {
      const { subscribed } = options;
      const webhook: typeof send = (event, ...about) => {
        if (!subscribed || subscribed.some((kind) => event.startsWith(`${kind}_`))) send(event, ...about);
      };
      const tell = (event: string) => (stored: StoredPost) => {
        webhook(event, undefined, { post: postShape(state, stored) });
      };
      const created = (stored: StoredPost): void => {
        tell('post_created')(stored);
        const topic = readable(state, stored.topic);
        if (stored.number === 1 && topic)
          webhook('topic_created', undefined, { topic: topicShape(state, topic) });
      };
      const submit = (draft: Draft): Posted => post(state, draft, options.now(), created);
      const tools = { submit, created, edited: tell('post_edited'), now: options.now };
      return {
        handlers: handlers(tools),
        control: people(tools),
        guard,
        pages,
        headers: () => ({}),
        refused: (problems, operation) =>
          operation
            ? { status: 400, body: { errors: problems, error_type: 'invalid_parameters' } }
            : missing(),
        undescribed,
        webhookHeaders: (event, id, signature, base) => ({
          'x-discourse-instance': base,
          'x-discourse-event-id': id,
          'x-discourse-event-type': event.split('_')[0] ?? event,
          'x-discourse-event': event,
          'x-discourse-event-signature': signature,
        }),
      };
    },
  );
}

interface Tools {
  readonly submit: (draft: Draft) => Posted;
  readonly created: (stored: StoredPost) => void;
  readonly edited: (stored: StoredPost) => void;
  readonly now: () => number;
}

/** The description knows only success: errors, and the queue's answer, follow Discourse's source. */
const undescribed = (_operation: Operation, answer: Answer): boolean =>
  answer.status >= 400 || (answer.body as { action?: string } | undefined)?.action === 'enqueued';

const missing = (): Answer => ({
  status: 404,
  body: { errors: ['The requested URL or resource could not be found.'], error_type: 'not_found' },
});

const denied = (): Answer => ({
  status: 403,
  body: { errors: ['You are not permitted to view the requested resource.'], error_type: 'invalid_access' },
});

/** Reading is public; a key that is sent must be right, and writing needs one that may act as the user. */
function guard(call: Call, _operation: Operation, state: DiscourseState): Answer | undefined {
  const key = call.headers['api-key'];
  if (key === undefined) return call.method === 'GET' ? undefined : denied();
  const holder = Object.hasOwn(state.keys, key) ? state.keys[key] : undefined;
  const username = call.headers['api-username'];
  if (holder === undefined || !username) return denied();
  return holder === null || holder.toLowerCase() === username.toLowerCase() ? undefined : denied();
}

function handlers(tools: Tools): Readonly<Record<string, (call: Call, state: DiscourseState) => Answer>> {
  return {
    createTopicPostPM: (call, state) => {
      const body = call.body as {
        raw: string;
        title?: string;
        category?: number;
        topic_id?: number;
        external_id?: string;
      };
      const username = userOf(state, call.headers['api-username'] ?? '').username;
      const { raw, title, category, topic_id: topic, external_id: externalId } = body;
      return answerOf(tools.submit({ username, raw, title, category, topic, externalId }), state);
    },
    listPosts: (_call, state) => {
      const latest = state.posts
        .filter(({ deletedAt }) => deletedAt === null)
        .slice(-20)
        .reverse();
      const shapes = latest.map((stored) => {
        const topic = readable(state, stored.topic);
        const { flair_group_id: _flair, reviewable_id: _reviewable, ...shape } = postShape(state, stored);
        return {
          ...shape,
          topic_title: topic?.title ?? '',
          topic_html_title: topic?.title ?? '',
          category_id: topic?.category ?? 0,
          flair_group_id: null,
          badges_granted: [],
          excerpt: stored.raw.slice(0, 100),
          truncated: false,
          reviewable_id: null,
        };
      });
      return { status: 200, body: { latest_posts: shapes } };
    },
    getPost: (call, state) => {
      const stored = visiblePost(state, Number(call.parameters.id));
      return stored ? { status: 200, body: postShape(state, stored) } : missing();
    },
    updatePost: (call, state) => {
      const stored = visiblePost(state, Number(call.parameters.id));
      if (!stored) return missing();
      const username = call.headers['api-username'] ?? '';
      if (stored.username.toLowerCase() !== username.toLowerCase()) return denied();
      const { post: change } = call.body as { post: { raw: string } };
      edit(stored, change.raw, tools);
      return { status: 200, body: { post: editedShape(state, stored) } };
    },
    getTopic: (call, state) => {
      const topic = readable(state, Number(call.parameters.id));
      return topic ? { status: 200, body: topicShape(state, topic) } : missing();
    },
    getTopicByExternalId: (call, state) => {
      const topic = state.topics.find(
        (each) => each.externalId === call.parameters.external_id && each.deletedAt === null,
      );
      return topic ? { status: 301, headers: { location: `${call.base}/t/${topic.id}.json` } } : missing();
    },
    listCategoryTopics: (call, state) => {
      const id = Number(call.parameters.id);
      if (!state.categories.some((each) => each.id === id)) return missing();
      return {
        status: 200,
        body: topicList(
          state,
          state.topics.filter(({ category }) => category === id),
          false,
        ),
      };
    },
    listLatestTopics: (_call, state) => ({ status: 200, body: topicList(state, state.topics, true) }),
  };
}

function answerOf(posted: Posted, state: DiscourseState): Answer {
  if (posted.kind === 'refused')
    return { status: 422, body: { action: 'create_post', errors: posted.errors } };
  if (posted.kind === 'queued') {
    return { status: 200, body: { action: 'enqueued', success: true, pending_count: posted.pending } };
  }
  return { status: 200, body: createdShape(state, posted.post) };
}

const visiblePost = (state: DiscourseState, id: number): StoredPost | undefined =>
  state.posts.find((each) => each.id === id && each.deletedAt === null && readable(state, each.topic));

function edit(stored: StoredPost, raw: string, tools: Tools): void {
  stored.raw = raw;
  stored.version += 1;
  stored.updatedAt = new Date(tools.now()).toISOString();
  tools.edited(stored);
}

type Control = (body: Record<string, unknown>, state: DiscourseState, call: Call) => unknown;

/** What people do in the forum's own pages: `POST /_control/<name>`. */
function people(tools: Tools): Readonly<Record<string, Control>> {
  const shown = (
    posted: Posted,
    state: DiscourseState,
    call: Call,
    body: Record<string, unknown>,
  ): unknown => {
    if (posted.kind === 'refused') throw new ControlError(posted.errors.join('; '));
    const form = body.form === 'yes';
    if (posted.kind === 'queued') return { queued: true, ...(form ? { location: '/review' } : {}) };
    const topic = readable(state, posted.post.topic);
    const path = `/t/${topic?.slug}/${topic?.id}`;
    return {
      topic: topic?.id,
      post: posted.post.id,
      url: `${call.base}${path}`,
      ...(form ? { location: path } : {}),
    };
  };
  return {
    /** { username, title, raw, category }: a topic in a person's own name. */
    topic: (body, state, call) => {
      const draft = {
        username: userOf(state, text(body, 'username')).username,
        title: text(body, 'title'),
        raw: text(body, 'raw'),
      };
      return shown(tools.submit({ ...draft, category: Number(body.category) }), state, call, body);
    },
    /** { username, topic, raw } */
    reply: (body, state, call) => {
      const draft = { username: userOf(state, text(body, 'username')).username, raw: text(body, 'raw') };
      return shown(tools.submit({ ...draft, topic: Number(body.topic) }), state, call, body);
    },
    /** { post, raw } or { topic, raw } for its first post, { topic, title } for its title */
    edit: (body, state) => {
      const topic = readable(state, Number(body.topic));
      if (topic && typeof body.title === 'string') topic.title = body.title;
      const stored = visiblePost(state, Number(body.post)) ?? (topic && postsOf(state, topic.id)[0]);
      if (!stored) throw new ControlError(`no post ${String(body.post)}`);
      if (typeof body.raw === 'string') edit(stored, body.raw, tools);
      const place = readable(state, stored.topic);
      return {
        post: stored.id,
        ...(body.form === 'yes' ? { location: `/t/${place?.slug}/${place?.id}` } : {}),
      };
    },
    /** { topic, visible?, deleted? }: unlists, lists, deletes or restores. */
    topicState: (body, state) => {
      const topic = state.topics.find((each) => each.id === Number(body.topic));
      if (!topic) throw new ControlError(`no topic ${String(body.topic)}`);
      if (typeof body.visible === 'boolean') topic.visible = body.visible;
      if (typeof body.deleted === 'boolean')
        topic.deletedAt = body.deleted ? new Date(tools.now()).toISOString() : null;
      return topic;
    },
    /** What waits for a moderator. */
    queue: (_body, state) => state.queue.filter(({ status }) => status === 'pending'),
    /** { id? }: approves what waits, the oldest where no id is given. */
    approve: (body, state) => {
      const stored = approve(state, waiting(state, body), tools.now(), tools.created);
      return { topic: stored.topic, post: stored.id };
    },
    /** { id? } */
    reject: (body, state) => {
      const queued = waiting(state, body);
      queued.status = 'rejected';
      return { rejected: queued.id };
    },
    /** { category, moderated?, repliesModerated? } */
    moderation: (body, state) => {
      const index = state.categories.findIndex((each) => each.id === Number(body.category));
      const known = state.categories[index];
      if (!known) throw new ControlError(`no category ${String(body.category)}`);
      const moderated = typeof body.moderated === 'boolean' ? body.moderated : known.moderated;
      const repliesModerated =
        typeof body.repliesModerated === 'boolean' ? body.repliesModerated : known.repliesModerated;
      state.categories[index] = { ...known, moderated, repliesModerated };
      return state.categories[index];
    },
  };
}

function waiting(state: DiscourseState, body: Record<string, unknown>): Queued {
  const pending = state.queue.filter(({ status }) => status === 'pending');
  const found = body.id === undefined ? pending[0] : pending.find((each) => each.id === Number(body.id));
  if (!found) throw new ControlError('nothing waits for a moderator');
  return found;
}

function text(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw new ControlError(`${name} is missing`);
  return value;
}
