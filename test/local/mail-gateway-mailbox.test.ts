import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SesSendingEvent, sesSendingEvent } from '#contracts/ses-events.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import { loadDkimKey } from '../../local/mail-gateway/dkim-key.ts';
import { openEventQueue } from '../../local/mail-gateway/event-queue.ts';
import { openMailbox } from '../../local/mail-gateway/mailbox.ts';
import { startRelay } from '../../local/mail-gateway/relay.ts';
import { linksOf } from '../../local/mail-gateway/sent-mail.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-mailbox-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The relay on a free port, with its mailbox and its events in `folder`. */
async function relayIn(path: string) {
  const mailbox = openMailbox(join(path, 'mailbox'));
  const events = openEventQueue(join(path, 'events'));
  const relay = await startRelay({ port: 0, mailbox, events, now: () => '2027-03-01T09:00:00.000Z' });
  return { mailbox, events, relay };
}

const sesId = '7d0c2f3e-1f4b-4f3a-9a0e-0a4c5f0b7a11@email.amazonses.com';

/** A mail of the desk as the emulator's SES hands it over: its id on top, our instructions still in it. */
async function letter(to: string, headers: Record<string, string> = {}): Promise<Buffer> {
  const raw = await composeMail({
    from: 'Open edX Security <security@openedx.example>',
    to,
    subject: 'We have your report',
    text: 'Your page: http://127.0.0.1:4080/a#t=v1.k.p.m\n',
    html: '<p>Your page: <a href="http://127.0.0.1:4080/a#t=v1.k.p.m">open</a></p>',
    headers,
    inReplyTo: '<report-1@reporter.example>',
  });
  const withoutId = raw.toString().replace(/^Message-ID:.*\r\n/m, '');
  return Buffer.from(`Message-ID: <${sesId}>\r\n${withoutId}`);
}

const envelope = (to: string) => ({ from: 'security@openedx.example', to });

describe('the mailbox', () => {
  test("holds each mail as its reader gets it: SES's Message-ID, the desk's time, none of our instructions", async () => {
    const { mailbox, relay } = await relayIn(folder);
    const raw = await letter('ada@reporter.example', {
      'X-SES-CONFIGURATION-SET': 'desk',
      'X-SES-MESSAGE-TAGS': 'delivery=abc',
      'Auto-Submitted': 'auto-replied',
    });

    await sendMail(relay.port, raw, envelope('ada@reporter.example'));
    await relay.close();

    const [mail] = mailbox.list();
    expect(mail).toMatchObject({
      id: sesId.split('@')[0],
      to: 'ada@reporter.example',
      subject: 'We have your report',
      time: '2027-03-01T09:00:00.000Z',
      links: ['http://127.0.0.1:4080/a#t=v1.k.p.m'],
      headers: {
        'message-id': `<${sesId}>`,
        date: 'Mon, 01 Mar 2027 09:00:00 +0000 (UTC)',
        'in-reply-to': '<report-1@reporter.example>',
        'auto-submitted': 'auto-replied',
      },
    });
    expect(mail?.from).toContain('security@openedx.example');
    expect(mail?.text).toContain('Your page');
    expect(mail?.html).toContain('<a href=');
    expect(Object.keys(mail?.headers ?? {}).filter((name) => name.startsWith('x-ses'))).toEqual([]);
    expect(mailbox.raw(mail?.id ?? '')?.includes('X-SES')).toBe(false);
  });

  test('survives a restart, tells people apart, can be emptied', async () => {
    const first = await relayIn(folder);
    const heard: string[] = [];
    const stop = first.mailbox.subscribe((mail) => heard.push(mail.to));
    for (const to of ['ada@reporter.example', 'Grace@uni.example', 'ada@reporter.example']) {
      await sendMail(
        first.relay.port,
        await composeMail({ from: 'security@openedx.example', to, subject: to, text: 'x' }),
        envelope(to),
      );
    }
    stop();
    await first.relay.close();

    const reopened = openMailbox(join(folder, 'mailbox'));

    expect(heard).toEqual(['ada@reporter.example', 'grace@uni.example', 'ada@reporter.example']);
    expect(reopened.list()).toEqual(first.mailbox.list());
    expect(reopened.list('ADA@reporter.example')).toHaveLength(2);
    expect([...reopened.byPerson().keys()]).toEqual(['ada@reporter.example', 'grace@uni.example']);
    await reopened.clear();
    expect(openMailbox(join(folder, 'mailbox')).list()).toEqual([]);
  });

  test('lists every link once, those of the text first', () => {
    const text = 'One: https://a.example/x?y=1. Two (http://b.example/a#t=v1.k) <https://c.example/>';
    const html = '<a href="https://a.example/x?y=1&amp;z=2">x</a><a href="https://c.example/">c</a>';

    expect(linksOf(text, html)).toEqual([
      'https://a.example/x?y=1',
      'http://b.example/a#t=v1.k',
      'https://c.example/',
      'https://a.example/x?y=1&z=2',
    ]);
  });
});

