import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiscourse } from '#adapters/discourse.ts';
import { createGithub } from '#adapters/github.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import { announcementTopic } from '#domain/announcement.ts';
import type { Command } from '#domain/commands.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { hour, plus } from '#domain/instant.ts';
import type { Actor } from '#domain/people.ts';
import { openAdvisories } from '../../functions/open-advisories/open-advisories.ts';
import { runErrands } from '../../functions/run-errands/run-errands.ts';
import { type RunningDiscourse, startDiscourse } from '../../local/discourse/server.ts';
import { type RunningGithub, startGithub } from '../../local/github/server.ts';
import {
  alice,
  controlOf,
  type DeskWorld,
  deskWorld,
  ids,
  member,
  reference,
  repository,
  settings,
} from '../support/outside-world.ts';

let world: DeskWorld;
let github: RunningGithub;
let discourse: RunningDiscourse;
let onGithub: ReturnType<typeof controlOf>;
let onForum: ReturnType<typeof controlOf>;
const now = () => Date.parse(world.clock.now());
const category = { id: 9, slug: 'security' };

const connect = async () =>
  createGithub({
    baseUrl: github.url,
    webUrl: github.url,
    auth: { token: 'desk' },
    retries: 0,
    pause: 1,
    paced: false,
    timeout: 10_000,
  });
const forum = async () => ({
  discourse: createDiscourse({
    baseUrl: discourse.url,
    category,
    key: { key: 'k', username: 'desk' },
    timeout: 10_000,
  }),
});
const run = (event: StoredEvent, over: object = {}, options: { again?: boolean } = {}) =>
  runErrands({ ...world, github: connect, forum, settings, ...over })(event, options);
/** Gives a command and answers its event as the stream shows it. */
const act = async (actor: Actor, command: Command): Promise<StoredEvent> => {
  const { event } = await world.act(actor, command);
  const stored = await world.store.event(event.partition, event.cause);
  if (!stored) throw new Error('not stored');
  return stored;
};
const part = async (event: StoredEvent) => {
  const stored = await world.store.event(event.partition, event.cause);
  const at = event.signals.findIndex(({ kind }) => kind !== 'advance');
  return stored?.delivery[`S${at}`];
};
const advisory = async () => (await world.current()).entries[0]?.advisory;
const shown = () => github.state.advisories[0];
const handOffs = async () => (await world.letters('hand-off')).map(({ params }) => params);
const patches = () => github.requests.filter((line) => line.startsWith('PATCH'));

beforeEach(async () => {
  world = await deskWorld();
  github = await startGithub({
    port: 0,
    now,
    seed: {
      repositories: [{ name: repository }],
      users: [{ login: 'finder' }],
      tokens: [{ token: 'desk', login: 'desk-bot' }],
    },
  });
  discourse = await startDiscourse({
    port: 0,
    now,
    seed: { categories: [category], apiKeys: [{ key: 'k', username: 'desk' }] },
  });
  onGithub = controlOf(github.url);
  onForum = controlOf(discourse.url);
  await world.open();
  await world.triage();
  const input = { disclosure: reference, generation: 1, correlation: 'mail-1', repository };
  await openAdvisories({ ...world, github: connect, pause: 1 })(input);
  const maintainer = { id: `owners:${ids.alice}`, people: [ids.alice], source: 'contacts' as const };
  await world.act({ kind: 'desk' }, { name: 'notify-maintainer', repository, maintainer });
});

afterEach(async () => {
  await github.close();
  await discourse.close();
  expect(github.violations).toEqual([]);
  expect(discourse.violations).toEqual([]);
});

