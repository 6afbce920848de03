import { beforeEach, describe, expect, test } from 'vitest';
import { answerReminder } from '#commit/answer-reminder.ts';
import { firstBreak } from '#commit/chain.ts';
import { loadToday } from '#commit/handover-today.ts';
import type { Command } from '#domain/commands.ts';
import { startOf } from '../../functions/remind-maintainers/remind-maintainers.ts';
import { at, TestDesk } from './desk.ts';

const lms = 'p-of-teamopenedxlms';
let desk: TestDesk;
beforeEach(async () => {
  desk = new TestDesk();
  await desk.rota(
    ['p-ann', '2026-02-01 09:00', '2026-03-09 09:00'],
    ['p-ben', '2026-03-09 09:00', '2026-06-01 09:00'],
  );
});

describe('R8: reminders until resolution', () => {
  test('R8, R10: one mail a maintainer and frequency, to each of its people, listing every entry', async () => {
    const team = { id: 'team:openedx/lms', people: ['p-lee', 'p-max'], source: 'catalog-info' } as const;
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'high', team);
    await desk.notified('2026-02-05 10:00', 'EDX-2026-0002', 'high', team, ['openedx/cms', 'openedx/xblock']);
    await desk.run('2026-03-03 10:15');

    const reminders = desk.letters('reminder');

    expect(reminders.map(({ to }) => to)).toEqual([{ person: 'p-lee' }, { person: 'p-max' }]);
    for (const { params, as } of reminders) {
      expect(as).toBe('maintainer');
      expect(params).toMatchObject({ frequency: 'monthly', onDuty: 'p-ann', toMaintainer: true });
      expect(params.lines.map(({ reference, repository }) => `${reference} ${repository}`)).toEqual([
        'EDX-2026-0001 openedx/lms',
        'EDX-2026-0002 openedx/cms',
        'EDX-2026-0002 openedx/xblock',
      ]);
      expect(params.lines[0]).toEqual({
        reference: 'EDX-2026-0001',
        repository: 'openedx/lms',
        rating: 'high',
        score: 7.5,
        stage: 'triaged',
        ageDays: 28,
        next: 'a draft advisory',
      });
    }
  });

  test('a plain reply joins a case: of several the first that stands in the mail', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'high');
    await desk.notified('2026-02-05 10:00', 'EDX-2026-0002', 'high');
    await desk.run('2026-03-03 10:15');

    const [reminder] = desk.letters('reminder');

    expect(reminder?.params.lines).toHaveLength(2);
    expect(reminder?.about).toBe('EDX-2026-0001');
  });

  test('V9: a resolved entry is not reminded, a deferred one is', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical');
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0002', 'critical', 'team:openedx/cms');
    await desk.act('EDX-2026-0001', {
      name: 'close-entry',
      repository: 'openedx/lms',
      reason: 'already-fixed',
    });
    const member = { kind: 'member', person: 'p-ann' } as const;
    await desk.command(
      'EDX-2026-0002',
      { name: 'defer', until: at('2026-12-01 00:00'), reason: 'r' },
      member,
    );

    await desk.run('2026-02-17 11:00');

    const about = desk.letters('reminder').map(({ params }) => params.lines[0]?.reference);
    expect(about).toEqual(['EDX-2026-0002', 'EDX-2026-0002']);
  });

  test('a delegate of one disclosure learns nothing of another', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'high');
    await desk.notified('2026-02-03 11:00', 'EDX-2026-0002', 'high');
    await desk.act('EDX-2026-0002', {
      name: 'name-delegate',
      repository: 'openedx/lms',
      delegate: 'p-del',
      forGood: false,
    });
    await desk.run('2026-03-03 10:15');

    const lines = Object.fromEntries(
      desk
        .letters('reminder')
        .map(({ to, params }) => [
          'person' in to && to.person,
          params.lines.map(({ reference }) => reference),
        ]),
    );

    expect(lines).toEqual({ [lms]: ['EDX-2026-0001', 'EDX-2026-0002'], 'p-del': ['EDX-2026-0002'] });
  });

  test('an unresolved maintainer: the working group is the maintainer', async () => {
    const unresolved = { id: 'working-group', people: [], source: 'unresolved' } as const;
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical', unresolved);
    await desk.run('2026-02-10 10:15');

    const reminders = desk.letters('reminder');

    expect(reminders.map(({ to }) => to)).toEqual([{ person: 'p-ann' }, { person: 'p-ben' }]);
    expect(reminders.every(({ params }) => !params.toMaintainer)).toBe(true);
  });

  test('a group whose last recorded person was removed: its reminder is the working group’s', async () => {
    await desk.person('p-team', { roles: ['maintainer'], member: undefined, group: { people: [] } });
    await desk.person('p-crew', { roles: ['maintainer'], member: undefined, group: { people: ['p-del'] } });
    for (const [id, group] of [
      ['EDX-2026-0001', 'p-team'],
      ['EDX-2026-0002', 'p-crew'],
    ] as const)
      await desk.notified('2026-02-03 10:00', id, 'critical', {
        id: `group:${group}`,
        people: [group],
        source: 'contacts',
      });
    await desk.run('2026-02-10 10:15');

    const sent = desk
      .letters('reminder')
      .map(({ to, params }) => [params.lines[0]?.reference, 'person' in to && to.person]);

    expect(sent.sort()).toEqual([
      ['EDX-2026-0001', 'p-ann'],
      ['EDX-2026-0001', 'p-ben'],
      ['EDX-2026-0002', 'p-crew'],
    ]);
  });

  test('R7, severity change: an adjudication moves the entry to its new frequency and due instant', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'medium');
    desk.go('2026-02-13 10:07');
    await desk.act('EDX-2026-0001', {
      name: 'adjudicate',
      repository: 'openedx/lms',
      severity: { rating: 'critical' },
    });
    await desk.run('2026-02-20 10:30');

    const sent = desk
      .letters('reminder')
      .map(({ params, event }) => [params.frequency, event.data.sendingInstant]);

    expect(sent).toEqual([
      ['weekly', at('2026-02-13 10:07')],
      ['weekly', at('2026-02-20 10:07')],
    ]);
    expect(desk.letters('reminder')[0]?.params.lines[0]).not.toHaveProperty('score');
  });
});

