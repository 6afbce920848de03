import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyGithubSignature } from '#adapters/github.ts';
import { type GithubOptions, type RunningGithub, startGithub } from '../../local/github/server.ts';

const repository = 'openedx/frontend-app';
const list = `/repos/${repository}/security-advisories`;
const valid = { summary: 's', description: 'd', vulnerabilities: [{ package: { ecosystem: 'npm' } }] };
const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N';

const options: GithubOptions = {
  port: 0,
  now: () => Date.parse('2026-03-01T09:00:00.000Z'),
  seed: {
    repositories: [{ name: repository, files: { 'a.txt': 'hello' } }],
    users: [{ login: 'alice' }],
    teams: [{ organization: 'openedx', slug: 'core', members: ['alice'] }],
    tokens: [
      { token: 'desk', login: 'desk-bot' },
      { token: 'reader', login: 'reader', permissions: { repository_advisories: 'read', contents: 'read' } },
    ],
  },
};

let server: RunningGithub;
beforeEach(async () => {
  server = await startGithub(options);
});
afterEach(() => server.close());

const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: 'Bearer desk', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
};
const control = (name: string, body: object) => ask('POST', `/_control/${name}`, body);
const draft = async (): Promise<string> => (await ask('POST', list, valid)).body.ghsa_id;

describe('the contract', () => {
  it.each([
    ['an unknown property', 'POST', list, { ...valid, state: 'draft' }],
    [
      'an unknown nested property',
      'POST',
      list,
      { ...valid, vulnerabilities: [{ package: { ecosystem: 'npm', version: '1' } }] },
    ],
    ['a wrong type', 'POST', list, { ...valid, summary: 7 }],
    ['a missing property', 'POST', list, { summary: 's' }],
    [
      'an ecosystem that is none',
      'POST',
      list,
      { ...valid, vulnerabilities: [{ package: { ecosystem: 'pypi' } }] },
    ],
    ['a summary too long', 'POST', list, { ...valid, summary: 'x'.repeat(1025) }],
    ['a credit type that is none', 'POST', list, { ...valid, credits: [{ login: 'alice', type: 'hero' }] }],
    ['an unknown query parameter', 'GET', `${list}?states=draft`, undefined],
    ['a wrong query value', 'GET', `${list}?per_page=many`, undefined],
    ['a page too large', 'GET', `${list}?per_page=101`, undefined],
    ['a state that cannot be asked for', 'GET', `${list}?state=withdrawn`, undefined],
    ['a missing body', 'POST', list, undefined],
    ['a body that nothing takes', 'POST', `${list}/GHSA-2222-2222-2222/forks`, { name: 'x' }],
  ])('%s is a violation, answered 422, without effect', async (_name, method, path, body) => {
    const answer = await ask(method, path, body);

    expect(answer.status).toBe(422);
    expect(server.violations).toMatchObject([{ side: 'request' }]);
    expect(server.state.advisories).toEqual([]);
  });

  it('a path that GitHub does not have is a violation', async () => {
    expect((await ask('GET', '/repos/openedx/x/security-advisory')).status).toBe(404);
    expect((await ask('GET', '/_control/violations')).body).toMatchObject([{ side: 'request' }]);
  });

  it('an answer of ours that the description refuses is recorded', async () => {
    await draft();
    const stored = server.state.advisories[0];
    if (stored) stored.state = 'lost' as 'draft';

    await ask('GET', list);

    expect(server.violations).toMatchObject([
      { side: 'answer', operation: 'security-advisories/list-repository-advisories' },
    ]);
  });

  it.each(['2022-11-28', '2026-03-10'])(
    'every reading endpoint answers in the shape of %s',
    async (version) => {
      const ghsa = await draft();
      await ask('PATCH', `${list}/${ghsa}`, {
        cvss_vector_string: vector,
        collaborating_users: ['alice'],
        collaborating_teams: ['core'],
      });
      await ask('POST', `${list}/${ghsa}/forks`);
      await control('pull', { repository, title: 'Oops' });
      const sha = server.state.repositories[repository]?.branches.main ?? '';
      const paths = [
        list,
        `${list}/${ghsa}`,
        '/orgs/openedx/security-advisories',
        `/repos/${repository}`,
        `/repos/${repository}/contents/a.txt`,
        `/repos/${repository}/commits`,
        `/repos/${repository}/commits/${sha}`,
        `/repos/${repository}/commits/${sha}/branches-where-head`,
        `/repos/${repository}/branches`,
        `/repos/${repository}/branches/main`,
        `/repos/${repository}/compare/main...${sha}`,
        `/repos/${repository}/pulls`,
        '/orgs/openedx/teams/core',
        '/orgs/openedx/teams/core/members',
        '/users/alice',
        '/rate_limit',
      ];

      const answers = await Promise.all(
        paths.map((path) => ask('GET', path, undefined, { 'x-github-api-version': version })),
      );
      await ask('PATCH', `${list}/${ghsa}`, { state: 'published' });
      const published = await ask('GET', `/advisories/${ghsa}`, undefined, {
        'x-github-api-version': version,
      });

      expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
      expect('cvss' in (answers[1]?.body ?? {})).toBe(version === '2022-11-28');
      expect(answers[1]?.body.cvss_severities.cvss_v3).toEqual({ vector_string: vector, score: 9.1 });
      expect(published.body.severity).toBe('critical');
      expect(server.violations).toEqual([]);
    },
  );

  it('an API version that GitHub does not serve is refused', async () => {
    expect((await ask('GET', list, undefined, { 'x-github-api-version': '1999-01-01' })).status).toBe(400);
  });
});

