import { makeLinkSigner } from '#adapters/link-signer.ts';
import { createMailParser, parseWorkerBeside } from '#adapters/mail-parser.ts';
import { commitCommand } from '#commit/commit-command.ts';
import type { LogFields, LogMessage } from '#contracts/log.ts';
import type { MailArrival } from '#contracts/mail-arrival.ts';
import type { MailParser } from '#contracts/mail-parts.ts';
import type { Measure, MetricName } from '#contracts/metrics.ts';
import type { Archive, DeskStore, OutgoingMail } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { hour, plus } from '#domain/instant.ts';
import type { Notice } from '#domain/mail-facts.ts';
import { mayAcknowledge, withhold } from '../../functions/deliver/acknowledgements.ts';
import { deliver } from '../../functions/deliver/deliver.ts';
import {
  type ReceivedMail,
  receiveMail,
  type TakenMail,
  takeMail,
} from '../../functions/receive-mail/receive-mail.ts';
import { settings as sample } from '../letters/samples.ts';
import { TestClock } from '../support/clock.ts';
import { InMemoryArchive } from '../support/in-memory-archive.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

export const security = 'security@openedx.example';
export const replyDomain = 'desk.openedx.example';

export const settings: Settings = {
  ...sample,
  identity: { ...sample.identity, securityAddress: security, replyDomain },
  mail: { ...sample.mail, ownAddresses: [security], trustedForwarders: ['googlegroups.com'] },
};

const passed: Notice['verdicts'] = {
  spam: 'PASS',
  virus: 'PASS',
  spf: 'PASS',
  dkim: 'PASS',
  dmarc: 'PASS',
};

/** What SES says of a mail; by default all is well and it came to the security address. */
export const notice = (over: Partial<Notice> & { failing?: Partial<Notice['verdicts']> } = {}): Notice => ({
  source: 'reporter@people.example',
  recipients: [security],
  ...over,
  verdicts: { ...passed, ...over.verdicts, ...over.failing },
});

