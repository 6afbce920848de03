import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { mayOpen, type Viewer, viewerKinds, visible } from '#domain/access.ts';
import { MailRoom, parser, rawMail } from '../receive-mail/mail-room.ts';
import { accept, Case, deskActor, member, textRef } from '../support/desk-situation.ts';

// Rules that ask for something not to be there, or to be nothing special. docs/policy.md leads here.

afterAll(() => parser.close());

test('R22: a report is seen by nobody who has no part in it', () => {
  const { disclosure } = new Case().announced('openedx/one', 'openedx/two');
  const outside = fc.record({
    kind: fc.constantFrom(...viewerKinds.filter((kind) => kind !== 'member')),
    person: fc.string().map((name) => `p-outside-${name}`),
  });

  fc.assert(fc.property(outside, (viewer: Viewer) => visible(viewer, disclosure) === undefined));

  for (const kind of viewerKinds) expect(mayOpen(kind, 'intake')).toBe(kind === 'member');
});

test('R24: until publication nobody outside is written to, but the one operator by a forward', () => {
  const it = new Case();
  const operator = {
    operator: 'p-operator',
    instance: 'Example University',
    text: textRef('forward'),
    reportKey: 'in/mail-1',
    withAttachments: false,
  };
  const inside = ['p-reporter', 'p-member', 'p-maintainer'];

  it.do(member, { name: 'forward', operator, ends: false });
  it.do(member, accept('openedx/one'));
  it.do(deskActor, {
    name: 'record-advisory',
    repository: 'openedx/one',
    advisory: { ghsa: 'GHSA-aaaa-bbbb-cccc', url: 'https://github.test/a', state: 'draft' },
  });
  it.do(deskActor, {
    name: 'notify-maintainer',
    repository: 'openedx/one',
    maintainer: { id: 'owners:p-maintainer', people: ['p-maintainer'], source: 'contacts' },
  });
  it.do(member, { name: 'record-fact', fact: 'flaw-public', reason: 'a blog' });

  const letters = it.decisions.flatMap((decision) => decision.letters);
  const outside = letters.filter(({ to }) => 'person' in to && !inside.includes(to.person));
  expect(letters.length).toBeGreaterThan(3);
  expect(outside).toMatchObject([{ template: 'operator-forward', to: { person: 'p-operator' } }]);
});

test('R25: a platform report that an operator forwards opens a disclosure, and the operator is recognised', async () => {
  const room = new MailRoom();
  await room.enrol('ada@openedx.example', 'member', true);
  await room.enrol('ops@university.example', 'operator');

  const { intake, disclosures } = await room.take(
    rawMail({ From: 'ops@university.example', Subject: 'Fwd: stored XSS in the course outline' }),
  );

  expect(disclosures).toEqual(['EDX-2026-0001']);
  expect(intake).toMatchObject({ kind: 'report', disposition: 'opened', flags: ['known-operator'] });
});