describe('R9: the on-duty member sends what falls due in the shift', () => {
  test('R9: it goes out in the name of whoever was on duty when it was due', async () => {
    await desk.notified('2026-02-09 08:55', 'EDX-2026-0001', 'high');
    await desk.notified('2026-02-09 09:00', 'EDX-2026-0002', 'high', 'team:openedx/cms');
    await desk.run('2026-03-09 09:00');

    expect(desk.letters('reminder').map(({ params }) => params.onDuty)).toEqual(['p-ann', 'p-ben']);
  });

  test('R9: the shift begins with the list of what will go out, and ends with brief and summary', async () => {
    await desk.notified('2026-02-10 10:00', 'EDX-2026-0001', 'high');
    await desk.notified('2026-02-20 10:00', 'EDX-2026-0002', 'critical', 'team:openedx/cms');
    await desk.run('2026-03-09 09:00');

    const [begins] = desk.letters('shift-begins').slice(-1);
    const [brief] = desk.letters('shift-brief');
    const [summary] = desk.letters('shift-summary');

    expect(begins?.to).toEqual({ person: 'p-ben' });
    expect(begins?.params.reminders[0]).toEqual({
      maintainer: 'team:openedx/lms',
      frequency: 'monthly',
      dueAt: at('2026-03-10 10:00'),
      count: 1,
    });
    expect(brief?.to).toEqual({ person: 'p-ann' });
    expect(brief?.params.open.map(({ reference }) => reference)).toEqual(['EDX-2026-0001', 'EDX-2026-0002']);
    expect(brief?.params).toMatchObject({ incoming: 'p-ben', unanswered: 0, quarantined: 0 });
    expect(summary?.params).toEqual({
      from: at('2026-02-01 09:00'),
      to: at('2026-03-09 09:00'),
      sent: 2,
      entries: 2,
      reminders: ['2026-02-27 10:00', '2026-03-06 10:00'].map((when) => ({
        maintainer: 'team:openedx/cms',
        frequency: 'weekly',
        dueAt: at(when),
        count: 1,
      })),
    });
  });

  test('R9: two shifts in a row are one duty: its list reaches to its end, its summary to its beginning', async () => {
    desk = new TestDesk();
    desk.go('2026-02-01 08:00');
    await desk.rota(
      ['p-ann', '2026-02-01 09:00', '2026-02-09 09:00'],
      ['p-ann', '2026-02-09 09:00', '2026-02-16 09:00'],
      // In between another is on duty too, and goes first: what goes out then is in their name.
      ['p-ben', '2026-02-12 09:00', '2026-02-13 09:00'],
    );
    await desk.notified('2026-01-30 10:00', 'EDX-2026-0001', 'critical');
    await desk.notified('2026-01-28 12:00', 'EDX-2026-0002', 'critical', 'team:openedx/cms');
    desk.go('2026-02-01 08:45');
    await desk.run('2026-02-16 09:00');

    const begins = desk.letters('shift-begins').map(({ to, params }) => [to, params.from, params.to]);
    const summaries = desk
      .letters('shift-summary')
      .map(({ to, params }) => [to, params.reminders?.map(({ dueAt }) => dueAt)]);

    expect(begins).toEqual([
      [{ person: 'p-ann' }, at('2026-02-01 09:00'), at('2026-02-12 09:00')],
      [{ person: 'p-ben' }, at('2026-02-12 09:00'), at('2026-02-13 09:00')],
      [{ person: 'p-ann' }, at('2026-02-13 09:00'), at('2026-02-16 09:00')],
    ]);
    expect(desk.letters('shift-begins')[0]?.params.reminders.map(({ dueAt }) => dueAt)).toEqual([
      at('2026-02-04 12:00'),
      at('2026-02-06 10:00'),
      at('2026-02-11 12:00'),
    ]);
    expect(summaries).toEqual([
      [{ person: 'p-ann' }, [at('2026-02-04 12:00'), at('2026-02-06 10:00'), at('2026-02-11 12:00')]],
      [{ person: 'p-ben' }, []],
      [{ person: 'p-ann' }, [at('2026-02-13 10:00')]],
    ]);
  });

  test('a handover that nobody acknowledged for 24 hours: the working group is told, once', async () => {
    desk.go('2026-03-09 08:45');
    await desk.run('2026-03-11 09:00');

    const told = desk
      .letters('handover-unacknowledged')
      .filter(({ params }) => params.from === at('2026-03-09 09:00'));

    expect(told.map(({ to, params, event }) => [to, params, event.at])).toEqual(
      ['p-ann', 'p-ben'].map((person) => [
        { person },
        { from: at('2026-03-09 09:00'), who: 'p-ben' },
        at('2026-03-10 09:00'),
      ]),
    );
  });

  test('no one on duty: everyone is told once a day, and the reminders go out anyway', async () => {
    await desk.notified('2026-05-31 10:00', 'EDX-2026-0001', 'critical');
    await desk.notified('2026-05-31 11:00', 'EDX-2026-0002', 'critical', 'team:openedx/cms');
    await desk.run('2026-06-07 12:00');

    const told = desk
      .letters('no-one-on-duty')
      .map(({ event, params }) => [event.at.slice(0, 10), params.since]);
    const since = at('2026-06-01 09:00');

    // At the end of the last shift, and on the day two reminders go out: to each of two members.
    expect(told).toEqual([
      ['2026-06-01', since],
      ['2026-06-01', since],
      ['2026-06-07', since],
      ['2026-06-07', since],
    ]);
    expect(desk.letters('reminder')).toHaveLength(2);
    expect(desk.letters('reminder').every(({ params }) => params.onDuty === undefined)).toBe(true);
  });
});

