import { createHmac, timingSafeEqual } from 'node:crypto';
import { createAppAuth } from '@octokit/auth-app';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import type * as z from 'zod/mini';
import {
  type AdvisoryAnswer,
  advisoriesAnswer,
  advisoryAnswer,
  commitAnswer,
  comparisonAnswer,
  contentAnswer,
  membersAnswer,
  rateLimitAnswer,
  userAnswer,
} from '#contracts/github-answers.ts';
import {
  type AdvisoryChange,
  type AdvisoryView,
  type AffectedPackage,
  type Collaborators,
  GithubHandOff,
  GithubMalformed,
  type GithubPort,
  GithubUnavailable,
  type NewAdvisory,
  type OpenedAdvisory,
  type RepositoryName,
  type StepOutcome,
} from '#contracts/github-port.ts';

export interface GithubConfig {
  /** API address; GitHub's own where it is missing. */
  readonly baseUrl?: string | undefined;
  /** Address of the pages people open; `https://github.com` where it is missing. */
  readonly webUrl?: string | undefined;
  readonly auth:
    | {
        readonly appId: number | string;
        readonly privateKey: string;
        readonly installationId: number | string;
      }
    | { readonly token: string };
  /** Sent as X-GitHub-Api-Version. */
  readonly apiVersion?: string | undefined;
  /** Milliseconds of real time for one request. */
  readonly timeout?: number | undefined;
  /** Retries of reading requests after a 5xx or a broken connection; writes are never repeated blindly. */
  readonly retries?: number | undefined;
  /** Seconds that a rate limit may keep us waiting inside one call; longer ones become GithubUnavailable. */
  readonly longestWait?: number | undefined;
  /** GitHub asks for a second between writes; only tests and local desks do without. */
  readonly paced?: boolean | undefined;
  /** Milliseconds of the first pause between retries; 1,000 where it is missing. */
  readonly pause?: number | undefined;
}

/** Errors that no repetition changes, and those whose waiting time the server names itself. */
const noRetry = [400, 401, 403, 404, 409, 410, 422, 429, 451];

/** Without a hint of GitHub's: "wait for at least one minute" (its documentation on rate limits). */
const fallbackWait = 60;

/** A write takes effect once or fails: whether it did is looked up, never tried again. */
const once = { request: { retries: 0 } } as const;

const Client = Octokit.plugin(retry, throttling);

function clientOf(config: GithubConfig): Octokit {
  const longestWait = config.longestWait ?? 5;
  const wait = (seconds: number, _options: unknown, _client: unknown, count: number): boolean =>
    count < 1 && seconds <= longestWait;
  const timeout = config.timeout ?? 10_000;
  const unpaced = { key: () => ({ schedule: (_options: unknown, act: () => unknown) => act() }) };
  return new Client({
    ...(config.baseUrl === undefined ? {} : { baseUrl: config.baseUrl }),
    ...('token' in config.auth
      ? { auth: config.auth.token }
      : { authStrategy: createAppAuth, auth: config.auth }),
    userAgent: 'disclosure-desk',
    // Octokit logs addresses of failed requests; ours become errors, and advisory ids do not belong in logs.
    log: { debug() {}, info() {}, warn() {}, error() {} },
    retry: { doNotRetry: noRetry, retries: config.retries ?? 2, retryAfterBaseValue: config.pause ?? 1000 },
    throttle: {
      onRateLimit: wait,
      onSecondaryRateLimit: wait,
      fallbackSecondaryRateRetryAfter: fallbackWait,
      retryAfterBaseValue: config.pause ?? 1000,
      // The plugin's own name for the queue that spaces writes; its types know only Bottleneck's.
      ...(config.paced === false ? ({ write: unpaced } as object) : {}),
    },
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, { ...init, signal: AbortSignal.timeout(timeout) }),
    },
  });
}

/**
 * GitHub by its REST API. What it answers is parsed at this edge; what it refuses becomes GithubHandOff with
 * the thing to do by hand, what it does not answer becomes GithubUnavailable with the time to wait.
 *
 * @example const github = createGithub({ auth: { appId, privateKey, installationId } });
 */
