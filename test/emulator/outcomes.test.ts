import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { day, plus } from '#domain/instant.ts';
import type { Desk } from '../../local/desk.ts';
import { linkIn, mailTo, Visitor } from '../../local/visitor.ts';
import { order } from '../support/maintaining.ts';
import {
  act,
  byLink,
  type Case,
  executionEnd,
  mailAbout,
  member,
  report,
  startRunningDesk,
  stored,
  trail,
  until,
  validTriage,
  waitsIn,
  write,
} from '../support/running-desk.ts';

let desk: Desk;
let original: Case;
beforeAll(async () => {
  desk = await startRunningDesk();
  original = await report(desk, { subject: 'The original' });
});
afterAll(async () => {
  await desk?.close();
});

/** A report that a member triaged on the page behind the link. */
async function triaged(fields: Readonly<Record<string, string>>): Promise<Case> {
  const found = await report(desk);
  await act(await member(desk, found.reference), found.reference, 'triage', fields);
  return found;
}

/** How it ended: the exit, the execution, what the reporter was told, the acts in order. */
async function ending({ reference, reporter }: Case) {
  const execution = await executionEnd(desk, reference, 1);
  // Its last letters leave while the execution ends.
  await until('every letter has left', async () =>
    (await trail(desk, reference)).every(({ letters, delivery }) =>
      letters.every((_letter, at) => !['leased', 'withheld', undefined].includes(delivery[`L${at}`]?.state)),
    ),
  );
  const { exit } = await stored(desk, reference);
  const acts = (await trail(desk, reference)).map(({ type }) => type);
  return { exit, execution, acts, subjects: subjectsTo(reporter) };
}

const subjectsTo = (person: string): string[] =>
  desk.gateway.mailbox.list(person).map(({ subject }) => subject.replace(/\[[^\]]*\] /, ''));

/** The id under which the page lists the one operator of the example. */
async function operatorId(): Promise<string> {
  const [operator] = await desk.store.peopleOf('operator');
  return operator?.id ?? '';
}
const toOperator = async () => ({
  operator: await operatorId(),
  operatorText: 'Your instance answers to a default password.',
  withAttachments: 'no',
});

describe.concurrent('each outcome of triage ends its execution', () => {
  test('A3: a duplicate hands its reporter to the original', async ({ expect }) => {
    const found = await triaged({ outcome: 'duplicate', duplicateOf: original.reference });

    const { exit, execution } = await ending(found);
    expect(exit).toMatchObject({ kind: 'duplicate', duplicateOf: original.reference });
    expect(execution).toBe('SUCCEEDED');
    await mailTo(desk.gateway.mailbox, found.reporter, /What became of your report/);
    const reporters = await until('the reporter is handed over', async () => {
      const both = (await stored(desk, original.reference)).reporters;
      return both.length > 1 && both;
    });
    expect(reporters).toEqual(expect.arrayContaining([...(await stored(desk, found.reference)).reporters]));
  });

  test('R2: spam ends without a word to its sender', async ({ expect }) => {
    const found = await triaged({ outcome: 'spam', sure: 'yes' });

    const { exit, execution, subjects } = await ending(found);
    expect(exit?.kind).toBe('spam');
    expect(execution).toBe('SUCCEEDED');
    expect(subjects).toEqual(['We received your report']);
  });

  test('R3: an operator-specific report is forwarded to that operator; no advisory is opened', async ({
    expect,
  }) => {
    const found = await triaged({ outcome: 'operator', ...(await toOperator()) });

    const { exit, execution } = await ending(found);
    expect(exit?.kind).toBe('forwarded');
    expect(execution).toBe('SUCCEEDED');
    const mail = await mailAbout(desk, found.reference, /A security report for Example University/);
    expect(mail.to).toBe('platform-security@university.example');
    expect(mail.text).toContain('Your instance answers to a default password.');
    expect((await stored(desk, found.reference)).entries).toEqual([]);
  });

  test('R3, R5: a report can be valid and an operator’s: forwarded, and an advisory opened', async ({
    expect,
  }) => {
    const found = await triaged({
      ...validTriage('openedx/frontend-app-account'),
      outcome: 'valid-operator',
      ...(await toOperator()),
    });

    await mailAbout(desk, found.reference, /A security report for Example University/);
    await waitsIn(desk, found.reference, 'AwaitAnnouncement');
    const both = await stored(desk, found.reference);
    expect(both.stage).toBe('advised');
    expect(both.entries[0]?.advisory?.state).toBe('draft');
    await act(await member(desk, found.reference), found.reference, 'close', {
      reason: 'not-affected',
      typed: found.reference,
    });
    const { exit, execution } = await ending(found);
    expect(exit).toMatchObject({ kind: 'closed', reason: 'not-affected' });
    expect(execution).toBe('SUCCEEDED');
  });

  test('R19: a request for advice is answered, and that is its end', async ({ expect }) => {
    const found = await triaged({ outcome: 'advice', reply_advice: 'Escape it where it is shown.' });

    const { exit, execution } = await ending(found);
    expect(exit?.kind).toBe('answered');
    expect(execution).toBe('SUCCEEDED');
    const answer = await mailTo(desk.gateway.mailbox, found.reporter, /An answer to your report/);
    expect(answer.text).toContain('Escape it where it is shown.');
  });

  test('R27: a request for a score is answered with number and rating', async ({ expect }) => {
    const found = await triaged({
      outcome: 'scoring',
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      reply_scoring: 'As you described it.',
    });

    const { exit, execution } = await ending(found);
    expect(exit?.kind).toBe('answered');
    expect(execution).toBe('SUCCEEDED');
    const answer = await mailTo(desk.gateway.mailbox, found.reporter, /An answer to your report/);
    expect(answer.text).toContain('9.8 Critical');
  });

  test('a received report is closed with a reason, and its reporter is told', async ({ expect }) => {
    const found = await report(desk);
    await act(await member(desk, found.reference), found.reference, 'close', {
      reason: 'already-fixed',
      typed: found.reference,
    });

    const { exit, execution } = await ending(found);
    expect(exit).toMatchObject({ kind: 'closed', reason: 'already-fixed' });
    expect(execution).toBe('SUCCEEDED');
    await mailTo(desk.gateway.mailbox, found.reporter, /What became of your report/);
  });
});

