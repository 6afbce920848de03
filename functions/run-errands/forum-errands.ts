import { type DiscoursePort, DiscourseUnavailable } from '#contracts/discourse-port.ts';
import { announcementTopic, replyPost } from '#domain/announcement.ts';
import { isOpen } from '#domain/disclosure.ts';
import { ByHand, type Errand, type ErrandDeps, type ErrandOutcome } from './errand.ts';

/**
 * Identical posts within 120 s give the first one's result (facts on Discourse), and the stream's first tries come
 * within seconds: so often a post whose outcome is unknown may be sent again.
 */
const unknownTries = 3;

async function forumOf(deps: ErrandDeps): Promise<DiscoursePort> {
  const forum = deps.forum && (await deps.forum());
  if (!forum?.discourse.canPost) throw new ByHand('The desk holds no key for the forum.');
  return forum.discourse;
}

/** Posts the announcement on a command (OEP-60 R14); what a moderator holds back is watched until it is visible. */
export async function postAnnouncement(deps: ErrandDeps, errand: Errand): Promise<ErrandOutcome> {
  const { disclosure, cause } = errand;
  const topic = announcementTopic(disclosure, deps.settings.policy.zone);
  if (disclosure.announcement || !disclosure.release?.confirmedAt || !topic || !isOpen(disclosure))
    return 'nothing';
  const discourse = await forumOf(deps);
  const created = await discourse
    .createTopic(topic)
    .catch((error: unknown) => onLostAnswer(error, errand, () => watch(deps, errand, 'link-announcement')));
  const view = created.state === 'visible' ? await discourse.getTopic(created.topicId) : null;
  if (created.state === 'queued' || !view?.visibleSince) {
    await watch(deps, errand, 'link-announcement', created.state === 'visible' ? created.url : undefined);
    return 'done';
  }
  await deps.commit({
    disclosure: disclosure.id,
    command: {
      name: 'see-announcement',
      url: view.url,
      topic: view.id,
      visibleAt: view.visibleSince,
      established: 'posted',
    },
    actor: { kind: 'discourse' },
    cause: `${cause}:seen`,
  });
  return 'done';
}

/** Posts the reply with every link of OEP-60 R18, on a command. */
export async function postReply(deps: ErrandDeps, errand: Errand): Promise<ErrandOutcome> {
  const { disclosure, cause } = errand;
  const post = replyPost(disclosure);
  if (disclosure.reply || !post || !isOpen(disclosure)) return 'nothing';
  if (!disclosure.announcement) throw new ByHand('The record has no announcement to reply to.');
  const { topic } = disclosure.announcement;
  const discourse = await forumOf(deps);
  const created = await discourse
    .reply({ topicId: topic, body: post.body })
    .catch((error: unknown) => onLostAnswer(error, errand, () => watch(deps, errand, 'link-reply')));
  const view = created.state === 'visible' ? await discourse.getTopic(topic) : null;
  const seen = view?.replies.find(({ id }) => created.state === 'visible' && id === created.postId);
  if (!seen) {
    await watch(deps, errand, 'link-reply');
    return 'done';
  }
  await deps.commit({
    disclosure: disclosure.id,
    command: { name: 'see-reply', url: seen.url, visibleAt: seen.createdAt },
    actor: { kind: 'discourse' },
    cause: `${cause}:seen`,
  });
  return 'done';
}

/** Remembers that a post of ours may become visible later. */
async function watch(
  deps: ErrandDeps,
  { disclosure, cause }: Errand,
  name: 'link-announcement' | 'link-reply',
  url?: string,
): Promise<void> {
  await deps.commit({
    disclosure: disclosure.id,
    command: { name, ...(url && { url }) },
    actor: { kind: 'desk' },
    cause: `${cause}:watched`,
  });
}

/** After the last try of a post whose outcome is unknown: a person looks, and we watch whether it shows. */
async function onLostAnswer(error: unknown, errand: Errand, watched: () => Promise<void>): Promise<never> {
  const lost = error instanceof DiscourseUnavailable && error.outcomeUnknown;
  if (!lost || errand.attempts < unknownTries) throw error;
  await watched();
  throw new ByHand(
    'Nobody knows whether the forum took the post. Please look before you post it.',
    undefined,
    {
      cause: error,
    },
  );
}
