import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type * as z from 'zod/mini';
import {
  createdAnswer,
  errorAnswer,
  type PostAnswer,
  postAnswer,
  type TopicAnswer,
  topicAnswer,
  topicListAnswer,
} from '#contracts/discourse-answers.ts';
import {
  type Created,
  DiscourseHandOff,
  DiscourseMalformed,
  type DiscoursePort,
  DiscourseUnavailable,
  type NewTopic,
  type PostView,
  type TopicView,
} from '#contracts/discourse-port.ts';
import { prefilledIn } from './forum-links.ts';

export interface DiscourseConfig {
  /** The forum's address; the only one that is ever called. */
  readonly baseUrl: string;
  /** The category of security announcements. */
  readonly category: { readonly id: number; readonly slug: string };
  /** Where it is missing, maintainers post by a prefilled link: the default. */
  readonly key?: { readonly key: string; readonly username: string } | undefined;
  /** Milliseconds of real time for one request. */
  readonly timeout?: number | undefined;
}

/** Seconds to wait where Discourse names none: its default limits count per minute. */
const fallbackWait = 60;

/** A topic's answer carries 20 posts; further ones are read one by one, up to this many. */
const furtherPosts = 40;

interface Request {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What a person does by hand where Discourse refuses. */
  readonly todo: string;
  readonly link?: string;
}

/**
 * Discourse by its API, over plain fetch. Reading needs no key; posting does. Redirects are followed only within
 * the forum, since the key travels in a header that fetch would carry elsewhere.
 *
 * @example const discourse = createDiscourse({ baseUrl, category: { id: 9, slug: 'security' } });
 */
