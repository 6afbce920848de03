import type { Answer, Call } from '../stand-in/server.ts';
import { type Shapes, scoreOf } from './shapes.ts';
import {
  type AdvisoryState,
  addUser,
  type GithubState,
  ghsaId,
  type Level,
  nextId,
  type StoredAdvisory,
  type Vulnerability,
} from './state.ts';

/** What the advisory handlers need besides the state. */
export interface AdvisoryTools {
  readonly shapes: Shapes;
  /** The desk's clock as an ISO instant. */
  readonly at: () => string;
  readonly published: (advisory: StoredAdvisory, base: string) => void;
  readonly reported: (advisory: StoredAdvisory, base: string) => void;
}

type Handlers = Readonly<Record<string, (call: Call, state: GithubState) => Answer>>;

/** The body of a create or update, already checked against the description. */
interface AdvisoryBody {
  readonly summary?: string;
  readonly description?: string;
  readonly cve_id?: string | null;
  readonly vulnerabilities?: readonly Vulnerability[];
  readonly cwe_ids?: readonly string[] | null;
  readonly credits?: readonly { readonly login: string; readonly type: string }[] | null;
  readonly severity?: Level | null;
  readonly cvss_vector_string?: string | null;
  readonly start_private_fork?: boolean;
  readonly state?: AdvisoryState;
  readonly collaborating_users?: readonly string[] | null;
  readonly collaborating_teams?: readonly string[] | null;
}

export const documentation = 'https://docs.github.com/rest';

export const notFound = (): Answer => ({
  status: 404,
  body: { message: 'Not Found', documentation_url: documentation, status: '404' },
});

export const forbidden = (message = 'Resource not accessible by integration'): Answer => ({
  status: 403,
  body: { message, documentation_url: documentation, status: '403' },
});

/** GitHub's answer to a body whose values it refuses. */
export const invalid = (field: string, message: string): Answer => ({
  status: 422,
  body: {
    message: 'Validation Failed',
    documentation_url: documentation,
    errors: [{ resource: 'RepositoryAdvisory', field, code: 'custom', message }],
  },
});

/** Without credentials only what is published can be seen; what a token may see the guard decides. */
const maySee = (call: Call, advisory: StoredAdvisory): boolean =>
  call.headers.authorization !== undefined || advisory.state === 'published';

const repositoryOf = (call: Call): string => `${call.parameters.owner}/${call.parameters.repo}`;

export function find(state: GithubState, repository: string, ghsa: string): StoredAdvisory | undefined {
  return state.advisories.find(
    (each) =>
      each.ghsa.toLowerCase() === ghsa.toLowerCase() &&
      each.repository.toLowerCase() === repository.toLowerCase(),
  );
}

/** Every endpoint of repository, organisation and global advisories. */
export function advisoryHandlers(tools: AdvisoryTools): Handlers {
  const show = (call: Call, advisory: StoredAdvisory, status = 200): Answer => ({
    status,
    body: tools.shapes.advisory(call.base, advisory),
  });
  const found = (call: Call, state: GithubState, then: (advisory: StoredAdvisory) => Answer): Answer => {
    const advisory = find(state, repositoryOf(call), call.parameters.ghsa_id ?? '');
    return advisory && maySee(call, advisory) ? then(advisory) : notFound();
  };
  return {
    'security-advisories/list-repository-advisories': (call, state) => {
      if (!state.repositories[repositoryOf(call)]) return notFound();
      const own = state.advisories.filter(
        (each) => each.repository === repositoryOf(call) && maySee(call, each),
      );
      return page(call, own, (each) => tools.shapes.advisory(call.base, each));
    },
    'security-advisories/list-org-repository-advisories': (call, state) => {
      const own = state.advisories.filter((each) => each.repository.startsWith(`${call.parameters.org}/`));
      return page(call, own, (each) => tools.shapes.advisory(call.base, each));
    },
    'security-advisories/create-repository-advisory': (call, state) => {
      const refusal = refuse(call.body as AdvisoryBody, state, repositoryOf(call));
      if (refusal) return refusal;
      const advisory = create(state, call, call.body as AdvisoryBody, tools.at(), false);
      if ((call.body as AdvisoryBody).start_private_fork) fork(state, advisory);
      return show(call, advisory, 201);
    },
    'security-advisories/create-private-vulnerability-report': (call, state) => {
      const refusal = refuse(call.body as AdvisoryBody, state, repositoryOf(call));
      if (refusal) return refusal;
      const advisory = create(state, call, call.body as AdvisoryBody, tools.at(), true);
      tools.reported(advisory, call.base);
      return show(call, advisory, 201);
    },
    'security-advisories/get-repository-advisory': (call, state) =>
      found(call, state, (advisory) => show(call, advisory)),
    'security-advisories/update-repository-advisory': (call, state) =>
      found(call, state, (advisory) => {
        const body = call.body as AdvisoryBody;
        const refusal = refuseChange(body, advisory, state);
        if (refusal) return refusal;
        change(advisory, body, tools.at());
        if (body.state) moveTo(state, advisory, body.state, login(call, state), tools, call.base);
        return show(call, advisory);
      }),
    'security-advisories/create-fork': (call, state) =>
      found(call, state, (advisory) => {
        if (advisory.state === 'published' || advisory.state === 'closed')
          return invalid('state', 'The advisory is not open');
        return { status: 202, body: tools.shapes.repository(call.base, fork(state, advisory)) };
      }),
    'security-advisories/create-repository-advisory-cve-request': (call, state) =>
      found(call, state, (advisory) => {
        if (state.repositories[advisory.repository]?.private)
          return forbidden('The repository is not public');
        if (advisory.cve !== null) return invalid('cve_id', 'The advisory already has a CVE');
        if (advisory.cveRequested) return invalid('cve_id', 'A CVE has already been requested');
        advisory.cveRequested = true;
        return { status: 202, body: {} };
      }),
    'security-advisories/list-global-advisories': (call, state) => {
      const known = state.advisories.filter((each) => each.state === 'published').filter(asked(call));
      return page(call, known, (each) => tools.shapes.globalAdvisory(call.base, each));
    },
    'security-advisories/get-global-advisory': (call, state) => {
      const known = state.advisories.find(
        (each) => each.ghsa === call.parameters.ghsa_id && each.state === 'published',
      );
      return known ? { status: 200, body: tools.shapes.globalAdvisory(call.base, known) } : notFound();
    },
  };
}