export function createGithub(config: GithubConfig): GithubPort {
  const client = clientOf(config);
  client.hook.before('request', (options) => {
    options.headers['x-github-api-version'] = config.apiVersion ?? '2022-11-28';
  });
  const web = (config.webUrl ?? 'https://github.com').replace(/\/$/, '');
  const { securityAdvisories, repos, teams, users, rateLimit } = client.rest;

  /** Runs one request; `todo` and `link` are what a person does where GitHub refuses. */
  const ask = async <T extends z.ZodMiniType>(
    schema: T,
    by: { readonly todo: string; readonly link: string; readonly writes?: boolean },
    request: () => Promise<{ data: unknown }>,
  ): Promise<z.output<T>> => {
    const { data } = await request().catch((error: unknown) => {
      throw classified(error, by);
    });
    return parsed(schema, data);
  };
  /** As `ask`, with null for what is not there. */
  const askOrNull = async <T>(request: Promise<T>, absent: readonly number[] = [404]): Promise<T | null> =>
    request.catch((error: unknown) => {
      if (error instanceof GithubHandOff && absent.includes(error.status)) return null;
      throw error;
    });

  const advisoryPage = (repository: RepositoryName, ghsaId: string): string =>
    `${web}/${repository}/security/advisories/${ghsaId}`;

  const list = async (repository: RepositoryName, state?: string): Promise<readonly AdvisoryView[]> => {
    const by = {
      todo: `Let the desk read the advisories of ${repository}`,
      link: `${web}/${repository}/security/advisories`,
    };
    const parameters = {
      ...split(repository),
      per_page: 100,
      ...(state === undefined ? {} : { state: state as 'draft' }),
    };
    const data = await ask(advisoriesAnswer, by, async () => ({
      data: await client.paginate(securityAdvisories.listRepositoryAdvisories, parameters),
    }));
    return data.map((answer) => viewOf(repository, answer));
  };

  const get = async (repository: RepositoryName, ghsaId: string): Promise<AdvisoryView | null> => {
    const by = { todo: `Let the desk read ${ghsaId}`, link: advisoryPage(repository, ghsaId) };
    const request = () => securityAdvisories.getRepositoryAdvisory({ ...split(repository), ghsa_id: ghsaId });
    const answer = await askOrNull(ask(advisoryAnswer, by, request));
    return answer === null ? null : viewOf(repository, answer);
  };

  const patch = async (
    repository: RepositoryName,
    ghsaId: string,
    todo: string,
    body: Record<string, unknown>,
  ): Promise<AdvisoryView> => {
    const by = { todo, link: advisoryPage(repository, ghsaId), writes: true };
    const parameters = { ...split(repository), ghsa_id: ghsaId, ...body, ...once };
    return viewOf(
      repository,
      await ask(advisoryAnswer, by, () => securityAdvisories.updateRepositoryAdvisory(parameters)),
    );
  };

  const found = async (advisory: NewAdvisory): Promise<AdvisoryView | undefined> =>
    (await list(advisory.repository)).find((each) => hasLine(each.description, advisory.reference));

  const create = async (advisory: NewAdvisory): Promise<AdvisoryView> => {
    const by = {
      todo: `Open a draft advisory in ${advisory.repository} whose description holds the line "${advisory.reference}"`,
      link: `${web}/${advisory.repository}/security/advisories/new`,
      writes: true,
    };
    const body = createBody(advisory);
    return viewOf(
      advisory.repository,
      await ask(advisoryAnswer, by, () =>
        securityAdvisories.createRepositoryAdvisory({ ...split(advisory.repository), ...body, ...once }),
      ),
    );
  };

  /** Creates, and after an answer that was lost looks whether it was created all the same. */
  const createOrFind = async (advisory: NewAdvisory): Promise<AdvisoryView> =>
    create(advisory).catch(async (error: unknown) => {
      if (!outcomeUnknown(error)) throw error;
      const there = await found(advisory).catch(() => undefined);
      if (there) return there;
      throw error;
    });

  const addCollaborators = async (view: AdvisoryView, wanted: Collaborators | undefined): Promise<void> => {
    if (!wanted || covers(view.collaborators, wanted)) return;
    const todo = `Add as collaborators: ${[...wanted.users, ...wanted.teams.map((slug) => `team ${slug}`)].join(', ')}`;
    await patch(view.repository, view.ghsaId, todo, collaboratorsBody(view.collaborators, wanted));
  };

  const startFork = async (view: AdvisoryView): Promise<void> => {
    if (view.privateFork !== null) return;
    const by = {
      todo: 'Start the temporary private fork',
      link: advisoryPage(view.repository, view.ghsaId),
      writes: true,
    };
    const parameters = { ...split(view.repository), ghsa_id: view.ghsaId, ...once };
    await securityAdvisories.createFork(parameters).catch(async (error: unknown) => {
      const cause = classified(error, by);
      const now = outcomeUnknown(cause) ? await get(view.repository, view.ghsaId).catch(() => null) : null;
      if (!now?.privateFork) throw cause;
    });
  };

  const requestCve = async (view: AdvisoryView): Promise<void> => {
    if (view.cveId !== null) return;
    const by = { todo: 'Request a CVE', link: advisoryPage(view.repository, view.ghsaId), writes: true };
    const parameters = { ...split(view.repository), ghsa_id: view.ghsaId, ...once };
    await securityAdvisories.createRepositoryAdvisoryCveRequest(parameters).catch((error: unknown) => {
      // Asked for in an earlier attempt whose answer was lost: that is what we wanted.
      if (statusOf(error) === 422 && /already/i.test(String((error as Error).message))) return;
      throw classified(error, by);
    });
  };

  return {
    async openAdvisory(advisory): Promise<OpenedAdvisory> {
      const before = await found(advisory);
      const view = before ?? (await createOrFind(advisory));
      const ended = view.state !== 'draft' && view.state !== 'triage';
      // An advisory that somebody already published or closed needs none of the rest.
      const step = async (act: () => Promise<void>): Promise<StepOutcome> =>
        ended ? { outcome: 'done', detail: `the advisory is ${view.state}` } : outcomeOf(act);
      const collaborators = await step(() => addCollaborators(view, advisory.collaborators));
      const fork = await step(() => startFork(view));
      const cve = await step(() => requestCve(view));
      return {
        ghsaId: view.ghsaId,
        url: view.url,
        existed: before !== undefined,
        steps: { collaborators, fork, cve },
      };
    },

    getAdvisory: get,
    listAdvisories: list,

    async updateAdvisory(repository, ghsaId, change) {
      // GitHub replaces the lists: those whom a person added in the UI must stay.
      const current = change.collaborators ? await get(repository, ghsaId) : null;
      const todo = `Change the advisory by hand: ${Object.keys(change).join(', ')}`;
      return patch(repository, ghsaId, todo, updateBody(change, current));
    },

    async publishAdvisory(repository, ghsaId) {
      const before = await get(repository, ghsaId);
      if (before?.state === 'published') return { advisory: before, seen: 'found-published' };
      try {
        const advisory = await patch(repository, ghsaId, 'Publish the advisory', { state: 'published' });
        return { advisory, seen: 'answered' };
      } catch (error) {
        if (!outcomeUnknown(error)) throw error;
        const after = await get(repository, ghsaId).catch(() => null);
        if (after?.state === 'published') return { advisory: after, seen: 'found-published' };
        throw error;
      }
    },

    closeAdvisory: (repository, ghsaId) =>
      patch(repository, ghsaId, 'Close the advisory', { state: 'closed' }),

    async adoptReport(repository, ghsaId, reference) {
      const report = await get(repository, ghsaId);
      const todo = `Accept the report as draft and add the line "${reference}" to its description`;
      if (!report) throw new GithubHandOff(404, todo, advisoryPage(repository, ghsaId));
      const marked = hasLine(report.description, reference);
      if (report.state !== 'triage' && marked) return report;
      const description = marked ? {} : { description: withLine(report.description, reference) };
      const state = report.state === 'triage' ? { state: 'draft' } : {};
      return patch(repository, ghsaId, todo, { ...description, ...state });
    },

    readFile,

    async readCodeowners(repository) {
      // The order in which GitHub looks; the first one found counts.
      for (const path of ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS']) {
        const text = await readFile(repository, path);
        if (text !== null) return text;
      }
      return null;
    },

    async teamMembers(organization, team) {
      const by = {
        todo: `Let the desk read the members of ${organization}/${team}`,
        link: `${web}/orgs/${organization}/teams/${team}`,
      };
      const parameters = { org: organization, team_slug: team, per_page: 100 };
      const request = async () => ({ data: await client.paginate(teams.listMembersInOrg, parameters) });
      const members = await askOrNull(ask(membersAnswer, by, request));
      return members?.map(({ login }) => login) ?? null;
    },

    async userEmail(login) {
      const by = { todo: `Find the address of ${login}`, link: `${web}/${login}` };
      const user = await askOrNull(ask(userAnswer, by, () => users.getByUsername({ username: login })));
      return user?.email ?? null;
    },

    async commit(repository, sha) {
      const by = { todo: `Let the desk read ${repository}`, link: `${web}/${repository}/commit/${sha}` };
      const request = () => repos.getCommit({ ...split(repository), ref: sha, per_page: 1 });
      // 422: no commit of this name; 409: an empty repository.
      const answer = await askOrNull(ask(commitAnswer, by, request), [404, 409, 422]);
      return answer && { sha: answer.sha, message: answer.commit.message, url: answer.html_url };
    },

    async commitOnBranch(repository, sha, branch) {
      const by = { todo: `Let the desk read ${repository}`, link: `${web}/${repository}/commits/${branch}` };
      const parameters = { ...split(repository), basehead: `${branch}...${sha}`, per_page: 1 };
      const answer = await askOrNull(
        ask(comparisonAnswer, by, () => repos.compareCommitsWithBasehead(parameters)),
      );
      return answer?.status === 'behind' || answer?.status === 'identical';
    },

    async repositoryExists(repository) {
      try {
        await repos.get(split(repository));
        return true;
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw classified(error, { todo: `Let the desk read ${repository}`, link: `${web}/${repository}` });
      }
    },

    async rateLimit() {
      const by = { todo: 'Look at the rate limit of the desk', link: web };
      const { resources } = await ask(rateLimitAnswer, by, () => rateLimit.get());
      const { limit, remaining, reset } = resources.core;
      return { limit, remaining, resetAt: new Date(reset * 1000).toISOString() };
    },
  };

  async function readFile(repository: RepositoryName, path: string): Promise<string | null> {
    const by = { todo: `Let the desk read ${path} of ${repository}`, link: `${web}/${repository}` };
    const file = await askOrNull(
      ask(contentAnswer, by, () => repos.getContent({ ...split(repository), path })),
    );
    return file === null ? null : Buffer.from(file.content, 'base64').toString('utf8');
  }
}