export function createDiscourse(config: DiscourseConfig): DiscoursePort {
  const base = new URL(config.baseUrl);
  const address = (path: string): string => `${config.baseUrl.replace(/\/$/, '')}${path}`;
  const page = (topic: { readonly id: number; readonly slug: string }): string =>
    address(`/t/${topic.slug}/${topic.id}`);
  const prefillUrl = prefilledIn(config);

  const call = async <T extends z.ZodMiniType>(schema: T, request: Request): Promise<z.output<T>> => {
    const response = await fetched(address(request.path), request, config, base.origin);
    const text = await response.text().catch((cause: unknown) => {
      throw noAnswer(request, cause);
    });
    if (response.status !== 200) throw refusal(response, text, request, address(''));
    const result = schema.safeParse(json(text));
    if (result.success) return result.data;
    const places = result.error.issues.map((issue) => issue.path.join('.') || 'the answer');
    throw new DiscourseMalformed(`Discourse's answer is not what was asked for: ${places.join(', ')}`, {
      cause: result.error,
    });
  };
  /** Null for what is not there, or not for everyone. */
  const callOrNull = async <T extends z.ZodMiniType>(
    schema: T,
    request: Request,
  ): Promise<z.output<T> | null> =>
    call(schema, request).catch((error: unknown) => {
      if (error instanceof DiscourseHandOff && [403, 404, 410].includes(error.status)) return null;
      throw error;
    });

  const getPost = (id: number): Promise<PostAnswer | null> =>
    callOrNull(postAnswer, { path: `/posts/${id}.json`, todo: `Look at post ${id} of the forum` });

  const viewOf = async (topic: TopicAnswer): Promise<TopicView> => {
    const carried = new Set(topic.post_stream.posts.map((each) => each.id));
    const missing = topic.post_stream.stream.filter((id) => !carried.has(id)).slice(-furtherPosts);
    const further: PostAnswer[] = [];
    for (const id of missing) {
      const found = await getPost(id);
      if (found) further.push(found);
    }
    const [first, ...replies] = [...topic.post_stream.posts, ...further].sort(
      (a, b) => a.post_number - b.post_number,
    );
    if (!first) throw new DiscourseMalformed('Discourse showed a topic without posts');
    const visible = topic.visible && !topic.deleted_at && shown(first);
    return {
      id: topic.id,
      title: topic.title,
      author: first.username,
      categoryId: topic.category_id,
      url: page(topic),
      visible,
      visibleSince: visible ? first.created_at : null,
      firstPost: postView(first, page(topic)),
      replies: replies.filter(shown).map((each) => postView(each, page(topic))),
    };
  };

  const getTopic: DiscoursePort['getTopic'] = async (idOrUrl) => {
    const id = typeof idOrUrl === 'number' ? idOrUrl : topicIdOf(idOrUrl, base);
    if (id === null) return null;
    const topic = await callOrNull(topicAnswer, {
      path: `/t/${id}.json`,
      todo: `Look at topic ${id} of the forum`,
    });
    return topic && viewOf(topic);
  };

  const byExternalId = async (given: NewTopic): Promise<TopicView | null> => {
    const path = `/t/external_id/${externalIdOf(given)}.json`;
    const topic = await callOrNull(topicAnswer, { path, todo: `Look for the topic "${given.title}"` });
    return topic && viewOf(topic);
  };

  const byTitle = async (title: string, author: string | undefined): Promise<TopicView | null> => {
    const path = `/c/${encodeURIComponent(config.category.slug)}/${config.category.id}.json`;
    const list = await call(topicListAnswer, { path, todo: `Look for the topic "${title}"` });
    const names = new Map(list.users?.map((user) => [user.id, user.username]));
    for (const topic of list.topic_list.topics) {
      if (plain(topic.title) !== plain(title)) continue;
      // The first poster is the author; where the list names none, the topic itself does.
      const poster = names.get(topic.posters?.[0]?.user_id ?? 0);
      if (author !== undefined && poster !== undefined && !same(poster, author)) continue;
      const view = await getTopic(topic.id);
      if (view && (author === undefined || same(view.author, author))) return view;
    }
    return null;
  };

  const findTopic: DiscoursePort['findTopic'] = async ({ title, body, author }) =>
    (body === undefined ? null : await byExternalId({ title, body })) ?? byTitle(title, author);

  const submit = async (
    body: Readonly<Record<string, unknown>>,
    todo: string,
    link: string,
  ): Promise<Created> => {
    const answer = await call(createdAnswer, { path: '/posts.json', body, todo, link });
    if ('action' in answer) return { state: 'queued' };
    const url = page({ id: answer.topic_id, slug: answer.topic_slug });
    return { state: 'visible', topicId: answer.topic_id, postId: answer.id, url };
  };

  /** Our own topic of this title and text, which lost its external id to a moderator's queue. */
  const sameTopic = async (title: string, body: string): Promise<TopicView | null> => {
    const topic = await byTitle(title, config.key?.username);
    const post = topic && (await getPost(topic.firstPost.id));
    return post?.raw?.trim() === body.trim() ? topic : null;
  };

  /** Our own post of this text in a topic: raw texts are compared, since cooking changes what we wrote. */
  const ownReply = async (topicId: number, body: string): Promise<Created | null> => {
    const topic = await getTopic(topicId);
    const ours = topic?.replies.filter(({ author }) => same(author, config.key?.username ?? '')) ?? [];
    for (const { id } of ours.toReversed()) {
      const found = await getPost(id);
      if (topic && found?.raw?.trim() === body.trim())
        return { state: 'visible', topicId, postId: id, url: topic.url };
    }
    return null;
  };

  return {
    canPost: config.key !== undefined,

    async createTopic({ title, body }) {
      const look = async (): Promise<Created | null> => {
        const topic = (await byExternalId({ title, body })) ?? (await sameTopic(title, body));
        return topic && { state: 'visible', topicId: topic.id, postId: topic.firstPost.id, url: topic.url };
      };
      const before = await look();
      if (before) return before;
      const fields = {
        title,
        raw: body,
        category: config.category.id,
        external_id: externalIdOf({ title, body }),
      };
      return submit(fields, 'Post the announcement', prefillUrl({ title, body })).catch((error: unknown) =>
        foundAfter(error, look),
      );
    },

    async reply({ topicId, body }) {
      const look = (): Promise<Created | null> => ownReply(topicId, body);
      const before = await look();
      if (before) return before;
      const todo = 'Reply to the announcement with the links of advisory and fixes';
      return submit({ topic_id: topicId, raw: body }, todo, address(`/t/${topicId}`)).catch(
        (error: unknown) => foundAfter(error, look),
      );
    },

    findTopic,
    getTopic,
    prefillUrl,
  };
}

/**
 * Is `X-Discourse-Event-Signature` (`sha256=<hex>`) the HMAC-SHA-256 of the raw body? Constant time. A missing or
 * malformed header is false, never an error.
 */
export function verifyDiscourseSignature(
  secret: string,
  rawBody: string | Uint8Array,
  header: string | undefined,
): boolean {
  if (secret === '' || !/^sha256=[0-9a-f]{64}$/.test(header ?? '')) return false;
  const expected = createHmac('sha256', secret).update(rawBody).digest();
  return timingSafeEqual(expected, Buffer.from((header ?? '').slice('sha256='.length), 'hex'));
}

/**
 * Under what the forum finds a topic of ours again. It shows this id to everyone, so it follows from what the post
 * says, not from the disclosure: a reference is nobody's but ours. Discourse takes word characters and dashes, 50 at
 * most.
 */