describe('what GitHub refuses', () => {
  it.each([
    ['severity beside a vector', { ...valid, severity: 'high', cvss_vector_string: vector }],
    ['no affected package', { ...valid, vulnerabilities: [] }],
    ['a vector that is none', { ...valid, cvss_vector_string: 'CVSS:3.1/AV:N' }],
    ['a credit for nobody', { ...valid, credits: [{ login: 'nobody-at-all', type: 'reporter' }] }],
  ])('%s', async (_name, body) => {
    expect((await ask('POST', list, body)).status).toBe(422);
    expect(server.violations).toEqual([]);
  });

  it('a collaborator who is nobody, a team that is none', async () => {
    const ghsa = await draft();

    expect((await ask('PATCH', `${list}/${ghsa}`, { collaborating_users: ['nobody-at-all'] })).status).toBe(
      422,
    );
    expect((await ask('PATCH', `${list}/${ghsa}`, { collaborating_teams: ['none'] })).status).toBe(422);
    expect((await ask('PATCH', `${list}/${ghsa}`, { vulnerabilities: [] })).status).toBe(422);
  });

  it('publishing is final, a report must be accepted first', async () => {
    const ghsa = await draft();
    const { body: report } = await control('report', { repository, summary: 's', description: 'd' });

    expect((await ask('PATCH', `${list}/${report.ghsa_id}`, { state: 'published' })).status).toBe(422);
    expect((await ask('PATCH', `${list}/${ghsa}`, { state: 'published' })).status).toBe(200);
    expect((await ask('PATCH', `${list}/${ghsa}`, { state: 'draft' })).status).toBe(422);
    expect((await ask('PATCH', `${list}/${ghsa}`, { state: 'closed' })).status).toBe(422);
  });

  it('writing without the permission is 403, reading without it 404, a wrong token 401', async () => {
    const reader = { authorization: 'token reader' };

    expect((await ask('POST', list, valid, reader)).status).toBe(403);
    expect((await ask('GET', '/orgs/openedx/security-advisories', undefined, reader)).status).toBe(404);
    expect((await ask('GET', list, undefined, { authorization: 'token wrong' })).status).toBe(401);
  });

  it('R11: without credentials, drafts and private forks are not there', async () => {
    const ghsa = await draft();
    const { body: fork } = await ask('POST', `${list}/${ghsa}/forks`);
    const open = async (path: string) => fetch(server.url + path);

    expect((await open(`${list}/${ghsa}`)).status).toBe(404);
    expect((await open(`/repos/${fork.full_name}`)).status).toBe(404);
    expect(await (await open(list)).json()).toEqual([]);
    await ask('PATCH', `${list}/${ghsa}`, { state: 'published' });
    expect((await open(`${list}/${ghsa}`)).status).toBe(200);
  });

  it('a CVE is requested once', async () => {
    const ghsa = await draft();

    expect((await ask('POST', `${list}/${ghsa}/cve`)).status).toBe(202);
    expect((await ask('POST', `${list}/${ghsa}/cve`)).status).toBe(422);
  });
});

