import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Intake } from '#domain/intake.ts';
import type { Desk } from '../../local/desk.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import { linkIn, mailTo, Visitor } from '../../local/visitor.ts';
import { whilePaused } from '../support/paused.ts';
import { queuesOf } from '../support/queues.ts';
import {
  act,
  byLink,
  newReporter,
  report,
  startRunningDesk,
  stored,
  until,
  validTriage,
  write,
} from '../support/running-desk.ts';
import { alarmOf, functionLog } from '../support/watched.ts';

/* Mail intake as a person meets it: mails by SMTP, pages by the links of the desk's own mails. */

const ada = 'ada@openedx.example';

let desk: Desk;
beforeAll(async () => {
  desk = await startRunningDesk();
});
afterAll(async () => {
  await desk?.close();
});

let member: Promise<Visitor> | undefined;
/** A member signed in at the desk, once: sign-in links are capped. */
const signedIn = (): Promise<Visitor> => {
  member ??= signIn();
  return member;
};

async function signIn(): Promise<Visitor> {
  const visitor = new Visitor(desk.addresses.desk);
  const { mailbox } = desk.gateway;
  const after = mailbox.list(ada).length;
  await visitor.act('/desk', { address: ada });
  await visitor.open(linkIn(await mailTo(mailbox, ada, /Your sign-in link/, { after })));
  return visitor;
}

const intakeOf = (mailKey: string): Promise<Intake> =>
  until(`the intake of ${mailKey}`, () => desk.store.intake(mailKey));

const decide = async (visitor: Visitor, mailKey: string, fields: Readonly<Record<string, string>>) => {
  const page = await visitor.act(`/i/${encodeURIComponent(mailKey)}`, fields);
  expect([page.status, page.text.includes('There is a problem')]).toEqual([200, false]);
  return page;
};

/** A raw mail as it stands, handed over by SMTP. */
async function hand(
  raw: Buffer | string,
  from: string,
  to = desk.addresses.securityAddress,
): Promise<string> {
  const answer = await sendMail(desk.inbound.port, raw, { from, to });
  return answer.match(/OK (\S+)/)?.[1] ?? '';
}

describe('Nothing lost', () => {
  test('a mail that fails three times becomes an unparsed intake by what its notice says, and an alarm’s metric counts it', async () => {
    const { returningAfter } = queuesOf(desk);
    const { QueueUrl = '' } = desk.outputs;
    const from = newReporter();
    const counted = async () =>
      (await functionLog(desk, 'receive-mail')).filter((line) => /"MailUnparsed": ?1\b/.test(line)).length;
    const before = await counted();

    const key = await returningAfter(QueueUrl, 4, async () => {
      const written = await whilePaused(desk, 'receive-mail', async () => {
        const taken = await write(desk, from, { subject: 'A report that nobody can read' });
        // Not the mail itself: what the notice repeats of it is all that is left.
        await desk.archive.remove([`in/${taken}`]);
        return taken;
      });
      await intakeOf(written);
      return written;
    });

    const intake = await intakeOf(key);
    expect(intake).toMatchObject({
      subject: 'A report that nobody can read',
      disposition: 'opened',
      flags: expect.arrayContaining(['unparsed']),
    });
    const failures = (await functionLog(desk, 'receive-mail')).filter((line) => line.includes(key));
    expect(failures.filter((line) => line.includes('MailMissing'))).toHaveLength(2);
    expect((await until('it is counted', async () => (await counted()) > before && counted())) - before).toBe(
      1,
    );
    expect(await alarmOf(desk, 'mail-unparsed')).toMatchObject({
      Namespace: 'DisclosureDesk',
      MetricName: 'MailUnparsed',
      Dimensions: [{ Name: 'service', Value: desk.addresses.stack }],
    });
    const page = await (await signedIn()).get(`/i/${key}`);
    expect(page.text).toContain('The parser could not read this mail');
    await mailTo(desk.gateway.mailbox, from, /We received your report/);
  });

  test('what is no notice at all lies among the dead letters after three tries, where an alarm looks', async () => {
    const { sqs, deadLettersOf, look, remove, returningAfter } = queuesOf(desk);
    const { QueueUrl = '' } = desk.outputs;
    const dead = await deadLettersOf(QueueUrl);
    const body = 'no notice of anybody’s';

    const [id, found] = await returningAfter(QueueUrl, 4, async () => {
      const { MessageId = 'none' } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
      const lies = () => look(dead).then((all) => all.find((each) => each.Body === body));
      return [MessageId, await until('it is among the dead letters', lies)] as const;
    });

    const tries = (await functionLog(desk, 'receive-mail')).filter((line) => line.includes(id));
    expect(tries).toHaveLength(3);
    expect(await alarmOf(desk, 'dead-letters-intake')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: dead.slice(dead.lastIndexOf('/') + 1) }],
    });
    await remove(dead, found);
  });
});

