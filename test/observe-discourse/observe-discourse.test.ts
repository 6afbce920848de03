import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiscourse, verifyDiscourseSignature } from '#adapters/discourse.ts';
import { announcementTopic, replyPost } from '#domain/announcement.ts';
import type { Command } from '#domain/commands.ts';
import { hour, minute } from '#domain/instant.ts';
import { observeDiscourse } from '../../functions/observe-discourse/observe-discourse.ts';
import { runErrands } from '../../functions/run-errands/run-errands.ts';
import { type RunningDiscourse, startDiscourse } from '../../local/discourse/server.ts';
import { hookServer } from '../support/hook-server.ts';
import {
  alice,
  controlOf,
  type DeskWorld,
  deskWorld,
  ids,
  reference,
  repository,
  second,
  settings,
} from '../support/outside-world.ts';

const secret = 'the webhook’s secret';
const category = { id: 9, slug: 'security' };
const releaseAt = '2026-03-05T15:00:00.000Z';

let world: DeskWorld;
let forum: RunningDiscourse;
let door: Awaited<ReturnType<typeof hookServer>>;
let control: ReturnType<typeof controlOf>;

const connect = async () => ({
  discourse: createDiscourse({
    baseUrl: forum.url,
    category,
    key: { key: 'k', username: 'desk' },
    timeout: 10_000,
  }),
  account: 'desk',
});
const observe = (configured = true) =>
  observeDiscourse({
    ...world,
    settings,
    forum: configured ? connect : undefined,
    verify: async (body, signature) => verifyDiscourseSignature(secret, body, signature),
  });
const poll = () => observe()({});
const events = async (type: string) =>
  (await world.store.events(`DISC#${reference}`)).filter((event) => event.type === type);
/** The announcement as the prefilled editor has it, posted by a person. */
const announce = async (over: { title?: string; raw?: string } = {}) => {
  const topic = announcementTopic(await world.current(), settings.policy.zone);
  const posted = await control('topic', {
    username: 'alice',
    title: over.title ?? topic?.title,
    raw: over.raw ?? topic?.body,
    category: 9,
  });
  await forum.settled();
  return posted;
};
const link = (url: unknown) => world.act(alice, { name: 'link-announcement', url: String(url) });
const moderated = (body: object) => control('moderation', { category: 9, ...body });

async function started(repositories: readonly string[]): Promise<void> {
  await world.open();
  await world.triage(repositories);
  for (const name of repositories) {
    const ghsa = name === repository ? 'GHSA-2222-3333-4444' : 'GHSA-5555-6666-7777';
    const url = `https://github.com/${name}/security/advisories/${ghsa}`;
    const advisory = { ghsa, url, state: 'draft' as const };
    await world.act({ kind: 'desk' }, { name: 'record-advisory', repository: name, advisory });
    const maintainer = { id: `owners:${ids.alice}`, people: [ids.alice], source: 'contacts' as const };
    await world.act({ kind: 'desk' }, { name: 'notify-maintainer', repository: name, maintainer });
  }
  await world.act(alice, { name: 'propose-release', at: releaseAt });
}

beforeEach(async () => {
  world = await deskWorld();
  door = await hookServer((request) => observe()(request));
  forum = await startDiscourse({
    port: 0,
    now: () => Date.parse(world.clock.now()),
    webhook: { url: door.url, secret },
    seed: { categories: [category], apiKeys: [{ key: 'k', username: 'desk' }] },
  });
  control = controlOf(forum.url);
});

afterEach(async () => {
  await forum.settled();
  await forum.close();
  await door.close();
  expect(forum.violations).toEqual([]);
});

