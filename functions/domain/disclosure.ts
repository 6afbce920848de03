import type { Command } from './commands.ts';
import type { Instant } from './instant.ts';
import type { ClosingReason, ExitKind, HoldKind, Stage } from './lifecycle.ts';
import type { PersonId } from './people.ts';
import type { Frequency } from './rating.ts';

/** `owner/name` on GitHub. */
export type Repository = string;

export type Rating = 'none' | 'low' | 'medium' | 'high' | 'critical';

/** CVSS 3.1 in canonical form; a label alone where a maintainer adjudicated without a vector. */
export interface Severity {
  readonly rating: Rating;
  readonly score?: number | undefined;
  readonly vector?: string | undefined;
}

/** The severity in force for one repository entry, and who put it there (OEP-60 R7). */
export interface EntrySeverity extends Severity {
  readonly by: 'triage' | 'maintainer' | 'github';
  readonly at: Instant;
  /** Adopted from GitHub's UI; a maintainer still has to say who made it. */
  readonly provisional?: true | undefined;
  /** The on-duty member has not yet commented on the maintainer's adjudication; never blocks. */
  readonly commentAsked?: true | undefined;
}

/** Who answers for a repository: identified by team, group address or sorted set of owners. */
export interface Maintainer {
  /** `team:org/slug`, `group:p-…`, `owners:p-…,p-…` or `working-group`. */
  readonly id: string;
  readonly people: readonly PersonId[];
  /** How it was found, for the record. */
  readonly source: 'catalog-info' | 'codeowners' | 'contacts' | 'member' | 'unresolved';
}

/** The fix on one branch (OEP-60 R16). */
export interface BranchMerge {
  readonly url: string;
  readonly at: Instant;
}

export interface Branch {
  readonly name: string;
  readonly merge?: BranchMerge | undefined;
  /** Seen in a push, not yet stated by anyone who may. */
  readonly claimed?: { readonly sha: string; readonly at: Instant } | undefined;
}

export interface Advisory {
  readonly ghsa: string;
  readonly url: string;
  readonly state: 'triage' | 'draft' | 'published' | 'closed';
  readonly publishedAt?: Instant | undefined;
}

/** Disclosure × repository. */
export interface Entry {
  readonly repository: Repository;
  readonly ecosystem: string;
  readonly package?: string | undefined;
  readonly affected?: string | undefined;
  readonly fixed?: string | undefined;
  readonly severity: EntrySeverity;
  readonly advisory?: Advisory | undefined;
  /** What a person must do on GitHub because the desk may not: opened when GitHub refused. */
  readonly handOff?:
    | { readonly what: string; readonly since: Instant; readonly doneAt?: Instant | undefined }
    | undefined;
  readonly maintainer?: Maintainer | undefined;
  readonly delegates: readonly PersonId[];
  readonly notifiedAt?: Instant | undefined;
  /** Which reminder group holds it, while its clock runs. */
  readonly frequency?: Frequency | undefined;
  readonly branches: readonly Branch[];
  readonly readyAt?: Instant | undefined;
  readonly fixExpected?: string | undefined;
  readonly helpAskedAt?: Instant | undefined;
  readonly publicPullRequest?:
    | { readonly url: string; readonly at: Instant; readonly decision?: string | undefined }
    | undefined;
  readonly publicationCommandedAt?: Instant | undefined;
  readonly closed?: { readonly reason: ClosingReason; readonly at: Instant } | undefined;
}

/** What the world knows (policy V1). Append-only: a wrong one is retracted by a further event. */
export const factKinds = [
  'vendor-aware',
  'fix-ready',
  'fix-public',
  'flaw-public',
  'exploit-public',
  'attacks-seen',
] as const;
export type FactKind = (typeof factKinds)[number];

export interface Fact {
  readonly kind: FactKind;
  readonly at: Instant;
  readonly retractedAt?: Instant | undefined;
}

/** One embargo with one exact end (policy V5, V6). */
export interface Embargo {
  readonly since: Instant;
  /** Policy A2: asks when it expires, never publishes. */
  readonly cap?: Instant | undefined;
  readonly askedAt?: Instant | undefined;
  readonly expiredAt?: Instant | undefined;
  readonly ended?: { readonly at: Instant; readonly by: FactKind | 'early-public' } | undefined;
}

/** One release instant for the whole disclosure, and what was announced of it. */
export interface Release {
  readonly at: Instant;
  readonly proposedBy: PersonId | 'desk';
  /** Ids of maintainers (not of people) that confirmed; a member's confirmation needs a reason and counts for all. */
  readonly confirmedBy: readonly string[];
  readonly confirmedAt?: Instant | undefined;
  readonly earlyPublic?: true | undefined;
  /** The instant its schedules were made for; another one means they are made anew. */
  readonly scheduledFor?: Instant | undefined;
}

/** The announcement in Discourse (OEP-60 R14, R15). */
export interface Announcement {
  readonly url: string;
  readonly topic: number;
  readonly visibleAt: Instant;
  /** Only a topic that a person linked or that we posted is a fact; one found by its title is a claim. */
  readonly established: 'linked' | 'posted';
}

