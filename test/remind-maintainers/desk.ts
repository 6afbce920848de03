import { commitCommand } from '#commit/commit-command.ts';
import type { LogFields, LogMessage } from '#contracts/log.ts';
import type { DeskEvent, NewEvent, Write } from '#contracts/ports.ts';
import type { Command } from '#domain/commands.ts';
import type { Maintainer } from '#domain/disclosure.ts';
import { type Instant, instant, ms } from '#domain/instant.ts';
import type { Letter, LetterTemplate } from '#domain/letter.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Actor, Person } from '#domain/people.ts';
import { emptyRota, nextRotaInstant, rotaDefaults, type Shift } from '#domain/rota.ts';
import { remindMaintainers } from '../../functions/remind-maintainers/remind-maintainers.ts';
import { settings as sample } from '../letters/samples.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

/** `2026-03-02 10:00` → instant. */
export const at = (text: string): Instant => `${text.replace(' ', 'T')}:00.000Z`;

/** A base vector of each rating. */
export const vectors = {
  critical: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  high: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
  medium: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N',
  low: 'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N',
  none: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N',
} as const;

export const text = { key: 'texts/words', sha256: 'a'.repeat(64) };

/** A letter as it was committed, with the event it came from. */
export type Sent<T extends LetterTemplate = LetterTemplate> = Extract<Letter, { template: T }> & {
  readonly event: DeskEvent;
};

/** A desk in memory whose clock a test moves; every letter that is committed is kept. */
export class TestDesk {
  readonly #box = { now: at('2026-01-01 00:00') };
  readonly clock = { now: (): Instant => this.#box.now };
  readonly settings = { ...sample, policy: { ...sample.policy, zone: 'UTC' } };
  readonly store: InMemoryStore;
  readonly events: DeskEvent[] = [];
  readonly logged: { readonly message: LogMessage; readonly fields: LogFields | undefined }[] = [];
  readonly #command: ReturnType<typeof commitCommand>;
  readonly sweep: ReturnType<typeof remindMaintainers>;
  #causes = 0;

  constructor() {
    const { events, clock } = this;
    this.store = new (class extends InMemoryStore {
      override async commit(commit: Parameters<InMemoryStore['commit']>[0]) {
        const event = await super.commit(commit);
        events.push(event);
        return event;
      }
    })(clock);
    const deps = { store: this.store, clock, settings: this.settings };
    this.#command = commitCommand(deps);
    const log = (message: LogMessage, fields?: LogFields) => void this.logged.push({ message, fields });
    this.sweep = remindMaintainers({ ...deps, log });
  }

  /** Moves the clock without any sweep. */
  go(when: string): void {
    this.#box.now = at(when);
  }
  /** Moves the clock to an instant and sweeps there. */
  async sweepAt(when: string) {
    this.go(when);
    return this.sweep({});
  }
  /** Sweeps every 15 minutes from after the clock's instant to `until`. */
  async run(until: string): Promise<void> {
    const step = this.settings.policy.sweepMs;
    for (let next = Math.floor(ms(this.#box.now) / step) * step + step; next <= ms(at(until)); next += step) {
      this.#box.now = instant(next);
      await this.sweep({});
    }
  }
  letters<T extends LetterTemplate>(template: T): Sent<T>[] {
    return this.events.flatMap((event) =>
      event.letters
        .filter((letter) => letter.template === template)
        .map((letter) => ({ ...letter, event }) as unknown as Sent<T>),
    );
  }
  forgetLetters(): void {
    this.events.length = 0;
  }

  async put(write: Write, partition: NewEvent['partition']): Promise<void> {
    const event = { partition, cause: `prepared-${this.#causes++}`, type: 'prepared', actor: 'desk' };
    await this.store.commit({
      writes: [write],
      event: { ...event, at: this.clock.now(), data: {}, letters: [], signals: [], correlation: 'test' },
    });
  }
  async person(id: string, over: Partial<Person> = {}): Promise<void> {
    const item: Person = {
      id,
      version: 0,
      address: `${id}@people.test`,
      roles: ['member'],
      member: 'active',
      epoch: 1,
      ...over,
    };
    await this.put({ put: 'person', item, expect: 0 }, `PERSON#${id}`);
  }
  /** Members with their shifts: `['p-ann', '2026-03-02 09:00', '2026-03-09 09:00']`. */
  async rota(...rows: readonly [member: string, start: string, end: string][]): Promise<void> {
    const members = [...new Set(rows.map(([member]) => member))];
    for (const member of members) await this.person(member);
    const shifts = rows.map(
      ([member, start, end]): Shift => ({
        id: `${at(start)}/${member}`,
        member,
        start: at(start),
        end: at(end),
        zone: 'UTC',
      }),
    );
    const item = { ...emptyRota, shifts };
    const states = members.map((id) => ({ id, state: 'active' as const }));
    const due = nextRotaInstant(item, states, this.clock.now(), rotaDefaults);
    await this.put({ put: 'rota', item, expect: 0, due }, 'ROTA');
  }

  async command(disclosure: string, command: Command, actor: Actor = { kind: 'desk' }) {
    return this.#command({ disclosure, command, actor, cause: `test-${this.#causes++}` });
  }
  /** A disclosure whose maintainers are notified at an instant, entry by entry. */
  async notified(
    when: string,
    id: string,
    rating: keyof typeof vectors,
    maintainer: string | Maintainer = 'team:openedx/lms',
    repositories: readonly string[] = ['openedx/lms'],
  ): Promise<void> {
    this.go(when);
    const item = openDisclosure({
      id,
      mailKey: `mail-${id}`,
      receivedAt: this.clock.now(),
      zone: 'UTC',
      responseBusinessDays: 2,
    });
    await this.put({ put: 'disclosure', item, expect: 0 }, `DISC#${id}`);
    await this.command(
      id,
      {
        name: 'accept',
        title: 'A flaw',
        description: text,
        repositories: repositories.map((repository) => ({ repository, ecosystem: 'pip' })),
        vector: vectors[rating],
        reply: text,
      },
      { kind: 'member', person: 'p-ann' },
    );
    for (const repository of repositories) await this.notify(id, repository, maintainer);
  }
  async notify(id: string, repository: string, maintainer: string | Maintainer): Promise<void> {
    const named: Maintainer =
      typeof maintainer === 'string'
        ? { id: maintainer, people: [`p-of-${maintainer.replace(/[^a-z]/g, '')}`], source: 'catalog-info' }
        : maintainer;
    await this.command(id, { name: 'notify-maintainer', repository, maintainer: named });
  }
  /** A maintainer's act. */
  act = (id: string, command: Command, person = 'p-of-teamopenedxlms') =>
    this.command(id, command, { kind: 'maintainer', person });
}
