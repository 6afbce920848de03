import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGithub } from '#adapters/github.ts';
import { GithubUnavailable } from '#contracts/github-port.ts';
import { machineStateOf } from '#domain/machine.ts';
import { openAdvisories } from '../../functions/open-advisories/open-advisories.ts';
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
  vector,
} from '../support/outside-world.ts';

let world: DeskWorld;
let server: RunningGithub;
let control: ReturnType<typeof controlOf>;
const input = { disclosure: reference, generation: 1, correlation: 'mail-1', repository };

const run = (over: { configured?: boolean; generation?: number } = {}) =>
  openAdvisories({
    ...world,
    github: over.configured === false ? undefined : async () => connect(),
    pause: 1,
  })({ ...input, generation: over.generation ?? 1 });
const connect = () =>
  createGithub({
    baseUrl: server.url,
    webUrl: server.url,
    auth: { token: 'desk' },
    retries: 0,
    pause: 1,
    paced: false,
    timeout: 10_000,
  });
const entry = async () => (await world.current()).entries[0];
const creations = () => server.requests.filter((line) => /^POST .*security-advisories$/.test(line));

beforeEach(async () => {
  world = await deskWorld();
  server = await startGithub({
    port: 0,
    now: () => Date.parse(world.clock.now()),
    seed: { repositories: [{ name: repository }], tokens: [{ token: 'desk', login: 'desk-bot' }] },
  });
  control = controlOf(server.url);
  await world.open();
  await world.triage();
});

afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

