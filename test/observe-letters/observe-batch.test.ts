import { beforeEach, expect, test } from 'vitest';
import { type CommitCommand, commitCommand } from '#commit/commit-command.ts';
import { outboxTag } from '#contracts/outbox.ts';
import type { DeskStore, StoredEvent } from '#contracts/ports.ts';
import type { SesSendingEvent } from '#contracts/ses-events.ts';
import { observeBatch } from '../../functions/observe-letters/observe-batch.ts';
import { observeLetters } from '../../functions/observe-letters/observe-letters.ts';
import { MailRoom, rawMail } from '../receive-mail/mail-room.ts';
import type { InMemoryStore } from '../support/in-memory-store.ts';

let room: MailRoom;
let event: StoredEvent;
let writes: number;
beforeEach(async () => {
  room = new MailRoom();
  await room.take(rawMail({}));
  await room.deliverAll();
  const [disclosure] = await room.store.listed('open');
  const events = await room.store.events(`DISC#${disclosure}`);
  event = events.find(({ letters }) => letters.length > 1) as StoredEvent;
  writes = 0;
});

/** Counts the writes beside events. */
function counting(store: InMemoryStore): DeskStore {
  const record: DeskStore['recordDelivery'] = (...told) => {
    writes += 1;
    return store.recordDelivery(...told);
  };
  return new Proxy<DeskStore>(store, {
    get: (_, name) => {
      const member: unknown = name === 'recordDelivery' ? record : Reflect.get(store, name);
      return typeof member === 'function' ? member.bind(store) : member;
    },
  });
}

const observe = (commit: CommitCommand = commitCommand(room)) =>
  observeBatch({
    log: () => undefined,
    observe: observeLetters({
      ...{ clock: room.clock, commit, log: () => undefined, measure: () => undefined },
      store: counting(room.store),
    }),
  });

const kinds = {
  Send: { send: {} },
  Delivery: {
    delivery: { timestamp: '2026-03-02T09:00:00.000Z', processingTimeMillis: 1, recipients: ['a@b.test'] },
  },
  Bounce: {
    bounce: {
      ...{ feedbackId: 'f', bounceType: 'Permanent', bounceSubType: 'General' },
      ...{ bouncedRecipients: [{ emailAddress: 'a@b.test' }], timestamp: '2026-03-02T09:00:00.000Z' },
    },
  },
};

/** What SES tells of one letter, in SNS's envelope, as SQS brings it. */
function record(messageId: string, eventType: keyof typeof kinds, part: string, cause = event.cause) {
  const mail: Partial<SesSendingEvent['mail']> = {
    timestamp: '2026-03-02T09:00:00.000Z',
    messageId: `ses-${part}`,
    source: 'security@desk.test',
    destination: ['a@b.test'],
    tags: { outbox: [outboxTag(event.partition, cause, part)] },
  };
  const Message = JSON.stringify({ eventType, mail, ...kinds[eventType] });
  const Timestamp = '2026-03-02T09:00:01.000Z';
  const body = JSON.stringify({ Type: 'Notification', MessageId: 'n', TopicArn: 't', Message, Timestamp });
  return { messageId, body } as Parameters<ReturnType<typeof observe>>[0]['Records'][number];
}

const states = async () => {
  const { delivery } = (await room.store.event(event.partition, event.cause)) as StoredEvent;
  return Object.fromEntries(Object.entries(delivery).map(([part, { state }]) => [part, state]));
};

test('all that a batch tells of the letters of one event is one write, whatever its order', async () => {
  const { batchItemFailures } = await observe()({
    Records: [
      record('1', 'Delivery', 'L0'),
      record('2', 'Send', 'L1'),
      record('3', 'Send', 'L0'),
      record('4', 'Delivery', 'L1'),
    ],
  });

  expect(batchItemFailures).toEqual([]);
  expect(await states()).toMatchObject({ L0: 'delivered', L1: 'delivered' });
  expect(writes).toBe(1);
});

test('what is not of SES’s shape is handed back alone', async () => {
  const strange = { ...record('1', 'Send', 'L0'), body: '{"Type":"Notification"}' };

  const { batchItemFailures } = await observe()({ Records: [strange, record('2', 'Delivery', 'L0')] });

  expect(batchItemFailures).toEqual([{ itemIdentifier: '1' }]);
  expect(await states()).toMatchObject({ L0: 'delivered' });
});

test('a bounce whose notice was cut off is told when it comes again, and once', async () => {
  const Records = [record('1', 'Bounce', 'L1'), record('2', 'Delivery', 'L0', 'another-cause')];
  const cutOff: CommitCommand = () => Promise.reject(new Error('cut off'));
  const notices = async () =>
    (await room.store.events(event.partition)).filter(({ type }) => type === 'note-delivery').length;

  const first = await observe(cutOff)({ Records });
  expect(first.batchItemFailures).toEqual([{ itemIdentifier: '1' }]);
  expect(await notices()).toBe(0);
  const second = await observe()({ Records });
  await observe()({ Records });

  expect(second.batchItemFailures).toEqual([]);
  expect(await notices()).toBe(1);
});
