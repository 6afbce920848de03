import { makeLinkSigner } from '#adapters/link-signer.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { commitContact } from '#commit/contacts.ts';
import { commitMembership } from '#commit/people.ts';
import { commitBatch } from '#commit/postpone.ts';
import { commitRota } from '#commit/rota.ts';
import type { LinkClaims, StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { Intake } from '#domain/intake.ts';
import type { Letter } from '#domain/letter.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Person, PersonKind } from '#domain/people.ts';
import { changeDesk } from '../../functions/change-desk/change-desk.ts';
import type { ChangeDeskDeps } from '../../functions/change-desk/deps.ts';
import { openDesk } from '../../functions/open-desk/open-desk.ts';
import type { MailContent } from '../../functions/web/deps.ts';
import { settings as baseSettings } from '../letters/samples.ts';
import { changes, eventOf, responseOf } from '../support/http-api.ts';
import { InMemoryArchive } from '../support/in-memory-archive.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

export const origin = 'https://desk.openedx.example';
export const reference = 'EDX-2026-0001';
const start = '2026-03-02T09:00:00.000Z';
const key = (fill: string) => Buffer.alloc(32, fill).toString('base64url');

/** Words that only some may see; each is searched for in every page. */
export const canaries = {
  report: 'CANARY-REPORT-TEXT',
  subject: 'CANARY-SUBJECT',
  title: 'CANARY-TITLE',
  description: 'CANARY-DESCRIPTION',
  reporterAddress: 'canary-reporter@example.org',
  reporterName: 'CANARY-REPORTER-NAME',
  otherReporter: 'CANARY-OTHER-REPORTER-TEXT',
  ours: 'CANARY-OUR-REPLY',
  forwarded: 'CANARY-FORWARDED-WORDS',
  siblingVersion: 'CANARY-SIBLING-VERSION',
  siblingMaintainer: 'canary-sibling@example.org',
  reason: 'CANARY-MEMBER-REASON',
} as const;

export class Desk {
  now = start;
  readonly clock = { now: () => this.now };
  readonly store = new InMemoryStore(this.clock);
  readonly archive = new InMemoryArchive(this.clock);
  readonly signer = makeLinkSigner({
    keyring: { current: 'k1', keys: { k1: key('k') } },
    pseudonymKey: key('p'),
    clock: this.clock,
  });
  readonly written: { person: string; letter: Letter }[] = [];
  readonly decided: unknown[] = [];
  readonly mails = new Map<string, MailContent>();
  readonly people: Record<string, Person> = {};
  readonly #deps: ChangeDeskDeps;
  readonly settings: Settings;
  /** Everything in the forum waits for a moderator. */
  forumHides = false;
  #count = 0;

  constructor(settings: Partial<Settings['policy']> = {}, linkBase = origin) {
    this.settings = { ...baseSettings, policy: { ...baseSettings.policy, ...settings } };
    this.#deps = this.deps(linkBase);
  }

  deps(linkBase: string): ChangeDeskDeps {
    const { store, clock, archive, signer } = this;
    return {
      settings: this.settings,
      linkBase,
      clock,
      signer,
      store,
      archive,
      mails: {
        read: async (intake) => this.mails.get(intake.mailKey),
        extractAttachment: async (intake, index) => {
          const found = this.mails.get(intake.mailKey)?.attachments[index];
          return found && { key: `derived/${intake.mailKey}-${index}`, name: found.name };
        },
      },
      commit: commitCommand({ store, clock, settings: this.settings }),
      decideIntake: async (input) => {
        this.decided.push(input);
        return { outcome: 'done' };
      },
      write: async ({ person, letter }) => {
        this.written.push({ person, letter });
      },
      enrol: async (address) => this.addPerson(address, ['maintainer']),
      rota: commitRota({ store, clock, settings: this.settings }),
      membership: commitMembership({ store, clock, settings: this.settings }),
      contact: commitContact({ store, clock }),
      batch: commitBatch({ store, clock, settings: this.settings }),
      forum: {
        getTopic: async (url) =>
          !this.forumHides && String(url).startsWith('https://discuss.openedx.example/t/')
            ? {
                id: 7,
                title: 'Security',
                author: 'mo',
                categoryId: 19,
                url: 'https://discuss.openedx.example/t/security/7',
                visible: true,
                visibleSince: this.now,
                firstPost: {
                  id: 1,
                  number: 1,
                  author: 'mo',
                  text: '',
                  links: [],
                  createdAt: this.now,
                  editedAt: null,
                  url: 'https://discuss.openedx.example/t/security/7/1',
                },
                replies: [],
              }
            : null,
        prefillUrl: ({ title }) =>
          `https://discuss.openedx.example/new-topic?title=${encodeURIComponent(title)}`,
      },
      random: () => `r${++this.#count}`,
      log: () => {},
    };
  }

  async addPerson(address: string, roles: PersonKind[], more: Partial<Person> = {}): Promise<Person> {
    const id = this.signer.pseudonym(address);
    const known = await this.store.person(id);
    if (known) return known;
    const person: Person = { id, version: 1, address, roles, epoch: 1, ...more };
    await this.store.commit({
      writes: [{ put: 'person', item: person, expect: 0 }],
      event: this.event(`PERSON#${id}`, `seed:${id}`, 'seed'),
    });
    this.people[address.split('@')[0] ?? address] = person;
    return person;
  }

  event(partition: StoredEvent['partition'], cause: string, type: string, more: Partial<StoredEvent> = {}) {
    return {
      partition,
      cause,
      type,
      actor: 'desk',
      at: this.now,
      data: {},
      letters: [],
      signals: [],
      correlation: 'test',
      ...more,
    };
  }

  async addMail(mailKey: string, from: string, content: Partial<MailContent>, more: Partial<Intake> = {}) {
    const intake: Intake = {
      mailKey,
      version: 1,
      kind: 'report',
      kindBy: 'default',
      disposition: 'opened',
      flags: [],
      receivedAt: this.now,
      objectKey: `mail/2026/03/${mailKey}`,
      size: 2048,
      from,
      authenticated: 'yes',
      verdicts: { spam: 'PASS', virus: 'PASS', spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' },
      subject: canaries.subject,
      messageId: '<report@example.org>',
      references: [],
      disclosures: [reference],
      ...more,
    };
    await this.store.commit({
      writes: [{ put: 'intake', item: intake, expect: 0 }],
      event: this.event(`INTAKE#${mailKey}`, mailKey, 'take-mail'),
    });
    this.mails.set(mailKey, { text: canaries.report, truncated: false, attachments: [], ...content });
    return intake;
  }

  /** A disclosure as a mail opens it, with people of every kind around. */
  async seed(fields: Partial<Disclosure> = {}): Promise<Disclosure> {
    const reporter = await this.addPerson(canaries.reporterAddress, ['reporter'], {
      name: canaries.reporterName,
    });
    await this.addPerson('mo@openedx.example', ['member'], { name: 'Mo Member', member: 'active' });
    await this.addPerson('max@openedx.example', ['member'], { name: 'Max Member', member: 'active' });
    await this.addPerson('mia@openedx.example', ['maintainer'], { name: 'Mia Maintainer' });
    await this.addPerson(canaries.siblingMaintainer, ['maintainer']);
    await this.addPerson('security@university.example', ['operator'], {
      operator: { instance: 'Example University', domains: ['university.example'] },
    });
    await this.addMail('mail-1', reporter.id, {
      attachments: [{ name: 'proof.txt', type: 'text/plain', size: 1234, sha256: 'b'.repeat(64) }],
    });
    const disclosure: Disclosure = {
      ...openDisclosure({
        id: reference,
        mailKey: 'mail-1',
        reporter: reporter.id,
        receivedAt: this.now,
        zone: 'America/New_York',
        responseBusinessDays: 2,
      }),
      ...fields,
      version: 1,
    };
    await this.store.commit({
      writes: [
        { put: 'disclosure', item: disclosure, expect: 0 },
        { counter: 'disclosure#2026', expect: 0 },
      ],
      event: this.event(`DISC#${reference}`, 'mail-1', 'open'),
    });
    return disclosure;
  }

  who(name: string): Person {
    const person = this.people[name];
    if (!person) throw new RangeError(`nobody is called ${name}`);
    return person;
  }

  link(person: Person, role: LinkClaims['role'], about: string = reference, more: Partial<LinkClaims> = {}) {
    return this.signer.mint({
      purpose: 'link',
      about,
      person: person.id,
      role,
      epoch: person.epoch,
      expires: '2026-12-31T00:00:00.000Z',
      jti: `l${++this.#count}`,
      ...more,
    });
  }

  async request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const event = await eventOf(new Request(`${origin}${path}`, { method, ...init }));
    const depsNow = async () => this.#deps;
    const to = changes(method, event.rawPath) ? changeDesk : openDesk;
    return responseOf(await to(event, depsNow));
  }

  async post(
    path: string,
    values: Record<string, string>,
    cookie = '',
    headers: Record<string, string> = { origin },
  ): Promise<Response> {
    return this.request('POST', path, {
      body: new URLSearchParams(values),
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie, ...headers },
    });
  }

  /** Opens a link: its session's cookie. */
  async enter(token: string): Promise<{ cookie: string; path: string }> {
    const response = await this.post('/a', { token });
    if (response.status !== 303) throw new Error(`the link was refused: ${response.status}`);
    const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
    return { cookie, path: response.headers.get('location') ?? '' };
  }

  async as(name: string, role: LinkClaims['role'], about?: string): Promise<Visitor> {
    const { cookie, path } = await this.enter(this.link(this.who(name), role, about));
    return new Visitor(this, cookie, path);
  }

  async stored(): Promise<Disclosure> {
    const disclosure = await this.store.disclosure(reference);
    if (!disclosure) throw new Error('the disclosure is gone');
    return disclosure;
  }

  /** Everything that is stored of disclosure, intake and people: equal before and after means nothing changed. */
  async snapshot(): Promise<string> {
    return JSON.stringify([
      await this.store.disclosure(reference),
      await this.store.intake('mail-1'),
      await this.store.events(`DISC#${reference}`),
      await this.store.people(Object.values(this.people).map(({ id }) => id)),
      this.archive.keys(),
      this.written,
      this.decided,
    ]);
  }
}

