import { describe, expect, test } from 'vitest';
import { scanHeader } from '#domain/header-scan.ts';
import { dispositionOf, flagsOf, type IntakeFacts, kindOf, kindRules } from '#domain/intake-rules.ts';
import { factsOf, type Notice } from '#domain/mail-facts.ts';

const identity = {
  ownAddresses: ['security@openedx.example'],
  replyDomain: 'desk.openedx.example',
  trustedForwarders: [],
};
const pass: Notice['verdicts'] = { spam: 'PASS', virus: 'PASS', spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' };

const facts = (
  fields: string,
  body = 'Hello',
  more: Partial<IntakeFacts> = {},
  said: Partial<Notice> = {},
): IntakeFacts => {
  const base = /^from:/im.test(fields) ? '' : 'From: Rhea <rhea@people.example>\r\n';
  const scan = scanHeader(new TextEncoder().encode(`${fields && `${fields}\r\n`}${base}\r\n${body}`));
  const known = factsOf(
    scan,
    { source: 'rhea@people.example', recipients: [], verdicts: pass, ...said },
    identity,
  );
  return { ...known, testNonce: false, knownAs: [], ...more };
};

const attach = { kind: 'attach', person: 'p-1', asReporter: true } as const;

/** Each rule by its name: a mail that it, and no rule before it, recognises. */
const examples: Readonly<Record<string, IntakeFacts>> = {
  'unused-nonce': facts('X-Disclosure-Desk-Test: abc', '', { testNonce: true }),
  'read-receipt': facts('Content-Type: multipart/report; report-type=disposition-notification; boundary=b'),
  'delivery-report': facts('Content-Type: multipart/report; report-type=delivery-status; boundary=b'),
  'machine-report': facts(
    'Subject: Report Domain: a.example Submitter: b.example Report-ID: 1\r\nContent-Type: application/gzip',
  ),
  'mail-system': facts('From: Mail Delivery Subsystem <MAILER-DAEMON@x.example>'),
  postmaster: facts('From: postmaster@x.example\r\nSubject: Message delivery failed'),
  'failed-recipients': facts('X-Failed-Recipients: a@b.example'),
  'undeliverable-subject': facts('Subject: Undeliverable: hello', '', {}, { source: '' }),
  complaint: facts(
    'Subject: complaint about message from 192.0.2.1\r\nContent-Type: multipart/mixed; boundary=b',
    '--b\r\nContent-Type: message/rfc822\r\n\r\nx',
  ),
  'notification-service': facts('From: AWS <no-reply@sns.amazonaws.com>', '{"notificationType":"Bounce"}'),
  'given-back': facts('Subject: hello', 'The mail could not be delivered: user unknown', {}, { source: '' }),
  'auto-replied': facts('Auto-Submitted: auto-replied'),
  'responder-header': facts('X-Autoreply: yes'),
  'auto-reply-precedence': facts('Precedence: auto_reply'),
  'away-answer': facts('Subject: Automatic reply: your report\r\nIn-Reply-To: <a@desk.example>'),
  'list-speaks-of-flaw': facts(
    'To: security@openedx.example\r\nList-Unsubscribe: <https://crm.example/u>\r\nSubject: XSS in notes',
  ),
  'list-headers': facts('List-Id: <news.example>'),
  'passed-on': facts('Subject: Fwd: Returned mail', 'Hm?\r\n> 550 5.1.1 <a@b.example>: user unknown'),
  'away-subject': facts('Subject: Out of Office: back on Monday'),
  'calendar-answer': facts('Content-Type: text/calendar; method=REPLY'),
  challenge: facts('Subject: Please confirm your message\r\nIn-Reply-To: <a@desk.example>'),
  digest: facts('Content-Type: multipart/digest; boundary=b'),
  'spam-verdict': facts('', 'Buy', {}, { verdicts: { ...pass, spam: 'FAIL' } }),
  'reply-address': facts('', 'More', { thread: attach }),
  'registration-subject': facts('Subject: Operator registration: Example University'),
  'volunteer-subject': facts('Subject: I want to volunteer'),
  'membership-subject': facts('Subject: Joining the working group'),
  'scoring-subject': facts('Subject: Scoring request'),
  'advice-subject': facts('Subject: Security advice, please'),
  default: facts('Subject: Anything at all'),
};

describe('kinds by rules that are data', () => {
  test('every rule has its example', () => {
    expect(Object.keys(examples)).toEqual(kindRules.map(({ rule }) => rule));
  });

  test.each(kindRules.map(({ rule, kind }) => [rule, kind] as const))('%s → %s', (rule, kind) => {
    expect(kindOf(examples[rule] as IntakeFacts)).toMatchObject({ kind, rule });
  });

  test.each(kindRules.filter(({ likely }) => likely).map(({ rule }) => rule))(
    '%s is only likely: a member sees it',
    (rule) => {
      const mail = examples[rule] as IntakeFacts;

      expect(dispositionOf(kindOf(mail), mail)).toBe('recorded');
    },
  );

  test.each([
    ['words of a bounce from a person', facts('Subject: Bulk mail', '550 5.1.1 user unknown')],
    [
      'a bounce’s subject on a report',
      facts('Subject: Mail delivery failure page leaks addresses', '550 5.1.1 user unknown'),
    ],
    [
      'a bounce’s headers in the text',
      facts('', 'Content-Type: message/delivery-status\r\n\r\nAction: failed'),
    ],
    ['an away page', facts('Subject: XSS in the out-of-office page')],
    ['Auto-Submitted: no', facts('Auto-Submitted: no')],
    ['a machine that reports', facts('From: no-reply@bounty.example')],
    ['a list that is our own address', facts('List-Id: <security.openedx.example>\r\nPrecedence: list')],
    ['a failed DMARC', facts('', 'x', {}, { verdicts: { ...pass, dmarc: 'FAIL' }, dmarcPolicy: 'reject' })],
    ['two senders', facts('From: a@b.example, c@d.example')],
    [
      'two senders who quote a bounce',
      facts(
        'From: a@b.example, c@d.example',
        'The role is not checked: security problem\r\n> 550 5.1.1 user unknown',
      ),
    ],
    [
      'a bounce of an earlier report, passed on with what it says',
      facts(
        'Subject: Fwd: Undeliverable: Grades',
        'Anyone can read the grades.\r\nSteps to\r\nreproduce: …\r\n> user unknown',
      ),
    ],
    [
      'a bounce that is passed on with a few sentences',
      facts(
        'Subject: Fwd: Returned mail',
        'Your old address is dead. I wrote there that anyone can read all grades of a course.\r\n> user unknown',
      ),
    ],
    [
      'a delivery report among the attachments',
      facts(
        'Content-Type: multipart/mixed; boundary=b',
        '--b\r\n\r\nThis exploit makes backscatter.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed',
      ),
    ],
    ['a person who is postmaster', facts('From: postmaster@school.example\r\nSubject: Open relay')],
    [
      'a postmaster who quotes a bounce',
      facts(
        'From: postmaster@school.example',
        'A vulnerability: the host answers 550 5.1.1 user unknown to all',
      ),
    ],
    [
      'an away setting with a flaw',
      facts('Subject: Out of office text of moderators', 'Stored XSS for all who open the forum.'),
    ],
    [
      'an away setting with a flaw, in base64',
      facts(
        'Subject: Out of office text\r\nContent-Transfer-Encoding: base64',
        Buffer.from('Stored XSS for all who open the forum.').toString('base64'),
      ),
    ],
    [
      'what a response team’s ticket system sends as bulk',
      facts('Precedence: bulk\r\nX-RT-Ticket: CERT #1\r\nSubject: [CERT #1] Vulnerability in Open edX'),
    ],
    [
      'an invitation to a call',
      facts('Content-Type: text/calendar; method=REQUEST\r\nSubject: Call about enrolment'),
    ],
    [
      'a sentence that begins like an away notice',
      facts('Subject: Automatic reply bot of your forum runs what one writes', 'Send !run id.'),
    ],
    ['a person who asks us to confirm', facts('Subject: Please confirm your message was sent by you')],
  ])('%s loses no attention: report, opened', (_what, mail) => {
    expect(kindOf(mail)).toEqual({ kind: 'report', rule: 'default' });
    expect(dispositionOf(kindOf(mail), mail)).toBe('opened');
  });

  test('R1: what a list says of flaws to its readers is a list; what one person says to us by a mass mailer is seen', () => {
    const said = 'List-Id: <a.lists.example>\r\nSubject: CVE-2026-1 in libx';

    const [toReaders, toUs] = ['To: a@lists.example', 'To: a@lists.example, security@openedx.example'].map(
      (to) => {
        const mail = facts(`${said}\r\n${to}`);
        return dispositionOf(kindOf(mail), mail);
      },
    );

    expect([toReaders, toUs]).toEqual(['list', 'recorded']);
  });
});

describe('exactly one disposition', () => {
  test.each([
    [
      'a machine without a known kind waits for a member',
      facts('Auto-Submitted: auto-generated'),
      'recorded',
    ],
    ['bulk mail without list headers too', facts('Precedence: bulk'), 'recorded'],
    ['right token, wrong sender', facts('', 'x', { thread: { kind: 'hold' } }), 'held'],
    [
      'a machine at a reply address',
      facts('Auto-Submitted: auto-generated', 'x', { thread: attach }),
      'held',
    ],
    ['a follow-up', facts('', 'x', { thread: attach }), 'attached'],
    [
      'a follow-up with a virus',
      facts('', 'x', { thread: attach }, { verdicts: { ...pass, virus: 'FAIL' } }),
      'quarantined',
    ],
    [
      'an away notice at a reply address',
      facts('Auto-Submitted: auto-replied', 'x', { thread: attach }),
      'auto-reply',
    ],
    ['advice', facts('Subject: Security advice'), 'recorded'],
    [
      'a scan that did not run is no fail',
      facts('', 'x', {}, { verdicts: { ...pass, spam: 'PROCESSING_FAILED', virus: 'DISABLED' } }),
      'opened',
    ],
  ] as const)('%s', (_what, mail, disposition) => {
    expect(dispositionOf(kindOf(mail), mail)).toBe(disposition);
  });
});

test.each([
  ['unidentified-sender', facts('From: nobody')],
  ['unauthenticated', facts('', 'x', {}, { verdicts: { ...pass, dmarc: 'FAIL' } })],
  ['encrypted', facts('', '-----BEGIN PGP MESSAGE-----\r\n\r\nx')],
  ['encrypted', facts('Content-Type: application/pkcs7-mime')],
  ['via-forwarder', facts('List-Post: <mailto:security@openedx.example>')],
  ['known-operator', facts('', 'x', { knownAs: ['operator'] })],
  ['known-maintainer', facts('', 'x', { knownAs: ['maintainer'] })],
  ['known-volunteer', facts('', 'x', { knownAs: ['volunteer'] })],
] as const)('flag %s', (flag, mail) => {
  expect(flagsOf(mail)).toContain(flag);
});

describe('authenticated: DMARC pass, or SPF or DKIM pass aligned with From; only from SES', () => {
  const none: Notice['verdicts'] = { ...pass, spf: 'GRAY', dkim: 'GRAY', dmarc: 'GRAY' };
  const spf = { ...none, spf: 'PASS' } as const;
  const dkim = { ...none, dkim: 'PASS' } as const;
  const block = (signer: string) =>
    `Return-Path: <x@y.example>\r\nReceived: from y\r\nAuthentication-Results: amazonses.com; dkim=pass header.i=@${signer};\r\nX-SES-RECEIPT: A\r\n`;

  test.each([
    ['DMARC pass', '', { verdicts: { ...none, dmarc: 'PASS' } }, 'yes'],
    ['SPF pass of the same domain', '', { verdicts: spf }, 'yes'],
    ['SPF pass of a domain below', '', { verdicts: spf, source: 'x@bounces.people.example' }, 'yes'],
    ['SPF pass of another domain', '', { verdicts: spf, source: 'x@evil.example' }, 'unknown'],
    [
      'SPF pass of a domain that ends alike',
      '',
      { verdicts: spf, source: 'x@evilpeople.example' },
      'unknown',
    ],
    ['DKIM pass of the same domain', block('people.example'), { verdicts: dkim }, 'yes'],
    ['DKIM pass of another domain', block('evil.example'), { verdicts: dkim }, 'unknown'],
    ['DKIM pass of nobody knows whom', '', { verdicts: dkim }, 'unknown'],
    [
      'DKIM pass in a block the notification does not confirm',
      block('people.example'),
      { verdicts: none },
      'unknown',
    ],
    [
      'DMARC fail, whatever else passes',
      block('people.example'),
      { verdicts: { ...pass, dmarc: 'FAIL' } },
      'no',
    ],
    ['nothing said', '', { verdicts: none }, 'unknown'],
  ] as const)('%s', (_what, top, said, authenticated) => {
    expect(facts(`${top}From: rhea@people.example`, 'x', {}, said).authenticated).toBe(authenticated);
  });
});
