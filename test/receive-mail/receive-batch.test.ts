import { describe, expect, test } from 'vitest';
import { arrivalOf, type MailArrival } from '#contracts/mail-arrival.ts';
import * as messages from '#contracts/messages.ts';
import { receiveBatch } from '../../functions/receive-mail/receive-batch.ts';
import type { TakenMail } from '../../functions/receive-mail/receive-mail.ts';
import { envelope, record } from '../support/intake-record.ts';

const verdict = { status: 'PASS' };
const notification = (objectKey = 'in/abc123', over: Record<string, unknown> = {}) => ({
  notificationType: 'Received',
  mail: {
    timestamp: '2026-03-02T09:00:00.123Z',
    source: 'rhea@people.example',
    messageId: 'abc123',
    destination: ['security@openedx.example'],
    headersTruncated: false,
    headers: [{ name: 'Subject', value: 'Hello' }],
    commonHeaders: {},
  },
  receipt: {
    timestamp: '2026-03-02T09:00:00.123Z',
    processingTimeMillis: 5,
    recipients: ['security@openedx.example'],
    spamVerdict: verdict,
    virusVerdict: verdict,
    spfVerdict: { status: 'GRAY' },
    dkimVerdict: verdict,
    dmarcVerdict: { status: 'FAIL' },
    dmarcPolicy: 'REJECT',
    action: { type: 'S3', bucketName: 'b', objectKey },
  },
  ...over,
});
describe('what the intake queue holds', () => {
  test('a notification of SES’s S3 action, in SNS’s envelope', () => {
    expect(arrivalOf(envelope(notification()), 1)).toEqual({
      mailKey: 'abc123',
      objectKey: 'in/abc123',
      receivedAt: '2026-03-02T09:00:00.123Z',
      attempt: 1,
      headers: [{ name: 'subject', value: 'Hello' }],
      notice: {
        source: 'rhea@people.example',
        recipients: ['security@openedx.example'],
        verdicts: { spam: 'PASS', virus: 'PASS', spf: 'GRAY', dkim: 'PASS', dmarc: 'FAIL' },
        dmarcPolicy: 'reject',
      },
    });
  });

  test('a replay of the sweep: no verdicts of its own, the higher of the two counts', () => {
    const body = JSON.stringify({ replay: { objectKey: 'in/abc123', attempt: 3 } });

    expect(arrivalOf(body, 1)).toEqual({
      mailKey: 'abc123',
      objectKey: 'in/abc123',
      attempt: 3,
      headers: [],
    });
  });

  test('SES’s own setup notices are ignored', () => {
    expect(arrivalOf(envelope(notification('in/AMAZON_SES_SETUP_NOTIFICATION')), 1)).toBe('ignored');
    expect(arrivalOf(envelope({ notificationType: 'AmazonSnsSubscriptionSucceeded' }), 1)).toBe('ignored');
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['another notification', envelope({ notificationType: 'Bounce' })],
    [
      'a verdict nobody knows',
      envelope({
        ...notification(),
        receipt: { ...notification().receipt, spamVerdict: { status: 'MAYBE' } },
      }),
    ],
    [
      'a replay of something outside the inbox',
      JSON.stringify({ replay: { objectKey: 'mail/2026/03/a', attempt: 1 } }),
    ],
    ['a replay with more in it', JSON.stringify({ replay: { objectKey: 'in/a', attempt: 1, verdicts: {} } })],
  ])('%s throws', (_what, body) => {
    expect(() => arrivalOf(body, 1)).toThrow();
  });
});

/** A mail that was taken; what it became plays no part here. */
const finishing = (finish: () => Promise<void>): TakenMail => ({
  finish: async () => {
    await finish();
    return { mailKey: '', outcome: 'taken', kind: 'report', disposition: 'opened', disclosures: [] };
  },
});

test('what fails is handed back alone, and logged by name without a word of it', async () => {
  const taken: MailArrival[] = [];
  const logged: unknown[] = [];
  const take = async (arrival: MailArrival) => {
    if (arrival.mailKey === 'bad') throw new TypeError('CANARY');
    taken.push(arrival);
    return finishing(async () => {
      if (arrival.mailKey === 'late') throw new RangeError('CANARY');
    });
  };
  const batch = receiveBatch({ take, log: (...line) => void logged.push(line) });

  const answer = await batch({
    Records: [
      record('r1', envelope(notification('in/one')), 2),
      record('r2', 'CANARY'),
      record('r3', envelope(notification('in/bad'))),
      record('r4', envelope(notification('in/AMAZON_SES_SETUP_NOTIFICATION'))),
      record('r5', envelope(notification('in/late'))),
      record('r6', envelope(notification('in/two'))),
    ],
  });

  expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['r2', 'r3', 'r5']);
  expect(taken.map(({ mailKey, attempt }) => [mailKey, attempt])).toEqual([
    ['one', 2],
    ['late', 1],
    ['two', 1],
  ]);
  expect(logged.slice(1)).toEqual([
    [messages.mailFailed, { record: 'r3', error: 'TypeError', correlation: 'bad' }],
    [messages.mailFailed, { record: 'r5', error: 'RangeError', correlation: 'late' }],
  ]);
  expect(JSON.stringify(logged)).not.toContain('CANARY');
});

test('the next mail is taken while the body of one is read, and no third', async () => {
  const order: string[] = [];
  const take = async ({ mailKey }: MailArrival) => {
    order.push(`take ${mailKey}`);
    return finishing(async () => {
      order.push(`read ${mailKey}`);
      await new Promise((wake) => setTimeout(wake, 5));
      order.push(`filed ${mailKey}`);
    });
  };

  await receiveBatch({ take, log: () => {} })({
    Records: ['a', 'b', 'c'].map((key) => record(key, envelope(notification(`in/${key}`)))),
  });

  expect(order).toEqual([
    ...['take a', 'read a', 'take b'],
    ...['filed a', 'read b', 'take c'],
    ...['filed b', 'read c', 'filed c'],
  ]);
});