describe('update-advisory', () => {
  const milder = 'CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N';

  it('R7: the advisory follows the maintainer’s adjudication', async () => {
    const event = await act(alice, {
      name: 'adjudicate',
      repository,
      severity: { rating: 'low', vector: milder },
    });

    await run(event);

    expect(shown()?.vector).toBe(milder);
    expect(await part(event)).toMatchObject({ state: 'sent' });
  });

  it('R7: a label alone is sent as a label', async () => {
    await run(await act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } }));

    expect(shown()).toMatchObject({ severity: 'medium', vector: null });
  });

  it('what the record says now is sent, not what it said when it was asked for', async () => {
    const event = await act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } });
    await act(alice, { name: 'adjudicate', repository, severity: { rating: 'low' } });

    await run(event);

    expect(shown()?.severity).toBe('low');
  });

  it('A6: a login is credited as reporter', async () => {
    const credit = { choice: 'login' as const, as: '@finder' };
    await run(await act({ kind: 'reporter', person: ids.reporter }, { name: 'choose-credit', credit }));

    expect(shown()?.credits).toEqual([{ login: 'finder', type: 'reporter' }]);
  });

  it('A6: a name is handed to a person when it is chosen, and is no errand', async () => {
    const credit = { choice: 'name' as const, as: 'Grace' };
    await run(await act({ kind: 'reporter', person: ids.reporter }, { name: 'choose-credit', credit }));

    expect(shown()?.credits).toEqual([]);
    expect(await handOffs()).toMatchObject([{ what: 'set-credit', url: (await advisory())?.url }]);
    expect(JSON.stringify(await handOffs())).not.toContain('Grace');
  });

  it('A6: who becomes anonymous is taken off again', async () => {
    const reporter: Actor = { kind: 'reporter', person: ids.reporter };
    const login = { choice: 'login' as const, as: 'finder' };
    await run(await act(reporter, { name: 'choose-credit', credit: login }));
    await run(await act(reporter, { name: 'choose-credit', credit: { choice: 'anonymous' } }));

    expect(shown()?.credits).toEqual([]);
  });

  it('closing an entry closes its advisory, and the record knows', async () => {
    await run(await act(alice, { name: 'close-entry', repository, reason: 'not-affected' }));

    expect(shown()?.state).toBe('closed');
    expect((await advisory())?.state).toBe('closed');
  });

  it.each([403, 404, 422])('GitHub answering %i becomes a letter, without a second try', async (status) => {
    await onGithub('fail', { method: 'PATCH', status, body: { message: 'no' } });
    const event = await act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } });

    await run(event);

    expect(await handOffs()).toMatchObject([{ what: 'update-severity', repository }]);
    expect(await part(event)).toMatchObject({ state: 'failed' });
  });

  it.each([
    ['429', { status: 429, headers: { 'retry-after': '60' } }],
    ['503', { status: 503 }],
    ['nothing', { drop: true }],
  ])('GitHub answering %s is tried again, and handed to a person after eight tries', async (_how, fault) => {
    await onGithub('fail', { method: 'PATCH', times: 8, ...fault });
    const event = await act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } });

    for (let n = 1; n < 8; n++)
      await expect(run(event)).rejects.toMatchObject({ name: 'DeliveryIncomplete' });
    expect(await handOffs()).toEqual([]);
    await run(event);

    expect(await handOffs()).toMatchObject([{ what: 'update-severity' }]);
  });

  it('without a GitHub App every errand is a person’s', async () => {
    const event = await act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } });

    await run(event, { github: undefined });

    expect(await handOffs()).toMatchObject([{ what: 'update-severity' }]);
  });

  it('an event taken twice is run once', async () => {
    const event = await act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } });
    const before = patches().length;

    await Promise.all([run(event), run(event)]);
    await run(event);

    expect(patches()).toHaveLength(before + 1);
  });
});

/** Up to the confirmed release: alice proposes, being the only maintainer. */
async function release(): Promise<void> {
  await act(alice, { name: 'propose-release', at: '2026-03-05T15:00:00.000Z' });
}
async function merged(): Promise<void> {
  for (const branch of ['main', 'release/verawood']) {
    const url = `https://github.com/${repository}/commit/${branch.length}`;
    await act(alice, { name: 'record-merge', repository, branch, url });
  }
}
const publish: Command = { name: 'command-publication', repository };

