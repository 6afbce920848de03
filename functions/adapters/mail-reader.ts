import type { ShowMailRequest, ShownMail } from '#contracts/mail-show.ts';
import { createInvoke } from './invoke.ts';

/** The function that parses mails could not answer. */
export class MailReaderFailed extends Error {
  override readonly name = 'MailReaderFailed';
}

/**
 * Asks `receive-mail` for the parts of a mail, so that the pages load no parser.
 *
 * @throws {MailReaderFailed} where that function failed; the raw mail can still be handed out.
 */
export function askReceiveMail(functionName: string): (request: ShowMailRequest) => Promise<ShownMail> {
  const invoke = createInvoke();
  return async (request) => {
    const { failure, payload } = await invoke(functionName, 'RequestResponse', request);
    if (failure || payload.length === 0) throw new MailReaderFailed(failure ?? 'no answer');
    return JSON.parse(payload.toString('utf8')) as ShownMail;
  };
}
