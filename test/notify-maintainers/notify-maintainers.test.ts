import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCatalog } from '#adapters/catalog.ts';
import { createGithub } from '#adapters/github.ts';
import { GithubUnavailable } from '#contracts/github-port.ts';
import { contactsMark } from '#contracts/seed.ts';
import { findMaintainer } from '../../functions/notify-maintainers/find-maintainer.ts';
import { notifyMaintainers } from '../../functions/notify-maintainers/notify-maintainers.ts';
import { openAdvisories } from '../../functions/open-advisories/open-advisories.ts';
import { type RunningGithub, startGithub } from '../../local/github/server.ts';
import {
  controlOf,
  type DeskWorld,
  deskWorld,
  ids,
  member,
  reference,
  repository,
  second,
} from '../support/outside-world.ts';

let world: DeskWorld;
let server: RunningGithub;
let control: ReturnType<typeof controlOf>;
const input = { disclosure: reference, generation: 1, correlation: 'mail-1' };

const connect = async () =>
  createGithub({
    baseUrl: server.url,
    webUrl: server.url,
    auth: { token: 'desk' },
    retries: 0,
    pause: 1,
    paced: false,
    timeout: 10_000,
  });
const run = (configured = true, retries?: number) => {
  const github = configured ? connect : undefined;
  const pseudonym = async () => (address: string) => (address === 'bob@example.org' ? ids.bob : 'p-unknown');
  return notifyMaintainers({
    ...world,
    github,
    find: findMaintainer({ store: world.store, github, readCatalog, pseudonym }),
  })({ ...input, ...(retries !== undefined && { retries }) });
};
const entry = async (at = 0) => (await world.current()).entries[at];
const files = (given: Record<string, string>, name = repository) =>
  control('seed', { repositories: [{ name, files: given }] });
const catalog = (owner: string) => ({ 'catalog-info.yaml': `spec:\n  owner: ${owner}\n` });
const toMaintainers = () => world.letters('maintainer-notification');
const lastEvent = async () =>
  (await world.store.events(`DISC#${reference}`)).findLast(({ type }) => type === 'notify-maintainer');

beforeEach(async () => {
  world = await deskWorld();
  server = await startGithub({
    port: 0,
    now: () => Date.parse(world.clock.now()),
    seed: {
      repositories: [{ name: repository }, { name: second }],
      users: [{ login: 'carol' }],
      teams: [
        { organization: 'openedx', slug: 'frontend', members: ['alice', 'bob', 'carol'] },
        { organization: 'openedx', slug: 'strangers', members: ['carol'] },
      ],
      tokens: [{ token: 'desk', login: 'desk-bot' }],
    },
  });
  control = controlOf(server.url);
  await world.open();
  await world.triage([repository, second]);
  for (const name of [repository, second])
    await openAdvisories({ ...world, github: connect, pause: 1 })({ ...input, repository: name });
});

afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

