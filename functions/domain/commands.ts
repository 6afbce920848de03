import type { ReminderNumbers } from './cadence.ts';
import type {
  Advisory,
  Credit,
  FactKind,
  Maintainer,
  Repository,
  Severity,
  TextRef,
  TriageStep,
} from './disclosure.ts';
import type { Instant } from './instant.ts';
import type { HandOffWhat } from './letter.ts';
import type { ClosingReason } from './lifecycle.ts';
import type { PersonId } from './people.ts';
import type { RotaPolicy } from './rota.ts';

/** One affected repository as a member names it in triage. */
export interface AffectedRepository {
  readonly repository: Repository;
  readonly ecosystem: string;
  readonly package?: string | undefined;
  readonly affected?: string | undefined;
  readonly fixed?: string | undefined;
}

/**
 * Everything that can be asked of a disclosure. Each name has its row in `lifecycle.ts`;
 * `decide` alone knows what it does. Texts are references: their words lie outside the record.
 */
export type Command =
  // triage: members
  | {
      readonly name: 'accept';
      readonly title: string;
      readonly description: TextRef;
      readonly repositories: readonly AffectedRepository[];
      readonly vector: string;
      readonly cwes?: readonly string[] | undefined;
      /** The reply to the reporter from the editable template. */
      readonly reply?: TextRef | undefined;
      /** "valid" and "operator" combine. */
      readonly operator?: OperatorForward | undefined;
    }
  | { readonly name: 'mark-duplicate'; readonly of: string; readonly reply?: TextRef | undefined }
  | { readonly name: 'mark-invalid'; readonly reply: TextRef }
  | { readonly name: 'ask-information'; readonly reply: TextRef }
  | { readonly name: 'mark-spam' }
  | {
      readonly name: 'forward';
      readonly operator: OperatorForward;
      readonly reply?: TextRef | undefined /** False when it stays open as a platform flaw too. */;
      readonly ends: boolean;
    }
  | {
      readonly name: 'answer';
      readonly about: 'advice' | 'scoring';
      readonly reply: TextRef;
      readonly vector?: string | undefined;
    }
  | { readonly name: 'record-step'; readonly step: TriageStep }
  | { readonly name: 'close'; readonly reason: ClosingReason; readonly reply?: TextRef | undefined }
  | { readonly name: 'resume' }
  | { readonly name: 'defer'; readonly until: Instant; readonly reason: string }
  | { readonly name: 'reopen'; readonly reason: string }
  /** The reporters of a duplicate join the original, for credit (policy A3). */
  | {
      readonly name: 'adopt-reporters';
      readonly from: string;
      readonly reporters: readonly PersonId[];
      readonly intakes: readonly string[];
    }
  // conversation
  | { readonly name: 'reply-to-reporter'; readonly text: TextRef }
  /** A mail that joined this disclosure by itself or by a member's act. */
  | {
      readonly name: 'attach-mail';
      readonly mailKey: string;
      readonly from?: PersonId | undefined;
      readonly authenticated: boolean /** Adds the sender to the reporters. */;
      readonly asReporter?: boolean | undefined;
      /** Group addresses of this disclosure that the sender is a recorded person of. */
      readonly standsFor?: readonly PersonId[] | undefined;
    }
  /** A reply to a reminder of several disclosures: it lies with another one, and is an answer on this one too. */
  | {
      readonly name: 'answer-reminder';
      readonly mailKey: string;
      readonly keptWith: string;
      readonly from: PersonId;
      readonly standsFor?: readonly PersonId[] | undefined;
      /** Those that the reminder listed. */
      readonly repositories: readonly Repository[];
    }
  | {
      readonly name: 'add-text';
      readonly text: TextRef;
      readonly attachments?: readonly string[] | undefined;
    }
  | { readonly name: 'choose-credit'; readonly credit: Credit }
  // advising: machine, members, maintainers
  | {
      readonly name: 'add-repository';
      readonly repository: AffectedRepository;
      readonly vector?: string | undefined;
    }
  | {
      readonly name: 'record-advisory';
      readonly repository: Repository;
      readonly advisory: Advisory /** Steps GitHub refused: a person does them by hand. */;
      readonly handOffs?: readonly { readonly what: HandOffWhat; readonly why: string }[] | undefined;
    }
  | { readonly name: 'hand-off-advisory'; readonly repository: Repository; readonly why: string }
  | {
      readonly name: 'notify-maintainer';
      readonly repository: Repository;
      readonly maintainer: Maintainer;
      /** Named for good by this maintainer earlier (R29). */
      readonly delegates?: readonly PersonId[] | undefined;
      /** Why earlier sources did not say who maintains it, for the record: no login, no address. */
      readonly passedOver?: readonly string[] | undefined;
    }
  /** GitHub or Discourse refused what the desk was asked to do: a person does it by hand. */
  | {
      readonly name: 'hand-off';
      readonly what: HandOffWhat;
      readonly why: string;
      readonly repository?: Repository | undefined;
      readonly url?: string | undefined;
    }
  /** A member did by hand what was handed to them. */
  | {
      readonly name: 'hand-off-done';
      readonly what: HandOffWhat;
      readonly repository?: Repository | undefined;
    }
  | {
      readonly name: 'name-maintainer';
      readonly repository: Repository;
      readonly maintainer: Maintainer;
      readonly reason: string;
    }
  | {
      readonly name: 'name-delegate';
      readonly repository: Repository;
      readonly delegate: PersonId;
      readonly forGood: boolean;
      readonly reason?: string | undefined;
    }
  | { readonly name: 'adjudicate'; readonly repository: Repository; readonly severity: Severity }
  /** GitHub shows another severity than the record: adopted provisionally. */
  | { readonly name: 'adopt-severity'; readonly repository: Repository; readonly severity: Severity }
  /** The on-duty member's comment on an adjudication, or an explicit "none" (null). */
  | { readonly name: 'comment-severity'; readonly repository: Repository; readonly comment: string | null }
  /** The text is for the working group's page alone (policy, "What a mail may say"). */
  | { readonly name: 'ask-help'; readonly repository: Repository; readonly text?: TextRef | undefined }
  | { readonly name: 'expect-fix'; readonly repository: Repository; readonly on: string }
  /** "Not ours": the group finds another maintainer; the text says who, where somebody knows. */
  | { readonly name: 'disown'; readonly repository: Repository; readonly text?: TextRef | undefined }
  | { readonly name: 'report-public-pull-request'; readonly repository: Repository; readonly url: string }
  | {
      readonly name: 'decide-public-pull-request';
      readonly repository: Repository;
      readonly decision: 'keep-embargo' | 'end-embargo';
      readonly reason: string;
    }
  | {
      readonly name: 'close-entry';
      readonly repository: Repository;
      readonly reason: ClosingReason;
      readonly note?: string | undefined;
    }
  // release
  | { readonly name: 'record-ready'; readonly repository: Repository; readonly reason?: string | undefined }
  | { readonly name: 'propose-release'; readonly at: Instant }
  | { readonly name: 'confirm-release'; readonly at: Instant; readonly reason?: string | undefined }
  /** The announcement seen visible in a topic that a person linked or that we posted. */
  | {
      readonly name: 'see-announcement';
      readonly url: string;
      readonly topic: number;
      readonly visibleAt: Instant;
      readonly established: 'linked' | 'posted';
    }
  | {
      readonly name: 'record-merge';
      readonly repository: Repository;
      readonly branch: string;
      readonly url: string;
      readonly at?: Instant | undefined;
      readonly reason?: string | undefined;
    }
  /** A push that looks like the fix: a claim, never a fact. */
  | {
      readonly name: 'claim-merge';
      readonly repository: Repository;
      readonly branch: string;
      readonly sha: string;
    }
  /** "Post it for me": the announcement, or the reply with the links of R18. */
  | {
      readonly name: 'command-post';
      readonly what: 'announcement' | 'reply';
      readonly reason?: string | undefined;
    }
  | {
      readonly name: 'command-publication';
      readonly repository: Repository;
      readonly reason?: string | undefined;
    }
  /** What GitHub shows of the advisory. */
  | {
      readonly name: 'see-advisory';
      readonly repository: Repository;
      readonly state: Advisory['state'];
      readonly publishedAt?: Instant | undefined;
    }
  | { readonly name: 'see-reply'; readonly url: string; readonly visibleAt: Instant }
  /** A post that is not visible yet, or was not looked at: the desk watches it. Without a url it is our own. */
  | { readonly name: 'link-announcement'; readonly url?: string | undefined }
  | { readonly name: 'link-reply'; readonly url?: string | undefined }
  /** A topic found by its title alone: people are asked, nothing is concluded. */
  | { readonly name: 'claim-announcement'; readonly url: string; readonly topic: number }
  // facts and the embargo
  | { readonly name: 'record-fact'; readonly fact: FactKind; readonly reason: string }
  | { readonly name: 'retract-fact'; readonly fact: FactKind; readonly reason: string }
  | { readonly name: 'go-public-early'; readonly reason: string }
  | { readonly name: 'renew-embargo'; readonly until: Instant; readonly reason: string }
  // time and machinery
  /** Mails, attachments and texts were deleted after the retention (policy A8). */
  /** A person's record is erased (policy A8): what the disclosure itself says of them goes with it. */
  | { readonly name: 'forget-person'; readonly person: PersonId }
  | { readonly name: 'purge'; readonly mails: number; readonly texts: number }
  /** A letter of ours did not arrive, or nobody knows whether it went out. */
  | {
      readonly name: 'note-delivery';
      readonly of: string;
      readonly part: string;
      readonly template: string;
      readonly problem: 'unknown' | 'failed' | 'bounced' | 'complained';
    }
  | { readonly name: 'record-schedules'; readonly at: Instant }
  | { readonly name: 'pass-deadline' }
  | { readonly name: 'begin-generation'; readonly because: 'timed-out' | 'lost' | 'redefined' };

