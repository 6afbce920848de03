import type { DisclosureView } from '#domain/access.ts';
import type { Instant } from '#domain/instant.ts';
import type { Intake } from '#domain/intake.ts';
import type { HandOffWhat } from '#domain/letter.ts';
import type { PersonId } from '#domain/people.ts';
import type { Standing } from '#domain/standing.ts';
import type { ActOptions } from './acts.ts';

/** A file that came with a mail or through the page; downloaded by a link that lives minutes. */
export interface FileView {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  readonly href: string;
}

/** One piece of the conversation, as text. */
export interface Message {
  readonly at: Instant;
  readonly ours: boolean;
  readonly title: string;
  readonly subject?: string | undefined;
  /** Absent where it cannot be read here (unparsed, encrypted, erased). */
  readonly text?: string | undefined;
  readonly truncated?: boolean | undefined;
  /** How a letter of ours stands with each of its recipients; for members. */
  readonly delivery?: readonly string[] | undefined;
  readonly notes: readonly string[];
  readonly files: readonly FileView[];
  /** The raw mail. */
  readonly raw?: string | undefined;
}

/** What a person was asked to do by hand. */
export interface HandOffView {
  /** What, and of which repository, in one word: how the form names it. */
  readonly id: string;
  readonly what: HandOffWhat;
  readonly why: string;
  readonly since: Instant;
  readonly repository?: string | undefined;
  readonly url?: string | undefined;
}

/** One line of the audit trail, in words. */
export interface TrailLine {
  readonly at: Instant;
  readonly who: string;
  readonly what: string;
  readonly detail?: string | undefined;
  /** Another disclosure, where the mail lies that this one speaks of. */
  readonly keptWith?: string | undefined;
  /** Who was told, and how each letter stands. */
  readonly letters: readonly { readonly to: string; readonly template: string; readonly state: string }[];
}

/** How an entry's reminder clock stands; for members. */
export interface ReminderView {
  /** In words. */
  readonly often: string;
  readonly sent: number;
  readonly last: Instant | undefined;
  /** Its own; its batch may go out earlier, or be postponed. */
  readonly dueAt: Instant;
  /** How many of the last ones, in a row, nobody answered. */
  readonly unanswered: number;
  /** So many that the working group is told. */
  readonly silent: boolean;
}

/** A disclosure's page as one viewer gets it: the visible view and only the texts that it names. */
export interface DisclosureModel {
  readonly view: DisclosureView;
  readonly who: string;
  readonly names: Readonly<Record<PersonId, string>>;
  readonly description?: string | undefined;
  readonly messages: readonly Message[];
  readonly trail: readonly TrailLine[];
  /** The clocks that run; for members and maintainers. */
  readonly standing?: Standing | undefined;
  /** By repository. */
  readonly reminders?: Readonly<Record<string, ReminderView>> | undefined;
  readonly options: ActOptions;
  readonly formId: string;
}

/** One line of the members' lists. */
export interface OpenLine {
  readonly view: DisclosureView;
  readonly next: string;
}

export interface IntakeLine {
  readonly intake: Intake;
  readonly who: string;
}

/** The members' page: what is open, what waits, what is quarantined, what is to come. */
export interface DeskModel {
  readonly who: string;
  readonly me: PersonId;
  readonly open: readonly OpenLine[];
  readonly queue: readonly IntakeLine[];
  readonly held: readonly IntakeLine[];
  readonly quarantined: readonly IntakeLine[];
  readonly unacknowledged: readonly IntakeLine[];
  readonly ended: readonly OpenLine[];
  readonly onDuty?: string | undefined;
  readonly shifts: readonly {
    readonly who: string;
    readonly start: Instant;
    readonly end: Instant;
    readonly mine: boolean;
  }[];
}

/** One mail beside a disclosure. */
export interface IntakeModel {
  readonly who: string;
  readonly intake: Intake;
  readonly sender: string;
  readonly message: Message;
  readonly formId: string;
}
