import calculators from 'ae-cvss-calculator';
import type { Contract } from '../stand-in/contract.ts';
import type {
  GithubState,
  Level,
  StoredAdvisory,
  StoredCommit,
  StoredPull,
  StoredRepository,
  StoredTeam,
} from './state.ts';
import { addUser } from './state.ts';

export type Shape = Record<string, unknown>;

/** Score of a CVSS 3.1 vector, or undefined where GitHub would refuse it. */
export function scoreOf(vector: string): number | undefined {
  const shape = /^CVSS:3\.1(?:\/[A-Z]{1,3}:[A-Z]){8,}$/;
  if (!shape.test(vector)) return undefined;
  try {
    const parsed = new calculators.Cvss3P1(vector);
    return parsed.isBaseFullyDefined() ? parsed.calculateScores().overall : undefined;
  } catch {
    return undefined;
  }
}

/** The label of a score (OEP-60 R4); GitHub has none for 0.0. */
export function levelOf(score: number): Level | null {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score >= 0.1 ? 'low' : null;
}

/** What API version 2026-03-10 took out of the answers that the desk meets. */
const removed = new Set(['cvss', 'has_downloads', 'merge_commit_sha', 'assignee', 'rate']);

/** A body as the asked API version gives it. */
export function inVersion(body: unknown, version: string): unknown {
  if (version < '2026-03-10' || body === null || typeof body !== 'object') return body;
  if (Array.isArray(body)) return body.map((each) => inVersion(each, version));
  const kept = Object.entries(body).filter(([key]) => !removed.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, inVersion(value, version)]));
}

/** Builds answers in the shapes of the description, with addresses of this stand-in. */
export class Shapes {
  readonly #contract: Contract;
  readonly #state: GithubState;

  constructor(contract: Contract, state: GithubState) {
    this.#contract = contract;
    this.#state = state;
  }

