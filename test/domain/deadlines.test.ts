import { describe, expect, test } from 'vitest';
import type { Command, Situation } from '#domain/commands.ts';
import { type DeadlineName, deadlinesOf, nextDeadline } from '#domain/deadlines.ts';
import { decide } from '#domain/decide.ts';
import type { Disclosure, Entry } from '#domain/disclosure.ts';
import { type Instant, instant, ms } from '#domain/instant.ts';
import type { Letter } from '#domain/letter.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import type { Actor } from '#domain/people.ts';
import { settings } from '../letters/samples.ts';

const at = (text: string): Instant => `${text.replace(' ', 'T')}:00.000Z`;
const policy = { ...settings.policy, zone: 'UTC' };
const situation: Situation = { policy, onDuty: 'p-ann' };
const text = { key: 'texts/words', sha256: 'a'.repeat(64) };
const member: Actor = { kind: 'member', person: 'p-ann' };
const desk: Actor = { kind: 'desk' };

/** Monday 2 March 2026, 10:00. */
const received = at('2026-03-02 10:00');
const opened: Disclosure = openDisclosure({
  id: 'EDX-2026-0001',
  mailKey: 'mail-1',
  reporter: 'p-rep',
  receivedAt: received,
  zone: 'UTC',
  responseBusinessDays: 2,
});

const give = (disclosure: Disclosure, command: Command, when: string, actor: Actor = member): Disclosure =>
  decide(disclosure, command, actor, at(when), situation).disclosure;

/** Lets time pass as the sweep does: deadline after deadline, each at its own instant. */
function pass(disclosure: Disclosure, until: string) {
  const told: [instant: Instant, what: string, to: Letter['to']][] = [];
  let current = disclosure;
  for (
    let due = nextDeadline(current, policy);
    due && due <= at(until);
    due = nextDeadline(current, policy)
  ) {
    const passed = decide(current, { name: 'pass-deadline' }, desk, due, situation);
    for (const { template, params, to } of passed.letters)
      told.push([due, 'about' in params && template === 'escalation' ? params.about : template, to]);
    current = passed.disclosure;
  }
  return { told, disclosure: current };
}

const accept: Command = {
  name: 'accept',
  title: 'A flaw',
  description: text,
  repositories: [{ repository: 'openedx/lms', ecosystem: 'pip' }],
  vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
};
const working = { group: 'working-group' };
const duty = { person: 'p-ann' };

describe('A1: the first human answer', () => {
  test('A1: warned at half to who is on duty, escalated to the group when missed', () => {
    expect(pass(opened, '2026-03-10 00:00').told).toEqual([
      [at('2026-03-03 10:00'), 'response-half', duty],
      [at('2026-03-04 10:00'), 'response-missed', working],
    ]);
  });

  test('A1: an answer in time ends it; one after half was warned about and not missed', () => {
    const reply: Command = { name: 'reply-to-reporter', text };

    const answered = give(opened, reply, '2026-03-03 09:59');
    const late = give(pass(opened, '2026-03-03 10:00').disclosure, reply, '2026-03-04 09:59');

    expect(pass(answered, '2026-03-10 00:00').told).toEqual([]);
    expect(pass(late, '2026-03-10 00:00').told).toEqual([]);
    expect(late.response).toMatchObject({ warnedAt: at('2026-03-03 10:00') });
    expect(late.response.missedAt).toBeUndefined();
  });

  test('A1: spam is answered by nobody and promises nothing', () => {
    const spam = give(opened, { name: 'mark-spam' }, '2026-03-02 11:00');
    expect(nextDeadline(spam, policy)).toBeUndefined();
  });
});

describe('A2: the embargo cap', () => {
  const triaged = give(
    give(opened, { name: 'reply-to-reporter', text }, '2026-03-02 11:00'),
    accept,
    '2026-03-03 12:00',
  );

  test('A2: 90 days from triage, asked 14 days before and at expiry; it never publishes', () => {
    const { told, disclosure } = pass(triaged, '2026-12-31 00:00');

    expect(told).toEqual([
      [at('2026-05-18 12:00'), 'embargo-cap-near', working],
      [at('2026-06-01 12:00'), 'embargo-cap-reached', working],
    ]);
    expect(disclosure.stage).toBe('triaged');
    expect(disclosure.embargo).toMatchObject({ expiredAt: at('2026-06-01 12:00') });
    expect(disclosure.embargo.ended).toBeUndefined();
  });

  test('A2: an explicit decision renews it, and it is asked for again by the new cap', () => {
    const asked = pass(triaged, '2026-05-20 00:00').disclosure;
    const until = at('2026-08-01 00:00');

    const renewed = give(asked, { name: 'renew-embargo', until, reason: 'a hard fix' }, '2026-05-20 00:00');

    expect(pass(renewed, '2026-12-31 00:00').told.map(([when, what]) => [when, what])).toEqual([
      [at('2026-07-18 00:00'), 'embargo-cap-near'],
      [until, 'embargo-cap-reached'],
    ]);
  });

  test('V6: an embargo that has ended has no cap to ask about', () => {
    const fact: Command = { name: 'record-fact', fact: 'flaw-public', reason: 'a blog post' };
    const ended = give(triaged, fact, '2026-03-04 12:00');
    expect(pass(ended, '2026-12-31 00:00').told.filter(([, what]) => what.startsWith('embargo'))).toEqual([]);
  });
});

