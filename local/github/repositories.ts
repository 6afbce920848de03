import { createHash } from 'node:crypto';
import type { Answer, Call } from '../stand-in/server.ts';
import { documentation, notFound } from './advisories.ts';
import type { Shapes } from './shapes.ts';
import { ancestors, type GithubState, type StoredCommit, type StoredRepository } from './state.ts';

type Handlers = Readonly<Record<string, (call: Call, state: GithubState) => Answer>>;

/** Reading repositories, files, commits, branches, pull requests, teams and users. */
export function repositoryHandlers(shapes: Shapes): Handlers {
  const within =
    (then: (repository: StoredRepository, call: Call, state: GithubState) => Answer) =>
    (call: Call, state: GithubState): Answer => {
      const repository = state.repositories[`${call.parameters.owner}/${call.parameters.repo}`];
      const seen = repository && (!repository.private || call.headers.authorization !== undefined);
      return seen ? then(repository, call, state) : notFound();
    };
  return {
    'repos/get': within((repository, call) => ({
      status: 200,
      body: shapes.repository(call.base, repository),
    })),
    'repos/get-content': within(content),
    'repos/list-commits': within((repository, call) => {
      const head = resolve(repository, String(call.query.sha ?? repository.defaultBranch));
      if (!head) return notFound();
      const known = [...ancestors(repository, head.sha)].flatMap((sha) => repository.commits[sha] ?? []);
      return sliced(
        call,
        known.map((commit) => shapes.commit(call.base, repository, commit)),
      );
    }),
    'repos/get-commit': within((repository, call) => {
      const commit = resolve(repository, call.parameters.ref ?? '');
      return commit
        ? { status: 200, body: shapes.commit(call.base, repository, commit) }
        : {
            status: 422,
            body: {
              message: `No commit found for SHA: ${call.parameters.ref}`,
              documentation_url: documentation,
            },
          };
    }),
    'repos/list-branches': within((repository, call) =>
      sliced(
        call,
        Object.entries(repository.branches).map(([name, sha]) => short(call, repository, name, sha)),
      ),
    ),
    'repos/list-branches-for-head-commit': within((repository, call) => ({
      status: 200,
      body: Object.entries(repository.branches)
        .filter(([, sha]) => sha === call.parameters.commit_sha)
        .map(([name, sha]) => short(call, repository, name, sha)),
    })),
    'repos/get-branch': within((repository, call) => branch(shapes, repository, call)),
    'repos/compare-commits-with-basehead': within((repository, call) => compare(shapes, repository, call)),
    'pulls/list': within((repository, call) =>
      sliced(
        call,
        repository.pulls.map((pull) => shapes.pull(call.base, repository, pull)),
      ),
    ),
    'teams/get-by-name': (call, state) => {
      const team = state.teams[`${call.parameters.org}/${call.parameters.team_slug}`];
      if (!team) return notFound();
      return { status: 200, body: teamFull(shapes.team(call.base, team), team.members.length, call) };
    },
    'teams/list-members-in-org': (call, state) => {
      const team = state.teams[`${call.parameters.org}/${call.parameters.team_slug}`];
      return team
        ? sliced(
            call,
            team.members.map((login) => shapes.user(call.base, login)),
          )
        : notFound();
    },
    'users/get-by-username': (call, state) =>
      state.users[(call.parameters.username ?? '').toLowerCase()]
        ? { status: 200, body: shapes.publicUser(call.base, call.parameters.username ?? '') }
        : notFound(),
  };
}

/** A page by number, with a Link header to the next one. */
function sliced(call: Call, all: readonly unknown[]): Answer {
  const size = Number(call.query.per_page ?? 30);
  const page = Number(call.query.page ?? 1);
  const next = new URL(call.path, call.base);
  for (const [name, value] of Object.entries(call.query)) next.searchParams.set(name, String(value));
  next.searchParams.set('page', String(page + 1));
  return {
    status: 200,
    body: all.slice((page - 1) * size, page * size),
    ...(all.length > page * size ? { headers: { link: `<${next}>; rel="next"` } } : {}),
  };
}

/** A commit by SHA (also abbreviated) or by branch. */
function resolve(repository: StoredRepository, reference: string): StoredCommit | undefined {
  const head = repository.branches[reference];
  if (head !== undefined) return repository.commits[head];
  if (!/^[0-9a-f]{7,40}$/.test(reference)) return undefined;
  const sha = Object.keys(repository.commits).find((each) => each.startsWith(reference));
  return sha === undefined ? undefined : repository.commits[sha];
}

