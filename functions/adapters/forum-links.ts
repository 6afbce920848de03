import type { DiscoursePort } from '#contracts/discourse-port.ts';

/** The forum's editor with title and text filled in; needs no request, and nothing of the rest of the adapter. */
export const prefilledIn =
  (forum: {
    readonly baseUrl: string;
    readonly category: { readonly id: number };
  }): DiscoursePort['prefillUrl'] =>
  ({ title, body }) =>
    `${forum.baseUrl.replace(/\/$/, '')}/new-topic?${new URLSearchParams({ title, body, category_id: String(forum.category.id) })}`;
