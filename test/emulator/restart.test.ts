import { afterAll, beforeAll, expect, test } from 'vitest';
import { localDate } from '#domain/calendar.ts';
import { day, type Instant, plus } from '#domain/instant.ts';
import type { Desk } from '../../local/desk.ts';
import type { Mail } from '../../local/mail-gateway/mailbox.ts';
import { linkIn, Visitor } from '../../local/visitor.ts';
import {
  atRelease,
  maintainer,
  mergeAll,
  order,
  plantRepositories,
  proposeRelease,
  publishAll,
  untilRelease,
} from '../support/maintaining.ts';
import {
  act,
  executionEnd,
  member,
  report,
  startRunningDesk,
  stored,
  trail,
  until,
  validTriage,
  waitsIn,
} from '../support/running-desk.ts';

/**
 * One disclosure in each stage and in each hold, and one whose advisory is just being opened; then one restart of
 * the whole desk, emulator included, and each is carried to its publication. The emulator keeps no execution over a
 * restart: all of them are replaced at the stored stage before the desk says that it is ready.
 */
const situations = [
  'received',
  'triaged',
  'opening',
  'advised',
  'announced',
  'merged',
  'needs-information',
  'invalid-pending',
  'deferred',
] as const;
type Situation = (typeof situations)[number];

let desk: Desk;
const references = new Map<Situation, string>();
const reporters = new Map<Situation, string>();
const of = (situation: Situation): string => references.get(situation) ?? '';
const repositoryOf = (situation: Situation): string => `openedx/${situation}-at-restart`;
const posting = '^/repos/openedx/(triaged|opening)-at-restart/security-advisories$';

const triage = async (situation: Situation): Promise<void> => {
  const reference = of(situation);
  await act(await member(desk, reference), reference, 'triage', validTriage(repositoryOf(situation)));
};
const announce = async (situation: Situation): Promise<Instant> => {
  const reference = of(situation);
  await waitsIn(desk, reference, 'AwaitAnnouncement');
  const visitor = await maintainer(desk, reference);
  const at = await proposeRelease(desk, visitor, reference);
  await act(visitor, reference, 'command-post', { what: 'announcement' });
  await waitsIn(desk, reference, 'AwaitMerge');
  return at;
};