const asked = (call: Call) => (advisory: StoredAdvisory) =>
  (call.query.ghsa_id ?? advisory.ghsa) === advisory.ghsa &&
  (call.query.cve_id ?? advisory.cve) === advisory.cve;

/** Who a request acts as. */
export function login(call: Call, state: GithubState): string {
  const token = call.headers.authorization?.replace(/^(?:token|bearer) /i, '') ?? '';
  return state.tokens[token]?.login ?? 'ghost';
}

/** One page of advisories: state filter, sorting, and opaque cursors in the Link header. */
function page(call: Call, all: readonly StoredAdvisory[], shape: (each: StoredAdvisory) => unknown): Answer {
  const text = (name: string, otherwise: string): string => String(call.query[name] ?? otherwise);
  const key = { created: 'createdAt', updated: 'updatedAt', published: 'publishedAt' } as const;
  const by = key[text('sort', 'created') as keyof typeof key] ?? 'createdAt';
  const wanted = call.query.state;
  const sorted = all
    .filter((each) => wanted === undefined || each.state === wanted)
    .map((each, index) => ({ each, index }))
    .sort((a, b) => (a.each[by] ?? '').localeCompare(b.each[by] ?? '') || a.index - b.index)
    .map(({ each }) => each);
  if (text('direction', 'desc') === 'desc') sorted.reverse();
  const size = Number(text('per_page', '30'));
  const after = sorted.findIndex((each) => cursor(each) === call.query.after);
  const before = sorted.findIndex((each) => cursor(each) === call.query.before);
  if ((call.query.after && after < 0) || (call.query.before && before < 0)) {
    return {
      status: 400,
      body: { message: 'Invalid cursor', documentation_url: documentation, status: '400' },
    };
  }
  const start = call.query.before ? Math.max(0, before - size) : after + 1;
  const shown = sorted.slice(start, call.query.before ? before : start + size);
  const last = shown.at(-1);
  const links: string[] = [];
  if (last && start + shown.length < sorted.length) links.push(link(call, 'after', cursor(last), 'next'));
  if (shown[0] && start > 0) links.push(link(call, 'before', cursor(shown[0]), 'prev'));
  return {
    status: 200,
    body: shown.map(shape),
    ...(links.length > 0 ? { headers: { link: links.join(', ') } } : {}),
  };
}

const cursor = (advisory: StoredAdvisory): string =>
  Buffer.from(`cursor:${advisory.ghsa}`).toString('base64url');

function link(call: Call, name: 'after' | 'before', value: string, relation: string): string {
  const url = new URL(call.path, call.base);
  for (const [key, given] of Object.entries(call.query)) {
    if (key !== 'after' && key !== 'before') url.searchParams.set(key, String(given));
  }
  url.searchParams.set(name, value);
  return `<${url}>; rel="${relation}"`;
}

/** What GitHub refuses in the values of a body, whatever the advisory. */
function refuse(body: AdvisoryBody, state: GithubState, repository: string): Answer | undefined {
  if (!state.repositories[repository]) return notFound();
  if (body.severity && body.cvss_vector_string) {
    return invalid('severity', 'You must choose between severity and cvss_vector_string');
  }
  if (body.cvss_vector_string && scoreOf(body.cvss_vector_string) === undefined) {
    return invalid('cvss_vector_string', 'CVSS vector string is invalid');
  }
  if (body.vulnerabilities?.length === 0)
    return invalid('vulnerabilities', 'At least one vulnerability is required');
  const strangers = (body.credits ?? []).filter((credit) => !state.users[credit.login.toLowerCase()]);
  if (strangers.length > 0) return invalid('credits', `Unknown user ${strangers[0]?.login}`);
  return undefined;
}

