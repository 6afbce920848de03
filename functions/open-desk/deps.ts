import type { CommitCommand } from '#commit/commit-command.ts';
import type { MemberInput, MemberResult } from '#commit/people.ts';
import type { BatchInput, BatchResult } from '#commit/postpone.ts';
import type { RotaInput, RotaResult } from '#commit/rota.ts';
import type { DiscoursePort } from '#contracts/discourse-port.ts';
import type { IntakeDecision } from '#contracts/forms.ts';
import type { Log } from '#contracts/log.ts';
import type { Archive, Clock, DeskStore, LinkSigner } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { Intake } from '#domain/intake.ts';
import type { Letter } from '#domain/letter.ts';
import type { Person, PersonId } from '#domain/people.ts';

/** What can be shown of one mail; everything in it is text, bounded and cleaned when it was parsed. */
export interface MailContent {
  readonly text?: string | undefined;
  readonly truncated: boolean;
  readonly attachments: readonly {
    readonly name: string;
    readonly type: string;
    readonly size: number;
    readonly sha256: string;
  }[];
}

/** Reads mails without a parser in this function: what is shown was derived before, or is derived elsewhere. */
export interface MailReader {
  read(intake: Intake): Promise<MailContent | undefined>;
  /** Puts one attachment under `derived/` and answers with its key; undefined where there is none. */
  extractAttachment(
    intake: Intake,
    index: number,
  ): Promise<{ readonly key: string; readonly name: string } | undefined>;
}

interface Acting {
  readonly person: PersonId;
  readonly epoch: number;
}

/** A member's decision on one mail, committed once per cause. */
export type CommitIntakeDecision = (input: {
  readonly mailKey: string;
  readonly decision: IntakeDecision;
  readonly actor: { readonly kind: 'member'; readonly person: PersonId };
  readonly cause: string;
  readonly expectVersion: number;
  readonly checks: readonly Acting[];
}) => Promise<{ readonly outcome: 'done' | 'repeated'; readonly disclosure?: string | undefined }>;

/** One letter outside any disclosure (a sign-in link, a fresh link), committed once per cause. */
export type CommitLetter = (input: {
  readonly person: PersonId;
  readonly letter: Letter;
  readonly cause: string;
}) => Promise<void>;

/** Finds or records the person of an address; never changes one that is there, but for adding a role. */
export type EnrolPerson = (address: string, role: 'maintainer') => Promise<Person>;

/** Everything that the pages need of the world. */
export interface OpenDeskDeps {
  readonly settings: Settings;
  readonly linkBase: string;
  readonly clock: Clock;
  readonly signer: LinkSigner;
  readonly store: Pick<
    DeskStore,
    | 'disclosure'
    | 'intake'
    | 'person'
    | 'people'
    | 'peopleOf'
    | 'rota'
    | 'group'
    | 'due'
    | 'event'
    | 'events'
    | 'listed'
    | 'ended'
    | 'countWithin'
  >;
  readonly archive: Pick<Archive, 'rawMail' | 'putText' | 'text' | 'putDerived' | 'downloadUrl'>;
  readonly mails: MailReader;
  readonly commit: CommitCommand;
  readonly decideIntake: CommitIntakeDecision;
  readonly write: CommitLetter;
  readonly enrol: EnrolPerson;
  readonly rota: (input: RotaInput) => Promise<RotaResult>;
  readonly membership: (input: MemberInput) => Promise<MemberResult>;
  readonly batch: (input: BatchInput) => Promise<BatchResult>;
  readonly forum: Pick<DiscoursePort, 'getTopic' | 'prefillUrl'> | undefined;
  /** A word nobody can guess: ids of sessions and of forms. */
  readonly random: () => string;
  readonly log: Log;
}