describe('who maintains', () => {
  it('R6: the team of catalog-info.yaml gets the number and the rating, and enters the advisory', async () => {
    await files(catalog('group:frontend'));

    const output = await run();

    expect(await entry()).toMatchObject({
      maintainer: {
        id: 'team:openedx/frontend',
        people: [ids.alice, ids.bob],
        source: 'catalog-info',
      },
      notifiedAt: world.clock.now(),
      frequency: 'weekly',
    });
    const letters = (await toMaintainers()).filter(
      ({ params }) => 'score' in params && params.repository === repository,
    );
    expect(letters.map(({ to }) => to)).toEqual([{ person: ids.alice }, { person: ids.bob }]);
    expect(letters[0]?.params).toMatchObject({
      score: 9.1,
      rating: 'critical',
      advisoryUrl: (await entry())?.advisory?.url,
    });
    expect(server.state.advisories.find((each) => each.repository === repository)?.teams).toEqual([
      'frontend',
    ]);
    expect(output).toMatchObject({ next: 'AwaitAnnouncement', repositories: [] });
  });

  it('CODEOWNERS comes second: several owners are one maintainer, by their sorted ids', async () => {
    await files({ CODEOWNERS: '* @bob @alice @carol bob@example.org\n' });

    await run();

    expect((await entry())?.maintainer).toEqual({
      id: `owners:${ids.alice},${ids.bob}`,
      people: [ids.alice, ids.bob],
      source: 'codeowners',
    });
    expect(server.state.advisories.find((each) => each.repository === repository)?.users).toEqual([
      'Alice',
      'bob',
    ]);
  });

  it('a group address of the contact table is one maintainer; its persons enter the advisory', async () => {
    await world.add(world.person(ids.team, { group: { people: [ids.alice] } }));
    await world.store.setMark(contactsMark, { [repository]: [ids.team] });

    await run();

    const advisory = server.state.advisories.find((each) => each.repository === repository);
    expect(advisory?.users).toEqual(['Alice']);
    const letters = (await toMaintainers()).filter(
      ({ params }) => 'repository' in params && params.repository === repository,
    );
    expect(letters.map(({ to }) => to)).toEqual([{ person: ids.team }]);
    expect((await entry())?.maintainer).toEqual({
      id: `group:${ids.team}`,
      people: [ids.team],
      source: 'contacts',
    });
  });

  it.each([
    ['a group’s without recorded persons', { group: { people: [] } }],
    ['not said to be one person’s nor a group’s', {}],
  ])('a contact’s address that is %s: the working group’s queue, and the record says why', async (_, of) => {
    await world.add(world.person(ids.team, of));
    await world.store.setMark(contactsMark, { [repository]: [ids.team], [second]: [ids.team, ids.bob] });

    await run();

    expect((await entry())?.maintainer).toEqual({ id: 'working-group', people: [], source: 'unresolved' });
    // Where another contact can act, they alone are the maintainer.
    expect((await entry(1))?.maintainer).toMatchObject({ id: `owners:${ids.bob}`, people: [ids.bob] });
    const events = await world.store.events(`DISC#${reference}`);
    expect(events.find(({ type }) => type === 'notify-maintainer')?.data.passedOver).toContain(
      'The contact table names addresses for the repository. No person is recorded behind the address.',
    );
  });

  it('people without a known address are passed over, and the record says why', async () => {
    await files({ ...catalog('strangers'), CODEOWNERS: '* @openedx/strangers\n' });
    await world.store.setMark(contactsMark, { [repository]: [ids.bob] });

    await run();

    expect((await entry())?.maintainer).toMatchObject({ id: `owners:${ids.bob}`, source: 'contacts' });
    const events = await world.store.events(`DISC#${reference}`);
    const [notified] = events.filter(({ type }) => type === 'notify-maintainer');
    expect(notified?.data.passedOver).toEqual([
      'catalog-info.yaml names the team openedx/strangers. The desk knows no address of them.',
      'CODEOWNERS names the team openedx/strangers. The desk knows no address of them.',
    ]);
  });

  it('an unresolvable one is the working group’s, never silent', async () => {
    await run();

    expect((await entry())?.maintainer).toEqual({
      id: 'working-group',
      people: [],
      source: 'unresolved',
    });
    const escalations = await world.letters('escalation');
    expect(escalations.map(({ params }) => params)).toContainEqual(
      expect.objectContaining({ about: 'maintainer-unresolved', repository }),
    );
    expect((await toMaintainers()).map(({ to }) => to)).toContainEqual({ person: ids.member });
    expect((await world.current()).stage).toBe('advised');
  });

  it('whom a member named is kept', async () => {
    await files(catalog('frontend'));
    const maintainer = { id: `owners:${ids.bob}`, people: [ids.bob], source: 'member' as const };
    await world.act(member, { name: 'name-maintainer', repository, maintainer, reason: 'asked' });

    await run();

    expect((await entry())?.maintainer).toEqual(maintainer);
  });

  it('no login and no address stands in the audit trail', async () => {
    await files({ CODEOWNERS: '* @carol nobody@example.org\n' });

    await run();

    const trail = JSON.stringify((await world.store.events(`DISC#${reference}`)).map(({ data }) => data));
    expect(trail).not.toMatch(/carol|nobody@/);
  });
});