describe('publish-advisory', () => {
  it('R17: publishes on the maintainer’s command, and the record knows', async () => {
    await merged();

    await run(await act(alice, publish));

    expect(shown()?.state).toBe('published');
    expect(await advisory()).toMatchObject({ state: 'published', publishedAt: world.clock.now() });
  });

  it('an answer lost after taking effect is found by looking', async () => {
    await merged();
    await onGithub('fail', { method: 'PATCH', drop: true, effect: true });
    const event = await act(alice, publish);

    await run(event);

    expect((await advisory())?.state).toBe('published');
    expect(await part(event)).toMatchObject({ state: 'sent' });
  });

  it('an outcome that nobody knows is never tried again: a person looks', async () => {
    await merged();
    const before = patches().length;
    await onGithub('fail', { method: 'PATCH', drop: true });
    const event = await act(alice, publish);

    await run(event);
    await run(event);
    await run(event, {}, { again: true });

    expect(patches()).toHaveLength(before + 1);
    expect(shown()?.state).toBe('draft');
    expect(await handOffs()).toMatchObject([{ what: 'publish-advisory', url: (await advisory())?.url }]);
  });

  it('after a crash in the middle it only looks', async () => {
    await merged();
    const event = await act(alice, publish);
    const at = event.signals.findIndex(({ kind }) => kind === 'publish-advisory');
    await world.store.lease(event.partition, event.cause, [`S${at}`], world.clock.now(), '');
    const before = patches().length;
    await run(event);
    expect(await handOffs()).toEqual([]);
    world.clock.advance(16 * 60_000);

    await run(event, {}, { again: true });

    expect(patches()).toHaveLength(before);
    expect(await handOffs()).toMatchObject([{ what: 'publish-advisory' }]);
  });

  it('a rate limit is surely no publication: it is tried again', async () => {
    await merged();
    await onGithub('fail', { method: 'PATCH', status: 429, headers: { 'retry-after': '30' } });
    const event = await act(alice, publish);

    await expect(run(event)).rejects.toMatchObject({ name: 'DeliveryIncomplete' });
    await run(event);

    expect((await advisory())?.state).toBe('published');
  });

  it('what a person published meanwhile needs no second publication', async () => {
    await merged();
    const event = await act(alice, publish);
    await onGithub('advisory', { repository, ghsa: shown()?.ghsa, act: 'publish' });
    const before = patches().length;

    await run(event);

    expect(patches()).toHaveLength(before);
    expect((await advisory())?.state).toBe('published');
  });

  it('an app that is no administrator hands it to a person', async () => {
    await merged();
    await onGithub('seed', { appIsAdmin: false });

    await run(await act(alice, publish));

    expect(await handOffs()).toMatchObject([{ what: 'publish-advisory', repository }]);
  });
});

const post = (what: 'announcement' | 'reply'): Command => ({ name: 'command-post', what });

/** Posts what another disclosure announces. */
async function posted(other: Pick<Disclosure, 'entries' | 'release'>): Promise<void> {
  const topic = announcementTopic(other, settings.policy.zone);
  if (!topic) throw new Error('nothing to announce');
  await (await forum()).discourse.createTopic(topic);
}

