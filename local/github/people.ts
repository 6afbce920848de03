import { type Call, ControlError } from '../stand-in/server.ts';
import { hour } from './access.ts';
import { type AdvisoryTools, change, find, fork, moveTo, store } from './advisories.ts';
import { scoreOf } from './shapes.ts';
import {
  addUser,
  ancestors,
  commitOf,
  type GithubSeed,
  type GithubState,
  type Level,
  plant,
  type StoredAdvisory,
  type StoredCommit,
  type StoredRepository,
} from './state.ts';

type Control = (body: Record<string, unknown>, state: GithubState, call: Call) => unknown;

export interface PeopleTools extends AdvisoryTools {
  readonly pushed: (
    repository: StoredRepository,
    branch: string,
    before: string,
    commits: readonly StoredCommit[],
    base: string,
  ) => void;
}

const levels: readonly string[] = ['critical', 'high', 'medium', 'low'];

/** What people do in GitHub's own pages, beyond any API: `POST /_control/<name>`. */
export function people(tools: PeopleTools): Readonly<Record<string, Control>> {
  const shapeOf = (advisory: StoredAdvisory, call: Call) => tools.shapes.advisory(call.base, advisory);
  const told = (advisory: StoredAdvisory, call: Call): unknown => shapeOf(advisory, call);
  return {
    /** { repositories?, users?, teams?, app?, tokens?, appIsAdmin? } */
    seed: (body, state) => {
      plant(state, body as GithubSeed, tools.at());
      return { planted: Object.keys(body) };
    },
    /** { remaining }: how many calls are left of this hour. */
    'rate-limit': (body, state) => {
      state.window = hour();
      state.calls = state.hourlyLimit - Number(body.remaining ?? 0);
      return { remaining: Number(body.remaining ?? 0) };
    },
    /** { repository, ghsa, act: publish|close|accept|severity|vector|assign-cve|merge-fork, value?, login? } */
    advisory: (body, state, call) => {
      const advisory = known(state, body);
      actOn(advisory, text(body, 'act'), body, state, call, tools);
      return told(advisory, call);
    },
    /** { repository, ghsa, message, login?, base? }: a fix on a branch of the private fork, with its pull request. */
    'fork-commit': (body, state) => {
      const advisory = known(state, body);
      const target = fork(state, advisory);
      const base = optional(body, 'base') ?? target.defaultBranch;
      const branch = `advisory-fix-${target.pulls.length + 1}`;
      target.branches[branch] = target.branches[base] ?? target.branches[target.defaultBranch] ?? '';
      const login = addUser(state, optional(body, 'login') ?? 'maintainer').login;
      const commit = add(target, branch, text(body, 'message'), login, tools.at());
      target.pulls.push({
        number: target.pulls.length + 1,
        title: commit.message,
        body: '',
        login,
        head: branch,
        base,
        at: tools.at(),
      });
      return { sha: commit.sha, branch };
    },
    /** { repository, branch, message, login? }: a commit on a public branch, which is made where it is missing. */
    push: (body, state, call) => {
      const repository = place(state, text(body, 'repository'));
      const branch = optional(body, 'branch') ?? repository.defaultBranch;
      const before = repository.branches[branch] ?? repository.branches[repository.defaultBranch] ?? '';
      repository.branches[branch] ??= before;
      const login = addUser(state, optional(body, 'login') ?? 'maintainer').login;
      const commit = add(repository, branch, text(body, 'message'), login, tools.at());
      tools.pushed(repository, branch, before, [commit], call.base);
      return { sha: commit.sha, url: `${call.base}/${repository.fullName}/commit/${commit.sha}` };
    },
    /** { repository, title, body?, login?, head? }: a public pull request (OEP-60 R13). */
    pull: (body, state, call) => {
      const repository = place(state, text(body, 'repository'));
      const number = repository.pulls.length + 1;
      const login = addUser(state, optional(body, 'login') ?? 'contributor').login;
      const details = {
        title: text(body, 'title'),
        body: optional(body, 'body') ?? '',
        head: optional(body, 'head') ?? `fix-${number}`,
      };
      repository.pulls.push({ number, ...details, login, base: repository.defaultBranch, at: tools.at() });
      return { number, url: `${call.base}/${repository.fullName}/pull/${number}` };
    },
    /** { repository, summary, description, login?, vector?, severity?, ecosystem? }: a draft opened by hand. */
    open: (body, state, call) => {
      const repository = place(state, text(body, 'repository'));
      const vector = optional(body, 'vector');
      const severity = optional(body, 'severity');
      if (vector !== undefined && scoreOf(vector) === undefined)
        throw new ControlError(`no vector ${vector}`);
      const values = {
        summary: text(body, 'summary'),
        description: text(body, 'description'),
        vulnerabilities: [{ package: { ecosystem: optional(body, 'ecosystem') ?? 'other' } }],
        ...(vector === undefined ? {} : { cvss_vector_string: vector }),
        ...(severity === undefined || vector !== undefined ? {} : { severity: severity as Level }),
      };
      const origin = { reported: false, author: optional(body, 'login') ?? 'maintainer' };
      const advisory = store(state, repository.fullName, values, tools.at(), origin);
      return { ...shapeOf(advisory, call), location: body.form === 'yes' ? pageOf(advisory) : undefined };
    },
    /** { repository, summary, description, login?, vector?, severity?, vulnerabilities? }: a private vulnerability report. */
    report: (body, state, call) => {
      const repository = place(state, text(body, 'repository'));
      const { login: _login, vector, repository: _repository, back: _back, ...rest } = body;
      const values = { ...rest, ...(vector === undefined ? {} : { cvss_vector_string: String(vector) }) };
      const origin = { reported: true, author: optional(body, 'login') ?? 'reporter' };
      const advisory = store(state, repository.fullName, values, tools.at(), origin);
      tools.reported(advisory, call.base);
      return told(advisory, call);
    },
  };
}

