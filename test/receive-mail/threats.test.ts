import { afterAll, describe, expect, test } from 'vitest';
import { composeMail } from '#adapters/mail-sender.ts';
import { day, hour, minute } from '#domain/instant.ts';
import { replyAddress, threadOf } from '#domain/threading.ts';
import { mayAcknowledge } from '../../functions/deliver/acknowledgements.ts';
import { seeded } from '../support/faults.ts';
import { MailRoom, notice, parser, rawMail, replyDomain, security } from './mail-room.ts';

afterAll(() => parser.close());

const reporter = 'reporter@people.example';
/** The body plays no part here: what is judged is the header. */
const noParser = { fingerprint: async () => undefined };

describe('forged References, subjects and tokens', () => {
  const withOne = async () => {
    const room = new MailRoom({ parser: noParser });
    await room.enrol('ada@openedx.example', 'member', true);
    await room.take(rawMail({}));
    const token = room.signer.replyToken('EDX-2026-0001', room.signer.pseudonym(reporter));
    return { room, token };
  };

  test('1,000 forgeries: 0 attached', { timeout: 60_000 }, async () => {
    const { room, token } = await withOne();
    const random = seeded(7);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const forge = () => ({
      mail: rawMail({
        From: pick(['eve@evil.example', reporter, `"${reporter}" <eve@evil.example>`]),
        Subject: pick(['Re: [EDX-2026-0001] We received your report', 'EDX-2026-0001', `case+${token}`]),
        'In-Reply-To': pick(['<one@people.example>', '<0100-ses-1@email.amazonses.com>']),
        References: '<one@people.example> <ses-1@email.amazonses.com>',
        'Reply-To': reporter,
        Cc: replyAddress('EDX-2026-0001', token, replyDomain),
        'X-Original-From': reporter,
        'Authentication-Results': 'amazonses.com; dmarc=pass header.from=people.example',
        'X-SES-RECEIPT': 'AEFB',
      }),
      said: notice({
        source: pick(['eve@evil.example', reporter]),
        recipients: [
          pick([security, `case+edx-2026-0001@${replyDomain}`, `case+${'a'.repeat(20)}@${replyDomain}`]),
        ],
        failing: pick([{ dmarc: 'FAIL' }, { dmarc: 'GRAY', spf: 'GRAY', dkim: 'GRAY' }, {}] as const),
      }),
    });

    for (let i = 0; i < 1000; i++) {
      const { mail, said } = forge();
      expect((await room.take(mail, said)).disposition).not.toBe('attached');
    }

    expect((await room.store.disclosure('EDX-2026-0001'))?.intakes).toEqual(['mail-1']);
  });

  test('10,000 mutations of a right token, each on a mail: 0 attached, 0 held', {
    timeout: 60_000,
  }, async () => {
    const { room, token } = await withOne();
    const random = seeded(11);
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
    const mutate = (): string => {
      const letters = [...token];
      const changes = 1 + Math.floor(random() * 3);
      for (let i = 0; i < changes; i++)
        letters[Math.floor(random() * letters.length)] = alphabet[Math.floor(random() * 32)] as string;
      return random() < 0.2 ? letters.join('').slice(0, -1) : letters.join('');
    };
    const mutations = Array.from({ length: 10_000 }, mutate).filter((mutated) => mutated !== token);
    const disclosure = await room.store.disclosure('EDX-2026-0001');
    if (!disclosure) throw new Error('it stands');
    const tokenOf = (person: string) => room.signer.replyToken(disclosure.id, person);
    const sender = room.signer.pseudonym(reporter);
    const judge = (given: string) =>
      threadOf({ disclosure, token: given, sender, authenticated: true, tokenOf }).kind;

    const judged = new Set(mutations.map(judge));
    const found = new Set<string>();
    const take = (given: string) =>
      room.take(rawMail({}), notice({ recipients: [replyAddress('EDX-2026-0001', given, replyDomain)] }));
    for (const mutated of mutations) found.add((await take(mutated)).disposition);

    expect(mutations.length).toBeGreaterThan(9_000);
    expect([...judged]).toEqual(['none']);
    expect([...found]).toEqual(['opened']);
    expect((await room.store.disclosure('EDX-2026-0001'))?.intakes).toEqual(['mail-1']);
    // The same mail to the right address: it was the token alone that kept the others out.
    expect(judge(token)).toBe('attach');
    expect((await take(token)).disposition).toBe('attached');
  });
});