describe('holds', () => {
  let invalid: Case;
  let silent: Case;
  let answered: Case;

  test('V8, A4: invalid and needs-information are holds first, and the reporter is asked', async () => {
    [invalid, silent, answered] = await Promise.all([
      triaged({ outcome: 'invalid', reply_invalid: 'We could not reproduce it.' }),
      triaged({ outcome: 'needs-information', 'reply_needs-information': 'Which release is it?' }),
      triaged({ outcome: 'needs-information', 'reply_needs-information': 'Which release is it?' }),
    ]);

    expect((await stored(desk, invalid.reference)).hold?.kind).toBe('invalid-pending');
    expect((await stored(desk, silent.reference)).hold?.kind).toBe('needs-information');
    const asked = await mailTo(desk.gateway.mailbox, silent.reporter, /We need more information/);
    expect(asked.text).toContain('Which release is it?');
    for (const { reference } of [invalid, silent, answered])
      expect(await desk.runner.status(reference, 1)).toBe('RUNNING');
  });

  test('A4: an answer by the reporter’s own page ends the hold', async () => {
    const reporter = new Visitor(desk.addresses.desk);
    const asked = await mailTo(desk.gateway.mailbox, answered.reporter, /We need more information/);
    await reporter.open(linkIn(asked));

    await act(reporter, answered.reference, 'add-text', { text: 'It is the newest release.' });

    await desk.quiet();
    expect((await stored(desk, answered.reference)).hold).toBeUndefined();
    await act(await member(desk, answered.reference), answered.reference, 'triage', {
      outcome: 'advice',
      reply_advice: 'Thank you: this is meant to be so.',
    });
    const { exit, execution } = await ending(answered);
    expect(exit?.kind).toBe('answered');
    expect(execution).toBe('SUCCEEDED');
  });

  test('A4, V8: after 30 days and one nudge they are incomplete and invalid, by the clock alone', async () => {
    await desk.travel.to(plus(desk.clock.now(), 31 * day));

    const ends = await Promise.all([ending(invalid), ending(silent)]);
    expect(ends.map(({ exit }) => exit?.kind)).toEqual(['invalid', 'incomplete']);
    expect(ends.map(({ execution }) => execution)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    const nudges = subjectsTo(silent.reporter).filter((subject) => /still need/.test(subject));
    expect(nudges).toHaveLength(1);
  });

  test('A3: an authenticated reply of its reporter reopens an incomplete report as the next generation', async () => {
    const asked = await mailTo(desk.gateway.mailbox, silent.reporter, /We still need more information/);
    const replyTo = asked.headers['reply-to']?.replace(/^.*<|>.*$/g, '') ?? '';

    await write(desk, silent.reporter, {
      to: replyTo,
      subject: `Re: ${asked.subject}`,
      text: 'It is the newest release.\n',
      inReplyTo: asked.headers['message-id'] ?? '',
    });

    const reopened = await until('it is open again', async () => {
      const found = await stored(desk, silent.reference);
      return !found.exit && found;
    });
    expect(reopened.generation).toBe(2);
    await waitsIn(desk, silent.reference, 'AwaitTriage');
    const visitor = new Visitor(desk.addresses.desk);
    const told = await until('the on-duty member is told', async () =>
      desk.gateway.mailbox
        .list()
        .findLast(({ subject }) => subject === `[${silent.reference}] News from the reporter`),
    );
    await visitor.open(linkIn(told));
    await act(visitor, silent.reference, 'close', { reason: 'withdrawn', typed: silent.reference });
    expect(await executionEnd(desk, silent.reference, 2)).toBe('SUCCEEDED');
    await trail(desk, silent.reference);
  });

  test('nothing is left under way', async () => {
    await act(await byFreshLink(original.reference), original.reference, 'triage', {
      outcome: 'spam',
      sure: 'yes',
    });

    expect(await executionEnd(desk, original.reference)).toBe('SUCCEEDED');
    await desk.quiet();
    expect(await desk.store.waiting(10)).toEqual([]);
  });
});

/** A member who signs in at the desk's own door: links of a month ago have expired. */
async function byFreshLink(reference: string): Promise<Visitor> {
  const [someone] = desk.config.members;
  const before = desk.gateway.mailbox.list(someone?.address).length;
  const visitor = new Visitor(desk.addresses.desk);
  await visitor.act('/desk', { address: someone?.address ?? '' });
  const mail = await mailTo(desk.gateway.mailbox, someone?.address ?? '', /sign-in link/, { after: before });
  await visitor.open(linkIn(mail));
  await visitor.get(`/d/${reference}`);
  return visitor;
}

test('R29: a delegate for good gets the next disclosure of the same maintainer too, and judges it', async () => {
  const repository = 'openedx/two-owners';
  const [defaultBranch = 'master'] = desk.config.branches;
  // Two owners without a team are one maintainer: no other test has the two of them.
  const files = { '.github/CODEOWNERS': '* @kofi-mensah @mary-jackson\n' };
  await order(desk.github.url, 'seed', {
    repositories: [{ name: repository, defaultBranch, branches: desk.config.branches, files }],
  });
  const delegate = 'dee@delegates.example';
  const link = (reference: string, wanted: RegExp) =>
    mailTo(desk.gateway.mailbox, delegate, new RegExp(`\\[${reference}\\].*${wanted.source}`), {
      seconds: 60,
    });
  const first = await triaged(validTriage(repository));
  await waitsIn(desk, first.reference, 'AwaitAnnouncement');
  await act(await byLink(desk, first.reference, /: a vulnerability, /), first.reference, 'name-delegate', {
    repository,
    address: delegate,
    forGood: 'good',
  });
  expect((await link(first.reference, /You were named as a delegate/)).to).toBe(delegate);
  await desk.quiet();

  const second = await triaged(validTriage(repository));
  await waitsIn(desk, second.reference, 'AwaitAnnouncement');
  const visitor = new Visitor(desk.addresses.desk);
  await visitor.open(linkIn(await link(second.reference, /: a vulnerability, /)));
  await act(visitor, second.reference, 'adjudicate', { repository, how: 'label', label: 'critical' });

  const [entry] = (await stored(desk, second.reference)).entries;
  expect(entry?.severity).toMatchObject({ rating: 'critical', by: 'maintainer' });
  const [person] = await desk.store.people(entry?.delegates ?? []);
  expect(person?.address).toBe(delegate);
  expect((await trail(desk, second.reference)).find(({ type }) => type === 'adjudicate')?.actor).toBe(
    `maintainer:${person?.id}`,
  );
  const told = await mailAbout(desk, second.reference, /adjudicated the severity$/);
  expect(told.subject).toContain(delegate);
});
