import { describe, expect, test } from 'vitest';
import type { Disclosure } from '#domain/disclosure.ts';
import { type OpenWork, shiftBrief } from '#domain/handover.ts';
import { type Instant, plus } from '#domain/instant.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';
import { emptyRota, type Shift } from '#domain/rota.ts';
import { rotaWeeks, shiftsOf, type TodayInput, today } from '#domain/today.ts';
import { settings } from '../letters/samples.ts';

const at = (text: string): Instant => `${text.replace(' ', 'T')}:00.000Z`;
const policy = { ...settings.policy, zone: 'UTC' };
const now = at('2026-03-03 10:30');
const shift = (member: string, start: string, end: string): Shift => ({
  id: `${start}/${member}`,
  member,
  start: at(start),
  end: at(end),
  zone: 'UTC',
});
const disclosure = (id: string, received: string, over: Partial<Disclosure> = {}): Disclosure => ({
  ...openDisclosure({
    id,
    mailKey: id,
    receivedAt: at(received),
    zone: 'UTC',
    responseBusinessDays: 2,
  }),
  ...over,
});
const duty = {
  ...emptyRota,
  shifts: [
    shift('p-ann', '2026-02-23 09:00', '2026-03-02 09:00'),
    shift('p-ben', '2026-03-02 09:00', '2026-03-09 09:00'),
  ],
};
const work = (...disclosures: Disclosure[]): OpenWork => ({
  disclosures,
  unanswered: ['mail-1', 'mail-2'],
  quarantined: ['mail-3'],
});
const batchOf = (when: string) =>
  ({
    maintainer: 'team:openedx/lms',
    frequency: 'monthly',
    sendingInstant: at(when),
    due: at(when),
    entries: [
      {
        disclosure: 'EDX-2026-0001',
        repository: 'openedx/lms',
        dueAt: at(when),
        notifiedAt: at('2026-02-10 09:00'),
        remindersSent: 0,
        silentCount: 0,
        answered: false,
        silent: false,
      },
    ],
    nextDue: at('2026-04-10 09:00'),
    nobodyOnDuty: false,
    late: false,
  }) as const;
const input = (over: Partial<TodayInput>): TodayInput => ({
  me: 'p-ben',
  now,
  policy,
  work: work(),
  batches: [],
  duty,
  members: [
    { id: 'p-ann', state: 'active' },
    { id: 'p-ben', state: 'active' },
  ],
  ...over,
});

