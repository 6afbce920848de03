import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { Operation } from '../stand-in/contract.ts';
import type { Answer, Call } from '../stand-in/server.ts';
import { documentation, forbidden, login, notFound } from './advisories.ts';
import type { Shapes } from './shapes.ts';
import type { GithubState, Permissions } from './state.ts';

/** What each operation needs (OpenAPI descriptions and GitHub's permission pages). */
const needs: Readonly<Record<string, Permissions>> = {
  'security-advisories/create-repository-advisory': { repository_advisories: 'write' },
  'security-advisories/list-repository-advisories': { repository_advisories: 'read' },
  'security-advisories/list-org-repository-advisories': { repository_advisories: 'write' },
  'security-advisories/get-repository-advisory': { repository_advisories: 'read' },
  'security-advisories/update-repository-advisory': { repository_advisories: 'write' },
  'security-advisories/create-repository-advisory-cve-request': { repository_advisories: 'write' },
  'security-advisories/create-fork': { repository_advisories: 'read', administration: 'write' },
  'teams/list-members-in-org': { members: 'read' },
  'teams/get-by-name': { members: 'read' },
  'repos/get-content': { contents: 'read' },
  'repos/list-commits': { contents: 'read' },
  'repos/get-commit': { contents: 'read' },
  'repos/compare-commits-with-basehead': { contents: 'read' },
};

/** API versions that GitHub serves (2026-11). */
const versions = ['2022-11-28', '2026-03-10'];

const unauthorized = (message: string): Answer => ({
  status: 401,
  body: { message, documentation_url: documentation, status: '401' },
});

/** Authentication, permissions, the API version and the hourly limit, as GitHub answers them. */
export function guard(call: Call, operation: Operation, state: GithubState): Answer | undefined {
  const asked = call.headers['x-github-api-version'];
  if (asked !== undefined && !versions.includes(asked)) {
    return {
      status: 400,
      body: { message: `"${asked}" is not a valid API version.`, documentation_url: documentation },
    };
  }
  const credential = call.headers.authorization?.replace(/^(?:token|bearer) /i, '');
  if (operation.id.startsWith('apps/')) return jwtProblem(credential ?? '', state);
  if (credential === undefined)
    return call.method === 'GET' ? undefined : unauthorized('Requires authentication');
  const token = state.tokens[credential];
  // Credentials use real time: octokit keeps tokens by the machine's clock, not by the desk's.
  if (!token || (token.expires !== null && token.expires < Date.now()))
    return unauthorized('Bad credentials');
  const window = hour();
  if (state.window !== window) Object.assign(state, { window, calls: 0 });
  // Asking for the limit does not count against it.
  if (operation.id === 'rate-limit/get') return undefined;
  state.calls += 1;
  if (state.calls > state.hourlyLimit) return forbidden(`API rate limit exceeded for ${login(call, state)}.`);
  for (const [name, level] of Object.entries(needs[operation.id] ?? {})) {
    const held = token.permissions[name];
    if (held === 'write' || held === level) continue;
    return operation.method === 'get' ? notFound() : forbidden();
  }
  return undefined;
}

/** The machine's current hour since the epoch: limits, like credentials, count real time. */
export const hour = (): number => Math.floor(Date.now() / 3_600_000);

/** GitHub's rate-limit headers; a window is the machine's current hour. */
export function limitHeaders(state: GithubState): Record<string, string> {
  const reset = (hour() + 1) * 3600;
  return {
    'x-ratelimit-limit': String(state.hourlyLimit),
    'x-ratelimit-remaining': String(Math.max(0, state.hourlyLimit - state.calls)),
    'x-ratelimit-used': String(state.calls),
    'x-ratelimit-reset': String(reset),
    'x-ratelimit-resource': 'core',
    'x-github-media-type': 'github.v3; format=json',
  };
}

/** The app's JWT: RS256, our app id, at most ten minutes, verified where a public key was planted. */
function jwtProblem(jwt: string, state: GithubState): Answer | undefined {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const claims = decode(payload);
  if (!state.app || String(claims.iss) !== String(state.app.id)) {
    return unauthorized("'Issuer' claim ('iss') must be an Integer");
  }
  const now = Date.now() / 1000;
  const [issued, expires] = [Number(claims.iat), Number(claims.exp)];
  if (!(issued <= now + 60 && expires > now && expires - issued <= 660)) {
    return unauthorized("'Expiration time' claim ('exp') is too far in the future");
  }
  if (!state.app.publicKey) return undefined;
  const genuine = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${payload}`),
    createPublicKey(state.app.publicKey),
    Buffer.from(signature, 'base64url'),
  );
  return genuine ? undefined : unauthorized('A JSON web token could not be decoded');
}

function decode(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The description of app permissions does not know advisories, though the permission exists. */
function described(permissions: Permissions): Permissions {
  const { repository_advisories: _advisories, ...rest } = permissions;
  return rest;
}

/** The app's own endpoints, and the rate limit's. */
export function accessHandlers(
  shapes: Shapes,
): Readonly<Record<string, (call: Call, state: GithubState) => Answer>> {
  const installation = (call: Call, state: GithubState) => ({
    id: state.app?.installation ?? 0,
    account: shapes.user(call.base, state.app?.organization ?? 'ghost'),
    repository_selection: 'all',
    access_tokens_url: `${call.base}/app/installations/${state.app?.installation}/access_tokens`,
    repositories_url: `${call.base}/installation/repositories`,
    html_url: `${call.base}/settings/installations/${state.app?.installation}`,
    app_id: state.app?.id ?? 0,
    app_slug: 'disclosure-desk',
    target_id: 1,
    target_type: 'Organization',
    permissions: described(state.app?.permissions ?? {}),
    events: ['push', 'repository_advisory'],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  });
  const known = (call: Call, state: GithubState, answer: () => Answer): Answer =>
    Number(call.parameters.installation_id) === state.app?.installation ? answer() : notFound();
  return {
    'apps/list-installations': (call, state) => ({
      status: 200,
      body: state.app ? [installation(call, state)] : [],
    }),
    'apps/get-installation': (call, state) =>
      known(call, state, () => ({ status: 200, body: installation(call, state) })),
    'apps/get-repo-installation': (call, state) => {
      const repository = state.repositories[`${call.parameters.owner}/${call.parameters.repo}`];
      return repository ? { status: 200, body: installation(call, state) } : notFound();
    },
    'apps/create-installation-access-token': (call, state) =>
      known(call, state, () => {
        const token = `ghs_${randomBytes(18).toString('hex')}`;
        const expires = Date.now() + 3_600_000;
        const permissions = state.app?.permissions ?? {};
        for (const [old, { expires: end }] of Object.entries(state.tokens)) {
          if (end !== null && end < Date.now()) delete state.tokens[old];
        }
        state.tokens[token] = { login: 'disclosure-desk[bot]', permissions, expires };
        const body = {
          token,
          expires_at: new Date(expires).toISOString(),
          permissions: described(permissions),
          repository_selection: 'all',
        };
        return { status: 201, body };
      }),
    'rate-limit/get': (_call, state) => {
      const reset = Number(limitHeaders(state)['x-ratelimit-reset']);
      const rate = {
        limit: state.hourlyLimit,
        remaining: Math.max(0, state.hourlyLimit - state.calls),
        reset,
        used: state.calls,
      };
      const search = { limit: 30, remaining: 30, reset, used: 0 };
      return { status: 200, body: { resources: { core: rate, search }, rate } };
    },
  };
}
