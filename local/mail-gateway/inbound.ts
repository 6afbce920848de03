import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { SMTPServer } from 'smtp-server';
import type { SesReceivedNotification } from '#contracts/ses-events.ts';
import type { Instant } from '#domain/instant.ts';
import { accepts } from './addresses.ts';
import { type Envelope, examine } from './examine.ts';
import { type Arrival, receivedNotification, type S3Action, withReceiptHeader } from './notification.ts';
import { listening, stopped } from './smtp-port.ts';
import type { Zone } from './zone.ts';

/** What SES receives at most with an S3 action, bytes. */
export const receiveLimit = 40 * 1024 * 1024;

/** Where SES puts mail for the desk: the bucket's inbox and the topic of its notifications. */
export interface InboundTarget extends S3Action {
  put(key: string, body: Buffer): Promise<void>;
  notify(notification: SesReceivedNotification): Promise<void>;
}

export interface InboundOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly securityAddress: string;
  readonly replyDomain: string;
  readonly target: InboundTarget;
  readonly zone: Zone;
  readonly now: () => Instant;
  readonly log?: (line: string) => void;
}

/** Where one mail went: SES's id of it and its key in the bucket. */
export interface Receipt {
  readonly messageId: string;
  readonly objectKey: string;
}

export interface Inbound {
  readonly port: number;
  /** Takes a mail as if it had come by SMTP; the envelope's recipients are not checked. */
  deliverRaw(raw: Buffer | string, envelope: Partial<Envelope>): Promise<Receipt>;
  close(): Promise<void>;
}

/**
 * SES receiving on this machine: an SMTP server on 127.0.0.1 that takes mail for the security address and the
 * reply domain (≤40 MB), authenticates it, stores it and publishes the S3 action's notification. It answers
 * `250 … OK <message id>` once the mail is stored; what cannot be stored gets 451, so that the sender keeps it.
 */
export async function startInbound(options: InboundOptions): Promise<Inbound> {
  const server = new SMTPServer({
    name: 'inbound-smtp.us-east-1.amazonaws.com',
    banner: 'local disclosure desk',
    size: receiveLimit,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    // No name of a client is looked up: nothing here asks the world's DNS.
    disableReverseLookup: true,
    useXClient: true,
    closeTimeout: 1000,
    onRcptTo({ address }, _session, done) {
      const { securityAddress, replyDomain } = options;
      if (accepts(address, securityAddress, replyDomain)) return done();
      done(
        refusal(
          550,
          `<${address}> is not an address of this desk; it takes mail for ${securityAddress} and @${replyDomain}`,
        ),
      );
    },
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      const envelope: Envelope = {
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
        helo: session.hostNameAppearsAs || session.clientHostname,
        ip: session.remoteAddress,
      };
      receive(stream, envelope, options).then(
        ({ messageId }) => done(null, `OK ${messageId}`),
        (error: unknown) => done(asRefusal(error, options)),
      );
    },
  });
  server.on('error', (error) => options.log?.(`mail gateway: ${error.message}`));
  const port = await listening(server, options.port, '--smtp-port');
  return {
    port,
    deliverRaw: (raw, envelope) =>
      accept(
        Buffer.isBuffer(raw) ? raw : Buffer.from(raw),
        {
          from: envelope.from ?? '',
          to: envelope.to ?? [options.securityAddress],
          helo: envelope.helo ?? 'localhost',
          ip: envelope.ip ?? '127.0.0.1',
        },
        options,
      ),
    close: () => stopped(server),
  };
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

function asRefusal(error: unknown, options: InboundOptions): Error {
  if (error instanceof Error && 'responseCode' in error) return error;
  options.log?.(
    `mail gateway: a mail could not be stored: ${error instanceof Error ? error.message : String(error)}`,
  );
  return refusal(451, 'the mail could not be stored, please try again later');
}

async function receive(stream: Readable, envelope: Envelope, options: InboundOptions): Promise<Receipt> {
  const raw = await readWithin(stream, receiveLimit);
  if (raw === undefined) throw refusal(552, `the mail is larger than ${receiveLimit / 1024 / 1024} MB`);
  return accept(raw, envelope, options);
}

/** Reads a stream to its end; undefined where it is longer than `limit` bytes (the rest is read and dropped). */
async function readWithin(stream: Readable, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
  }
  return bytes <= limit ? Buffer.concat(chunks) : undefined;
}

/** What could end a line of the header block, or its angle brackets. */
const unsafe = /[\x00-\x20\x7f<>]/;

/** @throws a refusal (553) where an address would break the header block; a HELO name loses what no name has */
function checked(envelope: Envelope): Envelope {
  const odd = [envelope.from, ...envelope.to].find((address) => unsafe.test(address));
  if (odd !== undefined) throw refusal(553, `${JSON.stringify(odd)} is not an address`);
  return { ...envelope, helo: envelope.helo.replace(/[^\w.:[\]-]/g, '') || 'unknown' };
}

async function accept(raw: Buffer, given: Envelope, options: InboundOptions): Promise<Receipt> {
  const started = performance.now();
  const envelope = checked(given);
  const { target } = options;
  const examination = await examine(raw, envelope, options.zone);
  const arrival: Arrival = { messageId: newMessageId(), at: options.now(), envelope, examination };
  const stored = withReceiptHeader(raw, arrival);
  const objectKey = `${target.prefix}${arrival.messageId}`;
  await target.put(objectKey, stored);
  const notification = receivedNotification(stored, arrival, target, performance.now() - started);
  // The mail is safe in the inbox now: a lost notification is what the desk's reconciling is for.
  await target.notify(notification).catch((error: unknown) => {
    options.log?.(`mail gateway: no notification for ${objectKey}: ${String(error)}`);
  });
  return { messageId: arrival.messageId, objectKey };
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Forty characters, as SES names what it receives: `o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1`. */
function newMessageId(): string {
  return Array.from(randomBytes(40), (byte) => alphabet[byte % alphabet.length]).join('');
}