it('publishing deletes the private fork', async () => {
  const ghsa = await draft();
  const { body: fork } = await ask('POST', `${list}/${ghsa}/forks`);
  expect((await ask('GET', `/repos/${fork.full_name}`)).status).toBe(200);

  await ask('PATCH', `${list}/${ghsa}`, { state: 'published' });

  expect((await ask('GET', `/repos/${fork.full_name}`)).status).toBe(404);
});

it('pages by cursor until there is no next page', async () => {
  for (let n = 0; n < 5; n += 1) await draft();
  const seen: string[] = [];
  let next: string | undefined = `${list}?per_page=2`;

  while (next !== undefined) {
    const page: Awaited<ReturnType<typeof ask>> = await ask('GET', next);
    seen.push(...page.body.map((each: { ghsa_id: string }) => each.ghsa_id));
    next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]?.replace(server.url, '');
  }

  expect(seen).toEqual(server.state.advisories.map(({ ghsa }) => ghsa).reverse());
});

describe('failures on command', () => {
  it('status and headers for the next matching requests only', async () => {
    await control('fail', {
      method: 'GET',
      path: 'security-advisories$',
      status: 429,
      headers: { 'retry-after': '7' },
      times: 2,
    });

    expect((await ask('GET', '/users/alice')).status).toBe(200);
    expect((await ask('GET', list)).headers.get('retry-after')).toBe('7');
    expect((await ask('GET', list)).status).toBe(429);
    expect((await ask('GET', list)).status).toBe(200);
  });

  it('an answer lost after taking effect, a connection broken before', async () => {
    await control('fail', { method: 'POST', drop: true });
    await expect(ask('POST', list, valid)).rejects.toThrow();
    expect(server.state.advisories).toHaveLength(0);

    await control('fail', { method: 'POST', drop: true, effect: true });
    await expect(ask('POST', list, valid)).rejects.toThrow();
    expect(server.state.advisories).toHaveLength(1);
  });

  it('can be forgotten', async () => {
    await control('fail', { status: 500, times: 9 });

    await control('recover', {});

    expect((await ask('GET', list)).status).toBe(200);
  });

  it('an unknown control, or one without what it needs, is an error', async () => {
    expect((await control('advisory', { repository })).status).toBe(400);
    expect((await control('nothing', {})).status).toBe(400);
  });

  it('no other page of the browser can press its buttons', async () => {
    const { status } = await ask(
      'POST',
      '/_control/seed',
      { appIsAdmin: false },
      { origin: 'https://evil.example' },
    );

    expect(status).toBe(403);
    expect(server.state.appIsAdmin).toBe(true);
  });
});