describe('Kinds', () => {
  test('requests go to a list of their own; a member changes the kind, and the mail stays in the list', async () => {
    const key = await write(desk, newReporter(), { subject: 'Advice on our login form', text: 'May we?\n' });
    expect(await intakeOf(key)).toMatchObject({ kind: 'advice', disposition: 'recorded', disclosures: [] });
    const member = await signedIn();
    expect((await member.get('/desk')).text).toContain('Advice on our login form');

    await decide(member, key, { decision: 'kind', kind: 'scoring' });

    expect(await intakeOf(key)).toMatchObject({
      kind: 'scoring',
      kindBy: 'a member',
      disposition: 'recorded',
    });
    expect((await member.get('/desk')).text).toMatch(/Advice on our login form .{0,80}scoring/);
    expect((await member.get(`/i/${key}`)).text).toContain('scoring (rule: a member)');
  });

  test('a report whose kind a member changes stays with its disclosure', async () => {
    const { reference } = await report(desk);
    const [key = ''] = (await stored(desk, reference)).intakes;

    await decide(await signedIn(), key, { decision: 'kind', kind: 'scoring' });

    expect(await intakeOf(key)).toMatchObject({
      kind: 'scoring',
      disposition: 'opened',
      disclosures: [reference],
    });
    expect(await desk.store.listed('queue')).not.toContain(key);
  });

  test('one intake is split into several disclosures; two are joined, and the reporter stays with both', async () => {
    const first = await report(desk);
    const [key = ''] = (await stored(desk, first.reference)).intakes;
    const member = await signedIn();

    await decide(member, key, { decision: 'open' });
    await decide(member, key, { decision: 'open' });

    const { disclosures } = await intakeOf(key);
    expect(disclosures).toHaveLength(3);
    expect(new Set(disclosures).size).toBe(3);
    const [, second = '', third = ''] = disclosures;
    expect((await stored(desk, second)).related).toContain(first.reference);
    expect((await member.get(`/i/${key}`)).text).toContain(third);

    await act(member, third, 'triage', { outcome: 'duplicate', duplicateOf: first.reference });

    expect(await stored(desk, third)).toMatchObject({
      exit: { kind: 'duplicate', duplicateOf: first.reference },
    });
    await desk.quiet();
    expect((await stored(desk, first.reference)).reporters).toEqual((await stored(desk, third)).reporters);
  });
});

test('Nothing doubled: an equal body is flagged, and the page of each of the two shows the other', async () => {
  const text = 'The same words, word for word, in two mails of one flaw.\n';
  const one = await write(desk, newReporter(), { text });
  await intakeOf(one);
  await desk.quiet();
  const two = await write(desk, newReporter(), { text });

  const later = await until('the flag', async () => {
    const intake = await desk.store.intake(two);
    return intake?.flags.includes('possible-duplicate') && intake;
  });
  const member = await signedIn();

  expect(later.duplicateOf).toBe(one);
  expect((await member.get(`/i/${two}`)).body).toContain(`href="/i/${one}"`);
  expect((await member.get(`/i/${one}`)).body).toContain(`href="/i/${two}"`);
  // Who sent it learns nothing of the other.
  const [reference = ''] = later.disclosures;
  const reporter = await byLink(desk, reference, /We received your report/);
  expect((await reporter.get(`/d/${reference}`)).text).not.toContain('same text');
});

describe('Nothing forged', () => {
  test('right token, wrong sender: held, the on-duty member is told, and its page joins it', async () => {
    const { reference, acknowledgement } = await report(desk);
    const [replyTo = ''] = /case\+[^>\s]+/.exec(acknowledgement.headers['reply-to'] ?? '') ?? [];
    const { mailbox } = desk.gateway;
    const key = await write(desk, newReporter(), { to: replyTo, subject: 'Re: it', text: 'I know more.\n' });

    expect(await intakeOf(key)).toMatchObject({ disposition: 'held', heldFor: reference, disclosures: [] });
    await until('the on-duty member is told', () =>
      mailbox.list().find(({ subject }) => subject === `[${reference}] A mail waits for your decision`),
    );
    const member = await byLink(desk, reference, /A mail waits for your decision/);
    const page = await member.get(`/i/${key}`);
    expect(page.text).toContain('I know more.');
    expect(page.text).toContain(`Came to the address of ${reference}`);

    await decide(member, key, { decision: 'attach', reference, asReporter: 'no' });

    expect((await stored(desk, reference)).intakes).toContain(key);
    expect(await intakeOf(key)).toMatchObject({ disposition: 'attached', disclosures: [reference] });
  });
});