describe('open-advisories', () => {
  it('R5 R12 A6 A7: a draft with vector, packages and weakness, fork and CVE request, and no credit', async () => {
    await run();

    const [draft] = server.state.advisories;
    expect(draft).toMatchObject({
      summary: 'A way around the login',
      description: 'A way around the login, step by step.\n\nDisclosure: EDX-2026-0001',
      state: 'draft',
      vector,
      severity: null,
      cwes: ['CWE-287'],
      credits: [],
      cveRequested: true,
      fork: `${repository}-${draft?.ghsa.toLowerCase()}`,
      vulnerabilities: [
        {
          package: { ecosystem: 'npm', name: 'frontend-app' },
          vulnerable_version_range: '< 2.0.0',
          patched_versions: '2.0.0',
        },
      ],
    });
    expect(await entry()).toMatchObject({ advisory: { ghsa: draft?.ghsa, state: 'draft' } });
    expect((await world.current()).steps['open-advisories']).toMatchObject({ by: 'desk' });
    expect(machineStateOf(await world.current())).toBe('NotifyMaintainers');
    expect(await world.letters('hand-off')).toEqual([]);
  });

  it('done twice is done once', async () => {
    await run();
    await run();

    expect(creations()).toHaveLength(1);
    expect(server.state.advisories).toHaveLength(1);
  });

  it('an execution of an older generation opens nothing', async () => {
    await world.act({ kind: 'desk' }, { name: 'begin-generation', because: 'lost' });

    await run({ generation: 1 });

    expect(server.requests).toEqual([]);
  });

  it('a crash between GitHub and the record finds the same draft again', async () => {
    const broken = openAdvisories({
      ...world,
      github: async () => connect(),
      commit: async () => {
        throw new Error('crashed');
      },
    });
    await expect(broken(input)).rejects.toThrow('crashed');

    await run();

    expect(server.state.advisories).toHaveLength(1);
    expect((await entry())?.advisory?.ghsa).toBe(server.state.advisories[0]?.ghsa);
  });

  it('R7: a label without a vector keeps the label and invents no vector', async () => {
    const maintainer = { id: `owners:${ids.alice}`, people: [ids.alice], source: 'member' as const };
    await world.act(member, { name: 'name-maintainer', repository, maintainer, reason: 'known' });
    await world.act(alice, { name: 'adjudicate', repository, severity: { rating: 'medium' } });
    await control('seed', { users: [{ login: 'alice' }] });

    await run();

    expect(server.state.advisories[0]).toMatchObject({ severity: 'medium', vector: null, users: ['Alice'] });
  });

  it.each([403, 404, 422])('GitHub answering %i hands the advisory to a person', async (status) => {
    await control('fail', { method: 'POST', path: 'security-advisories$', status, body: { message: 'no' } });

    await run();

    expect(await entry()).toMatchObject({ handOff: { what: 'open-advisory' } });
    const [letter] = await world.letters('hand-off');
    expect(letter?.params).toMatchObject({
      what: 'open-advisory',
      why: expect.stringContaining(`${server.url}/${repository}/security/advisories/new`),
    });
    expect(JSON.stringify(letter)).not.toContain('login');
    expect(machineStateOf(await world.current())).toBe('NotifyMaintainers');
  });

  it('without a GitHub App the advisory is handed to a person', async () => {
    await run({ configured: false });

    expect(await entry()).toMatchObject({ handOff: { what: 'open-advisory' } });
  });

  it.each([
    ['rate-limited', { status: 429, headers: { 'retry-after': '120' } }],
    ['broken', { status: 502 }],
    ['silent', { drop: true }],
  ])('a %s GitHub is left to the state machine to retry', async (_how, fault) => {
    await control('fail', { method: 'POST', path: 'security-advisories$', ...fault });

    await expect(run()).rejects.toBeInstanceOf(GithubUnavailable);
    await run();

    expect(server.state.advisories).toHaveLength(1);
    expect(await entry()).toMatchObject({ advisory: { state: 'draft' } });
  });

  it('an answer lost after taking effect opens no second advisory', async () => {
    await control('fail', { method: 'POST', path: 'security-advisories$', drop: true, effect: true });

    await run();

    expect(server.state.advisories).toHaveLength(1);
    expect(creations()).toHaveLength(1);
  });

  it.each([
    ['private-fork', 'forks$'],
    ['request-cve', 'cve$'],
  ])('a refused step (%s) is handed off; the disclosure goes on', async (what, path) => {
    await control('fail', { path, status: 403, body: { message: 'Resource not accessible by integration' } });

    await run();

    expect((await entry())?.advisory).toBeDefined();
    const letters = await world.letters('hand-off');
    expect(letters.map(({ params }) => params)).toMatchObject([
      { what, url: (await entry())?.advisory?.url },
    ]);
  });

  it('a step that GitHub did not answer is tried once more', async () => {
    await control('fail', { path: 'forks$', status: 502 });

    await run();

    expect(server.state.advisories[0]?.fork).not.toBeNull();
    expect(await world.letters('hand-off')).toEqual([]);
  });

  it('a draft that a person already published is recorded as what it is', async () => {
    await control('open', { repository, summary: 's', description: 'Disclosure: EDX-2026-0001', vector });
    const ghsa = server.state.advisories[0]?.ghsa;
    await control('advisory', { repository, ghsa, act: 'publish' });

    await run();

    expect((await entry())?.advisory).toMatchObject({ ghsa, state: 'published' });
    expect((await world.current()).embargo.ended).toMatchObject({ by: 'flaw-public' });
  });
});

describe('a private report filed on GitHub', () => {
  it('is adopted with our severity, and no second advisory is opened', async () => {
    const { ghsa_id: ghsa, html_url: url } = await control('report', {
      repository,
      summary: 'Found it',
      description: 'Look here.',
      login: 'finder',
      vulnerabilities: [{ package: { ecosystem: 'npm' } }],
    });
    await world.open({
      id: 'EDX-2026-0002',
      reporters: [],
      githubReport: { repository, ghsa: String(ghsa), url: String(url) },
    });
    const description = await world.archive.putText('Ours.');
    const accept = {
      name: 'accept' as const,
      title: 'Ours',
      description,
      repositories: [{ repository, ecosystem: 'npm' }],
      vector,
    };
    await world.act(member, accept, 'EDX-2026-0002');

    await openAdvisories({ ...world, github: async () => connect(), pause: 1 })({
      ...input,
      disclosure: 'EDX-2026-0002',
    });

    expect(server.state.advisories).toHaveLength(1);
    expect(server.state.advisories[0]).toMatchObject({
      state: 'draft',
      vector,
      summary: 'Found it',
      description: 'Look here.\n\nDisclosure: EDX-2026-0002',
      cveRequested: true,
    });
    expect((await world.current('EDX-2026-0002')).entries[0]?.advisory).toMatchObject({
      ghsa,
      url,
      state: 'draft',
    });
  });
});
