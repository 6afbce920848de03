import { createHash } from 'node:crypto';

export type AdvisoryState = 'triage' | 'draft' | 'published' | 'closed';
export type Level = 'critical' | 'high' | 'medium' | 'low';

export interface Vulnerability {
  readonly package: { readonly ecosystem: string; readonly name?: string | null };
  readonly vulnerable_version_range?: string | null;
  readonly patched_versions?: string | null;
  readonly vulnerable_functions?: readonly string[] | null;
}

export interface StoredAdvisory {
  readonly ghsa: string;
  readonly repository: string;
  summary: string;
  description: string;
  state: AdvisoryState;
  /** A label, where no vector was given. */
  severity: Level | null;
  vector: string | null;
  cve: string | null;
  cveRequested: boolean;
  vulnerabilities: readonly Vulnerability[];
  cwes: readonly string[];
  credits: readonly { readonly login: string; readonly type: string }[];
  users: readonly string[];
  teams: readonly string[];
  /** `owner/name` of the temporary private fork. */
  fork: string | null;
  readonly author: string;
  publisher: string | null;
  /** Filed on GitHub by somebody outside, instead of opened by us. */
  readonly reported: boolean;
  readonly createdAt: string;
  updatedAt: string;
  publishedAt: string | null;
  closedAt: string | null;
}

export interface StoredCommit {
  readonly sha: string;
  readonly message: string;
  readonly login: string;
  readonly at: string;
  readonly parents: readonly string[];
}

export interface StoredPull {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly login: string;
  readonly head: string;
  readonly base: string;
  readonly at: string;
}

export interface StoredRepository {
  readonly id: number;
  readonly fullName: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  /** Text of files on the default branch, by path. */
  readonly files: Record<string, string>;
  /** Heads by branch. */
  readonly branches: Record<string, string>;
  readonly commits: Record<string, StoredCommit>;
  readonly pulls: StoredPull[];
}

export interface StoredUser {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  /** Null unless the person made it public. */
  readonly email: string | null;
}

export interface StoredTeam {
  readonly id: number;
  readonly organization: string;
  readonly slug: string;
  readonly members: string[];
}

/** What an installation or a token may do, in GitHub's names. */
export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

export interface StoredApp {
  readonly id: number;
  readonly installation: number;
  readonly organization: string;
  /** PEM; where it is given, the app's JWT is verified against it. */
  readonly publicKey?: string;
  readonly permissions: Permissions;
}

export interface GithubState {
  nextId: number;
  readonly users: Record<string, StoredUser>;
  /** By `org/slug`. */
  readonly teams: Record<string, StoredTeam>;
  readonly repositories: Record<string, StoredRepository>;
  readonly advisories: StoredAdvisory[];
  app: StoredApp | null;
  /** Tokens by their text; `expires` in real milliseconds, since credentials use real time. */
  readonly tokens: Record<
    string,
    { readonly login: string; readonly permissions: Permissions; readonly expires: number | null }
  >;
  /** Whether the app counts as an administrator: collaborators, fork, close and publish need one. */
  appIsAdmin: boolean;
  /** Calls in this hour of real time, and which hour it is. */
  calls: number;
  window: number;
  readonly hourlyLimit: number;
}

/** What a stand-in knows when it starts; every part may be missing. */
export interface GithubSeed {
  readonly repositories?: readonly {
    readonly name: string;
    readonly private?: boolean;
    readonly defaultBranch?: string;
    readonly branches?: readonly string[];
    readonly files?: Readonly<Record<string, string>>;
  }[];
  readonly users?: readonly {
    readonly login: string;
    readonly name?: string;
    readonly email?: string | null;
  }[];
  readonly teams?: readonly {
    readonly organization: string;
    readonly slug: string;
    readonly members: readonly string[];
  }[];
  readonly app?: {
    readonly id: number;
    readonly installation: number;
    readonly organization: string;
    readonly publicKey?: string;
    readonly permissions?: Permissions;
  };
  readonly tokens?: readonly {
    readonly token: string;
    readonly login: string;
    readonly permissions?: Permissions;
  }[];
  readonly appIsAdmin?: boolean;
  readonly hourlyLimit?: number;
}

