import type { Instant } from './instant.ts';
import type { PersonId } from './people.ts';
import type { ReminderBatch } from './threading.ts';

/** What one mail (or GitHub report) is (policy, Words). What no rule recognises is a report. */
export const intakeKinds = [
  'report',
  'advice',
  'scoring',
  'operator-registration',
  'volunteer',
  'membership',
  'follow-up',
  'bounce',
  'auto-reply',
  'list',
  'spam',
  'test',
] as const;
export type IntakeKind = (typeof intakeKinds)[number];

/** What became of one raw object: exactly one of these. */
export const dispositions = [
  'opened',
  'attached',
  'held',
  'quarantined',
  'recorded',
  'bounce',
  'auto-reply',
  'list',
  'test',
  'ignored',
] as const;
export type Disposition = (typeof dispositions)[number];

export type IntakeFlag =
  | 'unparsed'
  | 'acknowledgement-withheld'
  | 'possible-duplicate'
  | 'possibly-related'
  | 'unidentified-sender'
  | 'unauthenticated'
  | 'encrypted'
  | 'via-forwarder'
  | 'known-operator'
  | 'known-maintainer'
  | 'known-volunteer';

export type Verdict = 'PASS' | 'FAIL' | 'GRAY' | 'PROCESSING_FAILED' | 'DISABLED' | 'unknown';

/** One mail that reached us. Bodies stay in the raw object; what is here is bounded. */
export interface Intake {
  /** The SES message id: the key of the raw object without its folder. */
  readonly mailKey: string;
  readonly version: number;
  readonly kind: IntakeKind;
  /** The rule that gave the kind, by name. */
  readonly kindBy: string;
  readonly disposition: Disposition;
  readonly flags: readonly IntakeFlag[];
  readonly receivedAt: Instant;
  /**
   * Where the raw object is filed: `mail/yyyy/mm/…`. Until it is moved there (and where moving failed) it still
   * lies in the inbox, under `inboxKey(mailKey)`: `#commit/raw-mail.ts` reads it from either. Of a report filed on
   * GitHub it is the address there.
   */
  readonly objectKey: string;
  readonly size?: number | undefined;
  readonly from?: PersonId | undefined;
  readonly authenticated: 'yes' | 'no' | 'unknown';
  readonly verdicts: Readonly<Record<'spam' | 'virus' | 'spf' | 'dkim' | 'dmarc', Verdict>>;
  /** At most 200 characters, cleaned; erased with the raw mail. */
  readonly subject: string;
  readonly messageId?: string | undefined;
  readonly references: readonly string[];
  /** Disclosures that came of it. */
  readonly disclosures: readonly string[];
  /** Disclosures whose reference it names without proof: never attached by that (mail rules, Threading). */
  readonly possiblyRelated?: readonly string[] | undefined;
  /** The disclosure of the reply address it came by, when a member must still say whether it belongs there. */
  readonly heldFor?: string | undefined;
  /** Of such a mail: the reminder of several disclosures that it answers. */
  readonly answers?: ReminderBatch | undefined;
  /** The earlier mail with the same body; both are shown. */
  readonly duplicateOf?: string | undefined;
  /** Later mails with the same body: the first few. */
  readonly duplicates?: readonly string[] | undefined;
  /** The nonce of the doctor's test mail. */
  readonly nonce?: string | undefined;
  readonly bodySha256?: string | undefined;
  /** Why no automatic answer went out, by rule name. */
  readonly suppressed?: string | undefined;
  readonly decidedBy?: string | undefined;
}

/** The folder of raw mails that are not yet taken care of. */
export const inbox = 'in/';

/** Where SES puts the raw mail of an intake. */
export const inboxKey = (mailKey: string): string => `${inbox}${mailKey}`;

/** Is there a raw mail to it? A report filed on GitHub has none: it is read there. */
export const hasMail = ({ objectKey }: Pick<Intake, 'objectKey'>): boolean => objectKey.startsWith(filed);

const filed = 'mail/';

/** Where a raw mail is filed once its intake stands: by the UTC month in which it was received. */
export const archiveKey = (mailKey: string, receivedAt: Instant): string =>
  `${filed}${receivedAt.slice(0, 4)}/${receivedAt.slice(5, 7)}/${mailKey}`;

export type IntakeList = 'queue' | 'held' | 'quarantined';

/** The members' list in which an intake waits for someone's decision; undefined once decided, or with nothing to decide. */
export function listOf(intake: Intake): IntakeList | undefined {
  if (intake.decidedBy !== undefined) return undefined;
  if (intake.disposition === 'held') return 'held';
  if (intake.disposition === 'quarantined') return 'quarantined';
  return intake.disposition === 'recorded' ? 'queue' : undefined;
}