describe('No loops, no backscatter', () => {
  test('a second report of the day is withheld by the cap, listed, and acknowledged on release', async () => {
    const { reporter } = await report(desk);
    const { mailbox } = desk.gateway;
    const key = await write(desk, reporter, { subject: 'Another flaw', text: 'Not the first one.\n' });
    const withheld = await until('the flag', async () => {
      const intake = await desk.store.intake(key);
      return intake?.flags.includes('acknowledgement-withheld') && intake;
    });
    const member = await signedIn();
    const [reference = ''] = withheld.disclosures;
    const list = await member.get('/desk');
    expect(quarantineOf(list.body)).toContain(`/i/${key}`);
    expect(mailbox.list(reporter)).toHaveLength(1);

    await decide(member, key, { decision: 'release' });

    const mail = await mailTo(mailbox, reporter, /We received your report/, { after: 1 });
    expect(mail.subject).toContain(reference);
    expect(quarantineOf((await member.get('/desk')).body)).not.toContain(`/i/${key}`);
  });

  test('so is a request that opened no disclosure', async () => {
    const from = newReporter();
    await write(desk, from, { subject: 'Advice on tokens', text: 'May we?\n' });
    await mailTo(desk.gateway.mailbox, from, /We received your mail/);
    const key = await write(desk, from, { subject: 'Advice on cookies', text: 'And may we?\n' });
    await until('the flag', async () => {
      const intake = await desk.store.intake(key);
      return intake?.flags.includes('acknowledgement-withheld');
    });

    await decide(await signedIn(), key, { decision: 'release' });

    await mailTo(desk.gateway.mailbox, from, /We received your mail/, { after: 1 });
  });
});

/** The section of the members' page that lists what is quarantined or held back. */
const quarantineOf = (body: string): string => /<h2>Quarantine.*?(?=<h2>)/s.exec(body)?.[0] ?? '';

describe('Quarantine', () => {
  const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

  test('spam is unanswered, in the list, and “is a report” opens it, “is not” ends it', async () => {
    const keys: string[] = [];
    for (const subject of ['Found by a scanner, a report', 'Found by a scanner, rightly'])
      keys.push(await write(desk, newReporter(), { subject, text: `${subject}\n${gtube}\n` }));
    const [yes = '', no = ''] = keys;
    expect(await intakeOf(yes)).toMatchObject({ disposition: 'quarantined' });
    expect(await intakeOf(no)).toMatchObject({ disposition: 'quarantined' });
    const member = await signedIn();
    const list = quarantineOf((await member.get('/desk')).body);
    for (const key of keys) expect(list).toContain(`/i/${key}`);

    await decide(member, yes, { decision: 'open' });
    await decide(member, no, { decision: 'not' });

    expect(await intakeOf(yes)).toMatchObject({ disposition: 'opened', kind: 'report' });
    expect(await intakeOf(no)).toMatchObject({ disposition: 'ignored', disclosures: [] });
    const after = quarantineOf((await member.get('/desk')).body);
    for (const key of keys) expect(after).not.toContain(`/i/${key}`);
  });
});

