import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SesReceivedNotification, sesReceivedNotification } from '#contracts/ses-events.ts';
import { accepts } from '../../local/mail-gateway/addresses.ts';
import { type Composition, composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import { type DkimKey, makeDkimKey } from '../../local/mail-gateway/dkim-key.ts';
import { splitMessage } from '../../local/mail-gateway/header-fields.ts';
import {
  type Inbound,
  type InboundTarget,
  receiveLimit,
  startInbound,
} from '../../local/mail-gateway/inbound.ts';
import { demonstrationZone } from '../../local/mail-gateway/zone.ts';

const securityAddress = 'security@openedx.example';
const replyDomain = 'desk.openedx.example';

/** The bucket and the topic in memory; either can be told to fail. */
function memoryTarget() {
  const objects = new Map<string, Buffer>();
  const notifications: SesReceivedNotification[] = [];
  const failing = { put: false, notify: false };
  const target: InboundTarget = {
    bucket: 'mail',
    topicArn: 'arn:aws:sns:us-east-1:000000000000:mail',
    prefix: 'in/',
    async put(key, body) {
      if (failing.put) throw new Error('the bucket is away');
      objects.set(key, body);
    },
    async notify(notification) {
      if (failing.notify) throw new Error('the topic is away');
      notifications.push(notification);
    },
  };
  return { target, objects, notifications, failing };
}

const world = memoryTarget();
let key: DkimKey;
let inbound: Inbound;

beforeAll(async () => {
  key = await makeDkimKey();
  const now = () => '2026-11-23T09:00:00.000Z';
  inbound = await startInbound({
    port: 0,
    securityAddress,
    replyDomain,
    target: world.target,
    zone: demonstrationZone(key),
    now,
  });
});
afterAll(() => inbound.close());

const fromAda: Composition = {
  from: 'Ada Lovelace <ada@reporter.example>',
  to: securityAddress,
  subject: 'Stored XSS in announcements',
  text: 'Steps below.\n',
};

/** Delivers and answers the receipt part of the notification. */
async function receiptOf(raw: Buffer, envelope: { from: string; ip?: string; helo?: string }) {
  const { messageId } = await inbound.deliverRaw(raw, {
    to: [securityAddress],
    helo: 'mail.sender.example',
    ...envelope,
  });
  return notificationOf(messageId).receipt;
}

function notificationOf(messageId: string): SesReceivedNotification {
  const found = world.notifications.find(({ mail }) => mail.messageId === messageId);
  if (found === undefined) throw new Error(`no notification of ${messageId}`);
  return found;
}

const verdictsOf = (receipt: SesReceivedNotification['receipt']) => ({
  spf: receipt.spfVerdict.status,
  dkim: receipt.dkimVerdict.status,
  dmarc: receipt.dmarcVerdict.status,
  policy: receipt.dmarcPolicy,
});

describe('verdicts, by real SPF, DKIM and DMARC on the local zone', () => {
  test('a signed mail of a known person passes all three', async () => {
    const raw = await composeMail({ ...fromAda, sign: key });

    const receipt = await receiptOf(raw, { from: 'ada@reporter.example' });

    expect(verdictsOf(receipt)).toEqual({ spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', policy: undefined });
  });

  test('an unsigned mail of a known person passes by SPF', async () => {
    const receipt = await receiptOf(await composeMail(fromAda), { from: 'ada@reporter.example' });

    expect(verdictsOf(receipt)).toEqual({ spf: 'PASS', dkim: 'GRAY', dmarc: 'PASS', policy: undefined });
  });

  test('a header without end is not evaluated, and does not hold the gateway up', async () => {
    const raw = Buffer.from(`From: ada@reporter.example\r\nX-Fold: a${'\r\n b'.repeat(300_000)}\r\n\r\nx`);

    const receipt = await receiptOf(raw, { from: 'ada@reporter.example' });

    const failed = 'PROCESSING_FAILED';
    expect(verdictsOf(receipt)).toEqual({ spf: failed, dkim: failed, dmarc: failed, policy: undefined });
  });

  test('a sender whom the zone does not know is GRAY, signed or not', async () => {
    const stranger = { ...fromAda, from: 'Eve <eve@nowhere.test>' };

    const unsigned = await receiptOf(await composeMail(stranger), { from: 'eve@nowhere.test' });
    const signed = await receiptOf(await composeMail({ ...stranger, sign: key }), {
      from: 'eve@nowhere.test',
    });

    const gray = { spf: 'GRAY', dkim: 'GRAY', dmarc: 'GRAY', policy: undefined };
    expect([verdictsOf(unsigned), verdictsOf(signed)]).toEqual([gray, gray]);
  });

  test('a domain with SPF alone has no DMARC verdict', async () => {
    const raw = await composeMail({ ...fromAda, from: 'lin@smallhost.example' });

    const receipt = await receiptOf(raw, { from: 'lin@smallhost.example' });

    expect(verdictsOf(receipt)).toEqual({ spf: 'PASS', dkim: 'GRAY', dmarc: 'GRAY', policy: undefined });
  });

  test.each([
    ['a foreign envelope', { from: 'mallory@evil.test' }, 'GRAY'],
    ['the null sender', { from: '' }, 'GRAY'],
    [
      'the right envelope from a foreign server',
      { from: 'ada@reporter.example', ip: '203.0.113.66' },
      'FAIL',
    ],
    ["another demonstration domain's envelope", { from: 'grace@uni.example' }, 'PASS'],
  ])('a forged From fails DMARC with the policy of its domain: %s', async (_, envelope, spf) => {
    const receipt = await receiptOf(await composeMail(fromAda), envelope);

    expect(verdictsOf(receipt)).toEqual({ spf, dkim: 'GRAY', dmarc: 'FAIL', policy: 'reject' });
  });

  test('a signature by another key, or over another text, fails', async () => {
    const foreign = await composeMail({ ...fromAda, sign: await makeDkimKey() });
    const changed = Buffer.from(
      (await composeMail({ ...fromAda, sign: key })).toString().replace('Steps', 'Stops'),
    );

    const receipts = await Promise.all(
      [foreign, changed].map((raw) => receiptOf(raw, { from: 'mallory@evil.test' })),
    );

    expect(receipts.map(verdictsOf)).toEqual(
      receipts.map(() => ({ spf: 'GRAY', dkim: 'FAIL', dmarc: 'FAIL', policy: 'reject' })),
    );
  });

  test('forwarded as it is, a signed mail still passes; rewritten by a list, it passes for the list alone', async () => {
    const signed = await composeMail({ ...fromAda, sign: key });
    const rewritten = await composeMail({
      ...fromAda,
      from: "'Ada Lovelace' via security <security@groups.example>",
      headers: {
        'X-Original-From': 'Ada Lovelace <ada@reporter.example>',
        'List-Id': '<security.groups.example>',
      },
      sign: key,
    });

    const asIs = await receiptOf(signed, { from: 'security+bounces@groups.example' });
    const byList = await receiptOf(rewritten, { from: 'security+bounces@groups.example' });

    const pass = { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', policy: undefined };
    expect([verdictsOf(asIs), verdictsOf(byList)]).toEqual([pass, pass]);
  });

  test('two From fields cannot pass DMARC', async () => {
    const raw = Buffer.concat([
      Buffer.from('From: mallory@evil.test\r\n'),
      await composeMail({ ...fromAda, sign: key }),
    ]);

    const receipt = await receiptOf(raw, { from: 'ada@reporter.example' });

    expect(receipt.dmarcVerdict.status).not.toBe('PASS');
  });

  test("the scanners' test strings fail, as text and inside an attachment, wherever they begin", async () => {
    const spam = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*' + 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
    const virus = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$' + 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
    const text = await receiptOf(await composeMail({ ...fromAda, text: spam }), {
      from: 'ada@reporter.example',
    });
    const attached = await Promise.all(
      ['', 'a', 'ab', 'abc', 'x'.repeat(70)].map(async (before) => {
        const attachments = [{ filename: 'poc.bin', content: Buffer.from(`${before}${virus}after`) }];
        return receiptOf(await composeMail({ ...fromAda, attachments }), { from: 'ada@reporter.example' });
      }),
    );

    expect([text.spamVerdict.status, text.virusVerdict.status]).toEqual(['FAIL', 'PASS']);
    expect(attached.map((receipt) => receipt.virusVerdict.status)).toEqual(attached.map(() => 'FAIL'));
  });
});

describe('what the desk gets', () => {
  test("R1: one object and one notification in SES's shape, the key in both", async () => {
    const raw = await readFile('test/fixtures/mails/report-with-attachment.eml');
    const before = world.objects.size;

    const answer = await sendMail(inbound.port, raw, { from: 'grace@uni.example', to: securityAddress });

    const messageId = answer.match(/^250 OK (\S+)$/)?.[1] ?? '';
    const notification = notificationOf(messageId);
    expect(world.objects.size).toBe(before + 1);
    expect(world.objects.has(notification.receipt.action.objectKey)).toBe(true);
    expect(sesReceivedNotification.parse(JSON.parse(JSON.stringify(notification)))).toEqual(notification);
    expect(notification).toMatchObject({
      notificationType: 'Received',
      mail: {
        timestamp: '2026-11-23T09:00:00.000Z',
        source: 'grace@uni.example',
        destination: [securityAddress],
        headersTruncated: false,
        commonHeaders: {
          returnPath: 'grace@uni.example',
          from: ['Hopper, Grace <grace@uni.example>'],
          to: [securityAddress],
          cc: ['lab@uni.example'],
          messageId: '<20261122210355.grades@uni.example>',
        },
      },
      receipt: {
        recipients: [securityAddress],
        action: { type: 'S3', bucketName: 'mail', objectKey: `in/${messageId}` },
      },
    });
  });

  test('the object begins with the header block of SES; one forged below it stays below', async () => {
    const forged =
      'Authentication-Results: amazonses.com; dkim=pass header.i=@reporter.example; dmarc=pass\r\n';
    const raw = Buffer.concat([Buffer.from(forged), await composeMail(fromAda)]);

    const { objectKey } = await inbound.deliverRaw(raw, {
      from: 'a;dmarc=pass@evil.test',
      helo: 'evil.test',
    });

    const { fields, body } = splitMessage(world.objects.get(objectKey) ?? Buffer.alloc(0));
    const results = fields.filter(({ name }) => name === 'Authentication-Results').map(({ value }) => value);
    expect(fields.slice(0, 7).map(({ name }) => name)).toEqual([
      'Return-Path',
      'Received',
      'X-SES-Spam-Verdict',
      'X-SES-Virus-Verdict',
      'Received-SPF',
      'Authentication-Results',
      'X-SES-RECEIPT',
    ]);
    expect(results).toHaveLength(2);
    expect(results[0]).toMatch(/^amazonses\.com;.*dmarc=fail/);
    expect(results[0]).not.toMatch(/dmarc=pass;|; *dmarc=pass/);
    expect(body.toString()).toBe('Steps below.\r\n');
  });

  test('an envelope that would add lines to that block is refused, a HELO name that would is cleaned', async () => {
    const raw = await composeMail(fromAda);
    const split = () => inbound.deliverRaw(raw, { from: 'a@x.test>\r\nX-SES-Virus-Verdict: PASS' });

    await expect(split()).rejects.toMatchObject({ responseCode: 553 });
    const { objectKey } = await inbound.deliverRaw(raw, { from: 'a@x.test', helo: 'x)\r\nX-Forged: yes (' });

    expect(world.objects.get(objectKey)?.toString()).not.toMatch(/^X-Forged/m);
  });

  test('header fields beyond 10 KB are left out of the notification, not of the object', async () => {
    const headers = Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`X-Long-${n}`, 'v'.repeat(60)]),
    );

    const { messageId, objectKey } = await inbound.deliverRaw(await composeMail({ ...fromAda, headers }), {});

    const { mail } = notificationOf(messageId);
    expect(mail.headersTruncated).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(mail.headers))).toBeLessThan(20 * 1024);
    expect(world.objects.get(objectKey)?.includes('X-Long-299')).toBe(true);
  });

  test('any bytes at all are taken', async () => {
    const anyMail = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

    await fc.assert(
      fc.asyncProperty(anyMail, async (raw) => {
        const { messageId, objectKey } = await inbound.deliverRaw(raw, { from: 'eve@nowhere.test' });
        expect(() => sesReceivedNotification.parse(notificationOf(messageId))).not.toThrow();
        const object = world.objects.get(objectKey) ?? Buffer.alloc(0);
        expect(object.subarray(object.length - raw.length)).toEqual(raw);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the SMTP server', () => {
  test.each([
    [securityAddress, true],
    ['Security@OpenEdX.example', true],
    ['security+github@openedx.example', true],
    ['case+abcdefghijklmnop@desk.openedx.example', true],
    ['ada@openedx.example', false],
    ['security@evil.test', false],
    ['security@openedx.example.evil.test', false],
  ])('takes mail for the security address and the reply domain only: %s → %s', async (to, taken) => {
    const answer = sendMail(inbound.port, await composeMail(fromAda), { from: 'ada@reporter.example', to });

    if (taken) await expect(answer).resolves.toMatch(/^250 /);
    else
      await expect(answer).rejects.toMatchObject({
        responseCode: 550,
        message: expect.stringContaining('takes mail for'),
      });
    expect(accepts(to, securityAddress, replyDomain)).toBe(taken);
  });

  test('refuses more than 40 MB and takes what is just below', async () => {
    const header = Buffer.from('From: ada@reporter.example\r\nSubject: large\r\n\r\n');
    const sized = (bytes: number) =>
      Buffer.concat([header, Buffer.alloc(bytes - header.length, 'line of the mail\r\n')]);
    const envelope = { from: 'ada@reporter.example', to: securityAddress };

    const taken = await sendMail(inbound.port, sized(receiveLimit - 16 * 1024), envelope);
    const refused = sendMail(inbound.port, sized(receiveLimit + 16 * 1024), envelope);

    expect(taken).toMatch(/^250 /);
    await expect(refused).rejects.toMatchObject({ responseCode: 552 });
  }, 30_000);

  test('keeps the mail with its sender when it cannot be stored, and takes it when only the notification is lost', async () => {
    const raw = await composeMail(fromAda);
    const envelope = { from: 'ada@reporter.example', to: securityAddress };

    world.failing.put = true;
    await expect(sendMail(inbound.port, raw, envelope)).rejects.toMatchObject({ responseCode: 451 });
    world.failing.put = false;
    world.failing.notify = true;
    const answer = await sendMail(inbound.port, raw, envelope);
    world.failing.notify = false;

    expect(world.objects.has(`in/${answer.match(/OK (\S+)/)?.[1]}`)).toBe(true);
  });

  test('believes XCLIENT about the client address, so that a foreign server can be played', async () => {
    const lines = [
      'EHLO relay.test',
      'XCLIENT ADDR=203.0.113.66 HELO=mail.evil.test',
      'EHLO mail.evil.test',
      'MAIL FROM:<ada@reporter.example>',
      `RCPT TO:<${securityAddress}>`,
      'DATA',
      'From: ada@reporter.example\r\nSubject: forged\r\n\r\nhello\r\n.',
    ];

    const answer = await converse(inbound.port, lines);

    const { spfVerdict, dmarcVerdict } = notificationOf(answer.match(/OK (\S+)/)?.[1] ?? '').receipt;
    expect([spfVerdict.status, dmarcVerdict.status]).toEqual(['FAIL', 'FAIL']);
  });
});

/** Says each line after the answer to the one before; answers the last answer. */
async function converse(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const waiting = [...lines];
  let last = '';
  for await (const line of createInterface(socket)) {
    if (/^\d{3}-/.test(line)) continue;
    last = line;
    const next = waiting.shift();
    if (next === undefined) break;
    socket.write(`${next}\r\n`);
  }
  socket.destroy();
  return last;
}