describe('post-announcement', () => {
  it('R14 R15: posts it, and sees it visible', async () => {
    await release();

    await run(await act(alice, post('announcement')));

    expect(await world.current()).toMatchObject({
      stage: 'announced',
      announcement: { established: 'posted', visibleAt: world.clock.now() },
    });
    expect(discourse.state.topics[0]?.title).toBe(
      'Security: Upcoming Security Release for openedx/frontend-app on 2026-03-05 at 10:00 America/New_York, severity Critical',
    );
  });

  it('R14: goes out beside another one for the same repository and day', async () => {
    await release();
    const { release: released, entries } = await world.current();
    await posted({ entries, release: released && { ...released, at: plus(released.at, hour) } });

    await run(await act(alice, post('announcement')));

    expect(await handOffs()).toEqual([]);
    expect(discourse.state.topics).toHaveLength(2);
    expect((await world.current()).announcement?.topic).toBe(discourse.state.topics[1]?.id);
  });

  it('R14: one that says the very same stands for both, since a forum takes a title once', async () => {
    await release();
    await posted(await world.current());
    world.clock.advance(hour);

    await run(await act(alice, post('announcement')));

    expect(await handOffs()).toEqual([]);
    expect((await world.current()).announcement?.topic).toBe(discourse.state.topics[0]?.id);
    expect(discourse.state.topics).toHaveLength(1);
  });

  it('what the forum keeps and shows does not name the disclosure', async () => {
    await release();

    await run(await act(alice, post('announcement')));

    expect(discourse.state.topics[0]?.externalId).toMatch(/^[\w-]{20,50}$/);
    expect(JSON.stringify(discourse.state)).not.toMatch(new RegExp(reference, 'i'));
  });

  it('R15: what waits for a moderator is watched, and not announced yet', async () => {
    await release();
    await onForum('moderation', { category: 9, moderated: true });

    await run(await act(alice, post('announcement')));

    const disclosure = await world.current();
    expect(disclosure.stage).toBe('advised');
    expect(disclosure.linked?.announcement).toEqual({ by: 'desk', at: world.clock.now() });
  });

  it('a lost answer is no second post', async () => {
    await release();
    await onForum('fail', { method: 'POST', drop: true, effect: true });

    await run(await act(alice, post('announcement')));

    expect(discourse.state.topics).toHaveLength(1);
    expect((await world.current()).stage).toBe('announced');
  });

  it('an unknown outcome is tried three times, then a person looks and we watch', async () => {
    await release();
    await onForum('fail', { method: 'POST', status: 502, times: 3 });
    const event = await act(alice, post('announcement'));

    await expect(run(event)).rejects.toThrow();
    await expect(run(event)).rejects.toThrow();
    await run(event);

    expect(await handOffs()).toMatchObject([{ what: 'post-announcement' }]);
    expect((await world.current()).linked?.announcement).toBeDefined();
  });

  it.each([403, 404, 422])('the forum answering %i becomes a letter', async (status) => {
    await release();
    await onForum('fail', { method: 'POST', status, body: { errors: ['no'] } });

    await run(await act(alice, post('announcement')));

    expect(await handOffs()).toMatchObject([
      { what: 'post-announcement', url: expect.stringContaining('/new-topic?') },
    ]);
  });

  it('429 is tried again', async () => {
    await release();
    await onForum('fail', { method: 'POST', status: 429, body: { extras: { wait_seconds: 5 } } });
    const event = await act(alice, post('announcement'));

    await expect(run(event)).rejects.toMatchObject({ name: 'DeliveryIncomplete' });
    await run(event);

    expect((await world.current()).stage).toBe('announced');
  });

  it('without a key it is a person’s', async () => {
    await release();

    await run(await act(alice, post('announcement')), { forum: undefined });

    expect(await handOffs()).toMatchObject([{ what: 'post-announcement' }]);
  });

  it('an announcement that stands meanwhile is not posted again', async () => {
    await release();
    const event = await act(alice, post('announcement'));
    const visibleAt = world.clock.now();
    await act(alice, {
      name: 'see-announcement',
      url: 'https://x.example/t/1',
      topic: 1,
      visibleAt,
      established: 'linked',
    });

    await run(event);

    expect(discourse.state.topics).toEqual([]);
    expect(await part(event)).toMatchObject({ state: 'skipped' });
  });
});

describe('post-reply', () => {
  const everything = async () => {
    await release();
    await run(await act(alice, post('announcement')));
    world.clock.advance(72 * 3_600_000);
    await merged();
    await run(await act(alice, publish));
  };

  it('R17 R18: links advisory, main fix and backport, and the disclosure is published', async () => {
    await everything();

    await run(await act(alice, post('reply')));

    const disclosure = await world.current();
    expect(disclosure).toMatchObject({ stage: 'published', reply: { visibleAt: world.clock.now() } });
    const raw = discourse.state.posts.at(-1)?.raw ?? '';
    for (const link of [(await advisory())?.url, 'commit/4', 'commit/16']) expect(raw).toContain(link);
  });

  it('a reply that waits for a moderator is watched', async () => {
    await everything();
    await onForum('moderation', { category: 9, repliesModerated: true });

    await run(await act(alice, post('reply')));

    const disclosure = await world.current();
    expect(disclosure.stage).toBe('merged');
    expect(disclosure.linked?.reply).toMatchObject({ by: 'desk' });
  });
});

it('no log line holds a word of the report', async () => {
  await run(await act(member, { name: 'reply-to-reporter', text: await world.archive.putText('x') }));
  await run(await act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } }));

  expect(world.logged.length).toBeGreaterThan(0);
  expect(world.logged.join('\n')).not.toMatch(/around the login|step by step/);
});