describe('events, as the configuration set publishes them', () => {
  test('a mail is sent, then delivered; its id and our tag are in both', async () => {
    const { events, relay } = await relayIn(folder);
    const published: SesSendingEvent[] = [];
    await events.publishWith(async (event) => void published.push(event));

    await sendMail(
      relay.port,
      await letter('ada@reporter.example', { 'X-SES-MESSAGE-TAGS': 'delivery=abc, kind=ack' }),
      envelope('ada@reporter.example'),
    );
    await relay.close();
    await events.settled();

    expect(published.map(({ eventType }) => eventType)).toEqual(['Send', 'Delivery']);
    for (const event of published) {
      expect(sesSendingEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
      expect(event.mail).toMatchObject({ messageId: sesId, tags: { delivery: ['abc'], kind: ['ack'] } });
    }
  });

  test('an address at bounce.example bounces for good', async () => {
    const { events, relay } = await relayIn(folder);
    const published: SesSendingEvent[] = [];
    await events.publishWith(async (event) => void published.push(event));

    await sendMail(
      relay.port,
      await letter('gone@mail.bounce.example'),
      envelope('gone@mail.bounce.example'),
    );
    await relay.close();
    await events.settled();

    expect(published.at(-1)).toMatchObject({
      eventType: 'Bounce',
      bounce: { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: 'gone@mail.bounce.example' }] },
    });
    expect(published.map(({ eventType }) => eventType)).toEqual(['Send', 'Bounce']);
  });

  test('however many wait, stopping takes no time, and they are kept', async () => {
    const path = join(folder, 'events');
    const { events, relay } = await relayIn(folder);
    for (let count = 0; count < 30; count++)
      await sendMail(relay.port, await letter('ada@reporter.example'), envelope('ada@reporter.example'));
    await relay.close();
    let asked = 0;
    const publishing = events.publishWith(async () => {
      asked++;
      await new Promise((done) => setTimeout(done, 20));
    });
    while (asked === 0) await new Promise((done) => setTimeout(done, 1));

    await events.stop();
    await publishing;

    expect(asked).toBe(1);
    expect(await readdir(path)).toHaveLength(59);
  });

  test('what nobody could be told is told after a restart, once and in order', async () => {
    const before = await relayIn(folder);
    await sendMail(before.relay.port, await letter('ada@reporter.example'), envelope('ada@reporter.example'));
    await before.relay.close();
    const published: string[] = [];
    let away = true;
    const publish = async ({ eventType }: SesSendingEvent) => {
      if (away && eventType === 'Delivery') throw new Error('the topic is away');
      published.push(eventType);
    };

    const after = openEventQueue(join(folder, 'events'));
    await after.publishWith(publish);
    away = false;
    await after.publishWith(publish);

    expect(published).toEqual(['Send', 'Delivery']);
    expect(await readdir(join(folder, 'events'))).toEqual([]);
  });
});

test('the DKIM key is made once, also by desks that start at the same time', async () => {
  const keys = await Promise.all([loadDkimKey(folder), loadDkimKey(folder)]);

  expect(new Set([...keys, await loadDkimKey(folder)].map(({ record }) => record)).size).toBe(1);
});
