import type { ReminderGroup } from '#domain/cadence.ts';
import type { Disclosure, TextRef } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import type { Intake } from '#domain/intake.ts';
import type { Letter, Signal } from '#domain/letter.ts';
import type { Stage } from '#domain/lifecycle.ts';
import type { MachineInput } from '#domain/machine.ts';
import type { Person, PersonId } from '#domain/people.ts';
import type { Rota } from '#domain/rota.ts';

/** The only clock of the rules. */
export interface Clock {
  now(): Instant;
}

/** Where an event lies: the partition of the aggregate that it changed. */
export type Partition =
  | `DISC#${string}`
  | `INTAKE#${string}`
  | `GROUP#${string}`
  | `PERSON#${string}`
  | 'ROTA';

/** One entry of the audit trail: append-only, hash-chained, keyed by its cause. */
export interface DeskEvent {
  readonly partition: Partition;
  /** What made it happen, once: mail key, link use, schedule name, webhook id, task token, due instant. */
  readonly cause: string;
  /** Position in the chain: the version of the aggregate that it made. */
  readonly seq: number;
  readonly type: string;
  readonly actor: string;
  readonly at: Instant;
  /** What was decided, in ids and numbers; no personal data, no text of a report. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly letters: readonly Letter[];
  readonly signals: readonly Signal[];
  /** Hash of the event before it in its partition; empty for the first. */
  readonly prev: string;
  readonly hash: string;
  /** One id from the mail to the advisory, in every log line. */
  readonly correlation: string;
}

/** The event before the store chains it. */
export type NewEvent = Omit<DeskEvent, 'prev' | 'hash' | 'seq'>;

/** How the delivery of one letter or signal of an event stands. Kept beside the event, outside its hash. */
export interface Delivery {
  readonly state:
    | 'leased'
    | 'sent'
    | 'delivered'
    | 'bounced'
    | 'complained'
    | 'unknown'
    | 'withheld'
    | 'skipped'
    | 'failed';
  readonly at: Instant;
  readonly sesId?: string | undefined;
  readonly attempts: number;
  readonly why?: string | undefined;
}

/** What became of a part, as the one who tells it knows; attempts and SES's id stay where they are not told. */
export type DeliveryNews = Omit<Delivery, 'attempts'> & { readonly attempts?: number | undefined };

export interface StoredEvent extends DeskEvent {
  /** `L0`, `L1` … for letters, `S0` … for signals. */
  readonly delivery: Readonly<Record<string, Delivery>>;
  readonly waits: boolean;
}

/** One item of a commit besides its event. `expect` is the version it was decided on; 0 = must not exist. */
export type Write =
  | {
      readonly put: 'disclosure';
      readonly item: Disclosure;
      readonly expect: number;
      readonly from?: readonly Stage[];
      readonly due?: Instant | undefined;
    }
  | { readonly put: 'intake'; readonly item: Intake; readonly expect: number }
  | { readonly put: 'person'; readonly item: Person; readonly expect: number }
  | {
      readonly put: 'group';
      readonly item: ReminderGroup;
      readonly expect: number;
      readonly due?: Instant | undefined;
    }
  | { readonly put: 'rota'; readonly item: Rota; readonly expect: number; readonly due?: Instant | undefined }
  | { readonly counter: string; readonly expect: number };

export interface Commit {
  /** The first write is the aggregate whose chain the event extends. */
  readonly writes: readonly Write[];
  readonly event: NewEvent;
  /** People whose links were used: they must still be active and of this epoch. */
  readonly actors?: readonly { readonly person: PersonId; readonly epoch: number }[];
}