describe('spoofed senders are never privileged', () => {
  const from = 'Ada <ada@openedx.example>';

  test.each([
    [
      'a whole forged block of SES below',
      { 'Authentication-Results': 'amazonses.com; dmarc=pass header.from=openedx.example' },
    ],
    ['a local part that reads like a result', { From: '"a;dkim=pass"@openedx.example' }],
    ['two From fields', { From: `${from}\r\nFrom: eve@evil.example` }],
    ['two mailboxes in one From', { From: `${from}, eve@evil.example` }],
    ['an address as display name', { From: 'ada@openedx.example <eve@evil.example>' }],
  ])('%s', async (_what, fields) => {
    const room = new MailRoom({ parser: noParser });
    await room.enrol('ada@openedx.example', 'member');

    const { intake } = await room.take(
      rawMail({ From: from, ...fields }),
      notice({ source: 'eve@evil.example', failing: { dmarc: 'GRAY', dkim: 'GRAY' } }),
    );

    expect(intake.authenticated).not.toBe('yes');
  });

  test('an envelope sender that holds `;dkim=pass` says nothing, also in SES’s own block', async () => {
    const room = new MailRoom({ parser: noParser });
    const block = (path: string) =>
      [
        `Return-Path: <${path}>`,
        'Received: from x by inbound-smtp.us-east-1.amazonaws.com with SMTP id abc; Mon, 02 Mar 2026 08:30:00 +0000',
        'X-SES-Spam-Verdict: PASS',
        'X-SES-Virus-Verdict: PASS',
        `Received-SPF: fail client-ip=192.0.2.1; envelope-from=${path}; helo=x;`,
        `Authentication-Results: amazonses.com; spf=fail (x) client-ip=192.0.2.1; envelope-from=${path}; helo=x; dkim=none; dmarc=fail header.from=people.example;`,
        'X-SES-RECEIPT: AEFB',
        '',
      ].join('\r\n');
    const paths = [
      '"a; dkim=pass header.i=@people.example; dmarc=pass "@evil.example',
      'a;dmarc=pass@evil.example',
      'a;dkim=pass;@x.example',
    ];

    for (const path of paths) {
      const raw = new TextEncoder().encode(block(path) + new TextDecoder().decode(rawMail({})));
      const { notice: _, ...arrival } = room.post(raw);
      const { mailKey } = await room.receive(arrival);
      expect(await room.store.intake(mailKey)).not.toMatchObject({ authenticated: 'yes' });
    }
  });

  test('DMARC FAIL with quarantine or reject → a report all the same, never answered; unknown is not fail', async () => {
    const room = new MailRoom({ parser: noParser });
    const said = (dmarcPolicy: 'none' | 'quarantine' | 'reject' | undefined) =>
      notice({ failing: { dmarc: dmarcPolicy ? 'FAIL' : 'GRAY' }, dmarcPolicy });

    const rules = [];
    for (const policy of ['quarantine', 'reject', 'none', undefined] as const)
      rules.push((await room.take(rawMail({}), said(policy))).intake);

    expect(rules.map(({ disposition, suppressed }) => [disposition, suppressed])).toEqual([
      ['opened', 'dmarc-refused'],
      ['opened', 'dmarc-refused'],
      ['opened', undefined],
      ['opened', undefined],
    ]);
  });
});

describe('loops and backscatter', () => {
  test('two responders, 1,000 rounds: at most one acknowledgement a day, three a week', {
    timeout: 60_000,
  }, async () => {
    const room = new MailRoom({ parser: noParser });
    // A responder without any sign of being one: only the cap can stop it.
    let answered = 0;
    for (let round = 0; round < 1000; round++) {
      await room.take(rawMail({ Subject: `Thank you for your mail ${round}` }));
      await room.deliverAll();
      if (room.acknowledgements.length > answered) answered = room.acknowledgements.length;
      room.clock.advance(minute);
    }

    expect(room.acknowledgements.length).toBe(1);
    for (let i = 0; i < 6; i++) {
      room.clock.advance(day);
      await room.take(rawMail({ Subject: `Thank you for your mail, day ${i}` }));
      await room.deliverAll();
    }
    expect(room.acknowledgements.length).toBeLessThanOrEqual(3);
    const withheld = await Promise.all(
      Array.from({ length: 999 }, (_, i) => room.store.intake(`mail-${i + 2}`)),
    );
    expect(withheld.every((intake) => intake?.flags.includes('acknowledgement-withheld'))).toBe(true);
  });

  test('10,000 mails of spoofed senders in an hour: no more acknowledgements than the cap of all', {
    timeout: 60_000,
  }, async () => {
    const room = new MailRoom({ parser: noParser });
    await room.enrol('ada@openedx.example', 'member', true);
    for (let i = 0; i < 10_000; i++)
      await room.take(rawMail({ From: `s${i}@spoofed.example` }), notice({ failing: { dmarc: 'GRAY' } }));

    await room.deliverAll();

    expect(room.acknowledgements.length).toBe(50);
    expect((await room.store.listed('open')).length).toBe(10_000);
    room.clock.advance(hour);
    await room.take(rawMail({ From: 'later@people.example' }));
    await room.deliverAll();
    expect(room.acknowledgements.length).toBe(51);
  });

  test('10,000 senders at once: the cap of all is a hard limit of the store', async () => {
    const { store, clock, settings } = new MailRoom();
    const may = mayAcknowledge({ store, clock, settings });

    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, at) =>
        may(
          { id: `p-${at}`, version: 1, address: `s${at}@spoofed.example`, roles: ['reporter'], epoch: 1 },
          `letter-${at}`,
        ),
      ),
    );

    expect(answers.filter(Boolean)).toHaveLength(50);
  });

  test('our own acknowledgement coming back is not answered', async () => {
    const room = new MailRoom();
    await room.take(rawMail({}));
    await room.deliverAll();
    const [acknowledgement] = room.acknowledgements;
    if (!acknowledgement) throw new Error('there is one');

    const echo = await composeMail(acknowledgement, security);
    const { intake, disposition } = await room.take(new Uint8Array(echo));

    expect(disposition).not.toBe('opened');
    expect(intake.suppressed).toBeDefined();
  });
});

