import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCatalog } from '#adapters/catalog.ts';
import { createGithub, verifyGithubSignature } from '#adapters/github.ts';
import {
  GithubHandOff,
  GithubMalformed,
  type GithubPort,
  GithubUnavailable,
  type NewAdvisory,
} from '#contracts/github-port.ts';
import { type RunningGithub, startGithub } from '../../local/github/server.ts';

const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N';
const repository = 'openedx/frontend-app';
const advisory: NewAdvisory = {
  repository,
  reference: 'Disclosure: EDX-2026-0001',
  summary: 'A way around the login',
  description: 'What it is.',
  vector,
  packages: [{ ecosystem: 'npm', name: 'frontend-app', affected: '< 2.0.0', fixed: '2.0.0' }],
  cweIds: ['CWE-287'],
  collaborators: { users: ['alice'], teams: ['frontend'] },
};

let server: RunningGithub;
let github: GithubPort;
/** Whether this test breaks the contract on purpose. */
let violating = false;

const control = async (name: string, body: object): Promise<Record<string, unknown>> => {
  const response = await fetch(`${server.url}/_control/${name}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
};

const quick = { retries: 1, pause: 1, paced: false, timeout: 5_000 } as const;

beforeEach(async () => {
  violating = false;
  server = await startGithub({
    port: 0,
    now: () => Date.parse('2026-03-01T09:00:00.000Z'),
    seed: {
      repositories: [{ name: repository, branches: ['release/verawood'] }, { name: 'openedx/empty' }],
      users: [{ login: 'alice', email: 'alice@example.org' }, { login: 'bob' }],
      teams: [{ organization: 'openedx', slug: 'frontend', members: ['alice', 'bob'] }],
      tokens: [{ token: 'desk', login: 'desk-bot' }],
    },
  });
  github = createGithub({ baseUrl: server.url, webUrl: server.url, auth: { token: 'desk' }, ...quick });
});

afterEach(async () => {
  await server.close();
  if (!violating) expect(server.violations).toEqual([]);
});

describe('openAdvisory', () => {
  it('R5 R12 A7: opens a draft with vector, collaborators, private fork and CVE request', async () => {
    const opened = await github.openAdvisory(advisory);

    const done = { outcome: 'done' };
    expect(opened).toMatchObject({ existed: false, steps: { collaborators: done, fork: done, cve: done } });
    const view = await github.getAdvisory(repository, opened.ghsaId);
    expect(view).toMatchObject({
      state: 'draft',
      severity: 'critical',
      score: 9.1,
      vector,
      description: 'What it is.\n\nDisclosure: EDX-2026-0001',
      collaborators: { users: ['alice'], teams: ['frontend'] },
      privateFork: `openedx/frontend-app-${opened.ghsaId.toLowerCase()}`,
      createdAt: '2026-03-01T09:00:00.000Z',
    });
    expect((await fetch(opened.url)).status).toBe(200);
  });

  it('A6: sets no credit at opening', async () => {
    await github.openAdvisory(advisory);

    expect(server.state.advisories[0]?.credits).toEqual([]);
  });

  it('finds its draft by the reference line, across pages, and opens no second one', async () => {
    const first = await github.openAdvisory(advisory);
    for (let n = 2; n < 110; n += 1) {
      await control('report', { repository, summary: `Report ${n}`, description: `EDX-2026-${n}` });
    }

    const second = await github.openAdvisory(advisory);

    expect(second).toMatchObject({ ghsaId: first.ghsaId, existed: true });
    expect(second.steps).toEqual({
      collaborators: { outcome: 'done' },
      fork: { outcome: 'done' },
      cve: { outcome: 'done' },
    });
    expect(server.state.advisories.filter(({ state }) => state === 'draft')).toHaveLength(1);
  });

  it('takes a longer reference for another disclosure', async () => {
    const first = await github.openAdvisory({ ...advisory, reference: 'Disclosure: EDX-2026-00011' });

    const second = await github.openAdvisory(advisory);

    expect(second.ghsaId).not.toBe(first.ghsaId);
  });

  it('sends a label alone where a maintainer gave no vector', async () => {
    const { ghsaId } = await github.openAdvisory({ ...advisory, vector: undefined, severity: 'high' });

    expect(await github.getAdvisory(repository, ghsaId)).toMatchObject({
      severity: 'high',
      vector: null,
      score: null,
    });
  });

  it('opens one advisory although the answer to the creation was lost', async () => {
    await control('fail', { method: 'POST', path: 'security-advisories$', drop: true, effect: true });

    const opened = await github.openAdvisory(advisory);

    expect(opened.steps.fork.outcome).toBe('done');
    expect(server.state.advisories).toHaveLength(1);
  });

  it('does not repeat a creation that failed with 500: the caller decides', async () => {
    await control('fail', { method: 'POST', path: 'security-advisories$', status: 500 });

    const opening = github.openAdvisory(advisory);

    await expect(opening).rejects.toMatchObject({
      name: 'GithubUnavailable',
      status: 500,
      outcomeUnknown: true,
    });
    expect(server.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
    expect(server.state.advisories).toEqual([]);
  });

  it.each([403, 404, 422])('hands a creation refused with %i to a person, with the link', async (status) => {
    await control('fail', { method: 'POST', path: 'security-advisories$', status, body: { message: 'no' } });

    const failure = await github.openAdvisory(advisory).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(GithubHandOff);
    expect(failure).toMatchObject({ status, link: `${server.url}/${repository}/security/advisories/new` });
    expect((failure as GithubHandOff).todo).toContain('Disclosure: EDX-2026-0001');
    expect((failure as GithubHandOff).cause).toBeInstanceOf(Error);
  });

  it.each([
    ['collaborators', { method: 'PATCH' }, 'Add as collaborators: alice, team frontend'],
    ['fork', { path: 'forks$' }, 'Start the temporary private fork'],
    ['cve', { path: 'cve$' }, 'Request a CVE'],
  ] as const)('a refused %s step is handed off and undoes nothing of the rest', async (step, where, todo) => {
    await control('fail', {
      ...where,
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    });

    const { ghsaId, steps } = await github.openAdvisory(advisory);

    expect(steps[step]).toMatchObject({ outcome: 'handed-off', detail: expect.stringContaining(todo) });
    expect(steps[step].detail).toContain(ghsaId);
    const others = Object.entries(steps).filter(([name]) => name !== step);
    expect(others.map(([, { outcome }]) => outcome)).toEqual(['done', 'done']);
  });

  it('an app that GitHub does not count as administrator hands off the collaborators', async () => {
    await control('seed', { appIsAdmin: false });

    const { steps } = await github.openAdvisory(advisory);

    expect(steps.collaborators.outcome).toBe('handed-off');
    expect(steps.fork.outcome).toBe('done');
  });

  it('a fork whose answer was lost counts as started', async () => {
    await control('fail', { path: 'forks$', drop: true, effect: true });

    const { steps } = await github.openAdvisory(advisory);

    expect(steps.fork).toEqual({ outcome: 'done' });
  });

  it('resumes the steps that were unavailable', async () => {
    await control('fail', { path: 'forks$', status: 502 });
    const first = await github.openAdvisory(advisory);

    const second = await github.openAdvisory(advisory);

    expect(first.steps.fork.outcome).toBe('unavailable');
    expect(second).toMatchObject({ existed: true, steps: { fork: { outcome: 'done' } } });
  });
});

describe('what GitHub does not answer', () => {
  it('retries reading after a 502 and after a broken connection', async () => {
    await control('fail', { method: 'GET', status: 502 });
    expect(await github.repositoryExists(repository)).toBe(true);

    await control('fail', { method: 'GET', drop: true });
    expect(await github.repositoryExists(repository)).toBe(true);
  });

  it.each([
    ['429 with retry-after', { status: 429, headers: { 'retry-after': '120' } }, 120],
    ['429 without a hint', { status: 429 }, 60],
    ['a secondary limit', { status: 403, body: { message: 'You have exceeded a secondary rate limit' } }, 60],
  ])('%s becomes GithubUnavailable with the time to wait', async (_name, fault, seconds) => {
    await control('fail', { ...fault, times: 5 });

    const failure = await github
      .getAdvisory(repository, 'GHSA-2222-2222-2222')
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(GithubUnavailable);
    expect(failure).toMatchObject({ retryAfterSeconds: seconds, outcomeUnknown: false });
  });

  it('the hourly limit says when it ends', async () => {
    await control('rate-limit', { remaining: 0 });

    const failure = await github
      .getAdvisory(repository, 'GHSA-2222-2222-2222')
      .catch((error: unknown) => error);

    const { remaining, resetAt } = await github.rateLimit();
    expect(remaining).toBe(0);
    expect(failure).toBeInstanceOf(GithubUnavailable);
    const wait = (Date.parse(resetAt) - Date.now()) / 1000;
    expect((failure as GithubUnavailable).retryAfterSeconds).toBeGreaterThanOrEqual(Math.floor(wait));
    expect((failure as GithubUnavailable).retryAfterSeconds).toBeLessThanOrEqual(Math.ceil(wait) + 5);
  });

  it('waits inside the call for a short secondary limit', async () => {
    await control('fail', {
      status: 403,
      headers: { 'retry-after': '2' },
      body: { message: 'secondary rate limit' },
    });

    expect(await github.repositoryExists(repository)).toBe(true);
  });

  it('a server that answers too late is unavailable', async () => {
    const hasty = createGithub({
      baseUrl: server.url,
      auth: { token: 'desk' },
      ...quick,
      retries: 0,
      timeout: 50,
    });
    await control('fail', { delay: 300 });

    await expect(hasty.repositoryExists(repository)).rejects.toMatchObject({
      name: 'GithubUnavailable',
      status: null,
    });
  });

  it('a server that is not there is unavailable', async () => {
    const lost = createGithub({ baseUrl: 'http://127.0.0.1:1', auth: { token: 'desk' }, ...quick });

    await expect(lost.rateLimit()).rejects.toBeInstanceOf(GithubUnavailable);
  });

  it.each([
    ['another type', { ghsa_id: 7 }],
    ['an empty object', {}],
    ['a list', []],
  ])('%s in the place of an advisory is a named error', async (_name, body) => {
    await control('fail', { status: 200, body });

    await expect(github.getAdvisory(repository, 'GHSA-2222-2222-2222')).rejects.toBeInstanceOf(
      GithubMalformed,
    );
  });

  it('a wrong token is handed off', async () => {
    const stranger = createGithub({ baseUrl: server.url, auth: { token: 'stolen' }, ...quick });

    await expect(stranger.getAdvisory(repository, 'GHSA-2222-2222-2222')).rejects.toMatchObject({
      name: 'GithubHandOff',
      status: 401,
    });
  });
});

describe('publishAdvisory', () => {
  it('R17: publishes, and the private fork is gone', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);

    const { advisory: view, seen } = await github.publishAdvisory(repository, ghsaId);

    expect(seen).toBe('answered');
    expect(view).toMatchObject({
      state: 'published',
      publishedAt: '2026-03-01T09:00:00.000Z',
      privateFork: null,
    });
  });

  it('after a lost answer looks, and reports what it sees', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);
    await control('fail', { method: 'PATCH', drop: true, effect: true });

    const publication = await github.publishAdvisory(repository, ghsaId);

    expect(publication).toMatchObject({ seen: 'found-published', advisory: { state: 'published' } });
  });

  it('is never repeated: a failure that left the draft is told, not retried', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);
    const before = server.requests.filter((line) => line.startsWith('PATCH')).length;
    await control('fail', { method: 'PATCH', status: 502 });

    await expect(github.publishAdvisory(repository, ghsaId)).rejects.toMatchObject({ outcomeUnknown: true });

    expect(server.requests.filter((line) => line.startsWith('PATCH')).length - before).toBe(1);
    expect(server.state.advisories[0]?.state).toBe('draft');
  });

  it('sends nothing where the maintainer was quicker', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);
    await control('advisory', { repository, ghsa: ghsaId, act: 'publish' });
    const writes = server.requests.filter((line) => line.startsWith('PATCH')).length;

    const { seen } = await github.publishAdvisory(repository, ghsaId);

    expect(seen).toBe('found-published');
    expect(server.requests.filter((line) => line.startsWith('PATCH'))).toHaveLength(writes);
  });

  it('a refusal is handed off with the advisory as link', async () => {
    const { ghsaId, url } = await github.openAdvisory(advisory);
    await control('seed', { appIsAdmin: false });

    const failure = await github.publishAdvisory(repository, ghsaId).catch((error: unknown) => error);

    expect(failure).toMatchObject({ name: 'GithubHandOff', status: 403, link: url });
  });
});

describe('changing and reading', () => {
  it('R7: a new vector replaces the label and the other way round', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);

    const labelled = await github.updateAdvisory(repository, ghsaId, { severity: 'low' });
    const scored = await github.updateAdvisory(repository, ghsaId, { vector });

    expect(labelled).toMatchObject({ severity: 'low', vector: null });
    expect(scored).toMatchObject({ severity: 'critical', vector });
  });

  it('R7: shows a severity changed in the UI', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);
    await control('advisory', { repository, ghsa: ghsaId, act: 'severity', value: 'medium' });

    expect(await github.getAdvisory(repository, ghsaId)).toMatchObject({ severity: 'medium', vector: null });
  });

  it('R29: adds a delegate and keeps those whom a person added', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);

    const view = await github.updateAdvisory(repository, ghsaId, {
      collaborators: { users: ['bob'], teams: [] },
    });

    expect(view.collaborators).toEqual({ users: ['alice', 'bob'], teams: ['frontend'] });
  });

  it('A6: credits the reporter as they chose', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);

    await github.updateAdvisory(repository, ghsaId, { credits: [{ login: 'bob', type: 'reporter' }] });

    expect(server.state.advisories[0]?.credits).toEqual([{ login: 'bob', type: 'reporter' }]);
  });

  it('leaves out packages that do not change, since an empty list is refused', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);

    await github.updateAdvisory(repository, ghsaId, { summary: 'Another', packages: [] });

    expect(server.state.advisories[0]).toMatchObject({ summary: 'Another', vulnerabilities: [{}] });
  });

  it('closes a draft', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);

    expect(await github.closeAdvisory(repository, ghsaId)).toMatchObject({ state: 'closed' });
  });

  it('adopts a private report instead of opening a second advisory', async () => {
    const { ghsa_id } = await control('report', {
      repository,
      summary: 'Found',
      description: 'Look.',
      login: 'carol',
    });

    const view = await github.adoptReport(repository, String(ghsa_id), advisory.reference);
    const opened = await github.openAdvisory(advisory);

    expect(view).toMatchObject({
      state: 'draft',
      author: 'carol',
      description: `Look.\n\n${advisory.reference}`,
    });
    expect(opened).toMatchObject({ ghsaId: ghsa_id, existed: true });
  });

  it('lists the advisories of a state', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);
    await control('report', { repository, summary: 'Found', description: 'Look.' });

    const drafts = await github.listAdvisories(repository, 'draft');

    expect(drafts.map((each) => each.ghsaId)).toEqual([ghsaId]);
    expect(await github.listAdvisories(repository)).toHaveLength(2);
  });

  it('reads severity from cvss_severities, also where the API version has no cvss any more', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);
    const newer = createGithub({
      baseUrl: server.url,
      auth: { token: 'desk' },
      apiVersion: '2026-03-10',
      ...quick,
    });

    expect(await newer.getAdvisory(repository, ghsaId)).toMatchObject({ score: 9.1, vector });
    expect(await newer.rateLimit()).toMatchObject({ limit: 5000 });
  });

  it('an unknown advisory is null', async () => {
    expect(await github.getAdvisory(repository, 'GHSA-2222-2222-2222')).toBeNull();
  });

  it('R16: knows whether a commit is on a branch', async () => {
    const push = await control('push', {
      repository,
      branch: 'release/verawood',
      message: 'Backport the fix',
    });
    const sha = String(push.sha);

    expect(await github.commit(repository, sha)).toEqual({ sha, message: 'Backport the fix', url: push.url });
    expect(await github.commitOnBranch(repository, sha, 'release/verawood')).toBe(true);
    expect(await github.commitOnBranch(repository, sha, 'main')).toBe(false);
    expect(await github.commitOnBranch(repository, sha, 'no-such-branch')).toBe(false);
    expect(await github.commit(repository, 'f'.repeat(40))).toBeNull();
  });

  it('R16: the merge of a private fork is on the branch, and so is the fix it brought', async () => {
    const { ghsaId } = await github.openAdvisory(advisory);
    const fix = await control('fork-commit', { repository, ghsa: ghsaId, message: 'Check the login' });
    expect(await github.commitOnBranch(repository, String(fix.sha), 'main')).toBe(false);

    await control('advisory', { repository, ghsa: ghsaId, act: 'merge-fork' });

    expect(await github.commitOnBranch(repository, String(fix.sha), 'main')).toBe(true);
    const merge = await github.commit(repository, server.state.repositories[repository]?.branches.main ?? '');
    expect(merge?.message).toContain(`from fork/${ghsaId}`);
  });

  it('reads teams, people and repositories, and null where there is none', async () => {
    expect(await github.teamMembers('openedx', 'frontend')).toEqual(['alice', 'bob']);
    expect(await github.teamMembers('openedx', 'gone')).toBeNull();
    expect(await github.userEmail('alice')).toBe('alice@example.org');
    expect(await github.userEmail('bob')).toBeNull();
    expect(await github.userEmail('nobody-at-all')).toBeNull();
    expect(await github.repositoryExists(repository)).toBe(true);
    expect(await github.repositoryExists('openedx/gone')).toBe(false);
  });

  it('refuses a name that is no repository', async () => {
    await expect(github.repositoryExists('../admin')).rejects.toBeInstanceOf(TypeError);
  });
});

describe('who maintains, as GitHub shows it', () => {
  const withFiles = (files: Record<string, string>) =>
    control('seed', { repositories: [{ name: repository, files }] });

  it.each([
    ['plain', 'spec:\n  owner: group:frontend', 'group:frontend', undefined],
    ['quoted', "spec:\n  owner: 'group:frontend'", 'group:frontend', undefined],
    ['odd type', 'spec:\n  owner: 7', 7, undefined],
    [
      'annotation',
      'metadata:\n  annotations:\n    openedx.org/release: main\nspec: {owner: user:alice}',
      'user:alice',
      'main',
    ],
    [
      'null annotation',
      'metadata:\n  annotations:\n    openedx.org/release: null\nspec: {owner: user:alice}',
      'user:alice',
      null,
    ],
    ['several documents', 'kind: Location\n---\nspec: {owner: user:bob}', 'user:bob', undefined],
    ['no owner', 'metadata: {name: x}', undefined, undefined],
  ])('catalog-info.yaml: %s', async (_name, text, owner, release) => {
    await withFiles({ 'catalog-info.yaml': text });

    expect(await readCatalog(github, repository)).toEqual({ owner, release });
  });

  it.each([
    ['broken', 'spec: [unclosed'],
    ['text', 'just words'],
    [
      'aliases that unfold',
      `a: &a [x,x]\n${'bcdefgh'
        .split('')
        .map((each, index) => `${each}: &${each} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
        .join('\n')}`,
    ],
  ])('catalog-info.yaml that is %s is none', async (_name, text) => {
    await withFiles({ 'catalog-info.yaml': text });

    expect(await readCatalog(github, repository)).toBeNull();
  });

  it('no catalog-info.yaml is none, no CODEOWNERS is none', async () => {
    expect(await readCatalog(github, repository)).toBeNull();
    expect(await github.readCodeowners(repository)).toBeNull();
  });

  it('CODEOWNERS is read where GitHub looks first', async () => {
    await withFiles({ 'docs/CODEOWNERS': '* @docs', CODEOWNERS: '* @root' });
    expect(await github.readCodeowners(repository)).toBe('* @root');

    await withFiles({ '.github/CODEOWNERS': '* @hidden' });
    expect(await github.readCodeowners(repository)).toBe('* @hidden');
  });
});

