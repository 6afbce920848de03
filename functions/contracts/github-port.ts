import type { Instant } from '#domain/instant.ts';

/** `owner/name` on GitHub. */
export type RepositoryName = string;

export type AdvisoryState = 'triage' | 'draft' | 'published' | 'closed' | 'withdrawn';

/** GitHub's labels; it has none for 0.0. */
export type SeverityLabel = 'critical' | 'high' | 'medium' | 'low';

export type Ecosystem =
  | 'rubygems'
  | 'npm'
  | 'pip'
  | 'maven'
  | 'nuget'
  | 'composer'
  | 'go'
  | 'rust'
  | 'erlang'
  | 'actions'
  | 'pub'
  | 'other'
  | 'swift';

export interface AffectedPackage {
  readonly ecosystem: Ecosystem;
  readonly name?: string | undefined;
  /** `< 2.1.4`, in GitHub's range syntax. */
  readonly affected?: string | undefined;
  readonly fixed?: string | undefined;
}

export interface Collaborators {
  /** Logins. */
  readonly users: readonly string[];
  /** Team slugs of the repository's own organisation. */
  readonly teams: readonly string[];
}

export interface AdvisoryCredit {
  readonly login: string;
  readonly type: 'finder' | 'reporter' | 'analyst' | 'coordinator' | 'remediation_developer' | 'other';
}

/** What a new draft says. A vector and a label exclude each other: the vector is sent where there is one. */
export interface NewAdvisory {
  readonly repository: RepositoryName;
  /** The line in the description by which the draft is found again: `Disclosure: EDX-2026-0001`. */
  readonly reference: string;
  /** ≤1,024 characters. */
  readonly summary: string;
  /** ≤65,535 characters with the reference line. */
  readonly description: string;
  readonly vector?: string | undefined;
  /** Only where a maintainer adjudicated a label without a vector. */
  readonly severity?: SeverityLabel | undefined;
  /** At least one: GitHub refuses an empty list. */
  readonly packages: readonly AffectedPackage[];
  readonly cweIds?: readonly string[] | undefined;
  readonly collaborators?: Collaborators | undefined;
}

/** How one step after the creation went. `handed-off` and `unavailable` undo nothing of the rest. */
export interface StepOutcome {
  readonly outcome: 'done' | 'handed-off' | 'unavailable';
  /** What a person has to do, where it is not done. */
  readonly detail?: string | undefined;
}

export interface OpenedAdvisory {
  readonly ghsaId: string;
  readonly url: string;
  /** A draft with our reference line was already there. */
  readonly existed: boolean;
  readonly steps: {
    readonly collaborators: StepOutcome;
    readonly fork: StepOutcome;
    readonly cve: StepOutcome;
  };
}

/** An advisory as GitHub shows it; it never says who changed it. */
export interface AdvisoryView {
  readonly ghsaId: string;
  readonly repository: RepositoryName;
  readonly url: string;
  readonly state: AdvisoryState;
  readonly summary: string;
  readonly description: string;
  readonly severity: SeverityLabel | null;
  readonly vector: string | null;
  readonly score: number | null;
  readonly cveId: string | null;
  readonly privateFork: RepositoryName | null;
  readonly collaborators: Collaborators;
  readonly author: string | null;
  readonly createdAt: Instant | null;
  readonly updatedAt: Instant | null;
  readonly publishedAt: Instant | null;
  readonly closedAt: Instant | null;
}

/** What changes; what is absent stays. Packages are left out unless they change: `[]` is refused. */
export interface AdvisoryChange {
  readonly vector?: string | undefined;
  readonly severity?: SeverityLabel | undefined;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly packages?: readonly AffectedPackage[] | undefined;
  readonly credits?: readonly AdvisoryCredit[] | undefined;
  readonly collaborators?: Collaborators | undefined;
  readonly cweIds?: readonly string[] | undefined;
}

/** The outcome of a publish: known by the answer, or by looking after an answer was lost. */
export interface Publication {
  readonly advisory: AdvisoryView;
  /** It was already published when we looked after, or before, the command. */
  readonly seen: 'answered' | 'found-published';
}

export interface CommitView {
  readonly sha: string;
  readonly message: string;
  readonly url: string;
}

