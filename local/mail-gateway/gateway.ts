import { join } from 'node:path';
import { type Instant, instant } from '#domain/instant.ts';
import { awsEvents, awsInbound } from './aws-target.ts';
import { type DkimKey, loadDkimKey } from './dkim-key.ts';
import { openEventQueue } from './event-queue.ts';
import { type Inbound, startInbound } from './inbound.ts';
import { type Mailbox, openMailbox } from './mailbox.ts';
import { startRelay } from './relay.ts';
import { demonstrationZone, type Zone } from './zone.ts';

export interface MailGatewayOptions {
  /** Folder of this desk's state; the gateway keeps its things in `mail/` there. */
  readonly folder: string;
  /** Port of the relay on 127.0.0.1; a free one by default. */
  readonly relayPort?: number;
  /** The desk's clock; the machine's by default. */
  readonly now?: () => Instant;
  readonly log?: (line: string) => void;
}

/** What the gateway must know of the deployment before it can take mail. */
export interface DeskAddresses {
  /** The emulator's address. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly inboundTopicArn: string;
  readonly eventsTopicArn: string;
  readonly securityAddress: string;
  readonly replyDomain: string;
  /** Port for mail to the desk on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
}

export interface MailGateway {
  /** Where the emulator's SES relays to. */
  readonly relay: { readonly host: string; readonly port: number };
  readonly mailbox: Mailbox;
  readonly zone: Zone;
  /** Signs the mail of the demonstration's people. */
  readonly dkimKey: DkimKey;
  /** Opens the SMTP port for mail to the desk, and tells the desk of what was sent before. */
  open(desk: DeskAddresses): Promise<Inbound>;
  /** Stops both servers; events that are not published yet are kept for the next start. */
  close(): Promise<void>;
}

/**
 * Starts the mail gateway in two steps, because the emulator needs the relay before anything is deployed and the
 * inbound side needs what is deployed: first the relay and the mailbox, then `open`.
 */
export async function startMailGateway(options: MailGatewayOptions): Promise<MailGateway> {
  const folder = join(options.folder, 'mail');
  const now = options.now ?? (() => instant(Date.now()));
  const log = options.log ?? (() => {});
  const dkimKey = await loadDkimKey(folder);
  const zone = demonstrationZone(dkimKey);
  const mailbox = openMailbox(join(folder, 'mailbox'));
  const events = openEventQueue(join(folder, 'events'), log);
  const relay = await startRelay({ port: options.relayPort ?? 0, mailbox, events, now, log });
  let inbound: Inbound | undefined;
  return {
    relay: { host: '127.0.0.1', port: relay.port },
    mailbox,
    zone,
    dkimKey,
    async open(desk) {
      const { endpoint, bucket, securityAddress, replyDomain, port } = desk;
      const target = awsInbound({ endpoint, bucket, topicArn: desk.inboundTopicArn });
      inbound = await startInbound({ port, securityAddress, replyDomain, target, zone, now, log });
      await events.publishWith(awsEvents({ endpoint, topicArn: desk.eventsTopicArn }));
      return inbound;
    },
    async close() {
      await Promise.all([inbound?.close(), relay.close()]);
      await events.stop();
    },
  };
}
