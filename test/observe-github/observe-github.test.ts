import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGithub, verifyGithubSignature } from '#adapters/github.ts';
import type { HookRequest } from '#contracts/webhooks.ts';
import { observerEvent } from '#contracts/webhooks.ts';
import { observeGithub } from '../../functions/observe-github/observe-github.ts';
import { openAdvisories } from '../../functions/open-advisories/open-advisories.ts';
import { runErrands } from '../../functions/run-errands/run-errands.ts';
import { type RunningGithub, startGithub } from '../../local/github/server.ts';
import { hookServer } from '../support/hook-server.ts';
import {
  alice,
  controlOf,
  type DeskWorld,
  deskWorld,
  ids,
  member,
  reference,
  repository,
  second,
  settings,
  vector,
} from '../support/outside-world.ts';

const secret = 'the webhook’s secret';
const other = 'CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N';

let world: DeskWorld;
let github: RunningGithub;
let door: Awaited<ReturnType<typeof hookServer>>;
let control: ReturnType<typeof controlOf>;

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
const observe = (configured = true) =>
  observeGithub({
    ...world,
    settings,
    github: configured ? connect : undefined,
    verify: async (body, signature) => verifyGithubSignature(secret, body, signature),
  });
const poll = () => observe()({ poll: true });
const entry = async (at = 0) => (await world.current()).entries[at];
const ghsa = async () => (await entry())?.advisory?.ghsa;
const inUi = async (act: string, value?: string) => {
  await control('advisory', { repository, ghsa: await ghsa(), act, value });
  await github.settled();
};
const events = async (type: string) =>
  (await world.store.events(`DISC#${reference}`)).filter((event) => event.type === type);

beforeEach(async () => {
  world = await deskWorld();
  door = await hookServer((request) => observe()(request));
  github = await startGithub({
    port: 0,
    now: () => Date.parse(world.clock.now()),
    webhook: { url: door.url, secret },
    seed: {
      repositories: [{ name: repository, branches: ['release/verawood'] }, { name: second }],
      tokens: [{ token: 'desk', login: 'desk-bot' }],
    },
  });
  control = controlOf(github.url);
});

afterEach(async () => {
  await github.settled();
  await github.close();
  await door.close();
  expect(github.violations).toEqual([]);
});

/** A triaged disclosure with its advisory and alice as maintainer. */
async function advised(repositories: readonly string[] = [repository]): Promise<void> {
  await world.open();
  await world.triage(repositories);
  for (const name of repositories) {
    const input = { disclosure: reference, generation: 1, correlation: 'mail-1', repository: name };
    await openAdvisories({ ...world, github: connect, pause: 1 })(input);
    const maintainer = { id: `owners:${ids.alice}`, people: [ids.alice], source: 'contacts' as const };
    await world.act({ kind: 'desk' }, { name: 'notify-maintainer', repository: name, maintainer });
  }
}