/** The permissions that the desk's app asks for. */
export const deskPermissions: Permissions = {
  metadata: 'read',
  contents: 'read',
  members: 'read',
  pull_requests: 'read',
  administration: 'write',
  repository_advisories: 'write',
};

export const emptyState = (): GithubState => ({
  nextId: 1000,
  users: {},
  teams: {},
  repositories: {},
  advisories: [],
  app: null,
  tokens: {},
  appIsAdmin: true,
  calls: 0,
  window: 0,
  hourlyLimit: 5000,
});

/** Adds what a seed names; what is already known stays as it is. */
export function plant(state: GithubState, seed: GithubSeed, at: string): void {
  for (const user of seed.users ?? []) addUser(state, user.login, user.name ?? null, user.email ?? null);
  for (const team of seed.teams ?? []) plantTeam(state, team);
  for (const repository of seed.repositories ?? []) plantRepository(state, repository, at);
  for (const { token, login, permissions } of seed.tokens ?? []) {
    addUser(state, login);
    state.tokens[token] = { login, permissions: permissions ?? deskPermissions, expires: null };
  }
  if (seed.app) state.app = { ...seed.app, permissions: seed.app.permissions ?? deskPermissions };
  if (seed.appIsAdmin !== undefined) state.appIsAdmin = seed.appIsAdmin;
}

function plantTeam(state: GithubState, team: NonNullable<GithubSeed['teams']>[number]): void {
  for (const login of team.members) addUser(state, login);
  const key = `${team.organization}/${team.slug}`;
  state.teams[key] = {
    id: state.teams[key]?.id ?? nextId(state),
    organization: team.organization,
    slug: team.slug,
    members: [...team.members],
  };
}

function plantRepository(
  state: GithubState,
  seed: NonNullable<GithubSeed['repositories']>[number],
  at: string,
): void {
  const known = state.repositories[seed.name];
  if (known) {
    Object.assign(known.files, seed.files ?? {});
    return;
  }
  const owner = addUser(state, seed.name.split('/')[0] ?? 'nobody');
  const defaultBranch = seed.defaultBranch ?? 'main';
  const first = commitOf(seed.name, 'Initial commit', owner.login, at, []);
  const branches = [defaultBranch, ...(seed.branches ?? [])];
  state.repositories[seed.name] = {
    id: nextId(state),
    fullName: seed.name,
    private: seed.private ?? false,
    defaultBranch,
    files: { ...seed.files },
    branches: Object.fromEntries(branches.map((branch) => [branch, first.sha])),
    commits: { [first.sha]: first },
    pulls: [],
  };
}

export function nextId(state: GithubState): number {
  state.nextId += 1;
  return state.nextId;
}

/** The user of a login, made where nobody has it yet. */
export function addUser(
  state: GithubState,
  login: string,
  name: string | null = null,
  email: string | null = null,
): StoredUser {
  const key = login.toLowerCase();
  state.users[key] ??= { id: nextId(state), login, name, email };
  return state.users[key];
}

export function commitOf(
  repository: string,
  message: string,
  login: string,
  at: string,
  parents: readonly string[],
): StoredCommit {
  const sha = createHash('sha1')
    .update(JSON.stringify([repository, message, login, at, parents]))
    .digest('hex');
  return { sha, message, login, at, parents };
}

/** A fresh GHSA id in GitHub's alphabet, the same for the same history. */
export function ghsaId(seed: string): string {
  const alphabet = '23456789cfghjmpqrvwx';
  const digest = createHash('sha256').update(seed).digest();
  const letters = [...digest.subarray(0, 12)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return `GHSA-${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8, 12)}`;
}

/** All commits that a head reaches, itself included. */
export function ancestors(repository: StoredRepository, head: string): Set<string> {
  const seen = new Set<string>();
  const open = [head];
  for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
    if (seen.has(sha)) continue;
    seen.add(sha);
    open.push(...(repository.commits[sha]?.parents ?? []));
  }
  return seen;
}
