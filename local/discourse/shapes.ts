import {
  type DiscourseState,
  type ForumUser,
  postsOf,
  type StoredPost,
  type StoredTopic,
  userOf,
} from './state.ts';

export type Shape = Record<string, unknown>;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Raw text as Discourse would cook it, as far as announcements need: paragraphs, lines and links. */
export function cooked(raw: string): string {
  const linked = (text: string): string =>
    escaped(text).replace(
      /https?:\/\/[^\s<>")\]]+/g,
      (url) => `<a href="${url}" rel="noopener nofollow ugc">${url}</a>`,
    );
  return raw
    .trim()
    .split(/\n{2,}/)
    .map((part) => `<p>${linked(part).replaceAll('\n', '<br>\n')}</p>`)
    .join('\n');
}

/** `actions_summary` of a post that nobody liked or flagged. */
const noActions: readonly unknown[] = [];

/** What every post shape shares, in the description's order of meaning. */
function common(state: DiscourseState, post: StoredPost): Shape {
  const user = userOf(state, post.username);
  const topic = state.topics.find((each) => each.id === post.topic);
  return {
    id: post.id,
    name: user.name,
    username: user.username,
    avatar_template: `/letter_avatar/${user.username}/{size}.png`,
    created_at: post.createdAt,
    cooked: cooked(post.raw),
    post_number: post.number,
    post_type: 1,
    updated_at: post.updatedAt,
    reply_count: 0,
    reply_to_post_number: null,
    quote_count: 0,
    incoming_link_count: 0,
    reads: 1,
    readers_count: 0,
    score: 0,
    yours: false,
    topic_id: post.topic,
    topic_slug: topic?.slug ?? '',
    display_username: user.name,
    primary_group_name: null,
    flair_name: null,
    flair_url: null,
    flair_bg_color: null,
    flair_color: null,
    version: post.version,
    can_edit: false,
    can_delete: false,
    can_recover: false,
    can_see_hidden_post: false,
    can_wiki: false,
    user_title: null,
    bookmarked: false,
    actions_summary: noActions,
    moderator: false,
    admin: false,
    staff: false,
    user_id: user.id,
    hidden: false,
    trust_level: 1,
    deleted_at: post.deletedAt,
    user_deleted: false,
    edit_reason: null,
    can_view_edit_history: true,
    wiki: false,
    reviewable_score_count: 0,
    reviewable_score_pending_count: 0,
  };
}

const postUrl = (state: DiscourseState, post: StoredPost): string => {
  const topic = state.topics.find((each) => each.id === post.topic);
  return `/t/${topic?.slug}/${post.topic}/${post.number}`;
};

/** The answer to creating a post. */
export const createdShape = (state: DiscourseState, post: StoredPost): Shape => ({
  ...common(state, post),
  raw: post.raw,
  posts_count: postsOf(state, post.topic).length,
  flair_group_id: null,
  badges_granted: [],
  yours: true,
  draft_sequence: 0,
  reviewable_id: null,
  post_url: postUrl(state, post),
});

/** One post with its raw text. */
export const postShape = (state: DiscourseState, post: StoredPost): Shape => ({
  ...common(state, post),
  raw: post.raw,
  posts_count: postsOf(state, post.topic).length,
  flair_group_id: null,
  reviewable_id: null,
  post_url: postUrl(state, post),
});

export const editedShape = (state: DiscourseState, post: StoredPost): Shape => ({
  ...postShape(state, post),
  badges_granted: [],
  draft_sequence: 0,
});

const streamShape = (state: DiscourseState, post: StoredPost): Shape => ({
  ...common(state, post),
  link_counts: [],
  read: true,
  reviewable_id: 0,
});

const person = (user: ForumUser): Shape => ({
  id: user.id,
  username: user.username,
  name: user.name,
  avatar_template: `/letter_avatar/${user.username}/{size}.png`,
});

/** How many posts a topic's answer carries; the stream lists the ids of all. */
export const chunk = 20;

export function topicShape(state: DiscourseState, topic: StoredTopic): Shape {
  const posts = postsOf(state, topic.id);
  const last = posts.at(-1);
  const right = (...names: string[]): Shape => Object.fromEntries(names.map((name) => [name, false]));
  return {
    post_stream: {
      posts: posts.slice(0, chunk).map((post) => streamShape(state, post)),
      stream: posts.map(({ id }) => id),
    },
    timeline_lookup: [],
    suggested_topics: [],
    tags: [],
    tags_descriptions: {},
    id: topic.id,
    title: topic.title,
    fancy_title: topic.title,
    posts_count: posts.length,
    created_at: topic.createdAt,
    views: 1,
    reply_count: Math.max(0, posts.length - 1),
    like_count: 0,
    last_posted_at: last?.createdAt ?? null,
    visible: topic.visible,
    closed: false,
    archived: false,
    has_summary: false,
    archetype: 'regular',
    slug: topic.slug,
    category_id: topic.category,
    word_count: posts.reduce((sum, { raw }) => sum + raw.split(/\s+/).length, 0),
    deleted_at: topic.deletedAt,
    user_id: userOf(state, topic.username).id,
    featured_link: null,
    pinned_globally: false,
    pinned_at: null,
    pinned_until: null,
    image_url: null,
    slow_mode_seconds: 0,
    draft: null,
    draft_key: `topic_${topic.id}`,
    draft_sequence: 0,
    unpinned: null,
    pinned: false,
    current_post_number: 1,
    highest_post_number: last?.number ?? 0,
    deleted_by: null,
    has_deleted: false,
    actions_summary: [],
    chunk_size: chunk,
    bookmarked: false,
    bookmarks: [],
    topic_timer: null,
    message_bus_last_id: 0,
    participant_count: new Set(posts.map(({ username }) => username)).size,
    show_read_indicator: false,
    thumbnails: null,
    slow_mode_enabled_until: null,
    details: {
      ...right('can_edit', 'can_move_posts', 'can_delete', 'can_remove_allowed_users', 'can_create_post'),
      ...right(
        'can_reply_as_new_topic',
        'can_convert_topic',
        'can_review_topic',
        'can_close_topic',
        'can_archive_topic',
      ),
      ...right(
        'can_split_merge_topic',
        'can_edit_staff_notes',
        'can_toggle_topic_visibility',
        'can_pin_unpin_topic',
      ),
      ...right('can_moderate_category'),
      notification_level: 1,
      can_remove_self_id: 0,
      created_by: person(userOf(state, topic.username)),
      last_poster: person(userOf(state, last?.username ?? topic.username)),
    },
  };
}

/** A list of topics, newest first, as a category and as "latest" show it. */
export function topicList(state: DiscourseState, topics: readonly StoredTopic[], latest: boolean): Shape {
  const shown = [...topics].filter(({ visible, deletedAt }) => visible && deletedAt === null).reverse();
  const users = [...new Set(shown.map(({ username }) => userOf(state, username)))].map(person);
  return {
    users,
    primary_groups: [],
    topic_list: {
      can_create_topic: false,
      per_page: 30,
      topics: shown.slice(0, 30).map((topic) => listed(state, topic, latest)),
    },
  };
}

function listed(state: DiscourseState, topic: StoredTopic, latest: boolean): Shape {
  const posts = postsOf(state, topic.id);
  const last = posts.at(-1);
  return {
    id: topic.id,
    title: topic.title,
    fancy_title: topic.title,
    slug: topic.slug,
    posts_count: posts.length,
    reply_count: Math.max(0, posts.length - 1),
    highest_post_number: last?.number ?? 0,
    created_at: topic.createdAt,
    last_posted_at: last?.createdAt ?? topic.createdAt,
    bumped: true,
    bumped_at: last?.createdAt ?? topic.createdAt,
    archetype: 'regular',
    unseen: false,
    pinned: false,
    unpinned: null,
    visible: topic.visible,
    closed: false,
    archived: false,
    // The description gives these another type in each of the two lists.
    ...(latest
      ? { bookmarked: false, liked: false }
      : { image_url: null, excerpt: '', bookmarked: null, liked: null }),
    views: 1,
    like_count: 0,
    has_summary: false,
    last_poster_username: last?.username ?? topic.username,
    category_id: topic.category,
    pinned_globally: false,
    featured_link: null,
    posters: [
      {
        extras: 'latest single',
        description: 'Original Poster, Most Recent Poster',
        user_id: userOf(state, topic.username).id,
        primary_group_id: null,
      },
    ],
  };
}