describe('a webhook', () => {
  const request = (body: string, headers: Record<string, string>): HookRequest => ({
    requestContext: {},
    headers,
    body,
  });
  const signed = (body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

  it.each([
    ['without a signature', {}],
    ['with another’s signature', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
  ])('%s is turned away and changes nothing', async (_how, headers) => {
    await advised();
    const body = JSON.stringify({ action: 'published', repository: { full_name: repository } });

    const answer = await observe()(request(body, { ...headers, 'x-github-event': 'repository_advisory' }));

    expect(answer).toEqual({ statusCode: 401 });
    expect((await entry())?.advisory?.state).toBe('draft');
  });

  it.each(['{"action":"published"}', 'not JSON', ''])(
    'of a wrong shape (%s) is a clear error',
    async (body) => {
      const headers = { 'X-Hub-Signature-256': signed(body), 'X-GitHub-Event': 'repository_advisory' };

      expect(await observe()(request(body, headers))).toEqual({ statusCode: 400 });
    },
  );

  it('of a kind we do not read is taken and does nothing', async () => {
    const headers = { 'x-hub-signature-256': signed('{}'), 'x-github-event': 'ping' };

    expect(await observe()(request('{}', headers))).toEqual({ statusCode: 202 });
  });

  it('an event that is neither a webhook nor a poll throws', () => {
    expect(() => observerEvent.parse({ Records: [] })).toThrow();
    expect(observerEvent.parse({})).toEqual({});
  });
});

describe('publication', () => {
  it('V2 R17: published in GitHub’s UI is a fact: the embargo ends and the reply is asked for', async () => {
    await advised();

    await inUi('publish');

    expect(door.answers).toEqual([202]);
    expect(await entry()).toMatchObject({
      advisory: { state: 'published', publishedAt: world.clock.now() },
      frequency: undefined,
    });
    expect((await world.current()).embargo.ended).toMatchObject({ by: 'flaw-public' });
    expect(await world.letters('reply-now')).toHaveLength(1);
  });

  it('told twice, and seen by the poll too, it happens once', async () => {
    await advised();
    await inUi('publish');
    const [delivery] = github.deliveries;

    await control('redeliver', { id: delivery?.id });
    await github.settled();
    await poll();

    expect(await events('see-advisory')).toHaveLength(1);
    expect(door.answers).toEqual([202, 202]);
  });

  it('a webhook that was lost is made up by the poll', async () => {
    await advised();
    await control('webhooks', { url: door.url, secret, drop: true });
    await inUi('publish');

    await poll();

    expect((await entry())?.advisory?.state).toBe('published');
  });

  it('one that a person opened by hand is found by its reference line', async () => {
    await world.open();
    await world.triage();
    await world.act({ kind: 'desk' }, { name: 'hand-off-advisory', repository, why: 'refused' });
    await control('open', {
      repository,
      summary: 's',
      description: `Text\n\nDisclosure: ${reference}`,
      vector,
    });

    await poll();

    expect((await entry())?.advisory).toMatchObject({
      ghsa: github.state.advisories[0]?.ghsa,
      state: 'draft',
    });
    expect((await entry())?.handOff?.doneAt).toBeDefined();
  });

  it('closed in GitHub’s UI is seen, and resolves nothing', async () => {
    await advised();
    await inUi('close');

    await poll();
    await poll();

    expect(await entry()).toMatchObject({ advisory: { state: 'closed' }, frequency: 'weekly' });
    expect(await events('see-advisory')).toHaveLength(1);
  });
});

describe('severity', () => {
  it('R7: a severity changed in GitHub’s UI is adopted provisionally, once, and the maintainer is asked', async () => {
    await advised();
    await inUi('vector', other);

    await poll();
    await poll();

    expect((await entry())?.severity).toMatchObject({
      vector: other,
      rating: 'low',
      by: 'github',
      provisional: true,
    });
    expect(await events('adopt-severity')).toHaveLength(1);
    expect(await world.letters('severity-changed-on-github')).toHaveLength(1);
  });

  it('a label without a vector is adopted as a label', async () => {
    await advised();
    await inUi('severity', 'medium');

    await poll();

    expect((await entry())?.severity).toMatchObject({ rating: 'medium', provisional: true });
    expect((await entry())?.severity.vector).toBeUndefined();
  });

  it('changed back and forth is adopted each time', async () => {
    await advised();
    for (const value of [other, vector, other]) {
      world.clock.advance(60_000);
      await inUi('vector', value);
      await poll();
    }

    expect(await events('adopt-severity')).toHaveLength(3);
    expect((await entry())?.severity.vector).toBe(other);
  });

  it('R7: an adjudication that has not reached GitHub is not undone by what GitHub still shows', async () => {
    await advised();
    await world.act(alice, { name: 'adjudicate', repository, severity: { rating: 'low', vector: other } });

    await poll();

    expect((await entry())?.severity).toMatchObject({ vector: other, by: 'maintainer' });
    expect(await events('adopt-severity')).toEqual([]);
  });

  it('after it reached GitHub, a change back there is a change', async () => {
    await advised();
    const { event } = await world.act(alice, {
      name: 'adjudicate',
      repository,
      severity: { rating: 'low', vector: other },
    });
    const stored = await world.store.event(event.partition, event.cause);
    if (stored) await runErrands({ ...world, github: connect, forum: undefined, settings })(stored);
    await poll();
    expect(await events('adopt-severity')).toEqual([]);
    await inUi('vector', vector);

    await poll();

    expect((await entry())?.severity).toMatchObject({ vector, by: 'github', provisional: true });
  });
});

describe('the poll', () => {
  it('an error of one disclosure never stops the others', async () => {
    await advised();
    await world.open({ id: 'EDX-2026-0002' });
    const description = await world.archive.putText('Another one.');
    const repositories = [{ repository: second, ecosystem: 'npm' }];
    const accept = { name: 'accept' as const, title: 'Another', description, repositories, vector };
    await world.act(member, accept, 'EDX-2026-0002');
    await openAdvisories({ ...world, github: connect, pause: 1 })({
      disclosure: 'EDX-2026-0002',
      generation: 1,
      correlation: 'mail-1',
      repository: second,
    });
    const found = github.state.advisories.find((each) => each.repository === second);
    await control('webhooks', { url: door.url, secret, drop: true });
    await control('advisory', { repository: second, ghsa: found?.ghsa, act: 'publish' });
    await control('fail', { path: `/repos/${repository}/`, status: 502, times: 9 });

    expect(await poll()).toEqual({ statusCode: 202 });

    expect((await world.current('EDX-2026-0002')).entries[0]?.advisory?.state).toBe('published');
    expect(world.logged.join('\n')).toContain('"failed":1');
  });

  it('asks GitHub nothing where nothing waits', async () => {
    await world.open();

    await poll();

    expect(github.requests).toEqual([]);
  });

  it('without a GitHub App nothing is asked', async () => {
    await advised();
    const before = github.requests.length;

    await observe(false)({});

    expect(github.requests).toHaveLength(before);
  });
});

describe('a push', () => {
  it('R16: the merge of the private fork is a claim on its branch, never a fact', async () => {
    await advised();
    await control('fork-commit', {
      repository,
      ghsa: await ghsa(),
      message: 'Check the login',
      base: 'main',
    });

    await inUi('merge-fork');

    const [main, backport] = (await entry())?.branches ?? [];
    expect(main).toMatchObject({ name: 'main', claimed: { sha: expect.stringMatching(/^[0-9a-f]{40}$/) } });
    expect(main?.merge).toBeUndefined();
    expect(backport).toEqual({ name: 'release/verawood' });
    expect((await world.current()).embargo.ended).toBeUndefined();
    const told = await world.letters('escalation');
    expect(told.map(({ params }) => params)).toContainEqual(
      expect.objectContaining({ about: 'merge-claimed' }),
    );
  });

  it('any other push, or one to another branch, says nothing', async () => {
    await advised();

    await control('push', { repository, branch: 'main', message: 'Update the docs' });
    await control('push', { repository, branch: 'topic', message: `Merge x from fork/${await ghsa()}` });
    await github.settled();

    expect(await events('claim-merge')).toEqual([]);
  });

  it('a redelivered push claims once', async () => {
    await advised();
    await control('push', { repository, branch: 'main', message: `Merge fix from fork/${await ghsa()}` });
    await github.settled();

    await control('redeliver', { id: github.deliveries.at(-1)?.id });
    await github.settled();

    expect(await events('claim-merge')).toHaveLength(1);
  });
});

describe('a private report filed on GitHub', () => {
  const report = async () => {
    await control('report', {
      repository,
      summary: 'Login can be passed by',
      description: 'Secret steps.',
      login: 'finder',
      vulnerabilities: [{ package: { ecosystem: 'npm' } }],
    });
    await github.settled();
  };

  it('R1: is one intake, opens one disclosure, and a member answers on GitHub', async () => {
    await report();
    await control('redeliver', { id: github.deliveries[0]?.id });
    await github.settled();

    const [advisory] = github.state.advisories;
    const disclosure = await world.current();
    expect(disclosure).toMatchObject({
      id: reference,
      stage: 'received',
      reporters: [],
      intakes: [`github-${advisory?.ghsa.toLowerCase()}`],
      githubReport: { repository, ghsa: advisory?.ghsa },
    });
    expect(await world.store.counter('disclosure#2026')).toBe(1);
    expect(await world.store.intake(disclosure.intakes[0] ?? '')).toMatchObject({
      kind: 'report',
      disposition: 'opened',
    });
    expect((await world.letters()).map(({ template, to }) => [template, to])).toEqual([
      ['new-report', { person: ids.member }],
      ['hand-off', { person: ids.member }],
    ]);
    expect((await world.store.events(`DISC#${reference}`))[0]?.signals).toEqual([
      { kind: 'start-execution', generation: 1 },
    ]);
  });

  it('R11: no letter, event or log line holds a word of it', async () => {
    await report();

    const all = JSON.stringify([await world.store.events(`DISC#${reference}`), world.logged]);
    expect(all).not.toMatch(/Secret|passed by|finder/);
  });

  it('its triage adopts the advisory, and an answer to the reporter is a member’s to give there', async () => {
    await report();
    await world.triage();
    const text = await world.archive.putText('Thank you.');
    await world.act(member, { name: 'reply-to-reporter', text });
    const input = { disclosure: reference, generation: 1, correlation: 'x', repository };

    await openAdvisories({ ...world, github: connect, pause: 1 })(input);

    expect(github.state.advisories).toHaveLength(1);
    expect(github.state.advisories[0]).toMatchObject({ state: 'draft', vector });
    const answers = (await world.letters('hand-off')).map(({ params }) => params);
    expect(answers.at(-1)).toMatchObject({ what: 'answer-on-github', url: (await entry())?.advisory?.url });
  });
});
