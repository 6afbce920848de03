export interface Category {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  /** New topics wait for a moderator. */
  readonly moderated: boolean;
  /** Replies wait for a moderator, too. */
  readonly repliesModerated: boolean;
}

export interface ForumUser {
  readonly id: number;
  readonly username: string;
  readonly name: string;
}

export interface StoredPost {
  readonly id: number;
  readonly topic: number;
  readonly number: number;
  readonly username: string;
  raw: string;
  readonly createdAt: string;
  updatedAt: string;
  version: number;
  deletedAt: string | null;
}

export interface StoredTopic {
  readonly id: number;
  title: string;
  readonly slug: string;
  readonly category: number;
  readonly externalId: string | null;
  readonly username: string;
  readonly createdAt: string;
  /** Unlisted where false. */
  visible: boolean;
  deletedAt: string | null;
}

/** A post that waits for a moderator; it has no post id and keeps no external id. */
export interface Queued {
  readonly id: number;
  readonly username: string;
  readonly raw: string;
  /** Null for a reply. */
  readonly title: string | null;
  readonly category: number;
  /** Null for a new topic. */
  readonly topic: number | null;
  readonly at: string;
  status: 'pending' | 'approved' | 'rejected';
}

export interface DiscourseState {
  nextId: number;
  readonly categories: Category[];
  /** Keys by their text; a null username is an administrator's key, which may act as anyone. */
  readonly keys: Record<string, string | null>;
  readonly users: Record<string, ForumUser>;
  readonly topics: StoredTopic[];
  readonly posts: StoredPost[];
  readonly queue: Queued[];
  /** What identical creates within 120 s get again. */
  recent: { readonly key: string; readonly at: number; readonly post: number | null }[];
}

export interface DiscourseSeed {
  readonly categories: readonly {
    readonly id: number;
    readonly slug: string;
    readonly name?: string;
    readonly moderated?: boolean;
    readonly repliesModerated?: boolean;
  }[];
  readonly apiKeys?: readonly { readonly key: string; readonly username?: string }[];
  /** Whether new topics wait for a moderator in categories that do not say it themselves. */
  readonly moderated?: boolean;
}

export function sown(seed: DiscourseSeed): DiscourseState {
  return {
    nextId: 100,
    categories: seed.categories.map((each) => ({
      id: each.id,
      slug: each.slug,
      name: each.name ?? each.slug,
      moderated: each.moderated ?? seed.moderated ?? false,
      repliesModerated: each.repliesModerated ?? false,
    })),
    keys: Object.fromEntries((seed.apiKeys ?? []).map(({ key, username }) => [key, username ?? null])),
    users: {},
    topics: [],
    posts: [],
    queue: [],
    recent: [],
  };
}

export function nextId(state: DiscourseState): number {
  state.nextId += 1;
  return state.nextId;
}

/** The user of a name, made where nobody has it yet; names are one whatever their case. */
export function userOf(state: DiscourseState, username: string): ForumUser {
  const key = username.toLowerCase();
  state.users[key] ??= { id: nextId(state), username, name: username };
  return state.users[key];
}

export const postsOf = (state: DiscourseState, topic: number): StoredPost[] =>
  state.posts.filter((post) => post.topic === topic && post.deletedAt === null);

/** A topic that everyone can read. */
export const readable = (state: DiscourseState, id: number): StoredTopic | undefined =>
  state.topics.find((topic) => topic.id === id && topic.deletedAt === null);

export const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'topic';
