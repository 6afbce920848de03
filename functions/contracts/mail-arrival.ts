import * as z from 'zod/mini';
import type { HeaderField } from '#domain/header-scan.ts';
import { type Instant, instant } from '#domain/instant.ts';
import type { Notice } from '#domain/mail-facts.ts';
import { replayedMail } from './replay.ts';
import { receivedMailInQueue, type SesReceivedNotification } from './ses-events.ts';

/** One raw mail that lies in the bucket, and what SES said of it. */
export interface MailArrival {
  /** SES's message id: the object's key without its folder. */
  readonly mailKey: string;
  readonly objectKey: string;
  /** Absent for a mail whose notification was lost. */
  readonly receivedAt?: Instant | undefined;
  /** How often it was tried, this time included. */
  readonly attempt: number;
  readonly notice?: Notice | undefined;
  /** Header fields as the notification repeats them, for when the object itself cannot be read. */
  readonly headers: readonly HeaderField[];
}

/** SES's own notices, which are no mail. */
const setupObject = 'AMAZON_SES_SETUP_NOTIFICATION';
const subscribed = z.object({
  Message: z.string().check(z.includes('AmazonSnsSubscriptionSucceeded')),
});

/**
 * The body of a record of the intake queue → the mail it speaks of; `ignored` for SES's own setup notices.
 * Throws where it is neither a notification of SES's S3 action in SNS's envelope nor a replay of ours.
 * @param receiveCount how often SQS handed the record out, this time included
 */
export function arrivalOf(body: string, receiveCount: number): MailArrival | 'ignored' {
  const arrival = isReplay(body) ? replayed(body, receiveCount) : notified(body, receiveCount);
  return arrival !== 'ignored' && arrival.mailKey === setupObject ? 'ignored' : arrival;
}

const isReplay = (body: string): boolean => /^\s*\{\s*"replay"/.test(body);

const keyWithoutFolder = (objectKey: string): string => objectKey.slice(objectKey.lastIndexOf('/') + 1);

function replayed(body: string, receiveCount: number): MailArrival {
  const { objectKey, attempt } = replayedMail.parse(JSON.parse(body)).replay;
  return {
    mailKey: keyWithoutFolder(objectKey),
    objectKey,
    attempt: Math.max(attempt, receiveCount),
    headers: [],
  };
}

function notified(body: string, receiveCount: number): MailArrival | 'ignored' {
  if (subscribed.safeParse(JSON.parse(body)).success) return 'ignored';
  const { mail, receipt } = receivedMailInQueue.parse(body).Message;
  return {
    mailKey: keyWithoutFolder(receipt.action.objectKey),
    objectKey: receipt.action.objectKey,
    receivedAt: instant(Date.parse(mail.timestamp)),
    attempt: receiveCount,
    notice: noticeOf(mail, receipt),
    headers: mail.headers.map(({ name, value }) => ({ name: name.toLowerCase(), value })),
  };
}

function noticeOf(
  mail: SesReceivedNotification['mail'],
  receipt: SesReceivedNotification['receipt'],
): Notice {
  return {
    source: mail.source,
    recipients: receipt.recipients,
    verdicts: {
      spam: receipt.spamVerdict.status,
      virus: receipt.virusVerdict.status,
      spf: receipt.spfVerdict.status,
      dkim: receipt.dkimVerdict.status,
      dmarc: receipt.dmarcVerdict.status,
    },
    dmarcPolicy: receipt.dmarcPolicy,
  };
}
