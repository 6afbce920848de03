import type { CommitCommand } from '#commit/commit-command.ts';
import type { Log } from '#contracts/log.ts';
import type { MailParser } from '#contracts/mail-parts.ts';
import type { Measure } from '#contracts/metrics.ts';
import type { Archive, Clock, DeskStore, LinkSigner } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';

/** All that mail intake needs of the world. */
export interface ReceiveMailDeps {
  readonly store: DeskStore;
  readonly archive: Pick<Archive, 'rawMail' | 'file'>;
  readonly signer: () => Promise<Pick<LinkSigner, 'replyToken' | 'pseudonym'>>;
  readonly parser: Pick<MailParser, 'fingerprint'>;
  readonly commit: CommitCommand;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'policy' | 'identity' | 'mail'>;
  readonly log: Log;
  readonly measure: Measure;
}

/** After so many tries a mail becomes an intake from whatever can be read of it (mail rules, Raw first). */
export const lastAttempt = 3;
