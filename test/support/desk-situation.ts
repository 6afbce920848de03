import { reminderDefaults } from '#domain/cadence.ts';
import type { Command, Policy, Situation } from '#domain/commands.ts';
import { type Decision, decide } from '#domain/decide.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { day, hour, type Instant, minute, plus } from '#domain/instant.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Actor } from '#domain/people.ts';
import { rotaDefaults } from '#domain/rota.ts';

/** A Monday morning, to count from. */
export const t0: Instant = '2026-03-02T09:00:00.000Z';

export const policy: Policy = {
  prefix: 'EDX',
  zone: 'UTC',
  noticeMs: 48 * hour,
  windowMs: 2 * hour,
  earlyPublicMs: 4 * hour,
  embargoDays: 90,
  embargoAskDays: 14,
  informationDays: 30,
  reopenDays: 90,
  responseBusinessDays: 2,
  sweepMs: 15 * minute,
  reminders: reminderDefaults,
  rota: rotaDefaults,
  publishNeedsTwo: false,
  forwardNeedsTwo: false,
  earlyPublicNeedsTwo: false,
  postsToDiscourse: true,
  branches: { 'openedx/two': ['master', 'release/verawood'] },
  defaultBranches: ['master'],
};

export const member: Actor = { kind: 'member', person: 'p-member' };
export const otherMember: Actor = { kind: 'member', person: 'p-other-member' };
export const maintainer: Actor = { kind: 'maintainer', person: 'p-maintainer' };
export const secondMaintainer: Actor = { kind: 'maintainer', person: 'p-second' };
export const reporter: Actor = { kind: 'reporter', person: 'p-reporter' };
export const deskActor: Actor = { kind: 'desk' };
export const githubActor: Actor = { kind: 'github' };
export const discourseActor: Actor = { kind: 'discourse' };

export const situation = (over: Partial<Policy> = {}): Situation => ({
  policy: { ...policy, ...over },
  onDuty: 'p-member',
});

export const textRef = (name: string) => ({ key: `text/${name}`, sha256: name.padEnd(64, '0') });

export const highVector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N';

export const accept = (...repositories: readonly string[]): Command => ({
  name: 'accept',
  title: 'Reset tokens can be guessed',
  description: textRef('description'),
  repositories: repositories.map((repository) => ({ repository, ecosystem: 'pip' })),
  vector: highVector,
});

/** A disclosure that is carried through commands, each at its instant; keeps every decision for looking at. */
export class Case {
  disclosure: Disclosure;
  now: Instant = t0;
  readonly decisions: Decision[] = [];
  readonly situation: Situation;

  constructor(over: Partial<Policy> = {}) {
    this.situation = situation(over);
    this.disclosure = openDisclosure({
      id: 'EDX-2026-0001',
      mailKey: 'mail-1',
      reporter: 'p-reporter',
      receivedAt: t0,
      zone: 'UTC',
      responseBusinessDays: 2,
    });
  }

  wait(milliseconds: number): this {
    this.now = plus(this.now, milliseconds);
    return this;
  }

  do(actor: Actor, command: Command): Decision {
    const decision = decide(this.disclosure, command, actor, this.now, this.situation);
    this.disclosure = decision.disclosure;
    this.decisions.push(decision);
    return decision;
  }

  get last(): Decision {
    const last = this.decisions.at(-1);
    if (!last) throw new Error('nothing was decided yet');
    return last;
  }

  /** To `advised`: accepted, advisories opened, maintainers notified. */
  advised(...repositories: readonly string[]): this {
    const names = repositories.length > 0 ? repositories : ['openedx/one'];
    this.do(member, { name: 'reply-to-reporter', text: textRef('hello') });
    this.do(member, accept(...names));
    for (const [at, repository] of names.entries()) {
      this.do(deskActor, {
        name: 'record-advisory',
        repository,
        advisory: {
          ghsa: `GHSA-aaaa-bbbb-000${at}`,
          url: `https://github.test/${repository}/GHSA-${at}`,
          state: 'draft',
        },
      });
      this.do(deskActor, {
        name: 'notify-maintainer',
        repository,
        maintainer:
          at === 0
            ? { id: 'owners:p-maintainer', people: ['p-maintainer'], source: 'catalog-info' }
            : { id: 'owners:p-second', people: ['p-second'], source: 'codeowners' },
      });
    }
    return this;
  }

  /** To `announced`, with a release instant three days ahead. */
  announced(...repositories: readonly string[]): this {
    this.advised(...repositories);
    const at = plus(this.now, 3 * day);
    this.do(maintainer, { name: 'propose-release', at });
    if (!this.disclosure.release?.confirmedAt) this.do(secondMaintainer, { name: 'confirm-release', at });
    this.do(discourseActor, {
      name: 'see-announcement',
      url: 'https://forum.test/t/1',
      topic: 1,
      visibleAt: this.now,
      established: 'linked',
    });
    return this;
  }

  /** To `merged`: the clock stands at the release instant. */
  merged(): this {
    this.announced();
    this.now = this.disclosure.release?.at ?? this.now;
    this.do(maintainer, {
      name: 'record-merge',
      repository: 'openedx/one',
      branch: 'master',
      url: 'https://github.test/c/1',
    });
    return this;
  }

  /** Letters of the last decision, as `template → recipient`. */
  get letters(): readonly string[] {
    return this.last.letters.map(
      ({ template, to }) => `${template} → ${'person' in to ? to.person : to.group}`,
    );
  }
}
