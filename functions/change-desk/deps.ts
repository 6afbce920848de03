import type { CommitCommand } from '#commit/commit-command.ts';
import type { ContactInput, ContactResult } from '#commit/contacts.ts';
import type { MemberInput, MemberResult } from '#commit/people.ts';
import type { BatchInput, BatchResult } from '#commit/postpone.ts';
import type { RotaInput, RotaResult } from '#commit/rota.ts';
import type { DiscoursePort } from '#contracts/discourse-port.ts';
import type { IntakeDecision } from '#contracts/forms.ts';
import type { Archive, DeskStore } from '#contracts/ports.ts';
import type { Letter } from '#domain/letter.ts';
import type { Person, PersonId } from '#domain/people.ts';
import type { DeskDeps } from '#web/deps.ts';

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

/** What acting needs besides reading: whatever is committed, kept or counted, and the forum asked about a post. */
export interface ChangeDeskDeps extends DeskDeps {
  readonly store: DeskDeps['store'] & Pick<DeskStore, 'countWithin'>;
  readonly archive: DeskDeps['archive'] & Pick<Archive, 'putText' | 'putDerived'>;
  readonly forum: Pick<DiscoursePort, 'getTopic' | 'prefillUrl'> | undefined;
  readonly commit: CommitCommand;
  readonly decideIntake: CommitIntakeDecision;
  readonly write: CommitLetter;
  readonly enrol: EnrolPerson;
  readonly rota: (input: RotaInput) => Promise<RotaResult>;
  readonly membership: (input: MemberInput) => Promise<MemberResult>;
  readonly contact: (input: ContactInput) => Promise<ContactResult>;
  readonly batch: (input: BatchInput) => Promise<BatchResult>;
}
