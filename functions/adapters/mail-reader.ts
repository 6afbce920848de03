import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { ShowMailRequest, ShownMail } from '#contracts/mail-show.ts';

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
  const client = new LambdaClient({});
  return async (request) => {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        Payload: new TextEncoder().encode(JSON.stringify(request)),
      }),
    );
    if (FunctionError || !Payload) throw new MailReaderFailed(FunctionError ?? 'no answer');
    return JSON.parse(new TextDecoder().decode(Payload)) as ShownMail;
  };
}