describe('the announcement', () => {
  it('R14: a topic that a maintainer linked is a fact, once it covers every repository', async () => {
    await started([repository]);
    const { url, topic } = await announce();
    await link(url);

    await poll();

    expect(await world.current()).toMatchObject({
      stage: 'announced',
      announcement: { topic, established: 'linked', visibleAt: world.clock.now() },
    });
    expect((await world.current()).linked?.announcement).toBeUndefined();
  });

  it('R14: one that names only some of the repositories announces nothing, until it is edited', async () => {
    await started([repository, second]);
    const title = `Security: Upcoming Security Release for ${repository} on 2026-03-05`;
    const { url, topic } = await announce({ title, raw: `A fix of severity High for ${repository}.` });
    await link(url);
    await poll();
    expect((await world.current()).stage).toBe('advised');

    await control('edit', { topic, raw: `A fix of severity High for ${repository} and ${second}.` });
    await forum.settled();

    expect((await world.current()).stage).toBe('announced');
  });

  it('R15: 48 hours count from when a moderator let it be seen, and the webhook tells', async () => {
    await started([repository]);
    await moderated({ moderated: true });
    const event = (await world.act(alice, { name: 'command-post', what: 'announcement' })).event;
    const stored = await world.store.event(event.partition, event.cause);
    if (stored) await runErrands({ ...world, github: undefined, forum: connect, settings })(stored);
    await poll();
    expect((await world.current()).stage).toBe('advised');
    const approved = world.clock.advance(5 * hour);

    await control('approve', {});
    await forum.settled();

    expect((await world.current()).announcement).toMatchObject({
      established: 'posted',
      visibleAt: approved,
    });
    expect((await world.current()).release?.at).toBe(releaseAt);
  });

  it('R15: let through too late, the desk proposes another instant', async () => {
    await started([repository]);
    await moderated({ moderated: true });
    await announce();
    world.clock.advance(40 * hour);
    await control('approve', {});
    await forum.settled();
    await link(`${forum.url}/t/${forum.state.topics[0]?.slug}/${forum.state.topics[0]?.id}`);

    await poll();

    expect((await world.current()).release).toMatchObject({ proposedBy: 'desk', confirmedBy: [] });
    expect(await world.letters('announcement-late')).toHaveLength(1);
  });

  it('a linked topic that is unlisted or deleted is not visible', async () => {
    await started([repository]);
    const { url, topic } = await announce();
    await link(url);
    await control('topicState', { topic, visible: false });
    await poll();
    await control('topicState', { topic, visible: true, deleted: true });
    await poll();
    expect((await world.current()).stage).toBe('advised');

    await control('topicState', { topic, deleted: false });
    await poll();

    expect((await world.current()).stage).toBe('announced');
  });

  it('a topic found by its title alone is a claim: people are asked, once, and nothing moves', async () => {
    await started([repository]);
    await announce();
    await poll();
    expect(await events('claim-announcement')).toEqual([]);
    world.clock.advance(15 * minute);

    await poll();
    await poll();

    expect((await world.current()).stage).toBe('advised');
    expect(await events('claim-announcement')).toHaveLength(1);
    const told = (await world.letters('escalation')).filter(
      ({ params }) => 'about' in params && params.about === 'announcement-claimed',
    );
    expect(told.map(({ to }) => to)).toEqual([{ person: ids.alice }, { person: ids.member }]);
  });

  it('a stranger’s topic is never taken for the one that we posted', async () => {
    await started([repository]);
    await world.act({ kind: 'desk' }, { name: 'link-announcement' });
    await announce();

    await poll();

    expect((await world.current()).stage).toBe('advised');
  });

  it('an address of another forum is not followed', async () => {
    await started([repository]);
    await link('https://elsewhere.example/t/security/1');

    await poll();

    expect((await world.current()).stage).toBe('advised');
  });

  it('told twice, and seen by the poll too, it happens once', async () => {
    await started([repository]);
    const { url } = await announce();
    await link(url);

    await Promise.all([poll(), poll()]);
    await control('redeliver', { id: forum.deliveries[0]?.id });
    await forum.settled();

    expect(await events('see-announcement')).toHaveLength(1);
  });
});