describe('header injection', () => {
  const breaks = ['\r\n', '\n', '\r', '\0', '=0D=0A', '%0d%0a', '\u2028', '\u0085', '\r\n ', '\n\t'];
  const gifts = [
    'Bcc: victim@x.example',
    'To: v@x.example',
    'Content-Type: text/html',
    'X: y',
    '\r\n<script>',
  ];
  const payloads = breaks.flatMap((at) =>
    gifts.flatMap((gift) => [
      `hello${at}${gift}`,
      `=?utf-8?Q?a${at}${gift}?=`,
      `=?utf-8?B?${Buffer.from(`a${at}${gift}`).toString('base64')}?=`,
      `<a${at}${gift}@x.example>`,
      `${at}${gift}`,
      `"a${at}${gift}"`,
      `a${at}${at}${gift}`,
      `${gift}${at}`,
      `<id@x>${at}${gift}`,
      `${at} ${gift}`,
    ]),
  );

  test('500 payloads in subject, name, ids: our mails have exactly the fields and recipients they should', {
    timeout: 60_000,
  }, async () => {
    expect(payloads.length).toBe(500);
    const room = new MailRoom({ parser: noParser, settings: generous() });
    const encode = (value: string) => new TextEncoder().encode(value);

    for (const payload of payloads)
      await room.take(
        encode(
          `From: ${payload} <reporter@people.example>\r\nTo: ${security}\r\nSubject: ${payload}\r\nMessage-ID: ${payload}\r\nReferences: ${payload}\r\n\r\nx`,
        ),
      );
    await room.deliverAll();

    expect(room.sent.length).toBeGreaterThan(0);
    for (const mail of room.sent) {
      const text = (await composeMail(mail, security)).toString();
      const head = text.slice(0, text.indexOf('\r\n\r\n'));
      expect(mail.to).toBe('reporter@people.example');
      expect(head).not.toMatch(/^(bcc|x):/im);
      expect(head.match(/^to:/gim)).toHaveLength(1);
      expect(head).not.toContain('victim@');
    }
  });
});

/** No cap stands between a payload and its answer. */
function generous() {
  const { settings } = new MailRoom();
  return {
    ...settings,
    mail: { ...settings.mail, caps: { perAddressDay: 1e6, perAddressWeek: 1e6, perHour: 1e6 } },
  };
}

test('canaries: of a mail’s own words nothing is in logs, events, letters or signals', {
  timeout: 60_000,
}, async () => {
  const room = new MailRoom();
  await room.enrol('ada@openedx.example', 'member', true);
  const raw = rawMail(
    {
      From: '"CANARY-NAME" <reporter@people.example>',
      Subject: 'CANARY-SUBJECT',
      'X-Secret': 'CANARY-HEADER',
      'Content-Type': 'multipart/mixed; boundary=b',
    },
    '--b\n\nCANARY-BODY\n--b\nContent-Disposition: attachment; filename=CANARY-FILE.txt\n\nCANARY-ATTACHED\n--b--\n',
  );
  const said = [
    notice(),
    notice({ failing: { virus: 'FAIL' } }),
    notice({ recipients: [`case+${'a'.repeat(20)}@${replyDomain}`] }),
  ];

  for (const each of said) await room.take(raw, each);
  await room.take(new Uint8Array(), notice());
  await room.deliverAll();

  const partitions = [
    'DISC#EDX-2026-0001',
    'DISC#EDX-2026-0002',
    'INTAKE#mail-1',
    'INTAKE#mail-2',
    'INTAKE#mail-3',
  ] as const;
  const events = (await Promise.all(partitions.map((partition) => room.store.events(partition)))).flat();
  expect(events.length).toBeGreaterThanOrEqual(3);
  const disclosures = await Promise.all(
    (await room.store.listed('open')).map((id) => room.store.disclosure(id)),
  );
  expect(JSON.stringify({ events, logged: room.logged, sent: room.sent, disclosures })).not.toContain(
    'CANARY',
  );
});