function refuseChange(body: AdvisoryBody, advisory: StoredAdvisory, state: GithubState): Answer | undefined {
  const values = refuse(body, state, advisory.repository);
  if (values) return values;
  const [owner] = advisory.repository.split('/');
  const user = body.collaborating_users?.find((each) => !state.users[each.toLowerCase()]);
  if (user) return invalid('collaborating_users', `Unknown user ${user}`);
  const team = body.collaborating_teams?.find((slug) => !state.teams[`${owner}/${slug}`]);
  if (team) return invalid('collaborating_teams', `Unknown team ${team}`);
  const administers =
    body.collaborating_users ||
    body.collaborating_teams ||
    body.state === 'published' ||
    body.state === 'closed';
  if (administers && !state.appIsAdmin)
    return forbidden('You must be an administrator or a security manager');
  if (body.state && !reachable(advisory.state, body.state)) {
    return invalid('state', `An advisory in ${advisory.state} cannot become ${body.state}`);
  }
  return undefined;
}

/** `triage → draft → published | closed`; a report can be closed, and a closed one reopened; published is final. */
function reachable(from: AdvisoryState, to: AdvisoryState): boolean {
  if (from === to) return true;
  if (to === 'published') return from === 'draft';
  if (to === 'draft') return from === 'triage' || from === 'closed';
  return to === 'closed' && (from === 'draft' || from === 'triage');
}

function create(
  state: GithubState,
  call: Call,
  body: AdvisoryBody,
  at: string,
  reported: boolean,
): StoredAdvisory {
  return store(state, repositoryOf(call), body, at, { reported, author: login(call, state) });
}

/** Puts a new advisory into the state; also what a person does in GitHub's UI. */
export function store(
  state: GithubState,
  repository: string,
  body: AdvisoryBody,
  at: string,
  origin: { readonly reported: boolean; readonly author: string },
): StoredAdvisory {
  addUser(state, origin.author);
  const advisory: StoredAdvisory = {
    ghsa: ghsaId(`${repository} ${nextId(state)}`),
    repository,
    summary: body.summary ?? '',
    description: body.description ?? '',
    state: origin.reported ? 'triage' : 'draft',
    severity: body.severity ?? null,
    vector: body.cvss_vector_string ?? null,
    cve: body.cve_id ?? null,
    cveRequested: false,
    vulnerabilities: body.vulnerabilities ?? [],
    cwes: body.cwe_ids ?? [],
    credits: body.credits ?? [],
    users: [],
    teams: [],
    fork: null,
    author: origin.author,
    publisher: null,
    reported: origin.reported,
    createdAt: at,
    updatedAt: at,
    publishedAt: null,
    closedAt: null,
  };
  state.advisories.push(advisory);
  return advisory;
}

/** Takes over what a body names; a vector and a label exclude each other. */
export function change(advisory: StoredAdvisory, body: AdvisoryBody, at: string): void {
  if (body.summary !== undefined) advisory.summary = body.summary;
  if (body.description !== undefined) advisory.description = body.description;
  if (body.cve_id !== undefined) advisory.cve = body.cve_id;
  if (body.vulnerabilities) advisory.vulnerabilities = body.vulnerabilities;
  if (body.cwe_ids) advisory.cwes = body.cwe_ids;
  if (body.credits) advisory.credits = body.credits;
  if (body.severity) Object.assign(advisory, { severity: body.severity, vector: null });
  if (body.cvss_vector_string) Object.assign(advisory, { severity: null, vector: body.cvss_vector_string });
  if (body.collaborating_users) advisory.users = body.collaborating_users;
  if (body.collaborating_teams) advisory.teams = body.collaborating_teams;
  advisory.updatedAt = at;
}

/** A change of state with what follows from it: publishing deletes the private fork and tells the webhook. */
export function moveTo(
  state: GithubState,
  advisory: StoredAdvisory,
  to: AdvisoryState,
  by: string,
  tools: Pick<AdvisoryTools, 'at' | 'published'>,
  base: string,
): void {
  if (advisory.state === to) return;
  advisory.state = to;
  advisory.updatedAt = tools.at();
  advisory.closedAt = to === 'closed' ? tools.at() : null;
  if (to !== 'published') return;
  advisory.publishedAt = tools.at();
  advisory.publisher = by;
  if (advisory.fork !== null) delete state.repositories[advisory.fork];
  advisory.fork = null;
  tools.published(advisory, base);
}

/** The temporary private fork (OEP-60 R12): `repo[0:80]-ghsa-xxxx-xxxx-xxxx`, asking twice gives the same. */
export function fork(state: GithubState, advisory: StoredAdvisory) {
  const [owner, name = ''] = advisory.repository.split('/');
  const fullName = `${owner}/${name.slice(0, 80)}-${advisory.ghsa.toLowerCase()}`;
  const source = state.repositories[advisory.repository];
  state.repositories[fullName] ??= {
    id: nextId(state),
    fullName,
    private: true,
    defaultBranch: source?.defaultBranch ?? 'main',
    files: { ...source?.files },
    branches: { ...source?.branches },
    commits: { ...source?.commits },
    pulls: [],
  };
  advisory.fork = fullName;
  return state.repositories[fullName];
}