function content(repository: StoredRepository, call: Call): Answer {
  const path = call.parameters.path ?? '';
  const text = repository.files[path];
  if (text === undefined) return notFound();
  const url = `${call.base}/repos/${repository.fullName}/contents/${path}`;
  const html = `${call.base}/${repository.fullName}/blob/${repository.defaultBranch}/${path}`;
  const sha = createHash('sha1').update(text).digest('hex');
  const git = `${call.base}/repos/${repository.fullName}/git/blobs/${sha}`;
  const body = {
    type: 'file',
    encoding: 'base64',
    size: Buffer.byteLength(text),
    name: path.split('/').at(-1) ?? path,
    path,
    // GitHub breaks its base64 into lines of 60.
    content: Buffer.from(text).toString('base64').replace(/.{60}/g, '$&\n'),
    sha,
    url,
    git_url: git,
    html_url: html,
    download_url: html,
    _links: { git, html, self: url },
  };
  return { status: 200, body };
}

const short = (call: Call, repository: StoredRepository, name: string, sha: string) => ({
  name,
  commit: { sha, url: `${call.base}/repos/${repository.fullName}/commits/${sha}` },
  protected: false,
});

function branch(shapes: Shapes, repository: StoredRepository, call: Call): Answer {
  const name = call.parameters.branch ?? '';
  const head = repository.commits[repository.branches[name] ?? ''];
  if (!head) return notFound();
  const self = `${call.base}/repos/${repository.fullName}/branches/${name}`;
  const body = {
    name,
    commit: shapes.commit(call.base, repository, head),
    _links: { self, html: `${call.base}/${repository.fullName}/tree/${name}` },
    protected: false,
    protection: { enabled: false },
    protection_url: `${self}/protection`,
  };
  return { status: 200, body };
}

/** `base...head`: `behind` or `identical` mean that the head is already contained in the base. */
function compare(shapes: Shapes, repository: StoredRepository, call: Call): Answer {
  const [from = '', to = ''] = (call.parameters.basehead ?? '').split('...');
  const base = resolve(repository, from);
  const head = resolve(repository, to);
  if (!base || !head) return notFound();
  const ofBase = ancestors(repository, base.sha);
  const ofHead = ancestors(repository, head.sha);
  const ahead = [...ofHead].filter((sha) => !ofBase.has(sha));
  const behind = [...ofBase].filter((sha) => !ofHead.has(sha));
  const common = [...ofBase].find((sha) => ofHead.has(sha));
  const merge = repository.commits[common ?? ''];
  if (!merge) return notFound();
  const status =
    ahead.length > 0 && behind.length > 0
      ? 'diverged'
      : ahead.length > 0
        ? 'ahead'
        : behind.length > 0
          ? 'behind'
          : 'identical';
  const html = `${call.base}/${repository.fullName}/compare/${from}...${to}`;
  const body = {
    url: `${call.base}/repos/${repository.fullName}/compare/${from}...${to}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: shapes.commit(call.base, repository, base),
    merge_base_commit: shapes.commit(call.base, repository, merge),
    status,
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead
      .flatMap((sha) => repository.commits[sha] ?? [])
      .map((each) => shapes.commit(call.base, repository, each)),
    files: [],
  };
  return { status: 200, body };
}

function teamFull(team: Record<string, unknown>, members: number, call: Call): Record<string, unknown> {
  const organization = call.parameters.org ?? '';
  const url = `${call.base}/orgs/${organization}`;
  return {
    ...team,
    privacy: 'closed',
    members_count: members,
    repos_count: 0,
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2020-01-01T00:00:00Z',
    organization: {
      login: organization,
      id: 1,
      node_id: 'O_1',
      url,
      repos_url: `${url}/repos`,
      events_url: `${url}/events`,
      hooks_url: `${url}/hooks`,
      issues_url: `${url}/issues`,
      members_url: `${url}/members{/member}`,
      public_members_url: `${url}/public_members{/member}`,
      avatar_url: `${call.base}/avatars/1`,
      description: null,
      html_url: `${call.base}/${organization}`,
      has_organization_projects: true,
      has_repository_projects: true,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: '2020-01-01T00:00:00Z',
      updated_at: '2020-01-01T00:00:00Z',
      archived_at: null,
      type: 'Organization',
    },
  };
}