export interface OperatorForward {
  readonly operator: PersonId;
  readonly instance: string;
  /** What the member writes with the forward, confirmed on a preview. */
  readonly text: TextRef;
  /** The mail key of the intake that is forwarded. */
  readonly reportKey: string;
  readonly withAttachments: boolean;
}

export type CommandName = Command['name'];

/** A command of one name. */
export type CommandNamed<N extends CommandName> = Extract<Command, { name: N }>;

/** The deployment's policy: every number that OEP-60 or policy.md gives as a default. Times in milliseconds unless named otherwise. */
export interface Policy {
  readonly prefix: string;
  readonly zone: string;
  readonly noticeMs: number;
  readonly windowMs: number;
  readonly earlyPublicMs: number;
  readonly embargoDays: number;
  readonly embargoAskDays: number;
  readonly informationDays: number;
  readonly reopenDays: number;
  readonly responseBusinessDays: number;
  readonly sweepMs: number;
  readonly reminders: ReminderNumbers;
  readonly rota: RotaPolicy;
  /** A second person confirms publication. */
  readonly publishNeedsTwo: boolean;
  /** Another member confirms a forward, and the early-public path. */
  readonly forwardNeedsTwo: boolean;
  readonly earlyPublicNeedsTwo: boolean;
  /** The desk posts to Discourse itself; else it offers prefilled links. */
  readonly postsToDiscourse: boolean;
  /** Branches a fix must reach, by repository; the default branch is always first. */
  readonly branches: Readonly<Record<Repository, readonly string[]>>;
  readonly defaultBranches: readonly string[];
}

/** What `decide` may know of the world besides the disclosure. */
export interface Situation {
  readonly policy: Policy;
  readonly onDuty?: PersonId | undefined;
  /** Mail headers to thread by, for letters to the reporter. */
  readonly thread?:
    | {
        readonly messageId?: string | undefined;
        readonly references?: readonly string[] | undefined;
        readonly subject?: string | undefined;
      }
    | undefined;
}