describe('once, whatever is retried', () => {
  test('R10: five sweeps at once send each batch once', async () => {
    for (const n of [1, 2, 3])
      await desk.notified('2026-02-03 10:00', `EDX-2026-000${n}`, 'high', `team:openedx/${'abc'[n]}`);
    desk.go('2026-03-03 10:05');

    await Promise.all([1, 2, 3, 4, 5].map(() => desk.sweep({})));

    expect(desk.letters('reminder')).toHaveLength(3);
    expect(desk.logged.filter(({ message }) => message.code === 'SWEEP02')).toEqual([]);
    expect(firstBreak(await desk.store.events('GROUP#team:openedx/b#monthly'))).toBeUndefined();
  });

  test('one failing item never stops the others, and is tried again', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'high');
    await desk.notified('2026-02-03 10:01', 'EDX-2026-0002', 'high', 'team:openedx/cms');
    await desk.sweepAt('2026-02-04 00:00');
    const { group } = desk.store;
    desk.store.group = async (maintainer, frequency) => {
      if (maintainer === 'team:openedx/lms') throw new Error('throttled');
      return group.call(desk.store, maintainer, frequency);
    };

    const first = await desk.sweepAt('2026-03-03 10:15');
    desk.store.group = group;
    const second = await desk.sweepAt('2026-03-03 10:30');

    expect([first, second]).toEqual([
      { sent: 1, passed: 0, failed: 1 },
      { sent: 1, passed: 0, failed: 0 },
    ]);
    // Late, since an earlier sweep could have sent it; its clock is not moved by that.
    const late = desk.letters('reminder').at(-1)?.event.data;
    expect(late).toMatchObject({ late: true, sendingInstant: at('2026-03-03 10:00') });
  });

  test('after an outage the first sweep sends all that is due, once each, counted from itself', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical');
    await desk.run('2026-02-08 00:00');
    await desk.sweepAt('2026-02-11 06:40');
    await desk.sweepAt('2026-02-11 06:45');

    const sent = desk.letters('reminder').map(({ event }) => [event.data.sendingInstant, event.data.nextDue]);

    expect(sent).toEqual([[at('2026-02-11 06:40'), at('2026-02-18 06:40')]]);
    expect(desk.letters('reminder')[0]?.event.data).not.toHaveProperty('late');
  });

  test('more is due than one page of the index holds', async () => {
    for (let n = 10; n < 80; n++)
      await desk.notified('2026-02-03 10:00', `EDX-2026-00${n}`, 'high', `team:openedx/${n}x`);

    const { sent } = await desk.sweepAt('2026-03-03 10:00');

    expect(sent).toBe(70);
  });
});

