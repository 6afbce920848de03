import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDisclosure } from '#domain/open-disclosure.ts';
import {
  parseReplyAddress,
  participantsOf,
  referencesIn,
  replyAddress,
  threadOf,
} from '#domain/threading.ts';

const domain = 'desk.openedx.example';
const disclosure = {
  ...openDisclosure({
    id: 'EDX-2026-0001',
    mailKey: 'm',
    reporter: 'p-rhea',
    receivedAt: '2026-03-02T09:00:00.000Z',
    zone: 'UTC',
    responseBusinessDays: 2,
  }),
  operators: ['p-operator'],
};
const tokenOf = (person: string): string =>
  `${person.replace(/[^a-z]/g, '')}aaaaaaaaaaaaaaaaaaaa`.slice(0, 20);
const judge = (token: string, sender: string | undefined, authenticated = true) =>
  threadOf({ disclosure, token, sender, authenticated, tokenOf });

describe('a reply attaches only by its address, and only its correspondent’s', () => {
  test('right token, its own correspondent, authenticated → attach', () => {
    expect(judge(tokenOf('p-rhea'), 'p-rhea')).toEqual({
      kind: 'attach',
      person: 'p-rhea',
      asReporter: true,
    });
    expect(judge(tokenOf('p-operator'), 'p-operator')).toEqual({
      kind: 'attach',
      person: 'p-operator',
      asReporter: false,
    });
  });

  test.each([
    ['somebody else', tokenOf('p-rhea'), 'p-eve', true],
    ['another participant', tokenOf('p-rhea'), 'p-operator', true],
    ['nobody identified', tokenOf('p-rhea'), undefined, true],
    ['the right one, not authenticated', tokenOf('p-rhea'), 'p-rhea', false],
  ])('right token from %s → held', (_who, token, sender, authenticated) => {
    expect(judge(token, sender, authenticated)).toEqual({ kind: 'hold' });
  });

  test('a recorded person of a group answers what the group got; for another correspondent’s it is held', () => {
    const sent = (token: string) =>
      threadOf({
        disclosure,
        token,
        sender: 'p-dora',
        authenticated: true,
        standsFor: ['p-operator'],
        tokenOf,
      });

    expect(sent(tokenOf('p-operator'))).toEqual({ kind: 'attach', person: 'p-dora', asReporter: false });
    expect(sent(tokenOf('p-rhea'))).toEqual({ kind: 'hold' });
  });

  test('a token of nobody here → none, whoever sends it', () => {
    expect(judge(tokenOf('p-stranger'), 'p-rhea')).toEqual({ kind: 'none' });
    expect(judge('', 'p-rhea')).toEqual({ kind: 'none' });
  });

  test('participants are those who were written to; new To or Cc never become any', () => {
    expect(participantsOf(disclosure)).toEqual(['p-rhea', 'p-operator']);
  });
});

describe('reply addresses', () => {
  test('what is written is read back, whatever the case of letters on the way', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99_999 }),
        fc.stringMatching(/^[a-z2-7]{20}$/),
        fc.boolean(),
        (number, token, upper) => {
          const reference = `EDX-2026-${String(number).padStart(4, '0')}`;
          const address = replyAddress(reference, token, domain);
          expect(address.slice(0, address.indexOf('@')).length).toBeLessThanOrEqual(64);
          expect(parseReplyAddress(upper ? address.toUpperCase() : `<${address}>`, domain)).toEqual({
            disclosure: reference,
            token,
          });
        },
      ),
    );
  });

  test('one of a reminder names its batch, within the 64 characters of a local part', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('weekly', 'monthly', 'quarterly', 'half-yearly'),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2056-01-01'), noInvalidDate: true }),
        fc.integer({ min: 1, max: 9999 }),
        fc.boolean(),
        (frequency, at, version, upper) => {
          const batch = { frequency, due: at.toISOString(), version } as const;
          const address = replyAddress('ABCDEFGHIJ-2026-12345', 'a'.repeat(20), domain, batch);
          expect(address.slice(0, address.indexOf('@')).length).toBeLessThanOrEqual(64);
          expect(parseReplyAddress(upper ? address.toUpperCase() : address, domain)).toEqual({
            disclosure: 'ABCDEFGHIJ-2026-12345',
            token: 'a'.repeat(20),
            batch,
          });
        },
      ),
    );
  });

  test.each([
    `case+edx-2026-0001.${'a'.repeat(20)}.x12345678-1@${domain}`,
    `case+edx-2026-0001.${'a'.repeat(20)}.w1234-1@${domain}`,
    'security@openedx.example',
    `case@${domain}`,
    `case+@${domain}`,
    `case+short@${domain}`,
    `case+edx-2026-0001@${domain}`,
    `case+edx-2026-0001.${'a'.repeat(20)}@${domain}.evil.example`,
    `case+edx-2026-0001.${'a'.repeat(20)}@evil.example`,
    `x case+edx-2026-0001.${'a'.repeat(20)}@${domain}`,
    '',
  ])('%j is none of ours', (address) => {
    expect(parseReplyAddress(address, domain)).toBeUndefined();
  });
});

test('references in a subject: at most five, of our prefix only', () => {
  const many = Array.from({ length: 9 }, (_, i) => `[edx-2026-000${i}]`).join(' ');

  expect(referencesIn(`Re: ${many} CVE-2026-0001`, 'EDX')).toHaveLength(5);
  expect(referencesIn('Re: EDX-2026-0001 and EDX-2026-0001, XEDX-2026-0002', 'EDX')).toEqual([
    'EDX-2026-0001',
  ]);
});
