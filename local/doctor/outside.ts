import { createHmac } from 'node:crypto';
import { resolveCname, resolveMx, resolveTxt } from 'node:dns/promises';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import * as z from 'zod';
import type { DnsView, GithubView, HttpView, InstallationView } from './world.ts';

/** Errors of DNS that mean: there is no such record. */
const nothing = new Set(['ENOTFOUND', 'ENODATA']);

async function answers<T>(ask: Promise<readonly T[]>, text: (answer: T) => string): Promise<string[]> {
  try {
    return (await ask).map(text);
  } catch (error) {
    if (nothing.has(String((error as NodeJS.ErrnoException).code))) return [];
    throw error;
  }
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** The world's DNS, as this machine resolves it. */
export const lookAtDns: DnsView = {
  mx: (name) => answers(resolveMx(name), ({ exchange }) => plain(exchange)),
  txt: (name) => answers(resolveTxt(name), (parts) => parts.join('')),
  cname: (name) => answers(resolveCname(name), plain),
};

const installationAnswer = z.object({
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
  suspended_at: z.string().nullable(),
});

const timeout = 15_000;

/** GitHub as the App sees it: itself by its key, repositories by its installation. */
export function lookAtGithub(
  app: { readonly apiBase: string; readonly appId: number; readonly installationId: number },
  privateKey: string,
): GithubView {
  const { apiBase, appId, installationId } = app;
  const { request } = new Octokit({ baseUrl: apiBase });
  const auth = createAppAuth({ appId, privateKey, request });
  const get = async (path: string, token: string): Promise<Response> =>
    fetch(`${apiBase}${path}`, {
      headers: { authorization: `bearer ${token}`, accept: 'application/vnd.github+json' },
      signal: AbortSignal.timeout(timeout),
    });
  return {
    async installation(): Promise<InstallationView | undefined> {
      const { token } = await auth({ type: 'app' });
      const response = await get(`/app/installations/${installationId}`, token);
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`GitHub answered ${response.status} for the App's own key`);
      const { permissions, events, suspended_at } = installationAnswer.parse(await response.json());
      return { permissions, events, suspended: suspended_at !== null };
    },
    async hookUrl() {
      const { token } = await auth({ type: 'app' });
      const response = await get('/app/hook/config', token);
      // An App whose webhook was never active has none.
      if (response.status === 404) return '';
      if (!response.ok) throw new Error(`GitHub answered ${response.status} for the App's webhook`);
      return z.object({ url: z.optional(z.string()) }).parse(await response.json()).url ?? '';
    },
    async advisoriesOf(repository) {
      const { token } = await auth({ type: 'installation', installationId });
      const { status } = await get(`/repos/${repository}/security-advisories?per_page=1`, token);
      return status;
    },
  };
}

const signatureHeaders = {
  github: ['x-hub-signature-256', { 'x-github-event': 'ping', 'x-github-delivery': 'doctor' }],
  discourse: [
    'x-discourse-event-signature',
    { 'x-discourse-event': 'ping', 'x-discourse-event-id': 'doctor' },
  ],
} as const;

/** The desk's own doors for webhooks, and the forum. */
export function lookAtHttp(
  forum: { readonly base: string; readonly categoryId: number } | undefined,
): HttpView {
  const door: HttpView['door'] = (system, base) => `${base}/hooks/${system}`;
  return {
    door,
    async ping(system, base, secret) {
      const body = JSON.stringify({ zen: 'a ping of the doctor' });
      const [header, headers] = signatureHeaders[system];
      const response = await fetch(door(system, base), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...headers,
          [header]: `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
        body,
        signal: AbortSignal.timeout(timeout),
      });
      return response.status;
    },
    async category(key) {
      const { base, categoryId } = forum ?? { base: '', categoryId: 0 };
      // Discourse finds a category by its id and leads on from any slug, within the forum; the key goes nowhere else.
      let url = new URL(`/c/${categoryId}/${categoryId}.json`, base);
      for (let leaps = 0; ; leaps++) {
        const response = await fetch(url, {
          redirect: 'manual',
          headers: key ? { 'api-key': key.key, 'api-username': key.username } : {},
          signal: AbortSignal.timeout(timeout),
        });
        const next = new URL(response.headers.get('location') ?? '', url);
        const leads = response.status >= 300 && response.status < 400 && next.origin === url.origin;
        if (!leads || leaps >= 3) return response.status;
        url = next;
      }
    },
  };
}