it('works as an app: the JWT is signed with its key, the token belongs to its installation', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const published = String(publicKey.export({ type: 'spki', format: 'pem' }));
  await control('seed', { app: { id: 4, installation: 9, organization: 'openedx', publicKey: published } });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const as = (key: string) => ({ appId: 4, installationId: 9, privateKey: key });

  const app = createGithub({ baseUrl: server.url, auth: as(String(privateKey.export(pem))), ...quick });
  const forger = createGithub({ baseUrl: server.url, auth: as(String(other.export(pem))), ...quick });

  expect((await app.openAdvisory(advisory)).existed).toBe(false);
  expect(server.state.advisories[0]?.author).toBe('disclosure-desk[bot]');
  await expect(forger.teamMembers('openedx', 'frontend')).rejects.toMatchObject({
    name: 'GithubHandOff',
    status: 401,
  });
});

describe('verifyGithubSignature', () => {
  const secret = "It's a Secret to Everybody";
  const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

  it("accepts GitHub's published vector, as text and as bytes", () => {
    expect(verifyGithubSignature(secret, 'Hello, World!', header)).toBe(true);
    expect(verifyGithubSignature(secret, Buffer.from('Hello, World!'), header)).toBe(true);
  });

  it.each([
    ['another body', secret, 'Hello, World?', header],
    ['another secret', 'guess', 'Hello, World!', header],
    ['no secret', '', 'Hello, World!', header],
    ['no header', secret, 'Hello, World!', undefined],
    ['no prefix', secret, 'Hello, World!', header.slice(7)],
    ['a short one', secret, 'Hello, World!', header.slice(0, -2)],
    ['no hex', secret, 'Hello, World!', `sha256=${'z'.repeat(64)}`],
  ])('refuses %s', (_name, key, body, signature) => {
    expect(verifyGithubSignature(key, body, signature)).toBe(false);
  });
});