describe('A4, V8: holds', () => {
  test('A4: needs information is held 30 days with one nudge, then incomplete', () => {
    const held = give(opened, { name: 'ask-information', reply: text }, '2026-03-02 12:00');

    const { told, disclosure } = pass(held, '2026-12-31 00:00');

    expect(told).toEqual([
      [at('2026-03-17 12:00'), 'information-nudge', { person: 'p-rep' }],
      [at('2026-04-01 12:00'), 'reporter-outcome', { person: 'p-rep' }],
    ]);
    expect(disclosure.exit?.kind).toBe('incomplete');
  });

  test('V8: invalid is a hold of 30 days before it is an exit', () => {
    const held = give(opened, { name: 'mark-invalid', reply: text }, '2026-03-02 12:00');

    const { disclosure } = pass(held, '2026-12-31 00:00');

    expect(held.exit).toBeUndefined();
    expect(disclosure.exit).toMatchObject({ kind: 'invalid', at: at('2026-04-01 12:00') });
  });

  test('V8: a deferral ends in the stage it had', () => {
    const triaged = give(opened, { ...accept, reply: text }, '2026-03-02 12:00');
    const until = at('2026-04-15 00:00');
    const deferred = give(
      triaged,
      { name: 'defer', until, reason: 'waits for upstream' },
      '2026-03-10 00:00',
    );

    const { told, disclosure } = pass(deferred, '2026-05-01 00:00');

    expect(told).toEqual([[until, 'act-notice', duty]]);
    expect(disclosure).toMatchObject({ stage: 'triaged', hold: undefined });
  });
});

describe('the release window', () => {
  const T = at('2026-03-12 15:00');
  const entry: Entry = {
    repository: 'openedx/lms',
    ecosystem: 'pip',
    severity: { rating: 'high', score: 7.5, by: 'triage', at: received },
    advisory: { ghsa: 'GHSA-2222-2222-2222', url: 'https://github.example/a', state: 'draft' },
    maintainer: { id: 'team:openedx/lms', people: ['p-lee'], source: 'catalog-info' },
    delegates: [],
    notifiedAt: received,
    branches: [{ name: 'main' }, { name: 'release/verawood' }],
  };
  const planned: Disclosure = {
    ...opened,
    stage: 'advised',
    triagedAt: received,
    entries: [entry],
    response: { ...opened.response, answeredAt: received },
    release: { at: T, proposedBy: 'p-lee', confirmedBy: ['team:openedx/lms'], confirmedAt: received },
  };
  const names = (disclosure: Disclosure): [DeadlineName, Instant][] =>
    deadlinesOf(disclosure, policy).map(({ name, at: when }) => [name, when]);
  const announcement = {
    url: 'https://forum.example/t/1',
    topic: 1,
    visibleAt: at('2026-03-09 10:00'),
    established: 'linked',
  } as const;

  test('R15: an announcement still missing is asked for 72 hours before T', () => {
    const { told } = pass(planned, '2026-03-12 14:00');
    expect(told).toEqual([[at('2026-03-09 15:00'), 'announcement-missing', { person: 'p-lee' }]]);
  });

  test('R15: at T without an announcement the group is warned, and nobody is told to merge', () => {
    const { told } = pass(planned, '2026-03-12 18:00');
    expect(told.slice(1)).toEqual([[T, 'release-warning', working]]);
  });

  test('R16: at T the maintainer is asked to merge; late, to update the post', () => {
    const announced: Disclosure = { ...planned, stage: 'announced', announcement };
    expect(pass(announced, '2026-03-13 00:00').told).toEqual([
      [T, 'release-time', { person: 'p-lee' }],
      [at('2026-03-12 17:00'), 'release-late', { person: 'p-lee' }],
    ]);
  });

  test('R17: the two hours run from the last required merge, and the alert from the first', () => {
    const merge = (when: string) => ({ url: 'https://github.example/c', at: at(when) });
    const half: Disclosure = {
      ...planned,
      stage: 'announced',
      announcement,
      entries: [
        {
          ...entry,
          branches: [{ name: 'main', merge: merge('2026-03-12 15:05') }, { name: 'release/verawood' }],
        },
      ],
    };
    const whole: Disclosure = { ...half, stage: 'merged', mergedAt: at('2026-03-12 16:30') };

    expect(names(half)).toEqual([['two-hours-fix-exposed', at('2026-03-12 17:05')]]);
    expect(names(whole)).toEqual([
      ['two-hours-fix-exposed', at('2026-03-12 17:05')],
      ['two-hours-after-merge', at('2026-03-12 18:30')],
    ]);
    expect(pass(whole, '2026-03-13 00:00').told).toEqual([
      [at('2026-03-12 17:05'), 'two-hours-fix-exposed', working],
      [at('2026-03-12 18:30'), 'two-hours-after-merge', working],
    ]);
  });

  test('A5: four hours on the early-public path without a maintainer’s act', () => {
    const early: Disclosure = {
      ...planned,
      release: undefined,
      embargo: { since: received, ended: { at: at('2026-03-05 08:00'), by: 'early-public' } },
    };
    expect(pass(early, '2026-03-06 00:00').told).toEqual([
      [at('2026-03-05 12:00'), 'early-public-unpublished', working],
    ]);
  });
});

test('a deadline is told once, however late and however often time is looked at', () => {
  const once = decide(opened, { name: 'pass-deadline' }, desk, at('2026-03-20 00:00'), situation);
  const again = decide(
    once.disclosure,
    { name: 'pass-deadline' },
    desk,
    instant(ms(at('2026-03-20 00:00')) + 1),
    situation,
  );

  expect(once.letters.map(({ params }) => 'about' in params && params.about)).toEqual([
    'response-half',
    'response-missed',
  ]);
  expect(again.letters).toEqual([]);
});