/** What each disclosure's page says of its place, to a member. */
async function places(): Promise<Readonly<Record<string, readonly [string, string | undefined]>>> {
  const found = situations.map(async (each) => {
    const { stage, hold } = await stored(desk, of(each));
    return [each, [stage, hold?.kind]] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

beforeAll(async () => {
  desk = await startRunningDesk();
  await plantRepositories(desk, situations.map(repositoryOf));
  await Promise.all(
    situations.map(async (situation) => {
      const { reference, reporter } = await report(desk, { subject: `Restarted when ${situation}` });
      references.set(situation, reference);
      reporters.set(situation, reporter);
    }),
  );
  await triage('merged');
  await untilRelease(desk, await announce('merged'));
  await mergeAll(desk, await atRelease(desk, of('merged')), of('merged'));
  await waitsIn(desk, of('merged'), 'AwaitPublication');
});
afterAll(async () => {
  await desk?.close();
});

test('after a restart every open disclosure has a running execution at its stored stage, before the desk is ready', async () => {
  await order(desk.github.url, 'fail', { method: 'POST', path: posting, status: 403, times: 1 });
  await Promise.all([
    triage('triaged').then(() => waitsIn(desk, of('triaged'), 'AwaitAnnouncement')),
    triage('advised').then(() => waitsIn(desk, of('advised'), 'AwaitAnnouncement')),
    triage('announced').then(() => announce('announced')),
    triage('deferred').then(() => waitsIn(desk, of('deferred'), 'AwaitAnnouncement')),
    hold('needs-information', 'Which release is it?'),
    hold('invalid-pending', 'We could not reproduce it.'),
  ]);
  const later = { date: localDate(plus(desk.clock.now(), 30 * day), 'UTC'), reason: 'After the freeze.' };
  await act(await member(desk, of('deferred')), of('deferred'), 'defer', later);
  await desk.quiet();
  await order(desk.github.url, 'fail', { method: 'POST', path: posting, drop: true, times: 99 });
  await triage('opening');
  const before = await places();

  await desk.close();
  desk = await startRunningDesk();

  expect(before).toEqual({
    received: ['received', undefined],
    triaged: ['triaged', undefined],
    opening: ['triaged', undefined],
    advised: ['advised', undefined],
    announced: ['announced', undefined],
    merged: ['merged', undefined],
    'needs-information': ['received', 'needs-information'],
    'invalid-pending': ['received', 'invalid-pending'],
    deferred: ['advised', 'deferred'],
  });
  const { opening, ...others } = await places();
  expect(others).toEqual(Object.fromEntries(Object.entries(before).filter(([each]) => each !== 'opening')));
  for (const situation of situations) {
    const { generation } = await stored(desk, of(situation));
    expect([situation, generation, await desk.runner.status(of(situation), generation)]).toEqual([
      situation,
      2,
      'RUNNING',
    ]);
  }
});

test('and each is carried to its publication', async () => {
  await Promise.all([
    triage('received'),
    openByHand('triaged'),
    evidence('needs-information'),
    evidence('invalid-pending'),
    member(desk, of('deferred')).then((visitor) => act(visitor, of('deferred'), 'resume', { sure: 'yes' })),
  ]);
  await Promise.all(
    situations.filter((each) => each !== 'announced' && each !== 'merged').map((each) => announce(each)),
  );
  await untilRelease(desk, (await stored(desk, of('deferred'))).release?.at ?? desk.clock.now());

  const ends = await Promise.all(
    situations.map(async (situation) => {
      const reference = of(situation);
      const visitor = await atRelease(desk, reference);
      await mergeAll(desk, visitor, reference);
      await publishAll(desk, visitor, reference);
      const status = await executionEnd(desk, reference, 2);
      await trail(desk, reference);
      return [situation, (await stored(desk, reference)).stage, status];
    }),
  );

  expect(ends).toEqual(situations.map((each) => [each, 'published', 'SUCCEEDED']));
  await desk.quiet();
  for (const situation of situations) {
    const subjects = desk.gateway.mailbox.list(reporters.get(situation)).map(({ subject }) => subject);
    expect(
      subjects.filter((each) => /We received your report/.test(each)),
      situation,
    ).toHaveLength(1);
    expect(
      subjects.filter((each) => /Published: thank you/.test(each)),
      situation,
    ).toHaveLength(1);
    const drafts = desk.github.state.advisories.filter(
      ({ repository }) => repository === repositoryOf(situation),
    );
    expect(
      drafts.map(({ state }) => state),
      situation,
    ).toEqual(['published']);
  }
  expect([...desk.github.violations, ...desk.discourse.violations]).toEqual([]);
});

async function hold(situation: 'needs-information' | 'invalid-pending', words: string): Promise<void> {
  const outcome = situation === 'invalid-pending' ? 'invalid' : situation;
  const reference = of(situation);
  await act(await member(desk, reference), reference, 'triage', { outcome, [`reply_${outcome}`]: words });
}

/** The reporter adds what was missing on their own page, which ends the hold; a member then accepts the report. */
async function evidence(situation: 'needs-information' | 'invalid-pending'): Promise<void> {
  const reference = of(situation);
  const acknowledged = desk.gateway.mailbox
    .list(reporters.get(situation))
    .find(({ subject }) => /We received your report/.test(subject));
  const visitor = new Visitor(desk.addresses.desk);
  await visitor.open(linkIn(acknowledged as Mail));
  await act(visitor, reference, 'add-text', { text: 'It is the newest release, and here is how.' });
  await until('the hold is over', async () => !(await stored(desk, reference)).hold);
  await triage(situation);
}

async function openByHand(situation: Situation): Promise<void> {
  const reference = of(situation);
  const repository = repositoryOf(situation);
  const draft = await order(desk.github.url, 'open', {
    repository,
    summary: 'By hand',
    description: 'By hand.',
  });
  const url = String(draft.ghsa_id);
  await act(await member(desk, reference), reference, 'record-advisory', { repository, url });
}