describe('the reply', () => {
  const merges: readonly Command[] = ['main', 'release/verawood'].map((branch) => ({
    name: 'record-merge',
    repository,
    branch,
    url: `https://github.com/${repository}/commit/${branch.replace('/', '-')}`,
  }));
  /** Announced, merged on every branch and published; answers the announcement's topic. */
  const upToReply = async (): Promise<number> => {
    await started([repository]);
    const { url } = await announce();
    await link(url);
    await poll();
    world.clock.advance(72 * hour);
    for (const merge of merges) await world.act(alice, merge);
    await world.act({ kind: 'github' }, { name: 'see-advisory', repository, state: 'published' });
    return (await world.current()).announcement?.topic ?? 0;
  };
  const reply = async (topic: number, raw: string | undefined) => {
    const posted = await control('reply', { username: 'alice', topic, raw });
    await forum.settled();
    return posted;
  };

  it('R17 R18: with the links of advisory, fix and backport, it ends the disclosure duty', async () => {
    const topic = await upToReply();

    await reply(topic, replyPost(await world.current())?.body);

    expect(await world.current()).toMatchObject({
      stage: 'published',
      reply: { visibleAt: world.clock.now(), url: expect.stringMatching(new RegExp(`/${topic}/2$`)) },
    });
    expect(await world.letters('reporter-published')).toHaveLength(1);
  });

  it('R18: one that lacks a backport’s link is not the reply', async () => {
    const topic = await upToReply();
    const raw = replyPost(await world.current())?.body.replace(/\n.*release-verawood/, '');

    await reply(topic, raw);
    await poll();

    expect((await world.current()).stage).toBe('merged');
  });

  it('one that waits for a moderator is seen when it is let through', async () => {
    const topic = await upToReply();
    await moderated({ repliesModerated: true });
    await reply(topic, replyPost(await world.current())?.body);
    await poll();
    expect((await world.current()).stage).toBe('merged');

    await control('approve', {});
    await forum.settled();

    expect((await world.current()).stage).toBe('published');
  });

  it('one that a maintainer linked is taken at their word, in the announcement’s topic alone', async () => {
    const topic = await upToReply();
    await reply(topic, 'The fix is out, see the release notes.');
    await world.act(alice, { name: 'link-reply', url: `${forum.url}/t/x/${topic + 1000}/2` });
    await poll();
    expect((await world.current()).stage).toBe('merged');

    await world.act(alice, { name: 'link-reply', url: `${forum.url}/t/x/${topic}/2` });
    await poll();

    expect((await world.current()).stage).toBe('published');
  });
});

describe('webhooks and failures', () => {
  const request = (body: string, headers: Record<string, string>) =>
    observe()({ requestContext: {}, headers, body });
  const signed = (body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

  it('a wrong signature is turned away before anything is looked at', async () => {
    await started([repository]);
    const { url } = await announce();
    await link(url);
    const before = forum.requests.length;

    const answer = await request('{}', {
      'x-discourse-event': 'topic_created',
      'x-discourse-event-signature': `sha256=${'a'.repeat(64)}`,
    });

    expect(answer).toEqual({ statusCode: 401 });
    expect(forum.requests).toHaveLength(before);
  });

  it('a body that is not JSON is a clear error', async () => {
    const headers = { 'x-discourse-event': 'post_created', 'X-Discourse-Event-Signature': signed('no') };

    expect(await request('no', headers)).toEqual({ statusCode: 400 });
  });

  it.each([
    ['429', { status: 429, body: { extras: { wait_seconds: 9 } } }],
    ['nothing', { drop: true }],
    ['nonsense', { status: 200, body: { topic: 'no' } }],
  ])('the forum answering %s stops nothing, and is asked again', async (_how, fault) => {
    await started([repository]);
    const { url } = await announce();
    await link(url);
    await control('fail', { method: 'GET', ...fault });

    expect(await poll()).toEqual({ statusCode: 503 });
    expect(await poll()).toEqual({ statusCode: 202 });

    expect((await world.current()).stage).toBe('announced');
  });

  it('without a forum, or with nothing to look for, nobody is asked', async () => {
    await world.open();
    await poll();
    expect(await observe(false)({ poll: true })).toEqual({ statusCode: 202 });

    expect(forum.requests).toEqual([]);
  });
});
