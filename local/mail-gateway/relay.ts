import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { Instant } from '#domain/instant.ts';
import type { EventQueue } from './event-queue.ts';
import type { Mailbox } from './mailbox.ts';
import { asSent, eventsOf, toMail } from './sent-mail.ts';
import { listening, stopped } from './smtp-port.ts';

export interface RelayOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly mailbox: Mailbox;
  readonly events: EventQueue;
  readonly now: () => Instant;
  readonly log?: (line: string) => void;
}

export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The world's mailboxes: an SMTP server on 127.0.0.1 to which the emulator hands what SES sends. Each mail goes
 * into the mailbox, and the desk is told of it as SES's configuration set does.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const server = new SMTPServer({
    name: 'mailbox.local',
    banner: 'mailbox of the local disclosure desk',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 1000,
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      const envelope = { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) };
      buffer(stream)
        .then((raw) => keep(raw, envelope, options))
        .then(
          (id) => done(null, `OK ${id}`),
          (error: unknown) => {
            options.log?.(`mail gateway: a sent mail could not be kept: ${String(error)}`);
            done(Object.assign(new Error('the mail could not be kept'), { responseCode: 451 }));
          },
        );
    },
  });
  server.on('error', (error) => options.log?.(`mail gateway: ${error.message}`));
  const port = await listening(server, options.port, '--relay-port');
  return { port, close: () => stopped(server) };
}

/** In the mailbox first: whoever hears of a delivery finds the mail there. */
async function keep(
  raw: Buffer,
  envelope: { readonly from: string; readonly to: readonly string[] },
  { mailbox, events, now }: RelayOptions,
): Promise<string> {
  const sent = asSent(raw, envelope, now());
  await mailbox.add(await toMail(sent), sent.raw);
  await events.add(eventsOf(sent));
  return sent.sesId;
}