/** A mail as text with `\r\n` line ends. */
export const rawMail = (
  fields: Readonly<Record<string, string | undefined>>,
  body = 'Hello.\n',
): Uint8Array => {
  const head = Object.entries({
    From: 'Rhea Porter <reporter@people.example>',
    To: security,
    Subject: 'Stored XSS in the course outline',
    'Message-ID': '<one@people.example>',
    Date: 'Mon, 2 Mar 2026 08:59:00 +0000',
    ...fields,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return new TextEncoder().encode(`${head.join('\n')}\n\n${body}`.replace(/\r?\n/g, '\r\n'));
};

/** One parser thread serves all rooms of a test file. */
export const parser: MailParser = createMailParser({
  worker: parseWorkerBeside(new URL('../../functions/receive-mail/handler.ts', import.meta.url).href),
});

const key = Buffer.alloc(32, 7).toString('base64url');

/** A desk in memory that takes mail in and sends letters out, as the deployed one does with its real ports. */
export class MailRoom {
  readonly clock = new TestClock();
  readonly store: InMemoryStore;
  readonly archive: InMemoryArchive;
  readonly signer;
  readonly sent: OutgoingMail[] = [];
  readonly logged: { readonly message: LogMessage; readonly fields: LogFields }[] = [];
  /** What the metrics were told, in order. */
  readonly counted: (readonly [MetricName, number])[] = [];
  readonly settings: Settings;
  readonly receive: (arrival: MailArrival) => Promise<ReceivedMail>;
  /** Its first step alone. */
  readonly begin: (arrival: MailArrival) => Promise<TakenMail>;
  readonly #deliver: ReturnType<typeof deliver>;
  #count = 0;

  /** `through` lets a test put faults between the use cases and the ports. */
  constructor(
    options: {
      readonly settings?: Settings;
      readonly parser?: Pick<MailParser, 'fingerprint'>;
      readonly store?: (store: InMemoryStore) => DeskStore;
      readonly archive?: (archive: InMemoryArchive) => Archive;
      readonly send?: (mail: OutgoingMail) => void;
    } = {},
  ) {
    this.settings = options.settings ?? settings;
    this.store = new InMemoryStore(this.clock);
    this.archive = new InMemoryArchive(this.clock);
    this.signer = makeLinkSigner({
      keyring: { current: 'k1', keys: { k1: key } },
      pseudonymKey: key,
      clock: this.clock,
    });
    const store = options.store?.(this.store) ?? this.store;
    const archive = options.archive?.(this.archive) ?? this.archive;
    const log = (message: LogMessage, fields: LogFields = {}) => void this.logged.push({ message, fields });
    const signer = async () => this.signer;
    const measure: Measure = (name, value) => void this.counted.push([name, value]);
    const shared = { store, archive, signer, clock: this.clock, settings: this.settings, log, measure };
    const commit = commitCommand(shared);
    const intake = { ...shared, commit, parser: options.parser ?? parser };
    this.receive = receiveMail(intake);
    this.begin = takeMail(intake);
    const sender = {
      send: async (mail: OutgoingMail) => {
        options.send?.(mail);
        this.sent.push(mail);
        return { sesId: `ses-${this.sent.length}` };
      },
    };
    this.#deliver = deliver({
      ...shared,
      commit,
      sender,
      linkBase: 'https://desk.openedx.example',
      runner: {
        start: async () => 'started',
        resolve: async () => 'resolved',
        status: async () => 'RUNNING',
        ended: async () => [],
      },
      mayAcknowledge: mayAcknowledge({ store, settings: this.settings, clock: this.clock }),
      withhold: withhold({ store, settings: this.settings, clock: this.clock }),
    });
  }

  /** Puts a mail where SES puts it; answers what SES would notify. `null` = nobody says anything of it. */
  post(
    raw: Uint8Array | (() => Uint8Array),
    said: Notice | null = notice(),
    mailKey = `mail-${++this.#count}`,
  ): MailArrival {
    this.archive.receive(mailKey, raw);
    return {
      mailKey,
      objectKey: `in/${mailKey}`,
      receivedAt: this.clock.now(),
      attempt: 1,
      ...(said && { notice: said }),
      headers: [],
    };
  }

  /** A mail from the wire to its intake. */
  async take(raw: Uint8Array, said: Notice = notice()) {
    const received = await this.receive(this.post(raw, said));
    const intake = await this.store.intake(received.mailKey);
    if (!intake) throw new Error('a mail that was taken has its intake');
    return { ...received, intake };
  }

  /** Delivers all that waits, as the stream does; `again` as the sweep does, which takes up lapsed leases. */
  async deliverAll(options: { readonly again?: boolean } = {}): Promise<void> {
    for (const { partition, cause } of await this.store.waiting(100_000)) {
      const event = await this.store.event(partition, cause);
      if (event) await this.#deliver(event, options);
    }
  }

  /** Acknowledgements that went out so far. */
  get acknowledgements(): readonly OutgoingMail[] {
    return this.sent.filter(({ headers }) => headers['Auto-Submitted'] === 'auto-replied');
  }

  /** Puts somebody into the record; a member is on duty for a week. */
  async enrol(address: string, role: 'member' | 'maintainer' | 'operator', onDuty = false): Promise<string> {
    const id = this.signer.pseudonym(address);
    const at = this.clock.now();
    const event = {
      cause: `enrol:${id}`,
      type: 'enrol',
      actor: 'desk',
      at,
      data: {},
      letters: [],
      signals: [],
    };
    await this.store.commit({
      writes: [
        {
          put: 'person',
          expect: 0,
          item: {
            id,
            version: 1,
            address,
            roles: [role],
            epoch: 1,
            ...(role === 'member' && { member: 'active' as const }),
          },
        },
      ],
      event: { ...event, partition: `PERSON#${id}`, correlation: id },
    });
    if (onDuty)
      await this.store.commit({
        writes: [
          {
            put: 'rota',
            expect: 0,
            item: {
              version: 1,
              shifts: [{ id: 's1', member: id, start: at, end: plus(at, 7 * 24 * hour), zone: 'UTC' }],
              swaps: [],
              acknowledgements: [],
            },
          },
        ],
        event: { ...event, cause: 'rota', partition: 'ROTA', correlation: 'rota' },
      });
    return id;
  }
}