describe('Follow-ups', () => {
  test('the reporter’s mail joins and reaches the on-duty member; the reply goes out in the thread', async () => {
    const { reference, reporter, acknowledgement } = await report(desk);
    const [replyTo = ''] = /case\+[^>\s]+/.exec(acknowledgement.headers['reply-to'] ?? '') ?? [];
    const answerTo = acknowledgement.headers['message-id'] ?? '';
    const raw = await composeMail({
      from: reporter,
      to: replyTo,
      subject: `Re: ${acknowledgement.subject}`,
      text: 'It also works without a login.\n',
      inReplyTo: answerTo,
      headers: { 'Message-ID': '<second@reporter.example>' },
      sign: desk.gateway.dkimKey,
    });
    const key = await hand(raw, reporter, replyTo);
    expect(await intakeOf(key)).toMatchObject({ disposition: 'attached', disclosures: [reference] });
    const member = await byLink(desk, reference, /News from the reporter/);
    expect((await member.get(`/d/${reference}`)).text).toContain('It also works without a login.');

    await act(member, reference, 'reply-to-reporter', { text: 'Thank you, we could confirm it.' });

    const { mailbox } = desk.gateway;
    const reply = await mailTo(mailbox, reporter, /An answer to your report/);
    expect(reply.from).toContain(desk.addresses.securityAddress);
    expect(reply.text).toContain('Thank you, we could confirm it.');
    expect(reply.headers['in-reply-to']).toBe('<second@reporter.example>');
    expect(reply.headers.references).toContain('<second@reporter.example>');
    expect(reply.headers['reply-to']).toContain(replyTo);
    // Delivery out: how it stands is shown beside the letter.
    await until('SES told of the delivery', async () =>
      (await member.get(`/d/${reference}`)).body.includes('<span class="tag">delivered</span>'),
    );
  });

  test.each([
    ['an operator', 'platform-security@university.example', 'known operator'],
    ['a maintainer', 'mary@maintainers.example', 'known maintainer'],
  ])('mail from %s is labelled, once it is authenticated', async (_who, from, label) => {
    const key = await write(desk, from, { subject: 'Something is odd', text: `Odd for ${label}.\n` });
    const intake = await intakeOf(key);
    const forged = await hand(
      await composeMail({ from, to: desk.addresses.securityAddress, subject: 'Odd too', text: 'x\n' }),
      'eve@evil.example',
    );

    expect(intake).toMatchObject({ authenticated: 'yes' });
    expect((await (await signedIn()).get(`/i/${key}`)).text).toContain(label);
    expect((await intakeOf(forged)).flags).not.toContain(label.replace(' ', '-'));
  });

  test('a volunteer whom a member recorded is labelled from then on', async () => {
    const from = `vera-${process.pid}@volunteers.example`;
    const key = await write(desk, from, { subject: 'Volunteering for hotfixes', text: 'Gladly.\n' });
    expect(await intakeOf(key)).toMatchObject({ kind: 'volunteer', disposition: 'recorded' });
    const member = await signedIn();

    await decide(member, key, { decision: 'volunteer', volunteerAddress: from, vouch: 'yes' });
    const later = await write(desk, from, { subject: 'A question of mine', text: 'Where do I begin?\n' });

    expect((await intakeOf(later)).flags).toContain('known-volunteer');
  });

  test('a bounce of our acknowledgement marks the recipient, stands beside the letter, and is told to the on-duty member', async () => {
    const from = `gone-${process.pid}@bounce.example`;
    const key = await write(desk, from, { text: 'From an address that takes nothing.\n' });
    const intake = await intakeOf(key);
    const [reference = ''] = intake.disclosures;

    await until('the on-duty member is told', () =>
      desk.gateway.mailbox
        .list()
        .find(({ subject }) => subject === `[${reference}] Urgent: a letter came back`),
    );
    await until(
      'the recipient is marked',
      async () => (await desk.store.person(intake.from ?? ''))?.bouncedAt,
    );
    const member = await byLink(desk, reference, /New report/);
    expect((await member.get(`/d/${reference}`)).text).toMatch(
      /acknowledgement.{0,80}came back: it did not arrive/,
    );
  });
});

test('PGP: kept as it is, labelled, downloaded by a member, and nobody else', async () => {
  const armoured = '-----BEGIN PGP MESSAGE-----\n\nhQEMA5vJ\n=abcd\n-----END PGP MESSAGE-----\n';
  const { reference } = await report(desk, { subject: '...', text: armoured });
  const [key = ''] = (await stored(desk, reference)).intakes;
  expect((await intakeOf(key)).flags).toContain('encrypted');

  const member = await byLink(desk, reference, /New report/);
  const page = await member.get(`/d/${reference}`);
  const reporter = await byLink(desk, reference, /We received your report/);

  expect(page.text).toContain('Download the raw mail and open it with the group’s key.');
  const download = await member.get(`/d/${reference}/mail/${key}/raw`);
  expect(download.body).toContain('-----BEGIN PGP MESSAGE-----');
  expect((await reporter.get(`/d/${reference}/mail/${key}/raw`)).status).toBe(404);
});

test('Delivery out: each letter of the trail stands beside what SES told of it', async () => {
  const { reference } = await report(desk);
  const member = await byLink(desk, reference, /New report/);
  await act(member, reference, 'triage', validTriage('openedx/openedx-platform'));
  await desk.quiet();

  const { text } = await member.get(`/d/${reference}`);

  for (const template of ['acknowledgement', 'new-report'])
    expect(text).toMatch(new RegExp(`${template}.{0,60}delivered`));
});
