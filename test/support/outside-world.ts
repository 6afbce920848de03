import { commitCommand } from '#commit/commit-command.ts';
import type { Log } from '#contracts/log.ts';
import type { Settings } from '#contracts/settings.ts';
import { reminderDefaults } from '#domain/cadence.ts';
import type { Command } from '#domain/commands.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { Letter } from '#domain/letter.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Actor, Person } from '#domain/people.ts';
import { rotaDefaults } from '#domain/rota.ts';
import { TestClock } from './clock.ts';
import { InMemoryArchive } from './in-memory-archive.ts';
import { InMemoryStore } from './in-memory-store.ts';

/** The desk of these tests: Open edX's addresses lead nowhere, every number is OEP-60's. */
export const settings: Settings = {
  policy: {
    prefix: 'EDX',
    zone: 'America/New_York',
    noticeMs: 48 * 3_600_000,
    windowMs: 2 * 3_600_000,
    earlyPublicMs: 4 * 3_600_000,
    embargoDays: 90,
    embargoAskDays: 14,
    informationDays: 30,
    reopenDays: 90,
    responseBusinessDays: 2,
    sweepMs: 15 * 60_000,
    reminders: reminderDefaults,
    rota: rotaDefaults,
    publishNeedsTwo: false,
    forwardNeedsTwo: false,
    earlyPublicNeedsTwo: false,
    postsToDiscourse: true,
    branches: {},
    defaultBranches: ['main', 'release/verawood'],
  },
  identity: {
    project: 'Open edX',
    signature: 'Open edX Security Working Group',
    securityAddress: 'security@openedx.example',
    replyDomain: 'desk.openedx.example',
    linkBase: 'https://desk.example',
  },
  mail: {
    ownAddresses: [],
    trustedForwarders: [],
    caps: { perAddressDay: 3, perAddressWeek: 6, perHour: 100 },
    maxOutgoingBytes: 9_500_000,
  },
  retentionDays: 365,
};

export const repository = 'openedx/frontend-app';
export const second = 'openedx/backend-app';
/** 9.1, critical. */
export const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N';
export const reference = 'EDX-2026-0001';

const personId = (letter: string) => `p-${letter.repeat(24)}`;
export const ids = {
  member: personId('m'),
  reporter: personId('r'),
  alice: personId('a'),
  bob: personId('b'),
  team: personId('t'),
};

const person = (id: string, over: Partial<Person>): Person => ({
  id,
  version: 0,
  address: `${id}@example.org`,
  roles: ['maintainer'],
  epoch: 1,
  ...over,
});

export const member: Actor = { kind: 'member', person: ids.member };
export const alice: Actor = { kind: 'maintainer', person: ids.alice };

/** A desk in memory with one member, one reporter and two maintainers whom GitHub knows as alice and bob. */
export async function deskWorld(now = '2026-03-02T09:00:00.000Z') {
  const clock = new TestClock(now);
  const store = new InMemoryStore(clock);
  const archive = new InMemoryArchive(clock);
  const commit = commitCommand({ store, clock, settings });
  const logged: string[] = [];
  const log: Log = (message, fields) => void logged.push(JSON.stringify({ ...message, ...fields }));
  let acts = 0;

  const add = async (item: Person): Promise<void> => {
    await store.commit({
      writes: [{ put: 'person', item, expect: 0 }],
      event: {
        partition: `PERSON#${item.id}`,
        cause: 'seed',
        type: 'person-seeded',
        actor: 'desk',
        at: clock.now(),
        data: {},
        letters: [],
        signals: [],
        correlation: 'seed',
      },
    });
  };
  await add(person(ids.member, { roles: ['member'], member: 'active', github: 'ada' }));
  await add(person(ids.reporter, { roles: ['reporter'] }));
  await add(person(ids.alice, { github: 'Alice' }));
  await add(person(ids.bob, { github: 'bob' }));

  /** Puts a new disclosure into the record, as an intake would. */
  const open = async (over: Partial<Disclosure> = {}): Promise<void> => {
    const item = openDisclosure({
      id: over.id ?? reference,
      mailKey: 'mail-1',
      reporter: ids.reporter,
      receivedAt: clock.now(),
      zone: settings.policy.zone,
      responseBusinessDays: 2,
    });
    await store.commit({
      writes: [{ put: 'disclosure', item: { ...item, ...over }, expect: 0 }],
      event: {
        partition: `DISC#${item.id}`,
        cause: 'mail-1',
        type: 'open',
        actor: 'desk',
        at: clock.now(),
        data: {},
        letters: [],
        signals: [],
        correlation: 'mail-1',
      },
    });
  };
  /** Gives one command; each is an act of its own. */
  const act = async (actor: Actor, command: Command, disclosure = reference) => {
    acts += 1;
    return commit({ disclosure, command, actor, cause: `act-${acts}` });
  };
  const triage = async (repositories: readonly string[] = [repository]): Promise<void> => {
    const description = await archive.putText('A way around the login, step by step.');
    await act(member, {
      name: 'accept',
      title: 'A way around the login',
      description,
      repositories: repositories.map((name) => ({
        repository: name,
        ecosystem: 'npm',
        package: 'frontend-app',
        affected: '< 2.0.0',
        fixed: '2.0.0',
      })),
      vector,
      cwes: ['CWE-287'],
    });
  };
  const current = async (id = reference): Promise<Disclosure> => {
    const found = await store.disclosure(id);
    if (!found) throw new Error(`no disclosure ${id}`);
    return found;
  };
  /** Every letter about the disclosure so far, or those of one template. */
  const letters = async (template?: Letter['template']): Promise<readonly Letter[]> =>
    (await store.events(`DISC#${reference}`))
      .flatMap((event) => event.letters)
      .filter((letter) => template === undefined || letter.template === template);
  return { clock, store, archive, commit, log, logged, add, person, open, act, triage, current, letters };
}

export type DeskWorld = Awaited<ReturnType<typeof deskWorld>>;

/** Orders an act of a person, or a failure, from a stand-in. */
export const controlOf =
  (url: string) =>
  async (name: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}/_control/${name}`, { method: 'POST', body: JSON.stringify(body) });
    if (response.status !== 200) throw new Error(`${name}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