describe('silence', () => {
  test('silence: two monthly reminders without an answer, and the group is told with the third', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'high');
    await desk.run('2026-05-03 10:15');

    const told = desk.letters('escalation').filter(({ params }) => params.about === 'maintainer-silent');

    expect(told.map(({ event }) => event.at)).toEqual([at('2026-05-03 10:00'), at('2026-05-03 10:00')]);
    expect(told[0]?.params).toMatchObject({
      reference: 'EDX-2026-0001',
      repositories: [{ repository: 'openedx/lms', rating: 'high', score: 7.5 }],
      since: at('2026-04-03 10:00'),
    });
  });

  test('silence: "fix expected on" counts as an answer and moves no due date; Critical waits for one', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical');
    await desk.run('2026-02-11 00:00');
    await desk.act('EDX-2026-0001', { name: 'expect-fix', repository: 'openedx/lms', on: '2026-03-01' });
    await desk.run('2026-02-24 10:15');

    const told = desk.letters('escalation').filter(({ params }) => params.about === 'maintainer-silent');

    expect(desk.letters('reminder').map(({ event }) => event.data.sendingInstant)).toEqual([
      at('2026-02-10 10:00'),
      at('2026-02-17 10:00'),
      at('2026-02-24 10:00'),
    ]);
    expect(told.map(({ event }) => event.at)).toEqual([at('2026-02-24 10:00'), at('2026-02-24 10:00')]);
  });

  test.each<[string, Command]>([
    [
      'that it is already fixed',
      {
        name: 'record-merge',
        repository: 'openedx/lms',
        branch: 'main',
        url: 'https://github.com/openedx/lms/commit/a',
        at: at('2026-02-11 00:00'),
      },
    ],
    ['that the fix is ready', { name: 'record-ready', repository: 'openedx/lms' }],
    [
      'a release instant, which is the whole disclosure’s',
      { name: 'propose-release', at: at('2026-02-20 10:00') },
    ],
    [
      'a public pull request',
      {
        name: 'report-public-pull-request',
        repository: 'openedx/lms',
        url: 'https://github.com/openedx/lms/pull/1',
      },
    ],
  ])('silence: whatever the maintainer does by link breaks it: %s', async (_, command) => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical');
    await desk.notified('2026-02-03 11:00', 'EDX-2026-0002', 'critical');
    for (const id of ['EDX-2026-0001', 'EDX-2026-0002'])
      await desk.command(id, {
        name: 'record-advisory',
        repository: 'openedx/lms',
        advisory: { ghsa: 'GHSA-aaaa-bbbb-cccc', url: 'https://github.example/1', state: 'draft' },
      });
    await desk.run('2026-02-11 00:00');
    await desk.act('EDX-2026-0001', command);
    await desk.run('2026-02-17 10:15');

    const told = desk.letters('escalation').filter(({ params }) => params.about === 'maintainer-silent');

    expect([...new Set(told.map(({ params }) => params.reference))]).toEqual(['EDX-2026-0002']);
  });

  test('an answer before any reminder writes nothing: there is no silence to break', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical');
    const before = await desk.store.group('team:openedx/lms', 'weekly');

    await desk.act('EDX-2026-0001', { name: 'ask-help', repository: 'openedx/lms' });

    expect(await desk.store.group('team:openedx/lms', 'weekly')).toEqual(before);
  });

  test.each([
    ['of the maintainer', lms, true, []],
    ['of a stranger', 'p-stranger', true, ['EDX-2026-0001']],
    ['in the maintainer’s name, not authenticated', lms, false, ['EDX-2026-0001']],
  ])(
    'silence: a mail %s on the case, of which the on-duty member is told',
    async (_, from, authenticated, silent) => {
      await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical');
      await desk.run('2026-02-11 00:00');
      await desk.command('EDX-2026-0001', { name: 'attach-mail', mailKey: 'm1', from, authenticated });
      await desk.run('2026-02-17 10:15');

      const told = desk.letters('escalation').filter(({ params }) => params.about === 'maintainer-silent');

      const [news] = desk.letters('follow-up');

      expect([...new Set(told.map(({ params }) => params.reference))]).toEqual(silent);
      expect([news?.to, news?.params.from]).toEqual([
        { person: 'p-ann' },
        from === lms ? 'maintainer' : 'other',
      ]);
    },
  );

  test('silence: a reply to a reminder of several counts for each that it lists, whatever was sent since', async () => {
    const crew = { id: 'group:p-crew', people: ['p-crew'], source: 'contacts' } as const;
    await desk.person('p-crew', { roles: ['maintainer'], member: undefined, group: { people: ['p-dora'] } });
    for (const id of ['EDX-2026-0001', 'EDX-2026-0002'])
      await desk.notified('2026-02-03 10:00', id, 'critical', crew);
    await desk.run('2026-02-11 00:00');
    const batch = desk.letters('reminder')[0]?.params.batch;
    await desk.notified('2026-02-11 00:00', 'EDX-2026-0003', 'critical', crew);
    const keptWith = await desk.store.disclosure('EDX-2026-0001');
    if (!batch || !keptWith) throw new Error('no reminder went out');
    const answer = () =>
      answerReminder(
        { store: desk.store, commit: ({ command, disclosure }) => desk.command(disclosure, command) },
        { mailKey: 'm1', from: 'p-dora', keptWith, batch },
      );

    await desk.command('EDX-2026-0001', {
      name: 'attach-mail',
      mailKey: 'm1',
      from: 'p-dora',
      authenticated: true,
      standsFor: ['p-crew'],
    });
    await answer();

    const entries = (await desk.store.group('group:p-crew', 'weekly'))?.entries;
    expect(entries?.map(({ disclosure, answered }) => [disclosure, answered])).toEqual([
      ['EDX-2026-0001', true],
      ['EDX-2026-0002', true],
      // It was not in that mail.
      ['EDX-2026-0003', false],
    ]);
    expect((await desk.store.disclosure('EDX-2026-0002'))?.intakes).toEqual(['mail-EDX-2026-0002']);
    expect((await desk.store.events('DISC#EDX-2026-0002')).at(-1)).toMatchObject({
      type: 'answer-reminder',
      data: { mail: 'm1', keptWith: 'EDX-2026-0001', from: 'p-dora' },
    });
    await desk.run('2026-02-18 00:00');
    await answer();
    expect(
      (await desk.store.group('group:p-crew', 'weekly'))?.entries.find(
        ({ disclosure }) => disclosure === 'EDX-2026-0002',
      )?.answered,
    ).toBe(true);
  });

  test('silence: such a reply by somebody who acts for one case alone counts for no other', async () => {
    for (const id of ['EDX-2026-0001', 'EDX-2026-0002'])
      await desk.notified('2026-02-03 10:00', id, 'critical');
    await desk.run('2026-02-11 00:00');
    const batch = desk.letters('reminder')[0]?.params.batch;
    const keptWith = await desk.store.disclosure('EDX-2026-0001');
    if (!batch || !keptWith) throw new Error('no reminder went out');

    await answerReminder(
      { store: desk.store, commit: ({ command, disclosure }) => desk.command(disclosure, command) },
      { mailKey: 'm1', from: 'p-stranger', keptWith, batch },
    );

    expect((await desk.store.events('DISC#EDX-2026-0002')).map(({ type }) => type)).not.toContain(
      'answer-reminder',
    );
  });

  test('silence: a mail that a member attached counts, whoever the mail service could prove it to be from', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'critical');
    await desk.run('2026-02-11 00:00');
    const mail = { name: 'attach-mail', mailKey: 'm1', from: lms, authenticated: false } as const;
    await desk.command('EDX-2026-0001', mail, { kind: 'member', person: 'p-ann' });
    await desk.run('2026-02-17 10:15');

    const told = desk.letters('escalation').filter(({ params }) => params.about === 'maintainer-silent');

    expect(told).toEqual([]);
  });
});

