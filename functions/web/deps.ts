import type { DiscoursePort } from '#contracts/discourse-port.ts';
import type { Log } from '#contracts/log.ts';
import type { Archive, Clock, DeskStore, LinkSigner } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { Intake } from '#domain/intake.ts';

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

/** Everything that a page needs of the world to be read: nothing in it changes the record. */
export interface DeskDeps {
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
    | 'mark'
  >;
  readonly archive: Pick<Archive, 'rawMail' | 'text' | 'downloadUrl'>;
  readonly mails: MailReader;
  readonly forum: Pick<DiscoursePort, 'prefillUrl'> | undefined;
  /** A word nobody can guess: ids of sessions and of forms. */
  readonly random: () => string;
  readonly log: Log;
}
