import type { Instant } from '#domain/instant.ts';

/** A post in a topic. */
export interface PostView {
  readonly id: number;
  /** 1 is the topic's first post. */
  readonly number: number;
  readonly author: string;
  /** Readable text without markup. */
  readonly text: string;
  /** Addresses the text links to, in their order. */
  readonly links: readonly string[];
  readonly createdAt: Instant;
  readonly editedAt: Instant | null;
  readonly url: string;
}

/** A topic that everyone can read, or that is there but unlisted. */
export interface TopicView {
  readonly id: number;
  readonly title: string;
  readonly author: string;
  readonly categoryId: number;
  readonly url: string;
  /** Listed, not deleted, and its first post not hidden. */
  readonly visible: boolean;
  /**
   * When the first post became visible: a moderated one is created by its approval, so its creation counts. Null
   * while it is not visible. A topic that was unlisted first looks visible since its creation.
   */
  readonly visibleSince: Instant | null;
  readonly firstPost: PostView;
  /** Visible replies in their order. */
  readonly replies: readonly PostView[];
}

export interface NewTopic {
  readonly title: string;
  readonly body: string;
}

/** A queued topic or reply has no id yet: poll `findTopic`, or `getTopic`, until it is visible. */
export type Created =
  | { readonly state: 'visible'; readonly topicId: number; readonly postId: number; readonly url: string }
  | { readonly state: 'queued' };

/** Discourse as the use cases see it. Each method throws DiscourseHandOff, DiscourseUnavailable or DiscourseMalformed. */
export interface DiscoursePort {
  /** Whether a key is configured; without one the maintainer posts by `prefillUrl`. */
  readonly canPost: boolean;
  /** OEP-60 R14. An existing topic of ours with this title and text is returned instead of a second one. */
  createTopic(topic: NewTopic): Promise<Created>;
  /** OEP-60 R17, R18. The same text of ours in the topic is returned instead of a second one. */
  reply(reply: { readonly topicId: number; readonly body: string }): Promise<Created>;
  /**
   * One that the desk posted with this title and text; else by title and (where given) author among the category's
   * latest. Null where there is none.
   */
  findTopic(by: {
    readonly title: string;
    readonly body?: string | undefined;
    readonly author?: string | undefined;
  }): Promise<TopicView | null>;
  /** By id or by an address of this forum. Null where there is none that everyone can read. */
  getTopic(idOrUrl: number | string): Promise<TopicView | null>;
  /** The editor with title and text filled in, for a person to post in their own name. */
  prefillUrl(topic: { readonly title: string; readonly body: string }): string;
}

/** Discourse refused: a person has to do it by hand. Retrying would not help. */
export class DiscourseHandOff extends Error {
  override readonly name = 'DiscourseHandOff';
  readonly status: number;
  readonly todo: string;
  readonly link: string;

  constructor(status: number, todo: string, link: string, options?: ErrorOptions) {
    super(`Discourse answered ${status}: ${todo}`, options);
    this.status = status;
    this.todo = todo;
    this.link = link;
  }
}

/** Discourse did not answer, or asks us to wait: retrying later helps. */
export class DiscourseUnavailable extends Error {
  override readonly name = 'DiscourseUnavailable';
  /** Null where no answer came at all. */
  readonly status: number | null;
  /** Whether the post may have been made although no answer says so. */
  readonly outcomeUnknown: boolean;
  readonly retryAfterSeconds: number;

  constructor(
    status: number | null,
    details: { readonly outcomeUnknown: boolean; readonly retryAfterSeconds: number },
    options?: ErrorOptions,
  ) {
    super(
      `Discourse is unavailable (${status ?? 'no answer'}); again in ${details.retryAfterSeconds} s`,
      options,
    );
    this.status = status;
    this.outcomeUnknown = details.outcomeUnknown;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Discourse answered something that is no answer to what we asked. */
export class DiscourseMalformed extends Error {
  override readonly name = 'DiscourseMalformed';
}