describe('webhooks', () => {
  it('tell of a publication, a report and a push, signed, in the described shape', async () => {
    const got: { event: string; valid: boolean; id: string; body: Record<string, unknown> }[] = [];
    const receiver = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const raw = Buffer.concat(parts);
      const header = (name: string) => String(request.headers[name]);
      const valid = verifyGithubSignature('hook secret', raw, header('x-hub-signature-256'));
      got.push({
        event: header('x-github-event'),
        valid,
        id: header('x-github-delivery'),
        body: JSON.parse(String(raw)),
      });
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    await control('webhooks', { url: `http://127.0.0.1:${port}/`, secret: 'hook secret' });
    const ghsa = await draft();

    await control('advisory', { repository, ghsa, act: 'publish' });
    await server.settled();
    await control('report', { repository, summary: 's', description: 'd' });
    await server.settled();
    const { body: pushed } = await control('push', { repository, message: 'Merge x from fork/GHSA-x' });
    await server.settled();

    expect(got.map(({ event, valid }) => [event, valid])).toEqual([
      ['repository_advisory', true],
      ['repository_advisory', true],
      ['push', true],
    ]);
    expect(got.map(({ body }) => body.action)).toEqual(['published', 'reported', undefined]);
    expect(got[2]?.body).toMatchObject({ ref: 'refs/heads/main', after: pushed.sha });
    expect(new Set(got.map(({ id }) => id)).size).toBe(3);
    expect(server.violations).toEqual([]);

    await control('webhooks', { url: `http://127.0.0.1:${port}/`, secret: 'hook secret', drop: true });
    await control('push', { repository, message: 'Unseen' });
    await server.settled();
    expect(got).toHaveLength(3);
    expect(server.deliveries.at(-1)?.status).toBeNull();
    await new Promise((resolve) => receiver.close(resolve));
  });
});

it('a restart keeps what was there', async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), 'github-')), 'state.json');
  const first = await startGithub({ ...options, stateFile });
  const post = { method: 'POST', headers: { authorization: 'token desk' }, body: JSON.stringify(valid) };
  await fetch(first.url + list, post);
  await first.close();

  const second = await startGithub({ ...options, stateFile });

  expect(second.state.advisories.map(({ ghsa }) => ghsa)).toEqual(
    first.state.advisories.map(({ ghsa }) => ghsa),
  );
  expect(Object.keys(second.state.repositories)).toEqual([repository]);
  await second.close();
});

describe('pages for people', () => {
  const page = async (path: string) => {
    const response = await fetch(server.url + path);
    return { status: response.status, html: await response.text() };
  };

  it('an advisory shows what a maintainer can do, and nothing of it once published', async () => {
    const ghsa = await draft();
    const path = `/${repository}/security/advisories/${ghsa}`;
    expect((await page(path)).html).toContain('Publish the advisory');

    const form = new URLSearchParams({ repository, ghsa, act: 'publish', back: path });
    const pressed = await fetch(`${server.url}/_control/advisory`, { method: 'POST', body: form });

    expect(pressed.url).toBe(server.url + path);
    expect(await pressed.text()).not.toContain('<button>');
    expect(server.state.advisories[0]?.state).toBe('published');
  });

  it('a person opens by hand what the desk could not', async () => {
    expect((await page(`/${repository}/security/advisories/new`)).html).toContain('Open the draft advisory');
    const form = new URLSearchParams({
      form: 'yes',
      repository,
      summary: '<b>',
      description: 'Disclosure: EDX-2026-0001',
      vector,
    });

    const opened = await fetch(`${server.url}/_control/open`, { method: 'POST', body: form });

    expect(opened.url).toContain('/security/advisories/GHSA-');
    expect(await opened.text()).toContain('<h1>&lt;b&gt;</h1>');
    expect((await ask('GET', list)).body[0]).toMatchObject({ state: 'draft', severity: 'critical' });
    expect(server.violations).toEqual([]);
  });

  it('every link opens: repository, commit, pull request', async () => {
    const { body: pull } = await control('pull', { repository, title: 'Oops' });
    const { body: push } = await control('push', { repository, message: 'Fix' });

    for (const url of [pull.url, push.url, `${server.url}/${repository}`, `${server.url}/`]) {
      expect((await fetch(url)).status).toBe(200);
    }
  });
});
