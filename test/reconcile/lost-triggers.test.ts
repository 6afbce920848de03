import { afterAll, expect, test } from 'vitest';
import { commitCommand } from '#commit/commit-command.ts';
import { minute } from '#domain/instant.ts';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import { automatic, genuine } from '../corpus/own-mails.ts';
import { MailRoom, parser } from '../receive-mail/mail-room.ts';

afterAll(() => parser.close());

test('trigger lost (threat table): every event dropped, of SES, of the queue and of the stream: the sweep recovers all', {
  timeout: 60_000,
}, async () => {
  const room = new MailRoom();
  const { store, archive, clock, settings } = room;
  await room.enrol('ada@openedx.example', 'member', true);
  const mails = [...genuine, ...automatic];
  const keys = mails.map(({ raw }) => room.post(raw, null).mailKey);
  const started: string[] = [];
  const sweep = reconcile({
    ...{ store, archive, clock },
    commit: commitCommand({ store, clock, settings }),
    runner: { ended: async () => [], status: async () => 'RUNNING' },
    // What it says goes the way of the deployed desk: through the queue to intake, and to the deliverer.
    replay: async ({ replay: { objectKey, attempt } }) => {
      const mailKey = objectKey.slice('in/'.length);
      started.push(mailKey);
      await room.receive({ mailKey, objectKey, attempt, headers: [] });
    },
    redeliver: async () => room.deliverAll(),
    measure: () => {},
    realNow: () => Date.parse(clock.now()),
    retentionDays: 365,
    log: () => {},
  });

  // What is under way is left alone: a notification may still come.
  expect(await sweep({})).toMatchObject({ replayed: 0, redelivered: 0 });
  clock.advance(15 * minute);
  const first = await sweep({});
  clock.advance(15 * minute);
  const second = await sweep({});
  clock.advance(15 * minute);
  const third = await sweep({});

  expect(first.replayed).toBe(mails.length);
  expect(second.redelivered).toBeGreaterThan(50);
  expect(third).toMatchObject({ replayed: 0, redelivered: 0 });
  expect(started.toSorted()).toEqual(keys.toSorted());
  const intakes = await Promise.all(keys.map((key) => store.intake(key)));
  expect(intakes.filter((intake) => intake === undefined)).toEqual([]);
  expect(intakes.filter((intake) => intake?.disposition === 'opened')).toHaveLength(
    (await store.listed('open')).length,
  );
  expect(archive.keys().filter((key) => key.startsWith('in/'))).toEqual([]);
  expect(await store.waiting(10)).toEqual([]);
  // The on-duty member was told of each.
  const told = room.sent.filter(({ subject }) => /New report/.test(subject));
  expect(told).toHaveLength((await store.listed('open')).length);
});
