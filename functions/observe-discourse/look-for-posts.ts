import type { DiscoursePort, PostView, TopicView } from '#contracts/discourse-port.ts';
import { announcedRepositories, announcementTopic, covers, repliesWithLinks } from '#domain/announcement.ts';
import {
  type Announcement,
  type Disclosure,
  isOpen,
  type LinkedPost,
  openEntries,
} from '#domain/disclosure.ts';
import { ms } from '#domain/instant.ts';
import { reached } from '#domain/lifecycle.ts';
import type { ObserveDiscourseDeps } from './observe-discourse.ts';

/** Looks for the announcement of a disclosure, or for the reply to it, where the record still lacks them. */
export async function lookForPosts(deps: ObserveDiscourseDeps, disclosure: Disclosure): Promise<void> {
  if (!deps.forum || !isOpen(disclosure) || !reached(disclosure.stage, 'advised')) return;
  const { announcement, linked, release, reply } = disclosure;
  if (!announcement) {
    if (!linked?.announcement && !release?.confirmedAt) return;
    const { discourse, account } = await deps.forum();
    await lookForAnnouncement(deps, discourse, account, disclosure);
  } else if (!reply && (linked?.reply || allPublished(disclosure))) {
    const { discourse } = await deps.forum();
    await lookForReply(deps, discourse, disclosure, announcement);
  }
}

const allPublished = (disclosure: Disclosure): boolean =>
  openEntries(disclosure).every(({ advisory }) => advisory?.state === 'published');

/**
 * A topic that somebody linked, or that we posted, is a fact once it is visible and covers every repository (OEP-60
 * R14). One that is found by its title alone is a claim: people are asked, once for each topic.
 */
async function lookForAnnouncement(
  deps: ObserveDiscourseDeps,
  discourse: DiscoursePort,
  account: string | undefined,
  disclosure: Disclosure,
): Promise<void> {
  const linked = disclosure.linked?.announcement;
  const vouched = linked && (await vouchedTopic(deps, discourse, account, disclosure, linked));
  if (vouched?.visibleSince && namesAll(vouched, disclosure)) {
    await deps.commit({
      disclosure: disclosure.id,
      command: {
        name: 'see-announcement',
        url: vouched.url,
        topic: vouched.id,
        visibleAt: vouched.visibleSince,
        established: linked?.by === 'desk' ? 'posted' : 'linked',
      },
      actor: { kind: 'discourse' },
      cause: `announcement:${vouched.id}`,
    });
    return;
  }
  const title = announcementTopic(disclosure, deps.settings.policy.zone)?.title;
  const found = linked || title === undefined ? null : await discourse.findTopic({ title });
  // Whoever posted it links it within minutes: they are not asked while they are at it.
  if (!found?.visibleSince || ms(deps.clock.now()) - ms(found.visibleSince) < deps.settings.policy.sweepMs)
    return;
  await deps.commit({
    disclosure: disclosure.id,
    command: { name: 'claim-announcement', url: found.url, topic: found.id },
    actor: { kind: 'discourse' },
    cause: `announcement-claimed:${found.id}`,
  });
}

/** The topic that a person linked; or ours, which a moderator let pass: by its title, and by us as its author. */
async function vouchedTopic(
  deps: ObserveDiscourseDeps,
  discourse: DiscoursePort,
  account: string | undefined,
  disclosure: Disclosure,
  linked: LinkedPost,
): Promise<TopicView | null> {
  if (linked.url) return discourse.getTopic(linked.url);
  const topic = announcementTopic(disclosure, deps.settings.policy.zone);
  if (!topic || account === undefined) return null;
  return discourse.findTopic({ ...topic, author: account });
}

const namesAll = (topic: TopicView, disclosure: Disclosure): boolean =>
  covers(
    `${topic.title}\n${topic.firstPost.text}\n${topic.firstPost.links.join('\n')}`,
    announcedRepositories(disclosure),
  );

/** The reply that a person linked, or one in the announcement's topic that carries every link of OEP-60 R18. */
async function lookForReply(
  deps: ObserveDiscourseDeps,
  discourse: DiscoursePort,
  disclosure: Disclosure,
  announcement: Announcement,
): Promise<void> {
  const topic = await discourse.getTopic(announcement.topic);
  const reply = topic?.visible ? replyIn(topic, disclosure) : undefined;
  if (!reply) return;
  await deps.commit({
    disclosure: disclosure.id,
    command: { name: 'see-reply', url: reply.url, visibleAt: reply.createdAt },
    actor: { kind: 'discourse' },
    cause: `reply:${reply.id}`,
  });
}

function replyIn({ replies }: TopicView, disclosure: Disclosure): PostView | undefined {
  const url = disclosure.linked?.reply?.url ?? '';
  const number = /\/(\d+)\/?(?:[?#].*)?$/.exec(url)?.[1];
  const linked = replies.find((reply) => String(reply.number) === number && sameTopic(url, reply.url));
  return linked ?? replies.find((reply) => repliesWithLinks(disclosure, reply.links));
}

const topicPart = (url: string): string => url.replace(/^.*\/t\/(?:[^/]*[^/\d][^/]*\/)?(\d+)\/.*$/, '$1');

/** Do two addresses of posts lie in the same topic, whatever its slug? */
const sameTopic = (a: string, b: string): boolean => topicPart(a) === topicPart(b);
