import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { MailParser } from '#contracts/mail-parts.ts';
import { type ShownMail, showMailRequest } from '#contracts/mail-show.ts';
import type { Archive } from '#contracts/ports.ts';
import type { ReceiveMailDeps } from './deps.ts';
import { receiveBatch } from './receive-batch.ts';
import { takeMail } from './receive-mail.ts';
import { showMail } from './show-mail.ts';

/** What the function that holds the parser does: takes mails from the queue, and shows one when a page asks. */
export function mailFunction(
  deps: ReceiveMailDeps & { readonly archive: Archive; readonly parser: MailParser },
): (event: SQSEvent | Readonly<Record<string, unknown>>) => Promise<SQSBatchResponse | ShownMail> {
  const receive = receiveBatch({ take: takeMail(deps), log: deps.log });
  const show = showMail(deps);
  return (event) => ('Records' in event ? receive(event as SQSEvent) : show(showMailRequest.parse(event)));
}