export const triageSteps = [
  'verify',
  'reply',
  'forward',
  'identify-repositories',
  'score',
  'open-advisories',
  'notify-maintainers',
] as const;
/** The seven steps of OEP-60's triage (R2). */
export type TriageStep = (typeof triageSteps)[number];

export interface StepDone {
  readonly by: string;
  readonly at: Instant;
}

/** One vulnerability, from report to publication: the aggregate that every command decides on. */
export interface Disclosure {
  /** The reference, `EDX-2026-0001`. */
  readonly id: string;
  readonly version: number;
  readonly stage: Stage;
  readonly hold?:
    | {
        readonly kind: HoldKind;
        readonly since: Instant;
        readonly until: Instant;
        readonly nudgedAt?: Instant | undefined;
      }
    | undefined;
  readonly exit?:
    | {
        readonly kind: ExitKind;
        readonly at: Instant;
        readonly reason?: ClosingReason | undefined;
        readonly duplicateOf?: string | undefined;
      }
    | undefined;
  readonly receivedAt: Instant;
  readonly triagedAt?: Instant | undefined;
  readonly publishedAt?: Instant | undefined;
  /** Mails, attachments and texts are gone since then; the audit trail stays (policy A8). */
  readonly purgedAt?: Instant | undefined;
  readonly mergedAt?: Instant | undefined;
  /** A working title of the desk; it becomes the advisory's summary and is never mailed. */
  readonly title?: string | undefined;
  /** The advisory's description: a text kept outside the record. */
  readonly description?: TextRef | undefined;
  readonly cwes?: readonly string[] | undefined;
  readonly intakes: readonly string[];
  readonly reporters: readonly PersonId[];
  readonly credit: Readonly<Record<PersonId, Credit>>;
  readonly related?: readonly string[] | undefined;
  /** The private report on GitHub that it began as: an advisory that is adopted, never opened a second time. */
  readonly githubReport?:
    | { readonly repository: Repository; readonly ghsa: string; readonly url: string }
    | undefined;
  readonly entries: readonly Entry[];
  readonly facts: readonly Fact[];
  readonly embargo: Embargo;
  readonly release?: Release | undefined;
  readonly announcement?: Announcement | undefined;
  readonly reply?: { readonly url: string; readonly visibleAt: Instant } | undefined;
  /** What a maintainer or member linked, or the desk posted, that is not visible yet: a claim until it is. */
  readonly linked?: {
    readonly announcement?: LinkedPost | undefined;
    readonly reply?: LinkedPost | undefined;
  };
  readonly operators?: readonly PersonId[] | undefined;
  readonly steps: Partial<Record<TriageStep, StepDone>>;
  readonly response: {
    readonly dueAt: Instant;
    readonly halfAt: Instant;
    readonly answeredAt?: Instant | undefined;
    readonly warnedAt?: Instant | undefined;
    readonly missedAt?: Instant | undefined;
  };
  /** Acts that wait for a second person, by a key that holds everything which is to be confirmed. */
  readonly pending?: Readonly<Record<string, PendingAct>> | undefined;
  /** Deadlines that were already told, by name: a deadline is told once. */
  readonly told: readonly string[];
  /** The generation of the execution that moves it; the execution is disposable, this record is not. */
  readonly generation: number;
}

/** What the first of two people asked for: the second confirms that very command, texts and all. */
export interface PendingAct {
  readonly by: PersonId;
  readonly at: Instant;
  /** Absent in records of before commands were kept: it is confirmed by doing the same. */
  readonly command?: Command | undefined;
}

/** A post that somebody vouched for: by its address, or `posted` by us while it waits for a moderator. */
export interface LinkedPost {
  readonly by: PersonId | 'desk';
  readonly at: Instant;
  /** Absent for a post of ours that has no address before a moderator let it pass. */
  readonly url?: string | undefined;
}

/** What the reporter chose to be credited as (policy A6). */
export interface Credit {
  readonly choice: 'name' | 'login' | 'anonymous';
  readonly as?: string | undefined;
}

/** A text kept outside the record: its key in the bucket and its SHA-256 (policy A8). */
export interface TextRef {
  readonly key: string;
  readonly sha256: string;
}

/** Entries that still need an advisory published or a reason. */
export const openEntries = (disclosure: Disclosure): readonly Entry[] =>
  disclosure.entries.filter((entry) => !entry.closed);

/** The entry of a repository, where the disclosure has one. */
export const entryOf = (disclosure: Disclosure, repository: Repository): Entry | undefined =>
  disclosure.entries.find((entry) => entry.repository === repository);

/** Is a repository entry resolved: its advisory published, or closed with a reason? Merged alone is not. */
export const resolved = (entry: Entry): boolean =>
  entry.closed !== undefined || entry.advisory?.state === 'published';

/** Still in anybody's hands: not ended by an exit and not yet published. */
export const isOpen = (disclosure: Disclosure): boolean =>
  disclosure.exit === undefined && disclosure.stage !== 'published';

/** Is a fact of this kind established and not retracted? */
export const knows = (disclosure: Disclosure, kind: FactKind): boolean =>
  disclosure.facts.some((fact) => fact.kind === kind && fact.retractedAt === undefined);