/**
 * Is `X-Hub-Signature-256` the HMAC-SHA-256 of the raw body? Decode a base64 body first. Constant time.
 * A missing or malformed header is false, never an error.
 */
export function verifyGithubSignature(
  secret: string,
  rawBody: string | Uint8Array,
  header: string | undefined,
): boolean {
  if (secret === '' || !/^sha256=[0-9a-f]{64}$/.test(header ?? '')) return false;
  const expected = createHmac('sha256', secret).update(rawBody).digest();
  return timingSafeEqual(expected, Buffer.from((header ?? '').slice('sha256='.length), 'hex'));
}

function split(repository: RepositoryName): { owner: string; repo: string } {
  const [, owner, repo] = /^([\w-][\w.-]*)\/(?!\.\.?$)([\w.-]+)$/.exec(repository) ?? [];
  if (!owner || !repo) throw new TypeError(`not a repository: ${JSON.stringify(repository)}`);
  return { owner, repo };
}

function createBody(advisory: NewAdvisory) {
  return {
    summary: advisory.summary,
    description: withLine(advisory.description, advisory.reference),
    vulnerabilities: advisory.packages.map(vulnerabilityBody),
    ...(advisory.cweIds?.length ? { cwe_ids: [...advisory.cweIds] } : {}),
    ...severityBody(advisory),
  };
}

