import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { MailSender, OutgoingMail } from '#contracts/ports.ts';
import type { AwsTarget } from './aws.ts';
import { createSes } from './ses.ts';

/** A mail that SES would refuse for its size: send a link instead. */
export class MailTooLarge extends Error {
  override readonly name = 'MailTooLarge';
}

/** A header value with a line break or a zero byte: somebody tries to inject a header. */
export class UnsafeHeader extends Error {
  override readonly name = 'UnsafeHeader';
}

const unsafe = /[\r\n\0]/;

function requireSafe(mail: OutgoingMail): void {
  const values = [
    mail.to,
    mail.fromName ?? '',
    mail.replyTo ?? '',
    mail.subject,
    mail.inReplyTo ?? '',
    ...(mail.references ?? []),
    ...Object.entries(mail.headers).flat(),
  ];
  if (values.some((value) => unsafe.test(value)))
    throw new UnsafeHeader('a header value holds a line break or a zero byte');
}

/** One MIME message, made by the library: never by concatenation. */
export async function composeMail(mail: OutgoingMail, from: string): Promise<Buffer> {
  requireSafe(mail);
  return new MailComposer({
    from: mail.fromName ? { name: mail.fromName, address: from } : from,
    to: { name: '', address: mail.to },
    ...(mail.replyTo && { replyTo: mail.replyTo }),
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    ...(mail.inReplyTo && { inReplyTo: mail.inReplyTo }),
    ...(mail.references && mail.references.length > 0 && { references: [...mail.references] }),
    headers: { ...mail.headers },
    attachments: (mail.attachments ?? []).map(({ filename, content, contentType }) => ({
      filename,
      content: Buffer.from(content),
      contentType,
    })),
    disableUrlAccess: true,
    disableFileAccess: true,
  })
    .compile()
    .build();
}

/**
 * Sends through SES (v1, raw). SES puts its own Message-ID and Date in place of ours; the id it answers is the
 * one to thread by. There is no idempotency on its side: the tag brings the outbox id back in its events.
 */
export function createMailSender(config: {
  readonly from: string;
  readonly configurationSet?: string | undefined;
  readonly maxBytes: number;
  readonly aws?: AwsTarget;
}): MailSender {
  const ses = createSes({ ...config.aws, maxAttempts: 1 });
  return {
    async send(mail) {
      const headers = {
        ...mail.headers,
        // As headers, which SES takes off before it sends: what the API's parameters would say.
        'X-SES-MESSAGE-TAGS': `outbox=${mail.tag}`,
        ...(config.configurationSet && { 'X-SES-CONFIGURATION-SET': config.configurationSet }),
      };
      const raw = await composeMail({ ...mail, headers }, config.from);
      if (raw.length > config.maxBytes)
        throw new MailTooLarge(`the mail has ${raw.length} bytes, ${config.maxBytes} are allowed`);
      const sesId = await ses.sendRawEmail(config.from, mail.to, raw);
      if (!sesId) throw new Error('SES answered without a message id');
      return { sesId };
    },
  };
}