/** A browser with a session. */
export class Visitor {
  readonly #desk: Desk;
  readonly cookie: string;
  readonly path: string;
  constructor(desk: Desk, cookie: string, path: string) {
    this.#desk = desk;
    this.cookie = cookie;
    this.path = path;
  }
  async get(path = this.path): Promise<Response> {
    return this.#desk.request('GET', path, { headers: { cookie: this.cookie } });
  }
  async text(path = this.path): Promise<string> {
    return (await this.get(path)).text();
  }
  /** Fills a form of a page: its hidden fields, then the values given. */
  async submit(page: string, action: string, values: Record<string, string>): Promise<Response> {
    return this.#desk.post(action, { ...hiddenOf(page, action), ...values }, this.cookie);
  }
  /** Opens an act's page and fills its form. */
  async act(act: string, values: Record<string, string>, query = ''): Promise<Response> {
    const page = await this.text(`/d/${reference}/${act}${query}`);
    return this.submit(page, `/d/${reference}/${act}`, values);
  }
  /** Answers the "check your answers" page with its own button. */
  async confirm(response: Response, action: string): Promise<Response> {
    return this.submit(await response.text(), action, {});
  }
}

const unescaped = (text: string) =>
  text
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');

/** The forms of a page, by the address they go to. */
export const formsOf = (page: string): readonly { action: string; body: string }[] =>
  [...page.matchAll(/<form method="post" action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].map(
    ([, action = '', body = '']) => ({ action: unescaped(action), body }),
  );

/** What a form sends when nobody touches it: hidden fields, checked boxes, texts that stand there. */
export function hiddenOf(page: string, action: string): Record<string, string> {
  const body = formsOf(page).find((form) => form.action === action)?.body ?? '';
  const hidden = [...body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  return Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, unescaped(value)]));
}