function updateBody(change: AdvisoryChange, current: AdvisoryView | null): Record<string, unknown> {
  return {
    ...(change.summary === undefined ? {} : { summary: change.summary }),
    ...(change.description === undefined ? {} : { description: change.description }),
    ...(change.packages?.length ? { vulnerabilities: change.packages.map(vulnerabilityBody) } : {}),
    ...(change.cweIds ? { cwe_ids: [...change.cweIds] } : {}),
    ...(change.credits ? { credits: change.credits.map(({ login, type }) => ({ login, type })) } : {}),
    ...(change.collaborators
      ? collaboratorsBody(current?.collaborators ?? nobody, change.collaborators)
      : {}),
    ...severityBody(change),
  };
}

/** The vector where there is one, else the label: GitHub takes one of the two. */
function severityBody(of: Pick<AdvisoryChange, 'vector' | 'severity'>) {
  if (of.vector !== undefined) return { cvss_vector_string: of.vector };
  return of.severity === undefined ? {} : { severity: of.severity };
}

const vulnerabilityBody = (each: AffectedPackage) => ({
  package: { ecosystem: each.ecosystem, ...(each.name === undefined ? {} : { name: each.name }) },
  ...(each.affected === undefined ? {} : { vulnerable_version_range: each.affected }),
  ...(each.fixed === undefined ? {} : { patched_versions: each.fixed }),
});

const nobody: Collaborators = { users: [], teams: [] };

const union = (a: readonly string[], b: readonly string[]): string[] => [
  ...a,
  ...b.filter((each) => !a.some((other) => other.toLowerCase() === each.toLowerCase())),
];

const covers = (has: Collaborators, wanted: Collaborators): boolean =>
  union(has.users, wanted.users).length === has.users.length &&
  union(has.teams, wanted.teams).length === has.teams.length;

const collaboratorsBody = (has: Collaborators, wanted: Collaborators) => ({
  collaborating_users: union(has.users, wanted.users),
  collaborating_teams: union(has.teams, wanted.teams),
});