const externalIdOf = ({ title, body }: NewTopic): string =>
  `announcement-${createHash('sha256').update(`${title}\n${body}`).digest('hex').slice(0, 32)}`;

/** After a post whose outcome is unknown, or that was refused as already there: what is there, else the error. */
async function foundAfter(error: unknown, look: () => Promise<Created | null>): Promise<Created> {
  const unknown =
    error instanceof DiscourseMalformed || (error instanceof DiscourseUnavailable && error.outcomeUnknown);
  const taken = error instanceof DiscourseHandOff && error.status === 422;
  const found = unknown || taken ? await look().catch(() => null) : null;
  if (found) return found;
  throw error;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Discourse capitalises and trims titles. */
const plain = (title: string): string => title.toLowerCase().replace(/\s+/g, ' ').trim();

const shown = (post: PostAnswer): boolean => post.hidden !== true && !post.deleted_at;

/** The topic id in an address of this forum; null for any other address. */
function topicIdOf(text: string, base: URL): number | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const root = base.pathname.replace(/\/$/, '');
  if (url.origin !== base.origin || !url.pathname.startsWith(`${root}/`)) return null;
  const [, id] =
    /^\/t\/(?:[^/]*[^/\d][^/]*\/)?(\d{1,12})(?:\/\d+)?\/?$/.exec(url.pathname.slice(root.length)) ?? [];
  return id === undefined ? null : Number(id);
}

function postView(post: PostAnswer, topicUrl: string): PostView {
  return {
    id: post.id,
    number: post.post_number,
    author: post.username,
    text: textOf(post.cooked),
    links: [...post.cooked.matchAll(/<a\s[^>]*?href="([^"]+)"/g)].map(([, href = '']) => unescaped(href)),
    createdAt: post.created_at,
    editedAt: post.version > 1 ? post.updated_at : null,
    url: `${topicUrl}/${post.post_number}`,
  };
}

/** Cooked HTML as text. It is only read and compared, never shown as markup. */
const textOf = (cooked: string): string =>
  unescaped(
    cooked
      .replace(/<br\s*\/?>\n?/g, '\n')
      .replace(/<\/(?:p|li|h\d|blockquote|pre|tr)>/g, '\n')
      .replace(/<[^>]*>/g, ''),
  )
    .replace(/\n{3,}/g, '\n\n')
    .trim();

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  nbsp: ' ',
};

const unescaped = (text: string): string =>
  text.replace(/&(#39|[a-z]+);/g, (all, name: string) => entities[name] ?? all);

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is not what was asked for; the schema says so.
    return undefined;
  }
}

/** One request, with redirects followed by hand within the forum and for reading only. */
async function fetched(
  url: string,
  request: Request,
  config: DiscourseConfig,
  origin: string,
  hops = 3,
): Promise<Response> {
  const writes = request.body !== undefined;
  const response = await fetch(url, {
    method: writes ? 'POST' : 'GET',
    redirect: 'manual',
    signal: AbortSignal.timeout(config.timeout ?? 10_000),
    headers: {
      accept: 'application/json',
      ...(writes ? { 'content-type': 'application/json' } : {}),
      ...(config.key ? { 'api-key': config.key.key, 'api-username': config.key.username } : {}),
    },
    ...(writes ? { body: JSON.stringify(request.body) } : {}),
  }).catch((cause: unknown) => {
    throw noAnswer(request, cause);
  });
  const target = response.headers.get('location');
  if (response.status < 300 || response.status >= 400 || target === null || writes || hops === 0)
    return response;
  const next = new URL(target, url);
  if (next.origin !== origin) return response;
  await response.body?.cancel();
  return fetched(next.href, request, config, origin, hops - 1);
}

const noAnswer = (request: Request, cause: unknown): DiscourseUnavailable =>
  new DiscourseUnavailable(
    null,
    { outcomeUnknown: request.body !== undefined, retryAfterSeconds: fallbackWait },
    { cause },
  );

/** Anything but 200, in our words. */
function refusal(response: Response, text: string, request: Request, home: string): Error {
  const said = errorAnswer.safeParse(json(text)).data;
  const cause = new Error(said?.errors?.join('; ') ?? said?.error_type ?? `status ${response.status}`);
  const named = Number(response.headers.get('retry-after')) || said?.extras?.wait_seconds || fallbackWait;
  if (response.status === 429 || response.status >= 500) {
    const outcomeUnknown = response.status !== 429 && request.body !== undefined;
    const details = { outcomeUnknown, retryAfterSeconds: Math.ceil(named) };
    return new DiscourseUnavailable(response.status, details, { cause });
  }
  return new DiscourseHandOff(response.status, request.todo, request.link ?? home, { cause });
}