/** `catalog-info.yaml` as read; nothing in it is trusted to have the right type. */
export interface CatalogInfo {
  /** `spec.owner` as it stands; undefined where it is missing. */
  readonly owner: unknown;
  /** The `openedx.org/release` annotation: the tagged branch, null, or undefined where it is missing. */
  readonly release: unknown;
}

/** GitHub as the use cases see it. Each method throws GithubHandOff, GithubUnavailable or GithubMalformed. */
export interface GithubPort {
  /** Finds the draft of the reference or creates it, then collaborators, private fork and CVE (OEP-60 R5, R12; policy A7). */
  openAdvisory(advisory: NewAdvisory): Promise<OpenedAdvisory>;
  /** Null where there is none, or none we may see. */
  getAdvisory(repository: RepositoryName, ghsaId: string): Promise<AdvisoryView | null>;
  /** All advisories that we may see, newest first; in one state where it is given. */
  listAdvisories(
    repository: RepositoryName,
    state?: Exclude<AdvisoryState, 'withdrawn'>,
  ): Promise<readonly AdvisoryView[]>;
  updateAdvisory(repository: RepositoryName, ghsaId: string, change: AdvisoryChange): Promise<AdvisoryView>;
  /** Never retried; after an outcome that nobody knows it looks, and throws GithubUnavailable if still unknown or unpublished. */
  publishAdvisory(repository: RepositoryName, ghsaId: string): Promise<Publication>;
  closeAdvisory(repository: RepositoryName, ghsaId: string): Promise<AdvisoryView>;
  /** A private report filed on GitHub becomes our draft: never a second advisory. Adds the reference line. */
  adoptReport(repository: RepositoryName, ghsaId: string, reference: string): Promise<AdvisoryView>;
  /** Text of a file on the default branch; null where there is none. */
  readFile(repository: RepositoryName, path: string): Promise<string | null>;
  /** CODEOWNERS, looked for where GitHub does: `.github/`, the root, `docs/`. */
  readCodeowners(repository: RepositoryName): Promise<string | null>;
  /** Logins; null where the organisation has no such team. */
  teamMembers(organization: string, team: string): Promise<readonly string[] | null>;
  /** Null unless the person made it public. */
  userEmail(login: string): Promise<string | null>;
  commit(repository: RepositoryName, sha: string): Promise<CommitView | null>;
  /** Is the commit contained in the branch? False where either is unknown. */
  commitOnBranch(repository: RepositoryName, sha: string, branch: string): Promise<boolean>;
  repositoryExists(repository: RepositoryName): Promise<boolean>;
  /** Calls left of this hour, and when the hour ends. */
  rateLimit(): Promise<{ readonly limit: number; readonly remaining: number; readonly resetAt: Instant }>;
}

/** GitHub refused: a person has to do it by hand. Retrying would not help. */
export class GithubHandOff extends Error {
  override readonly name = 'GithubHandOff';
  readonly status: number;
  /** What to do by hand. */
  readonly todo: string;
  /** Where to do it. */
  readonly link: string;

  constructor(status: number, todo: string, link: string, options?: ErrorOptions) {
    super(`GitHub answered ${status}: ${todo}`, options);
    this.status = status;
    this.todo = todo;
    this.link = link;
  }
}

/** GitHub did not answer, or asks us to wait: retrying later helps. */
export class GithubUnavailable extends Error {
  override readonly name = 'GithubUnavailable';
  /** Null where no answer came at all. */
  readonly status: number | null;
  /** Whether the request may have taken effect although no answer says so. */
  readonly outcomeUnknown: boolean;
  readonly retryAfterSeconds: number;

  constructor(
    status: number | null,
    details: { readonly outcomeUnknown: boolean; readonly retryAfterSeconds: number },
    options?: ErrorOptions,
  ) {
    super(
      `GitHub is unavailable (${status ?? 'no answer'}); again in ${details.retryAfterSeconds} s`,
      options,
    );
    this.status = status;
    this.outcomeUnknown = details.outcomeUnknown;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** GitHub answered something that is no answer to what we asked. */
export class GithubMalformed extends Error {
  override readonly name = 'GithubMalformed';
}