const hasLine = (text: string, line: string): boolean =>
  text.split(/\r?\n/).some((each) => each.trim() === line.trim());

const withLine = (text: string, line: string): string =>
  hasLine(text, line) ? text : `${text.trimEnd()}\n\n${line}`.trimStart();

/** Severity is read from `cvss_severities.cvss_v3`; `cvss` is gone from API version 2026-03-10 on. */
function viewOf(repository: RepositoryName, answer: AdvisoryAnswer): AdvisoryView {
  const cvss = answer.cvss_severities?.cvss_v3 ?? answer.cvss;
  return {
    ghsaId: answer.ghsa_id,
    repository,
    url: answer.html_url,
    state: answer.state,
    summary: answer.summary,
    description: answer.description ?? '',
    severity: answer.severity,
    vector: cvss?.vector_string ?? null,
    score: cvss?.vector_string ? cvss.score : null,
    cveId: answer.cve_id,
    privateFork: answer.private_fork?.full_name ?? null,
    collaborators: {
      users: answer.collaborating_users?.map(({ login }) => login) ?? [],
      teams: answer.collaborating_teams?.map(({ slug }) => slug) ?? [],
    },
    author: answer.author?.login ?? null,
    createdAt: answer.created_at ?? null,
    updatedAt: answer.updated_at ?? null,
    publishedAt: answer.published_at ?? null,
    closedAt: answer.closed_at ?? null,
  };
}

function parsed<T extends z.ZodMiniType>(schema: T, data: unknown): z.output<T> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const places = result.error.issues.map((issue) => issue.path.join('.') || 'the answer');
  throw new GithubMalformed(`GitHub's answer is not what was asked for: ${places.join(', ')}`, {
    cause: result.error,
  });
}

/** Runs a later step; its failure is an outcome to tell, not a reason to undo the rest. */
async function outcomeOf(act: () => Promise<void>): Promise<StepOutcome> {
  try {
    await act();
    return { outcome: 'done' };
  } catch (error) {
    if (error instanceof GithubHandOff)
      return { outcome: 'handed-off', detail: `${error.todo}: ${error.link}` };
    if (error instanceof GithubUnavailable || error instanceof GithubMalformed) {
      return { outcome: 'unavailable', detail: error.message };
    }
    throw error;
  }
}

/** After a malformed answer, too, nobody knows whether the write took effect. */
const outcomeUnknown = (error: unknown): boolean =>
  error instanceof GithubMalformed || (error instanceof GithubUnavailable && error.outcomeUnknown);

interface Failure {
  readonly status: number;
  readonly message: string;
  readonly response?: { readonly headers?: Readonly<Record<string, string | number | undefined>> };
}

const isFailure = (error: unknown): error is Failure =>
  error instanceof Error && typeof (error as { status?: unknown }).status === 'number';

const statusOf = (error: unknown): number | undefined =>
  isFailure(error) && error.response ? error.status : undefined;

/** Octokit's error in our words; anything that is not an answer of GitHub's, or the lack of one, stays what it is. */
function classified(
  error: unknown,
  by: { readonly todo: string; readonly link: string; readonly writes?: boolean },
): unknown {
  if (!isFailure(error)) return error;
  const writes = by.writes === true;
  const unavailable = (status: number | null, unknown: boolean, seconds: number): GithubUnavailable =>
    new GithubUnavailable(status, { outcomeUnknown: unknown, retryAfterSeconds: seconds }, { cause: error });
  if (!error.response) return unavailable(null, writes, fallbackWait);
  const limited = waitOf(error);
  if (limited !== undefined) return unavailable(error.status, false, limited);
  if (error.status >= 500 || error.status === 408) {
    return unavailable(error.status, writes, Number(error.response.headers?.['retry-after']) || fallbackWait);
  }
  return new GithubHandOff(error.status, by.todo, by.link, { cause: error });
}

/** Seconds to wait where the answer is a rate limit: `retry-after`, then `x-ratelimit-reset`, else a minute. */
function waitOf(error: Failure): number | undefined {
  const headers = error.response?.headers ?? {};
  const after = Number(headers['retry-after']);
  const spent = String(headers['x-ratelimit-remaining']) === '0';
  const limited =
    error.status === 429 ||
    (error.status === 403 && (after > 0 || spent || /rate limit/i.test(error.message)));
  if (!limited) return undefined;
  if (after > 0) return after;
  // The reset is an instant of the real world, so it is compared with the real clock, not with the desk's.
  const reset = Math.ceil(Number(headers['x-ratelimit-reset']) - Date.now() / 1000);
  return spent && reset > 0 ? reset : fallbackWait;
}
