import { createTransport, type SendMailOptions } from 'nodemailer';
import { domainOf } from './addresses.ts';
import type { DkimKey } from './dkim-key.ts';

/** A mail of one of the demonstration's people. */
export interface Composition {
  /** `Ada Lovelace <ada@reporter.example>`, or the address alone. */
  readonly from: string;
  readonly to: string | readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly { filename: string; content: Buffer | string; contentType?: string }[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Message-ID of the mail it answers; also sets References. */
  readonly inReplyTo?: string;
  /** The Date field; now by default. */
  readonly date?: Date;
  /** Signs for the domain of `from`. */
  readonly sign?: DkimKey;
}

/** Makes the raw message (CRLF), signed with DKIM where a key is given. @throws Error when From has no domain to sign for */
export async function composeMail(mail: Composition): Promise<Buffer> {
  const { sign, inReplyTo, to, attachments, headers, ...rest } = mail;
  const message: SendMailOptions = {
    ...rest,
    to: typeof to === 'string' ? to : [...to],
    ...(inReplyTo ? { inReplyTo, references: inReplyTo } : {}),
    ...(attachments ? { attachments: attachments.map((attachment) => ({ ...attachment })) } : {}),
    ...(headers ? { headers: { ...headers } } : {}),
    ...(sign ? { dkim: signature(mail.from, sign) } : {}),
  };
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message: raw } = await transport.sendMail(message);
  if (!Buffer.isBuffer(raw)) throw new Error('the composed mail is not a buffer');
  return raw;
}

function signature(from: string, key: DkimKey) {
  const domainName = domainOf(from.replace(/>\s*$/, ''));
  if (domainName === undefined) throw new Error(`no domain to sign for in ${JSON.stringify(from)}`);
  return { domainName, keySelector: key.selector, privateKey: key.privateKey };
}

/** How a mail is handed over: `from` is empty for the null sender. */
export interface SmtpEnvelope {
  readonly from: string;
  readonly to: string | readonly string[];
  /** Name for EHLO; `localhost` by default. */
  readonly helo?: string;
}

/**
 * Hands a raw message to an SMTP server on this machine and answers the server's last line, such as
 * `250 2.0.0 OK <message id>`. @throws Error with `responseCode` when it is refused
 */
export async function sendMail(port: number, raw: Buffer | string, envelope: SmtpEnvelope): Promise<string> {
  const name = envelope.helo ?? 'localhost';
  const transport = createTransport({ host: '127.0.0.1', port, name, secure: false, ignoreTLS: true });
  try {
    const to = typeof envelope.to === 'string' ? [envelope.to] : [...envelope.to];
    const { response } = await transport.sendMail({ envelope: { from: envelope.from, to }, raw });
    return response;
  } finally {
    transport.close();
  }
}
