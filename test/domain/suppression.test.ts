import { describe, expect, test } from 'vitest';
import { scanHeader } from '#domain/header-scan.ts';
import { day, hour, plus } from '#domain/instant.ts';
import { factsOf, type Notice } from '#domain/mail-facts.ts';
import { acknowledgementLimits, suppressedBy, suppressionRules } from '#domain/suppression.ts';
import { TestClock } from '../support/clock.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

const identity = {
  ownAddresses: ['security@openedx.example'],
  replyDomain: 'desk.openedx.example',
  trustedForwarders: ['googlegroups.com'],
};
const pass: Notice['verdicts'] = { spam: 'PASS', virus: 'PASS', spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' };

const facts = (fields: string, said: Partial<Notice> = {}, body = 'Hello') => {
  const base = /^from:/im.test(fields) ? '' : 'From: Rhea <rhea@people.example>\r\n';
  const scan = scanHeader(new TextEncoder().encode(`${fields && `${fields}\r\n`}${base}\r\n${body}`));
  return factsOf(scan, { source: 'rhea@people.example', recipients: [], verdicts: pass, ...said }, identity);
};

/** Each rule by its name: what it catches, and what comes close and is answered all the same. */
const examples: Readonly<
  Record<
    string,
    {
      caught: readonly [string, Partial<Notice>?, string?][];
      answered: readonly [string, Partial<Notice>?, string?][];
    }
  >
> = {
  'auto-submitted': {
    caught: [
      ['Auto-Submitted: auto-replied'],
      ['auto-submitted: auto-generated (cron)'],
      ['Auto-Submitted: auto-notified; owner-email="a@b"'],
    ],
    answered: [['Auto-Submitted: no'], ['Auto-Submitted: NO (really)']],
  },
  'null-return-path': {
    caught: [['', { source: '' }], ['', { source: '<>' }], ['Return-Path: <>']],
    answered: [['Return-Path: <rhea@people.example>']],
  },
  precedence: {
    caught: [['Precedence: bulk'], ['Precedence: junk'], ['X-Precedence: list'], ['Precedence: auto_reply']],
    answered: [['Precedence: normal'], ['Precedence: first-class']],
  },
  list: {
    caught: [
      ['List-Id: <a.b.example>'],
      ['List-Unsubscribe: <mailto:x@b.example>'],
      ['List-Post: NO'],
      ['List-Help: <x>'],
      ['X-Mailing-List: a'],
    ],
    answered: [['X-Listing: a'], ['Subject: List-Id: a']],
  },
  'list-envelope': {
    caught: [
      ['', { source: 'owner-edtech@list.example' }],
      ['', { source: 'discuss-bounces+rhea=people.example@lists.example' }],
      ['', { source: 'oss-return-312-rhea=people.example@lists.example' }],
    ],
    answered: [
      ['', { source: 'bounces+12-rhea@mail.people.example' }],
      ['From: owner-x@people.example', { source: 'owner-x@people.example' }],
      ['', { source: 'ownership@people.example' }],
    ],
  },
  'auto-response-suppress': {
    caught: [['X-Auto-Response-Suppress: All'], ['X-Auto-Response-Suppress: DR, OOF, AutoReply']],
    answered: [['X-Auto-Response-Suppress: DR, RN, NRN'], ['X-Auto-Response-Suppress: None']],
  },
  'responder-header': {
    caught: [
      'X-Autoreply: yes',
      'X-Autorespond: x',
      'X-Autoresponse: x',
      'X-AutoReply-From: a@b',
      'X-Mail-Autoreply: x',
      'X-FC-Machinegenerated: true',
      'X-Failed-Recipients: a@b',
    ].map((field): [string] => [field]),
    answered: [['X-Mailer: Autoresponder']],
  },
  'report-part': {
    caught: [
      ['Content-Type: multipart/report; report-type=delivery-status; boundary=b'],
      ['Content-Type: message/disposition-notification'],
      [
        'Content-Type: multipart/mixed; boundary="b"',
        {},
        '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n',
      ],
    ],
    answered: [
      ['', {}, 'Content-Type: message/delivery-status\r\n\r\nAction: failed'],
      ['Content-Type: multipart/mixed; boundary=b', {}, '--b\r\nContent-Type: message/rfc822\r\n\r\n'],
    ],
  },
  'machine-sender': {
    caught: [
      'MAILER-DAEMON@x.example',
      'postmaster@x.example',
      'bounce@x.example',
      'bounces+123@x.example',
      'bounce-77=a@x.example',
      'no-reply@x.example',
      'noreply@x.example',
      'do-not-reply@x.example',
      'alerts-noreply@x.example',
    ].map((address): [string] => [`From: ${address}`]),
    answered: [
      ['From: bouncer@club.example'],
      ['From: reply@x.example'],
      ['From: Noreen <noreen@x.example>'],
      ['From: p.ostmaster@x.example'],
    ],
  },
  'own-address': {
    caught: [['From: Security@OpenedX.example'], ['From: case+abc@desk.openedx.example']],
    answered: [['From: security@openedx.example.evil.example']],
  },
  'loop-header': { caught: [['X-Disclosure-Desk: EDX-2026-0001']], answered: [['X-Disclosure: x']] },
  'unidentified-sender': {
    caught: [
      ['From: a@b.example, c@d.example'],
      ['From: nobody'],
      ['From: a@b.example\r\nFrom: a@b.example'],
    ],
    answered: [['From: "a, b" <a@b.example>']],
  },
  virus: {
    caught: [['', { verdicts: { ...pass, virus: 'FAIL' } }]],
    answered: [['', { verdicts: { ...pass, virus: 'PROCESSING_FAILED' } }]],
  },
  'dmarc-refused': {
    caught: [
      ['', { verdicts: { ...pass, dmarc: 'FAIL' }, dmarcPolicy: 'reject' }],
      ['', { verdicts: { ...pass, dmarc: 'FAIL' }, dmarcPolicy: 'quarantine' }],
    ],
    answered: [
      ['', { verdicts: { ...pass, dmarc: 'FAIL' }, dmarcPolicy: 'none' }],
      ['', { verdicts: { ...pass, dmarc: 'GRAY' }, dmarcPolicy: 'reject' }],
    ],
  },
  'notice-subject': {
    caught: [
      'Out of Office: back on Monday',
      'Automatic reply: hello',
      'Re: Out of the office',
      'Abwesenheitsnotiz',
      'Réponse automatique : bonjour',
      'Undeliverable: your mail',
      'Mail delivery failed: returning message to sender',
      'Delivery Status Notification (Failure)',
      'Returned mail: see transcript',
    ].map((subject): [string] => [`Subject: ${subject}`]),
    answered: [
      ['Subject: XSS in the out-of-office page'],
      ['Subject: Mail delivery failure page leaks addresses'],
      ['Subject: Return path traversal'],
      ['Subject: Deliverability report'],
    ],
  },
};

describe('no automatic answer when …', () => {
  test('every rule has its examples', () => {
    expect(Object.keys(examples)).toEqual(suppressionRules.map(({ rule }) => rule));
  });

  for (const [rule, { caught, answered }] of Object.entries(examples)) {
    test.each(caught)(`${rule}: %j is not answered`, (fields, said, body) => {
      expect(suppressedBy(facts(fields, said, body))).toBe(rule);
    });
    test.each(answered)(`${rule}: %j is answered`, (fields, said, body) => {
      expect(suppressedBy(facts(fields, said, body))).toBeUndefined();
    });
  }
});

describe('the forwarder trap', () => {
  const block = (signer: string) =>
    `Return-Path: <x@googlegroups.com>\r\nReceived: from y\r\nAuthentication-Results: amazonses.com; spf=fail (x); dkim=pass header.i=@${signer}; dmarc=fail header.from=openedx.example\r\nX-SES-RECEIPT: A\r\n`;
  const group =
    "From: 'Rhea' via Security <security@openedx.example>\r\nReply-To: Rhea <rhea@people.example>\r\nX-Original-From: Rhea <rhea@people.example>\r\nPrecedence: list\r\nList-Id: <security.openedx.example>\r\nList-Post: <mailto:security@openedx.example>";
  const said: Partial<Notice> = {
    source: 'x@googlegroups.com',
    verdicts: { ...pass, spf: 'FAIL', dmarc: 'FAIL' },
    dmarcPolicy: 'reject',
  };

  test('a trusted forwarder whose own DKIM passes: the recovered sender is answered, authentication unknown', () => {
    const found = facts(`${block('googlegroups.com')}${group}`, said);

    expect(found).toMatchObject({
      viaForwarder: true,
      authenticated: 'unknown',
      sender: { address: 'rhea@people.example' },
    });
    expect(suppressedBy(found)).toBeUndefined();
  });

  test('its tests run on the recovered sender', () => {
    const found = facts(`${block('googlegroups.com')}${group.replaceAll('rhea@', 'no-reply@')}`, said);

    expect(suppressedBy(found)).toBe('machine-sender');
  });

  test('X-Original-From is used only where it equals Reply-To', () => {
    const found = facts(
      `${block('googlegroups.com')}${group.replace('X-Original-From: Rhea <rhea@', 'X-Original-From: Rhea <eve@')}`,
      said,
    );

    expect(found.sender).toBeUndefined();
    expect(suppressedBy(found)).toBe('unidentified-sender');
  });

  test.each([
    ['another signer', block('evil.example')],
    ['a signer that only ends alike', block('notgooglegroups.com')],
    ['no block of SES', ''],
  ])('%s: nothing is trusted', (_what, top) => {
    const found = facts(`${top}${group}`, said);

    expect(found.viaForwarder).toBe(false);
    expect(suppressedBy(found)).toBe('precedence');
  });
});

describe('the caps: one acknowledgement an address in 24 h, three in 7 days, 50 an hour in all', () => {
  const caps = { perAddressDay: 1, perAddressWeek: 3, perHour: 50 };

  /** As a deliverer uses the limits. */
  const ask = async (store: InMemoryStore, person: string, now: string): Promise<boolean> => {
    const { person: own, all } = acknowledgementLimits(caps, person, now);
    for (const windows of own.attempts)
      if (await store.countWithin(own.key, windows)) return store.countWithin(all.key, all.windows);
    return false;
  };

  test('no 24 h see a second one and no 7 days a fourth, however the questions fall', async () => {
    const clock = new TestClock();
    const store = new InMemoryStore(clock);
    const sent: string[] = [];

    for (let i = 0; i < 24 * 30; i++) {
      if (await ask(store, 'p-1', clock.now())) sent.push(clock.now());
      clock.advance(hour);
    }

    expect(sent.length).toBeGreaterThanOrEqual(12);
    for (const at of sent) {
      expect(sent.filter((other) => other >= at && other < plus(at, day))).toHaveLength(1);
      expect(sent.filter((other) => other >= at && other < plus(at, 7 * day)).length).toBeLessThanOrEqual(3);
    }
  });

  test('51 people in an hour: the last one waits for the next hour or a member', async () => {
    const clock = new TestClock();
    const store = new InMemoryStore(clock);

    const answers = [];
    for (let i = 0; i < 51; i++) answers.push(await ask(store, `p-${i}`, clock.now()));

    expect(answers.filter(Boolean)).toHaveLength(50);
    expect(answers.at(-1)).toBe(false);
    clock.advance(hour);
    expect(await ask(store, 'p-99', clock.now())).toBe(true);
  });
});
