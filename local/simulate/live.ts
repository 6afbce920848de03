import { commitCommand } from '#commit/commit-command.ts';
import { commitMembership } from '#commit/people.ts';
import { commitBatch } from '#commit/postpone.ts';
import { commitRota } from '#commit/rota.ts';
import { loadDuty } from '#commit/rota-record.ts';
import type { Clock, DeskStore, NewEvent, Write } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { batchDueOf } from '#domain/cadence.ts';
import type { Command } from '#domain/commands.ts';
import { nextDeadline } from '#domain/deadlines.ts';
import type { Maintainer } from '#domain/disclosure.ts';
import { Refused } from '#domain/errors.ts';
import { nextDuty, shiftAt } from '#domain/handover.ts';
import { day, instant, plus } from '#domain/instant.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Actor, Person, PersonId } from '#domain/people.ts';
import { emptyRota, type Shift } from '#domain/rota.ts';
import type { EntryOf, Happening, Plan, PlannedShift, Rating } from './plan.ts';

/** The desk on which a plan is lived: its record, its clock and its settings. */
export interface Stage {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Settings;
}

/** A base vector of each rating; none has a score of 0.0. */
const vectors: Readonly<Record<Rating, string>> = {
  critical: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  high: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
  medium: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N',
  low: 'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N',
  none: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N',
};

const text = { key: 'texts/simulated', sha256: 'a'.repeat(64) };
const shiftId = ({ start, member }: PlannedShift): string => `${instant(start)}/${member}`;