describe('deadlines of disclosures', () => {
  test('A1: warned at half, escalated when missed, each once', async () => {
    await desk.notified('2026-03-02 10:00', 'EDX-2026-0001', 'high');
    desk.go('2026-03-02 10:00');
    const { openDisclosure } = await import('#domain/open-disclosure.ts');
    const item = openDisclosure({
      id: 'EDX-2026-0009',
      mailKey: 'mail-9',
      receivedAt: at('2026-03-02 10:00'),
      zone: 'UTC',
      responseBusinessDays: 2,
    });
    await desk.put({ put: 'disclosure', item, expect: 0, due: item.response.halfAt }, 'DISC#EDX-2026-0009');
    await desk.run('2026-03-05 00:00');

    const told = desk
      .letters('escalation')
      .filter(({ params }) => params.reference === 'EDX-2026-0009')
      .map(({ params, event, to }) => [params.about, event.at, to]);

    expect(told).toEqual([
      ['response-half', at('2026-03-03 10:00'), { person: 'p-ann' }],
      ['response-missed', at('2026-03-04 10:00'), { person: 'p-ann' }],
      ['response-missed', at('2026-03-04 10:00'), { person: 'p-ben' }],
    ]);
  });

  test('A2: asked 14 days before the cap and at it; the embargo goes on', async () => {
    await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'low');
    await desk.run('2026-05-05 00:00');

    const told = desk
      .letters('escalation')
      .filter(({ to }) => 'person' in to && to.person === 'p-ann')
      .map(({ params, event }) => [params.about, event.at]);

    expect(told).toEqual([
      ['embargo-cap-near', at('2026-04-20 10:00')],
      ['embargo-cap-reached', at('2026-05-04 10:00')],
    ]);
    expect((await desk.store.disclosure('EDX-2026-0001'))?.embargo.ended).toBeUndefined();
  });
});