describe('once', () => {
  it('a retry notifies nobody twice', async () => {
    await files(catalog('frontend'));
    await run();
    const before = (await toMaintainers()).length;

    await run();

    expect(await toMaintainers()).toHaveLength(before);
  });

  it('two executions at once notify once', async () => {
    await files(catalog('frontend'));

    await Promise.allSettled([run(), run()]);

    const alices = (await toMaintainers()).filter(({ to }) => 'person' in to && to.person === ids.alice);
    expect(alices).toHaveLength(1);
  });

  it('a reassignment notifies again, and starts the clock anew', async () => {
    await files(catalog('frontend'));
    await run();
    const maintainer = { id: `owners:${ids.bob}`, people: [ids.bob], source: 'member' as const };
    await world.act(member, { name: 'name-maintainer', repository, maintainer, reason: 'left' });
    const later = world.clock.advance(3_600_000);

    await run();

    expect(await entry()).toMatchObject({ maintainer, notifiedAt: later });
    expect((await lastEvent())?.data).toMatchObject({ maintainer: maintainer.id });
  });
});

describe('when GitHub does not help', () => {
  it('an unavailable GitHub is left to the state machine; the other repositories are told', async () => {
    await files(catalog('frontend'), second);
    await control('fail', { path: `/repos/${repository}/contents/`, status: 503, times: 2 });

    await expect(run()).rejects.toBeInstanceOf(GithubUnavailable);

    expect((await entry(0))?.notifiedAt).toBeUndefined();
    expect((await entry(1))?.maintainer?.id).toBe('team:openedx/frontend');
    await run();
    expect((await entry(0))?.notifiedAt).toBeDefined();
  });

  it('asked often enough it is done without: the contact table, else the working group, is told', async () => {
    await world.store.setMark(contactsMark, { [second]: [ids.bob] });
    await control('fail', { path: '/contents/', drop: true, times: 99 });
    await expect(run(true, 2)).rejects.toBeInstanceOf(GithubUnavailable);

    await run(true, 3);

    expect((await entry(0))?.maintainer).toMatchObject({ id: 'working-group', source: 'unresolved' });
    expect((await entry(1))?.maintainer?.id).toBe(`owners:${ids.bob}`);
    expect((await lastEvent())?.data.passedOver).toContain('GitHub did not answer for CODEOWNERS');
    expect((await world.current()).stage).toBe('advised');
  });

  it('what GitHub refuses to show is passed over', async () => {
    await world.store.setMark(contactsMark, { [repository]: [ids.bob] });
    await control('fail', {
      path: `/repos/${repository}/contents/catalog`,
      status: 403,
      body: { message: 'no' },
    });

    await run();

    expect((await entry())?.maintainer?.source).toBe('contacts');
  });

  it('without a GitHub App the contact table decides', async () => {
    await world.store.setMark(contactsMark, { [repository]: [ids.alice] });

    await run(false);

    expect(server.requests.filter((line) => line.includes('/contents/'))).toEqual([]);

    expect((await entry())?.maintainer?.id).toBe(`owners:${ids.alice}`);
  });

  it.each([
    ['403', { status: 403, body: { message: 'Resource not accessible by integration' } }],
    ['422', { status: 422, body: { message: 'Validation Failed' } }],
    ['429', { status: 429, headers: { 'retry-after': '60' } }],
    ['nothing', { drop: true }],
  ])(
    'collaborators answered with %s are handed to a person; the maintainer is told all the same',
    async (_how, fault) => {
      await files(catalog('frontend'));
      await control('fail', { method: 'PATCH', ...fault });

      await run();

      expect((await entry())?.notifiedAt).toBeDefined();
      const [letter] = await world.letters('hand-off');
      expect(letter).toMatchObject({
        to: { person: ids.member },
        params: { what: 'add-collaborators', repository, url: (await entry())?.advisory?.url },
      });
    },
  );
});