describe('Today', () => {
  test('my cases: those I work on, those that wait for my word, and in my shift those nobody took up', () => {
    const done = { by: 'member:p-ben', at: now };
    const all = work(
      disclosure('EDX-2026-0001', '2026-03-02 10:00'),
      disclosure('EDX-2026-0002', '2026-03-01 10:00', { steps: { verify: done } }),
      disclosure('EDX-2026-0003', '2026-03-01 10:00', { steps: { verify: { ...done, by: 'member:p-ann' } } }),
      disclosure('EDX-2026-0004', '2026-03-01 10:00', { pending: { publish: { by: 'p-ann', at: now } } }),
      disclosure('EDX-2026-0005', '2026-03-01 10:00', { exit: { kind: 'spam', at: now } }),
    );
    const lines = (me: string) =>
      today(input({ me, work: all })).mine.map(({ reference, because }) => `${reference} ${because}`);

    expect(lines('p-ben')).toEqual(['EDX-2026-0001 on-duty', 'EDX-2026-0002 mine', 'EDX-2026-0004 confirm']);
    expect(lines('p-ann')).toEqual(['EDX-2026-0003 mine']);
  });

  test('A1 is shown on the case: open, warned from half on, missed', () => {
    const received = ['2026-03-03 09:00', '2026-03-02 10:00', '2026-02-26 10:00'];
    const all = work(...received.map((when, nth) => disclosure(`EDX-2026-000${nth}`, when)));

    const states = today(input({ work: all })).mine.map(({ response }) => response);

    expect(states).toEqual(['open', 'warned', 'missed']);
  });

  test('due now: deadlines of the coming day and of the past, and the reminders of the day, in order', () => {
    const all = work(disclosure('EDX-2026-0001', '2026-03-02 10:00'));

    const { due } = today(input({ work: all, batches: [batchOf('2026-03-03 12:00')] }));

    expect(due.map(({ at: when, ...line }) => [when, 'name' in line ? line.name : line.kind])).toEqual([
      [at('2026-03-03 10:00'), 'response-half'],
      [at('2026-03-03 12:00'), 'reminder'],
      [at('2026-03-04 10:00'), 'response-missed'],
    ]);
  });

  test('R15: releases stand on a time line of four weeks, with the last instant for their announcement', () => {
    const release = (when: string) => ({ at: at(when), proposedBy: 'desk' as const, confirmedBy: [] });
    const all = work(
      disclosure('EDX-2026-0001', '2026-03-01 10:00', { release: release('2026-03-12 15:00') }),
      disclosure('EDX-2026-0002', '2026-03-01 10:00', { release: release('2026-05-12 15:00') }),
    );

    const { releases, horizon } = today(input({ work: all }));

    expect(horizon.end).toBe(at('2026-03-31 00:00'));
    expect(releases).toEqual([
      {
        reference: 'EDX-2026-0001',
        at: at('2026-03-12 15:00'),
        confirmed: false,
        announceBy: at('2026-03-10 15:00'),
      },
    ]);
  });

  test('R2: who is on duty, the handover’s state, and what the rota leaves open', () => {
    const page = today(input({}));

    expect(page).toMatchObject({
      iAmOnDuty: true,
      onDuty: { member: 'p-ben' },
      unanswered: 2,
      quarantined: 1,
      last: { at: at('2026-03-02 09:00'), outgoing: 'p-ann', incoming: 'p-ben', state: 'overdue' },
      following: { at: at('2026-03-09 09:00'), state: 'nobody' },
      size: { members: 2, least: 6, most: 7 },
    });
    expect(page.weeks).toHaveLength(4);
    expect(page.weeks[0]?.gaps).toEqual([{ start: at('2026-03-09 09:00'), end: at('2026-03-10 00:00') }]);
  });

  test('duty of several shifts in a row ends where another takes over; the brief has every open disclosure', () => {
    const more = shift('p-ben', '2026-03-09 09:00', '2026-03-16 09:00');
    const all = work(
      disclosure('EDX-2026-0002', '2026-03-02 10:00', { stage: 'advised' }),
      disclosure('EDX-2026-0001', '2026-03-01 10:00', { exit: { kind: 'spam', at: now } }),
    );

    const page = today(input({ duty: { ...duty, shifts: [...duty.shifts, more] }, work: all }));

    expect(page.onDuty).toEqual({
      member: 'p-ben',
      start: at('2026-03-02 09:00'),
      end: at('2026-03-16 09:00'),
    });
    expect(page.brief?.open.map(({ reference }) => reference)).toEqual(['EDX-2026-0002']);
    expect(page.brief).toMatchObject({
      from: now,
      to: at('2026-03-16 09:00'),
      unanswered: 2,
      quarantined: 1,
    });
  });

  test('a shift that goes over a week’s end is one line, whole', () => {
    const weeks = rotaWeeks(duty.shifts, now, 'UTC');

    expect(shiftsOf(weeks).map(({ member, start, end }) => [member, start, end])).toEqual([
      ['p-ben', at('2026-03-02 09:00'), at('2026-03-09 09:00')],
    ]);
  });

  test('weeks begin at local midnight and are cut where daylight saving makes a day shorter', () => {
    const [, second] = rotaWeeks([], '2026-03-03T12:00:00.000Z', 'America/New_York', 2);
    expect(second).toMatchObject({ start: '2026-03-10T04:00:00.000Z', end: '2026-03-17T04:00:00.000Z' });
  });
});

test('the brief lists what is due and about to lapse in the next shift, and each open disclosure’s next step', () => {
  const open = work(
    disclosure('EDX-2026-0002', '2026-03-06 10:00'),
    disclosure('EDX-2026-0001', '2026-03-02 10:00', {
      response: { dueAt: now, halfAt: now, answeredAt: now },
    }),
    disclosure('EDX-2026-0003', '2026-03-02 11:00', { exit: { kind: 'spam', at: now } }),
  );
  const ended = { start: at('2026-03-02 09:00'), end: at('2026-03-09 09:00') };

  const next = { start: ended.end, end: plus(ended.end, 604_800_000) };

  const brief = shiftBrief(ended, next, open, [batchOf('2026-03-10 09:00')], policy);

  expect(brief).toEqual({
    from: ended.start,
    to: ended.end,
    open: [
      { reference: 'EDX-2026-0001', stage: 'received', next: 'triage' },
      { reference: 'EDX-2026-0002', stage: 'received', next: 'triage' },
    ],
    openInAll: 2,
    due: 1,
    ahead: [
      { at: at('2026-03-09 10:00'), reference: 'EDX-2026-0002', deadline: 'response-half' },
      { at: at('2026-03-10 09:00'), maintainer: 'team:openedx/lms', frequency: 'monthly', count: 1 },
      { at: at('2026-03-10 10:00'), reference: 'EDX-2026-0002', deadline: 'response-missed' },
    ],
    aheadInAll: 3,
    unanswered: 2,
    lapsing: 1,
    promises: [{ reference: 'EDX-2026-0002', dueAt: at('2026-03-10 10:00') }],
    quarantined: 1,
  });
});