test('the sweep counts from the instant of its schedule, never from a later one than the clock’s', () => {
  const clock = at('2026-03-03 10:02');

  expect(startOf({ scheduledAt: '2026-03-03T10:00:00Z' }, clock)).toBe(at('2026-03-03 10:00'));
  expect(startOf({ scheduledAt: '2026-03-03T10:15:00Z' }, clock)).toBe(clock);
  expect(startOf({ scheduledAt: '<aws.scheduler.scheduled-time>' }, clock)).toBe(clock);
  expect(startOf({}, clock)).toBe(clock);
  // A local desk whose clock was moved: the schedule knows real time only.
  expect(startOf({ scheduledAt: '2026-02-03T10:00:00Z' }, clock)).toBe(clock);
});

test('the page "Today" is made from the record: who is on duty, what goes out within the day', async () => {
  await desk.notified('2026-02-03 10:00', 'EDX-2026-0001', 'high');
  desk.go('2026-03-02 12:00');

  const { today: page } = await loadToday(desk, 'p-ann');

  expect(page).toMatchObject({ iAmOnDuty: true, unanswered: 0, quarantined: 0 });
  expect(page.mine.map(({ reference, because }) => [reference, because])).toEqual([
    ['EDX-2026-0001', 'mine'],
  ]);
  expect(page.due).toEqual([
    {
      kind: 'reminder',
      at: at('2026-03-03 10:00'),
      maintainer: 'team:openedx/lms',
      frequency: 'monthly',
      entries: 1,
      postponed: false,
    },
  ]);
});
