import { createHash } from 'node:crypto';
import addressparser from 'nodemailer/lib/addressparser';
import type { SesReceivedNotification } from '#contracts/ses-events.ts';
import type { Instant } from '#domain/instant.ts';
import type { Envelope, Examination } from './examine.ts';
import { firstValue, type HeaderField, splitMessage } from './header-fields.ts';

/** One mail on its way in: SES's id of it, when it came, how, and what was found out. */
export interface Arrival {
  readonly messageId: string;
  readonly at: Instant;
  readonly envelope: Envelope;
  readonly examination: Examination;
}

/** SES leaves out header fields beyond this. */
const headerBytes = 10 * 1024;

/** The raw message with the header block that SES puts on top of what it stores. */
export function withReceiptHeader(raw: Buffer, arrival: Arrival): Buffer {
  const { messageId, at, envelope, examination } = arrival;
  const block = [
    `Return-Path: <${envelope.from}>`,
    `Received: from ${envelope.helo} (${envelope.helo} [${examination.client}])`,
    ` by inbound-smtp.us-east-1.amazonaws.com with SMTP id ${messageId}`,
    ` for ${envelope.to[0] ?? ''};`,
    ` ${mailDate(at)}`,
    `X-SES-Spam-Verdict: ${examination.spam}`,
    `X-SES-Virus-Verdict: ${examination.virus}`,
    examination.receivedSpf,
    examination.authenticationResults,
    `X-SES-RECEIPT: ${createHash('sha512').update(messageId).digest('base64')}`,
  ];
  return Buffer.concat([Buffer.from(`${block.join('\r\n')}\r\n`), raw]);
}

/** `Wed, 07 Oct 2026 12:34:56 +0000 (UTC)`. */
export const mailDate = (at: Instant): string => new Date(at).toUTCString().replace('GMT', '+0000 (UTC)');

/** Where the mail was stored, and whom the S3 action tells of it. */
export interface S3Action {
  readonly bucket: string;
  readonly prefix: string;
  readonly topicArn: string;
}

/**
 * The notification that SES's S3 action publishes, for `stored`, the message with its receipt header.
 * @param processingMs time from the mail's arrival to its notification, milliseconds
 */
export function receivedNotification(
  stored: Buffer,
  arrival: Arrival,
  action: S3Action,
  processingMs: number,
): SesReceivedNotification {
  const { messageId, at, envelope, examination } = arrival;
  const { fields } = splitMessage(stored);
  const told = withinLimit(fields);
  return {
    notificationType: 'Received',
    mail: {
      timestamp: at,
      source: envelope.from,
      messageId,
      destination: [...envelope.to],
      headersTruncated: told.length < fields.length,
      headers: told.map(({ name, value }) => ({ name, value })),
      commonHeaders: commonHeaders(fields, envelope.from),
    },
    receipt: {
      timestamp: at,
      processingTimeMillis: Math.round(processingMs),
      recipients: [...envelope.to],
      spamVerdict: { status: examination.spam },
      virusVerdict: { status: examination.virus },
      spfVerdict: { status: examination.spf },
      dkimVerdict: { status: examination.dkim },
      dmarcVerdict: { status: examination.dmarc },
      ...(examination.dmarcPolicy ? { dmarcPolicy: examination.dmarcPolicy } : {}),
      action: {
        type: 'S3',
        topicArn: action.topicArn,
        bucketName: action.bucket,
        objectKeyPrefix: action.prefix,
        objectKey: `${action.prefix}${messageId}`,
      },
    },
  };
}

function withinLimit(fields: readonly HeaderField[]): readonly HeaderField[] {
  let bytes = 0;
  return fields.filter(({ line }) => {
    bytes += line.length;
    return bytes <= headerBytes;
  });
}

function commonHeaders(
  fields: readonly HeaderField[],
  returnPath: string,
): SesReceivedNotification['mail']['commonHeaders'] {
  const texts = (['date', 'subject', 'message-id'] as const).flatMap((name) => {
    const value = firstValue(fields, name);
    return value === undefined ? [] : [[name === 'message-id' ? 'messageId' : name, bounded(value)]];
  });
  const lists = (['from', 'to', 'cc'] as const).flatMap((name) => {
    const value = firstValue(fields, name);
    return value === undefined ? [] : [[name, addressTexts(bounded(value))]];
  });
  return { returnPath, ...Object.fromEntries([...texts, ...lists]) };
}

const bounded = (value: string) => value.slice(0, headerBytes);

/** `Ada <ada@…>` for each mailbox of an address field; groups are flattened. */
export function addressTexts(value: string): string[] {
  return addressparser(value, { flatten: true }).map(({ name, address }) =>
    name ? `${name} <${address ?? ''}>` : (address ?? ''),
  );
}
