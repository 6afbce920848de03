import { randomUUID } from 'node:crypto';
import { simpleParser } from 'mailparser';
import type { SesSendingEvent } from '#contracts/ses-events.ts';
import type { Instant } from '#domain/instant.ts';
import { domainOf, isWithin } from './addresses.ts';
import { firstValue, type HeaderField, splitMessage } from './header-fields.ts';
import type { Mail } from './mailbox.ts';
import { addressTexts, mailDate } from './notification.ts';
import { bounceDomain } from './zone.ts';

/** One mail that SES sent: as its recipients get it, and what the sender asked SES to note about it. */
export interface SentMail {
  /** As SendRawEmail answered it. */
  readonly sesId: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly raw: Buffer;
  readonly fields: readonly HeaderField[];
  readonly tags: Readonly<Record<string, string[]>>;
  readonly at: Instant;
}

/** What SES takes out of a mail (its own instructions, hidden recipients) or writes anew. */
const notForwarded = /^(x-ses-[a-z-]+|bcc|message-id|date)$/i;

/**
 * Does to a mail what SES does when it sends it: its own Message-ID and Date, no instructions to SES.
 * The emulator has put its id into Message-ID, and answers that very text to SendRawEmail; that is how events
 * and mail are matched to the call.
 */
export function asSent(
  raw: Buffer,
  envelope: { readonly from: string; readonly to: readonly string[] },
  at: Instant,
): SentMail {
  const { fields, body } = splitMessage(raw);
  const sesId = firstValue(fields, 'message-id')?.match(/^<([^<>\s]+@email\.amazonses\.com)>$/)?.[1];
  const id = sesId ?? `${randomUUID()}@email.amazonses.com`;
  const kept = fields.filter(({ name }) => !notForwarded.test(name)).map(({ line }) => line);
  const own = [`Message-ID: <${id}>`, `Date: ${mailDate(at)}`];
  const header = Buffer.from(`${[...own, ...kept].join('\r\n')}\r\n\r\n`, 'latin1');
  const rewritten = Buffer.concat([header, body]);
  return {
    sesId: id,
    envelope,
    raw: rewritten,
    fields: splitMessage(rewritten).fields,
    tags: tagsOf(fields),
    at,
  };
}

/** Message tags (`X-SES-MESSAGE-TAGS: name=value, …`) and those that SES adds by itself. */
function tagsOf(fields: readonly HeaderField[]): Record<string, string[]> {
  const own = (firstValue(fields, 'x-ses-message-tags') ?? '').split(',').flatMap((pair) => {
    const [name = '', value = ''] = pair.split('=').map((part) => part.trim());
    return name === '' ? [] : [[name, [value]] as const];
  });
  const set = firstValue(fields, 'x-ses-configuration-set');
  return { ...(set ? { 'ses:configuration-set': [set] } : {}), ...Object.fromEntries(own) };
}

/** The mail as the mailbox shows it. HTML is kept as it is; nothing of it is fetched. */
export async function toMail(sent: SentMail): Promise<Mail> {
  const parsed = await simpleParser(sent.raw, { skipTextToHtml: true, skipImageLinks: true });
  const headers: Record<string, string> = {};
  for (const { name, value } of sent.fields) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}\n${value}`;
  }
  const recipients = sent.envelope.to.map((address) => address.toLowerCase());
  const text = parsed.text ?? '';
  const html = parsed.html || '';
  return {
    id: sent.sesId.slice(0, sent.sesId.indexOf('@')),
    to: recipients.join(', '),
    recipients,
    from: parsed.from?.text ?? sent.envelope.from,
    subject: parsed.subject ?? '',
    text,
    html,
    headers,
    time: sent.at,
    links: linksOf(text, html),
  };
}

/** Every http(s) link, once: those of the text first, then those only the HTML has. */
export function linksOf(text: string, html: string): string[] {
  // A link at the end of a sentence does not own its full stop.
  const inText = text.match(/https?:\/\/[^\s<>"')\]]*[^\s<>"')\].,;:!?]/g) ?? [];
  const inHtml = [...html.matchAll(/href="(https?:\/\/[^"]+)"/g)].map(([, link = '']) =>
    link.replaceAll('&amp;', '&'),
  );
  return [...new Set([...inText, ...inHtml])];
}

/** What a configuration set publishes about the mail: that it was sent, then what became of it for each recipient. */
export function eventsOf(sent: SentMail): SesSendingEvent[] {
  const { at } = sent;
  const bounces = (address: string) => isWithin(domainOf(address) ?? '', bounceDomain);
  const bounced = sent.envelope.to.filter(bounces);
  const delivered = sent.envelope.to.filter((address) => !bounces(address));
  const mail = describeMail(sent);
  const events: SesSendingEvent[] = [{ eventType: 'Send', mail, send: {} }];
  if (delivered.length > 0) {
    const delivery = { timestamp: at, processingTimeMillis: 1, recipients: delivered };
    events.push({
      eventType: 'Delivery',
      mail,
      delivery: { ...delivery, smtpResponse: '250 2.6.0 Message received', reportingMTA: 'local.desk' },
    });
  }
  if (bounced.length > 0) {
    events.push({
      eventType: 'Bounce',
      mail,
      bounce: {
        feedbackId: randomUUID(),
        bounceType: 'Permanent',
        bounceSubType: 'General',
        bouncedRecipients: bounced.map((emailAddress) => ({
          emailAddress,
          action: 'failed',
          status: '5.1.1',
          diagnosticCode: 'smtp; 550 5.1.1 user unknown',
        })),
        timestamp: at,
        reportingMTA: 'dns; local.desk',
      },
    });
  }
  return events;
}

function describeMail(sent: SentMail): SesSendingEvent['mail'] {
  const addresses = (name: string) => addressTexts(firstValue(sent.fields, name) ?? '');
  return {
    timestamp: sent.at,
    messageId: sent.sesId,
    source: sent.envelope.from,
    destination: [...sent.envelope.to],
    headersTruncated: false,
    headers: sent.fields.map(({ name, value }) => ({ name, value })),
    commonHeaders: {
      from: addresses('from'),
      to: addresses('to'),
      messageId: sent.sesId,
      subject: firstValue(sent.fields, 'subject') ?? '',
      date: mailDate(sent.at),
    },
    tags: { ...sent.tags },
  };
}