function actOn(
  advisory: StoredAdvisory,
  act: string,
  body: Record<string, unknown>,
  state: GithubState,
  call: Call,
  tools: PeopleTools,
): void {
  const login = addUser(state, optional(body, 'login') ?? 'maintainer').login;
  const value = optional(body, 'value') ?? '';
  switch (act) {
    case 'publish':
      if (advisory.state !== 'draft')
        throw new ControlError(`an advisory in ${advisory.state} cannot be published`);
      moveTo(state, advisory, 'published', login, tools, call.base);
      break;
    case 'close':
      if (advisory.state === 'published') throw new ControlError('a published advisory cannot be closed');
      moveTo(state, advisory, 'closed', login, tools, call.base);
      break;
    case 'accept':
      if (advisory.state !== 'triage')
        throw new ControlError(`an advisory in ${advisory.state} is no report to accept`);
      moveTo(state, advisory, 'draft', login, tools, call.base);
      break;
    case 'severity':
      if (!levels.includes(value)) throw new ControlError(`no severity ${value}`);
      change(advisory, { severity: value as Level }, tools.at());
      break;
    case 'vector':
      if (scoreOf(value) === undefined) throw new ControlError(`no vector ${value}`);
      change(advisory, { cvss_vector_string: value }, tools.at());
      break;
    case 'assign-cve':
      change(advisory, { cve_id: value || 'CVE-2026-10001' }, tools.at());
      break;
    case 'merge-fork':
      mergeFork(advisory, login, state, call, tools);
      break;
    default:
      throw new ControlError(`nobody can ${act} an advisory`);
  }
}

/** GitHub's one button: merges all open pull requests of the private fork at once, one per branch. */
function mergeFork(
  advisory: StoredAdvisory,
  login: string,
  state: GithubState,
  call: Call,
  tools: PeopleTools,
): void {
  const source = advisory.fork === null ? undefined : state.repositories[advisory.fork];
  const target = place(state, advisory.repository);
  if (!source) throw new ControlError('the advisory has no private fork');
  if (source.pulls.length === 0) throw new ControlError('the private fork has no open pull request');
  for (const pull of source.pulls.splice(0)) {
    const head = source.branches[pull.head] ?? '';
    const before = target.branches[pull.base] ?? '';
    const brought = [...ancestors(source, head)].filter((sha) => !target.commits[sha]);
    for (const sha of brought) Object.assign(target.commits, { [sha]: source.commits[sha] });
    const message = `Merge ${pull.head} from fork/${advisory.ghsa}\n\n${pull.title}`;
    const merge = commitOf(target.fullName, message, login, tools.at(), [before, head]);
    target.commits[merge.sha] = merge;
    target.branches[pull.base] = merge.sha;
    const commits = [...brought.reverse().flatMap((sha) => target.commits[sha] ?? []), merge];
    tools.pushed(target, pull.base, before, commits, call.base);
  }
}

function add(
  repository: StoredRepository,
  branch: string,
  message: string,
  login: string,
  at: string,
): StoredCommit {
  const parent = repository.branches[branch];
  const commit = commitOf(repository.fullName, message, login, at, parent ? [parent] : []);
  repository.commits[commit.sha] = commit;
  repository.branches[branch] = commit.sha;
  return commit;
}

function known(state: GithubState, body: Record<string, unknown>): StoredAdvisory {
  const advisory = find(state, text(body, 'repository'), text(body, 'ghsa'));
  if (!advisory) throw new ControlError(`no advisory ${String(body.ghsa)}`);
  return advisory;
}

function place(state: GithubState, name: string): StoredRepository {
  const repository = state.repositories[name];
  if (!repository) throw new ControlError(`no repository ${name}`);
  return repository;
}

const pageOf = (advisory: StoredAdvisory): string =>
  `/${advisory.repository}/security/advisories/${advisory.ghsa}`;

const optional = (body: Record<string, unknown>, name: string): string | undefined =>
  typeof body[name] === 'string' && body[name] !== '' ? body[name] : undefined;

function text(body: Record<string, unknown>, name: string): string {
  const found = optional(body, name);
  if (found === undefined) throw new ControlError(`${name} is missing`);
  return found;
}