/** The desk's record. Every read of an aggregate is strongly consistent. */
export interface DeskStore {
  disclosure(id: string): Promise<Disclosure | undefined>;
  intake(mailKey: string): Promise<Intake | undefined>;
  person(id: PersonId): Promise<Person | undefined>;
  people(ids: readonly PersonId[]): Promise<readonly Person[]>;
  /** Everyone of a role, through the list index. */
  peopleOf(role: Person['roles'][number]): Promise<readonly Person[]>;
  group(maintainer: string, frequency: string): Promise<ReminderGroup | undefined>;
  rota(): Promise<Rota | undefined>;
  /** The last number given under a counter (`disclosure#2026`); 0 where none was. */
  counter(name: string): Promise<number>;
  event(partition: Partition, cause: string): Promise<StoredEvent | undefined>;
  /** All events of a partition in the order of their chain. */
  events(partition: Partition): Promise<readonly StoredEvent[]>;
  /**
   * One transaction: the writes, each if its version still is what was decided on, and the event if its cause is new.
   * Throws CauseTaken (with the earlier event), VersionConflict or ActorInactive; nothing was written then.
   */
  commit(commit: Commit): Promise<DeskEvent>;
  /** References of open disclosures, and keys of intakes in a list. Eventually consistent. */
  listed(list: 'open' | 'queue' | 'held' | 'quarantined'): Promise<readonly string[]>;
  /** Recently ended or published disclosures, newest first. */
  ended(limit: number): Promise<readonly string[]>;
  /** References of disclosures that ended before an instant and still hold mails and texts, oldest first. */
  endedBefore(before: Instant, limit: number): Promise<readonly string[]>;
  /** What is due up to an instant, oldest first, a page at a time. */
  due(
    until: Instant,
    cursor?: string,
  ): Promise<{ readonly items: readonly DueItem[]; readonly cursor?: string | undefined }>;
  /** Events whose letters or signals are not all delivered. */
  waiting(
    limit: number,
  ): Promise<readonly { readonly partition: Partition; readonly cause: string; readonly at: Instant }[]>;
  /** Leases parts of an event for delivery; answers those that were free (or whose lease had lapsed). */
  lease(
    partition: Partition,
    cause: string,
    parts: readonly string[],
    now: Instant,
    lapsesBefore: Instant,
  ): Promise<readonly string[]>;
  /**
   * Records how parts of an event stand, and answers which of it was news: what is known already, or better, stays.
   * An event all of whose letters and signals stand finally leaves the waiting index with the same write.
   */
  recordDelivery(
    partition: Partition,
    cause: string,
    news: Readonly<Record<string, DeliveryNews>>,
  ): Promise<readonly string[]>;
  /** Keeps the token of an execution's wait, in the place of the one of its wait before; it expires by itself. */
  putToken(disclosure: string, token: StoredToken): Promise<void>;
  /** The last token of each generation, be it still waited for or not. */
  tokens(disclosure: string): Promise<readonly StoredToken[]>;
  /**
   * Counts one use under a limit; false (and nothing counted) when the limit is reached. TTL'd. A `use` that has a
   * name counts once: asked again, while its windows are open, the answer is true.
   */
  countWithin(
    key: string,
    limits: readonly { readonly window: string; readonly limit: number; readonly expires: Instant }[],
    use?: string,
  ): Promise<boolean>;
  /** Small marks of the machinery: sweep cursor, doctor's nonces, polls. */
  mark(name: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  setMark(name: string, value: Readonly<Record<string, unknown>>, expires?: Instant): Promise<void>;
}

export interface DueItem {
  readonly partition: Partition;
  readonly dueAt: Instant;
}

export interface StoredToken {
  /** The state of the machine that waits. */
  readonly wait: string;
  readonly token: string;
  readonly generation: number;
  readonly at: Instant;
}

/** Raw mails, texts and derived downloads. */
export interface Archive {
  /** Raw mail; undefined where there is none. Bounded by `maxBytes` from the start. */
  rawMail(key: string, maxBytes?: number): Promise<Uint8Array | undefined>;
  /** Moves a raw mail from the inbox to the archive (`mail/yyyy/mm/…`); done twice is done once. */
  file(key: string, receivedAt: Instant): Promise<string>;
  /** Keys in the inbox with their age. */
  inbox(
    limit: number,
  ): Promise<readonly { readonly key: string; readonly at: Instant; readonly size: number }[]>;
  /** Deletes objects; one that is not there is deleted. */
  remove(keys: readonly string[]): Promise<void>;
  putText(text: string): Promise<TextRef>;
  text(ref: TextRef): Promise<string | undefined>;
  putDerived(name: string, body: Uint8Array, contentType: string): Promise<string>;
  /** A link that lives minutes, as an attachment of type octet-stream. */
  downloadUrl(key: string, fileName: string): Promise<string>;
}

/** Sends one rendered mail and answers with SES's id. */
export interface MailSender {
  send(mail: OutgoingMail): Promise<{ readonly sesId: string }>;
}

export interface OutgoingMail {
  readonly to: string;
  readonly fromName?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly inReplyTo?: string | undefined;
  readonly references?: readonly string[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments?:
    | readonly { readonly filename: string; readonly content: Uint8Array; readonly contentType: string }[]
    | undefined;
  /** The outbox id (`outboxTag`), as SES's message tag: SES's events bring it back. */
  readonly tag: string;
}

/** Step Functions, as the desk uses it. */
export interface LifecycleRunner {
  /** Starts `disc-<id>-g<n>`; one that already runs or ran under this name counts as started. */
  start(input: MachineInput): Promise<'started' | 'exists'>;
  /** Answers `stale` where nothing waits under the token any more. */
  resolve(token: string, output: unknown): Promise<'resolved' | 'stale'>;
  status(
    disclosure: string,
    generation: number,
  ): Promise<'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'MISSING'>;
  /** Executions that ended badly since an instant. */
  ended(since: Instant): Promise<readonly { readonly disclosure: string; readonly generation: number }[]>;
}

/** One-time EventBridge schedules of the release window, by deterministic name. */
export interface ReleaseScheduler {
  set(name: string, at: Instant, input: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Mints and checks signed links and sessions (mail rules, Signed links). */
export interface LinkSigner {
  mint(claims: LinkClaims): string;
  /** Undefined for anything that is not a token of ours, whatever is wrong with it. An expired one says so. */
  check(token: string): { readonly claims: LinkClaims; readonly expired: boolean } | undefined;
  /** The reply address token of one correspondent of one case: ≥80 bits. */
  replyToken(caseId: string, person: PersonId): string;
  /** The pseudonym of an address. */
  pseudonym(address: string): PersonId;
}

export interface LinkClaims {
  readonly purpose: 'link' | 'session';
  /** What it opens: a disclosure's reference, `intake:<key>`, `desk`, `reminder:<group>:<due>`, `swap:<id>` … */
  readonly about: string;
  readonly person: PersonId;
  readonly role: 'reporter' | 'member' | 'maintainer' | 'operator' | 'volunteer';
  readonly epoch: number;
  readonly expires: Instant;
  readonly jti: string;
  /** The session's link, for the audit trail. */
  readonly from?: string | undefined;
}