/** Lives a plan's happenings on a desk, each as the act of whoever does it. The sweeps are somebody else's. */
export function actorOf(plan: Plan, stage: Stage) {
  const { store, clock, settings } = stage;
  const command = commitCommand(stage);
  const rota = commitRota(stage);
  const batch = commitBatch(stage);
  const membership = commitMembership(stage);
  const maintainers = new Map<string, string>();
  let causes = 0;
  const cause = (): string => `simulated-${++causes}`;

  async function put(write: Write, partition: NewEvent['partition']): Promise<void> {
    await store.commit({
      writes: [write],
      event: {
        partition,
        cause: cause(),
        type: 'simulated',
        actor: 'desk',
        at: clock.now(),
        data: {},
        letters: [],
        signals: [],
        correlation: 'simulation',
      },
    });
  }

  /** The people and the rota of the plan, in the place of those that a deployed desk was seeded with. */
  async function prepare(): Promise<void> {
    for (const each of await store.peopleOf('member')) {
      const item: Person = { ...each, roles: [], member: 'left' };
      await put({ put: 'person', item, expect: each.version }, `PERSON#${each.id}`);
    }
    const person = (id: PersonId, roles: Person['roles']): Person => ({
      id,
      version: 0,
      address: `${id}@people.example`,
      roles,
      ...(roles.includes('member') && { member: 'active' }),
      epoch: 1,
    });
    for (const id of plan.members)
      await put({ put: 'person', item: person(id, ['member']), expect: 0 }, `PERSON#${id}`);
    for (const id of plan.maintainers.flatMap(({ people }) => people))
      await put({ put: 'person', item: person(id, ['maintainer']), expect: 0 }, `PERSON#${id}`);
    const shifts = plan.shifts.map((each): Shift => {
      const { member, start, end } = each;
      return { id: shiftId(each), member, start: instant(start), end: instant(end), zone: plan.zone };
    });
    const item = { ...emptyRota, shifts, doneUntil: instant(plan.start - 1) };
    const states = plan.members.map((id) => ({ id, state: 'active' as const }));
    const expect = (await store.rota())?.version ?? 0;
    await put(
      { put: 'rota', item, expect, due: nextDuty(item, states, clock.now(), settings.policy.rota) },
      'ROTA',
    );
  }

  const give = (disclosure: string, what: Command, actor: Actor = { kind: 'desk' }) =>
    command({ disclosure, command: what, actor, cause: cause() });

  const planned = (id: string): Maintainer => ({
    id,
    people: plan.maintainers.find((each) => each.id === id)?.people ?? [],
    source: id === 'working-group' ? 'unresolved' : 'catalog-info',
  });
  const member = async (): Promise<PersonId> => {
    const { rota: stored, members } = await loadDuty(store, plan.members);
    const onDuty = shiftAt(stored, members, clock.now())?.member;
    return onDuty ?? members.find(({ state }) => state === 'active')?.id ?? '';
  };
  const asMember = async (): Promise<Actor> => ({ kind: 'member', person: await member() });
  const asMaintainer = ({ disclosure, repository }: EntryOf): Actor => {
    const { people } = planned(maintainers.get(`${disclosure} ${repository}`) ?? '');
    return { kind: 'maintainer', person: people.at(-1) ?? '' };
  };

  async function open(disclosure: string): Promise<void> {
    const item = openDisclosure({
      id: disclosure,
      mailKey: `mail-${disclosure}`,
      reporter: 'p-reporter',
      receivedAt: clock.now(),
      zone: settings.policy.zone,
      responseBusinessDays: settings.policy.responseBusinessDays,
    });
    const due = nextDeadline(item, settings.policy);
    await put({ put: 'disclosure', item, expect: 0, due }, `DISC#${disclosure}`);
  }

  async function triage({ disclosure, rating, repositories }: Extract<Happening, { what: 'triaged' }>) {
    const by = await asMember();
    await give(
      disclosure,
      {
        name: 'accept',
        title: 'A simulated flaw',
        description: text,
        repositories: repositories.map((repository) => ({ repository, ecosystem: 'other' })),
        vector: vectors[rating],
        reply: text,
      },
      by,
    );
    for (const [at, repository] of repositories.entries()) {
      const ghsa = `GHSA-${disclosure.slice(-4)}-2222-222${at + 2}`;
      const url = `https://github.example/${repository}/security/advisories/${ghsa}`;
      await give(disclosure, {
        name: 'record-advisory',
        repository,
        advisory: { ghsa, url, state: 'draft' },
      });
    }
  }

  async function postpone({ maintainer, frequency, days }: Extract<Happening, { what: 'postponed' }>) {
    const group = await store.group(maintainer, frequency);
    const due = group && batchDueOf(group);
    if (!due) return;
    const act = { name: 'postpone-batch', until: plus(due, days * day), reason: 'a busy week' } as const;
    await batch({ maintainer, frequency, act, by: await member(), cause: cause() });
  }

  async function swap({ shift: nth, to }: Extract<Happening, { what: 'swapped' }>): Promise<void> {
    const given = plan.shifts[nth];
    if (!given) return;
    const proposed = await rota({
      act: { name: 'propose-swap', shift: shiftId(given), to },
      by: given.member,
      cause: cause(),
    });
    const offer = proposed.rota.swaps.find(({ state }) => state === 'proposed')?.id ?? '';
    await rota({ act: { name: 'answer-swap', swap: offer, answer: 'accepted' }, by: to, cause: cause() });
  }

  async function act(happening: Happening): Promise<void> {
    switch (happening.what) {
      case 'received':
        return open(happening.disclosure);
      case 'triaged':
        return triage(happening);
      case 'notified': {
        const { disclosure, repository, maintainer } = happening;
        maintainers.set(`${disclosure} ${repository}`, maintainer);
        await give(disclosure, { name: 'notify-maintainer', repository, maintainer: planned(maintainer) });
        return;
      }
      case 'adjudicated': {
        const { disclosure, repository, rating } = happening;
        const severity = { rating, vector: vectors[rating] };
        await give(disclosure, { name: 'adjudicate', repository, severity }, asMaintainer(happening));
        return;
      }
      case 'seen-on-github': {
        const { disclosure, repository, rating } = happening;
        // A label alone: GitHub's own choice carries no vector.
        await give(
          disclosure,
          { name: 'adopt-severity', repository, severity: { rating } },
          { kind: 'github' },
        );
        return;
      }
      case 'answered': {
        const { disclosure, repository, how } = happening;
        const what: Command =
          how === 'expect-fix' ? { name: how, repository, on: '2099-01-01' } : { name: how, repository };
        await give(disclosure, what, asMaintainer(happening));
        return;
      }
      case 'reassigned': {
        const { disclosure, repository, maintainer } = happening;
        const what: Command = {
          name: 'name-maintainer',
          repository,
          maintainer: planned(maintainer),
          reason: 'they own it',
        };
        await give(disclosure, what, await asMember());
        return;
      }
      case 'closed': {
        const { disclosure, repository } = happening;
        const what: Command = { name: 'close-entry', repository, reason: 'wont-fix', note: 'simulated' };
        await give(disclosure, what, await asMember());
        return;
      }
      case 'published': {
        const { disclosure, repository } = happening;
        await give(disclosure, { name: 'see-advisory', repository, state: 'published' }, { kind: 'github' });
        return;
      }
      case 'deferred': {
        const { disclosure, until } = happening;
        await give(
          disclosure,
          { name: 'defer', until: instant(until), reason: 'waits for upstream' },
          await asMember(),
        );
        return;
      }
      case 'postponed':
        return unlessRefused(postpone(happening));
      case 'swapped':
        return swap(happening);
      case 'left': {
        const { member: person } = happening;
        await membership({ person, act: { name: 'leave' }, by: person, cause: cause() });
        return;
      }
      case 'acknowledged': {
        const { handover, member: by } = happening;
        const what = { name: 'acknowledge-handover', at: instant(handover) } as const;
        return unlessRefused(rota({ act: what, by, cause: cause() }));
      }
    }
  }

  return { prepare, act };
}

/** Some wishes of the plan are against the rules, and the desk is to refuse them. */
async function unlessRefused(act: Promise<unknown>): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}