  user(base: string, login: string): Shape {
    const { id, login: name } = addUser(this.#state, login);
    const path = encodeURIComponent(name);
    const url = `${base}/users/${path}`;
    return {
      login: name,
      id,
      node_id: `U_${id}`,
      avatar_url: `${base}/avatars/${id}`,
      gravatar_id: '',
      url,
      html_url: `${base}/${path}`,
      followers_url: `${url}/followers`,
      following_url: `${url}/following{/other_user}`,
      gists_url: `${url}/gists{/gist_id}`,
      starred_url: `${url}/starred{/owner}{/repo}`,
      subscriptions_url: `${url}/subscriptions`,
      organizations_url: `${url}/orgs`,
      repos_url: `${url}/repos`,
      events_url: `${url}/events{/privacy}`,
      received_events_url: `${url}/received_events`,
      type: 'User',
      site_admin: false,
    };
  }

  publicUser(base: string, login: string): Shape {
    const { name, email } = addUser(this.#state, login);
    return {
      ...this.user(base, login),
      user_view_type: 'public',
      name,
      email,
      company: null,
      blog: '',
      location: null,
      hireable: null,
      bio: null,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: '2020-01-01T00:00:00Z',
      updated_at: '2020-01-01T00:00:00Z',
    };
  }

  team(base: string, team: StoredTeam): Shape {
    const url = `${base}/orgs/${team.organization}/teams/${team.slug}`;
    return {
      id: team.id,
      node_id: `T_${team.id}`,
      url,
      html_url: url,
      members_url: `${url}/members{/member}`,
      repositories_url: `${url}/repos`,
      name: team.slug,
      slug: team.slug,
      description: null,
      permission: 'pull',
      parent: null,
      type: 'organization',
    };
  }

  /** The description's own example with this repository's names in the place of its own. */
  repository(base: string, repository: StoredRepository): Shape {
    const [owner = '', name = ''] = repository.fullName.split('/');
    const example = JSON.stringify(this.#contract.example('full-repository'))
      .replaceAll('https://api.github.com', base)
      .replaceAll('https://github.com', base)
      .replaceAll('octocat/Hello-World', repository.fullName);
    const {
      parent: _parent,
      source: _source,
      template_repository: _template,
      organization: _organization,
      ...shape
    } = JSON.parse(example) as Shape;
    return {
      ...shape,
      id: repository.id,
      node_id: `R_${repository.id}`,
      name,
      full_name: repository.fullName,
      owner: this.user(base, owner),
      private: repository.private,
      visibility: repository.private ? 'private' : 'public',
      fork: false,
      default_branch: repository.defaultBranch,
      html_url: `${base}/${repository.fullName}`,
      url: `${base}/repos/${repository.fullName}`,
      description: null,
      has_discussions: false,
      license: null,
    };
  }

  /** A repository as webhooks show it. */
  webhookRepository(base: string, repository: StoredRepository): Shape {
    const {
      network_count: _network,
      subscribers_count: _subscribers,
      temp_clone_token: _token,
      ...shape
    } = this.repository(base, repository);
    return shape;
  }

  /** The body of a push webhook: the commits from `before` to the branch's head. */
  push(
    base: string,
    repository: StoredRepository,
    branch: string,
    before: string,
    commits: readonly StoredCommit[],
  ): Shape {
    const [owner = ''] = repository.fullName.split('/');
    const shown = commits.map((commit) => {
      const person = {
        name: commit.login,
        email: `${commit.login}@users.noreply.github.com`,
        username: commit.login,
      };
      return {
        id: commit.sha,
        tree_id: commit.sha,
        distinct: true,
        message: commit.message,
        timestamp: commit.at,
        url: `${base}/${repository.fullName}/commit/${commit.sha}`,
        author: person,
        committer: person,
        added: [],
        removed: [],
        modified: [],
      };
    });
    const after = shown.at(-1);
    return {
      ref: `refs/heads/${branch}`,
      before,
      after: after?.id ?? before,
      base_ref: null,
      created: false,
      deleted: false,
      forced: false,
      compare: `${base}/${repository.fullName}/compare/${before.slice(0, 12)}...${after?.id.slice(0, 12)}`,
      commits: shown,
      head_commit: after ?? null,
      repository: {
        ...this.webhookRepository(base, repository),
        owner: { ...this.user(base, owner), name: owner, email: null },
      },
      pusher: { name: commits.at(-1)?.login ?? 'ghost', email: null },
      sender: this.user(base, commits.at(-1)?.login ?? 'ghost'),
    };
  }

  /** The few properties that an advisory shows of its private fork. */
  simpleRepository(base: string, repository: StoredRepository): Shape {
    const full = this.repository(base, repository);
    const kept = Object.entries(full).filter(
      ([key, value]) =>
        (typeof value === 'string' && key.endsWith('_url') && !notSimple.has(key)) || simple.has(key),
    );
    return Object.fromEntries(kept);
  }

  commit(base: string, repository: StoredRepository, commit: StoredCommit): Shape {
    const url = `${base}/repos/${repository.fullName}/commits/${commit.sha}`;
    const html = `${base}/${repository.fullName}/commit/${commit.sha}`;
    const person = { name: commit.login, email: `${commit.login}@users.noreply.github.com`, date: commit.at };
    const git = `${base}/repos/${repository.fullName}/git`;
    return {
      url,
      sha: commit.sha,
      node_id: `C_${commit.sha}`,
      html_url: html,
      comments_url: `${url}/comments`,
      commit: {
        url: `${git}/commits/${commit.sha}`,
        author: person,
        committer: person,
        message: commit.message,
        comment_count: 0,
        tree: { sha: commit.sha, url: `${git}/trees/${commit.sha}` },
      },
      author: this.user(base, commit.login),
      committer: this.user(base, commit.login),
      parents: commit.parents.map((sha) => ({
        sha,
        url: `${base}/repos/${repository.fullName}/commits/${sha}`,
        html_url: `${base}/${repository.fullName}/commit/${sha}`,
      })),
    };
  }

  /** An open pull request, from the description's example. */
  pull(base: string, repository: StoredRepository, pull: StoredPull): Shape {
    const list = this.#contract.example('pull-request-simple-items') as unknown[];
    const example = JSON.parse(
      JSON.stringify(list[0])
        .replaceAll('https://api.github.com', base)
        .replaceAll('https://github.com', base)
        .replaceAll('octocat/Hello-World', repository.fullName)
        .replaceAll('/1347', `/${pull.number}`),
    ) as Shape;
    return {
      ...example,
      number: pull.number,
      id: repository.id * 1000 + pull.number,
      state: 'open',
      title: pull.title,
      body: pull.body,
      user: this.user(base, pull.login),
      labels: [],
      head: { ...(example.head as Shape), ref: pull.head, repo: this.webhookRepository(base, repository) },
      base: { ...(example.base as Shape), ref: pull.base, repo: this.webhookRepository(base, repository) },
      milestone: null,
      assignee: null,
      assignees: [],
      requested_reviewers: [],
      requested_teams: [],
      merged_at: null,
      closed_at: null,
      created_at: pull.at,
      updated_at: pull.at,
      html_url: `${base}/${repository.fullName}/pull/${pull.number}`,
      url: `${base}/repos/${repository.fullName}/pulls/${pull.number}`,
    };
  }

  advisory(base: string, stored: StoredAdvisory): Shape {
    const [owner = ''] = stored.repository.split('/');
    const fork = stored.fork === null ? undefined : this.#state.repositories[stored.fork];
    const score = stored.vector === null ? undefined : scoreOf(stored.vector);
    const cvss = { vector_string: stored.vector, score: score ?? null };
    const shape: Shape = {
      ghsa_id: stored.ghsa,
      cve_id: stored.cve,
      url: `${base}/repos/${stored.repository}/security-advisories/${stored.ghsa}`,
      html_url: `${base}/${stored.repository}/security/advisories/${stored.ghsa}`,
      summary: stored.summary,
      description: stored.description,
      severity: score === undefined ? stored.severity : levelOf(score),
      author: this.user(base, stored.author),
      publisher: stored.publisher === null ? null : this.user(base, stored.publisher),
      identifiers: identifiers(stored),
      state: stored.state,
      created_at: stored.createdAt,
      updated_at: stored.updatedAt,
      published_at: stored.publishedAt,
      closed_at: stored.closedAt,
      withdrawn_at: null,
      submission: stored.reported ? { accepted: stored.state !== 'triage' } : null,
      vulnerabilities: stored.vulnerabilities.map(vulnerabilityShape),
      cvss,
      cvss_severities: { cvss_v3: cvss, cvss_v4: { vector_string: null, score: null } },
      cwes: stored.cwes.map((id) => ({ cwe_id: id, name: id })),
      cwe_ids: [...stored.cwes],
      credits: [...stored.credits],
      credits_detailed: stored.credits.map(({ login, type }) => ({
        user: this.user(base, login),
        type,
        state: 'pending',
      })),
      collaborating_users: stored.users.map((login) => this.user(base, login)),
      collaborating_teams: stored.teams.flatMap((slug) => {
        const team = this.#state.teams[`${owner}/${slug}`];
        return team ? [this.team(base, team)] : [];
      }),
      private_fork: fork ? this.simpleRepository(base, fork) : null,
    };
    return shape;
  }

  /** A published advisory as the global database lists it. */
  globalAdvisory(base: string, stored: StoredAdvisory): Shape {
    const own = this.advisory(base, stored);
    const shape: Shape = {
      ghsa_id: stored.ghsa,
      cve_id: stored.cve,
      url: `${base}/advisories/${stored.ghsa}`,
      html_url: `${base}/${stored.repository}/security/advisories/${stored.ghsa}`,
      repository_advisory_url: own.url,
      summary: stored.summary,
      description: stored.description,
      type: 'reviewed',
      severity: own.severity ?? 'unknown',
      source_code_location: `${base}/${stored.repository}`,
      identifiers: own.identifiers,
      references: [own.html_url],
      published_at: stored.publishedAt,
      updated_at: stored.updatedAt,
      github_reviewed_at: stored.publishedAt,
      nvd_published_at: null,
      withdrawn_at: null,
      vulnerabilities: stored.vulnerabilities.map((each) => ({
        package: { ecosystem: each.package.ecosystem, name: each.package.name ?? null },
        vulnerable_version_range: each.vulnerable_version_range ?? null,
        first_patched_version: each.patched_versions ?? null,
        vulnerable_functions: each.vulnerable_functions ? [...each.vulnerable_functions] : null,
      })),
      cvss: own.cvss,
      cvss_severities: own.cvss_severities,
      cwes: own.cwes,
      credits: stored.credits.map(({ login, type }) => ({ user: this.user(base, login), type })),
    };
    return shape;
  }
}

const simple = new Set([
  'id',
  'node_id',
  'name',
  'full_name',
  'owner',
  'private',
  'description',
  'fork',
  'url',
]);
/** Addresses of a full repository that the simple shape lacks. */
const notSimple = new Set(['clone_url', 'git_url', 'mirror_url', 'ssh_url', 'svn_url']);

function identifiers(stored: StoredAdvisory): Shape[] {
  const own = [{ value: stored.ghsa, type: 'GHSA' }];
  return stored.cve === null ? own : [...own, { value: stored.cve, type: 'CVE' }];
}

const vulnerabilityShape = (each: StoredAdvisory['vulnerabilities'][number]): Shape => ({
  package: { ecosystem: each.package.ecosystem, name: each.package.name ?? null },
  vulnerable_version_range: each.vulnerable_version_range ?? null,
  patched_versions: each.patched_versions ?? null,
  vulnerable_functions: each.vulnerable_functions ? [...each.vulnerable_functions] : [],
});
