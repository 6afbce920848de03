import { afterAll, beforeAll, expect, test } from 'vitest';
import { day, hour, type Instant, minute, plus } from '#domain/instant.ts';
import type { Desk } from '../../local/desk.ts';
import { kofi, plantRepositories } from '../support/maintaining.ts';
import { whilePaused } from '../support/paused.ts';
import {
  act,
  member,
  report,
  startRunningDesk,
  stored,
  trail,
  until,
  validTriage,
  waitsIn,
} from '../support/running-desk.ts';

/* What did not happen when it should have, on the real deployment: it is made up for once. */

let desk: Desk;
beforeAll(async () => {
  desk = await startRunningDesk();
});
afterAll(async () => {
  await desk?.close();
});

/** The mails of one person about a disclosure, by subject or text. */
const told = (person: string, wanted: RegExp, reference: string) =>
  desk.gateway.mailbox
    .list(person)
    .filter(({ subject, text }) => wanted.test(subject) && `${subject} ${text}`.includes(reference));

test('Outbound: a forward to an operator whose sender died is not sent again: a person is asked, once', async () => {
  const { reference } = await report(desk);
  const [operator] = await desk.store.peopleOf('operator');
  const partition = `DISC#${reference}` as const;
  const forward = async () => {
    const event = (await desk.store.events(partition)).find(({ letters }) =>
      letters.some(({ template }) => template === 'operator-forward'),
    );
    const at = event?.letters.findIndex(({ template }) => template === 'operator-forward');
    return event && { cause: event.cause, part: `L${at}`, delivery: event.delivery[`L${at}`] };
  };
  const visitor = await member(desk, reference);
  await whilePaused(desk, 'deliver', async () => {
    await act(visitor, reference, 'triage', {
      outcome: 'operator',
      operator: operator?.id ?? '',
      operatorText: 'Your instance answers to a default password.',
      withAttachments: 'no',
    });
    const { cause = '', part = '' } = (await forward()) ?? {};
    // What a sender writes before it sends; then it is gone, and nobody knows whether it sent.
    expect(await desk.store.lease(partition, cause, [part], desk.clock.now(), '')).toEqual([part]);
  });
  const asked = () =>
    desk.gateway.mailbox
      .list()
      .filter(({ subject }) => subject === `[${reference}] nobody can say whether a letter went out`);
  const sweep = async (later: number) => {
    desk.clock.moveTo(plus(desk.clock.now(), later));
    await desk.invoke('reconcile', { full: true });
  };

  await sweep(14 * minute);
  expect((await forward())?.delivery).toMatchObject({ state: 'leased' });
  for (let rounds = 0; rounds < 3; rounds++) await sweep(16 * minute);

  await until('a person is asked', () => asked().length > 0);
  await desk.quiet();
  expect((await forward())?.delivery).toMatchObject({ state: 'unknown' });
  expect(asked().map(({ to }) => to)).toHaveLength(1);
  expect(told(operator?.address ?? '', /A security report for/, reference)).toEqual([]);
});

test('Missed schedule (R10, A1): three days without a sweep, then two at once: each reminder and warning goes out once', async () => {
  const repository = 'openedx/left-alone';
  await plantRepositories(desk, [repository]);
  const { reference } = await report(desk);
  await act(await member(desk, reference), reference, 'triage', {
    ...validTriage(repository),
    vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
  });
  await waitsIn(desk, reference, 'AwaitAnnouncement');
  await desk.quiet();
  await desk.travel.to(plus(desk.clock.now(), 7 * day - hour));
  const unanswered = await report(desk);
  await desk.quiet();
  const reminders = () => told(kofi, /Weekly reminder/, reference);
  const warnings = async (): Promise<readonly unknown[]> =>
    (await trail(desk, unanswered.reference)).flatMap(({ letters }) =>
      letters.flatMap((letter) =>
        letter.template === 'escalation' ? [[letter.params.about, letter.to]] : [],
      ),
    );
  expect([reminders(), await warnings()]).toEqual([[], []]);
  const wakes: Instant = plus(desk.clock.now(), 3 * day);

  desk.clock.moveTo(wakes);
  await Promise.all([desk.invoke('remind-maintainers'), desk.invoke('remind-maintainers')]);
  await desk.quiet();
  await desk.invoke('remind-maintainers');
  await desk.quiet();

  await until('the reminder is there', () => reminders().length > 0);
  expect(reminders()).toHaveLength(1);
  const warned = await warnings();
  expect(warned.length).toBeGreaterThan(0);
  expect(new Set(warned.map((each) => JSON.stringify(each))).size).toBe(warned.length);
  expect((await stored(desk, reference)).stage).toBe('advised');
});