/** What a form sends when somebody only presses its button. */
export function untouched(body: string): Record<string, string> {
  const inputs = [...body.matchAll(/<input ([^>]*)>/g)].flatMap(([, attributes = '']) => {
    const name = /name="([^"]*)"/.exec(attributes)?.[1];
    const value = unescaped(/value="([^"]*)"/.exec(attributes)?.[1] ?? '');
    const chosen = !/type="(radio|checkbox|file)"/.test(attributes) || / checked/.test(attributes);
    return name && chosen ? [[name, value] as const] : [];
  });
  const areas = [...body.matchAll(/<textarea [^>]*name="([^"]*)"[^>]*>\n?([\s\S]*?)<\/textarea>/g)].map(
    ([, name = '', text = '']) => [name, unescaped(text)] as const,
  );
  const selects = [...body.matchAll(/<select [^>]*name="([^"]*)"[^>]*>([\s\S]*?)<\/select>/g)].map(
    ([, name = '', options = '']) =>
      [
        name,
        /value="([^"]*)"[^>]* selected/.exec(options)?.[1] ?? /value="([^"]*)"/.exec(options)?.[1] ?? '',
      ] as const,
  );
  return Object.fromEntries([...inputs, ...areas, ...selects]);
}

/** A CVSS 3.1 vector of 7.5 High, as the form sends it. */
export const cvss = {
  cvss_AV: 'N',
  cvss_AC: 'L',
  cvss_PR: 'N',
  cvss_UI: 'N',
  cvss_S: 'U',
  cvss_C: 'H',
  cvss_I: 'N',
  cvss_A: 'N',
};

/** A full answer of the triage form: valid, one repository. */
export const valid = {
  outcome: 'valid',
  title: canaries.title,
  description: canaries.description,
  repository_1: 'openedx/edx-platform',
  ecosystem_1: 'pip',
  affected_1: '< 2.1',
  reply_valid: canaries.ours,
  ...cvss,
};
