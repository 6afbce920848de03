import { expect, test } from 'vitest';
import { securityMd, securityTxt } from '#domain/security-texts.ts';

const contact = {
  project: 'Open edX',
  securityAddress: 'security@openedx.example',
  pgpKeyUrl: 'https://openedx.example/security.asc',
  policyUrl: 'https://openedx.example/security',
  answerBusinessDays: 2,
};

test('R26: security.txt has what RFC 9116 requires, and expires within a year', () => {
  const text = securityTxt(contact, '2026-03-02T09:00:00.000Z');

  const fields = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(': '));
  expect(fields).toEqual([
    ['Contact', 'mailto:security@openedx.example'],
    ['Expires', '2027-03-01T09:00:00Z'],
    ['Encryption', 'https://openedx.example/security.asc'],
    ['Policy', 'https://openedx.example/security'],
    ['Preferred-Languages', 'en'],
  ]);
});

test('R26: what is not configured is left out', () => {
  const { project, securityAddress, answerBusinessDays } = contact;

  const text = securityTxt({ project, securityAddress, answerBusinessDays }, '2026-03-02T09:00:00.000Z');

  expect(text).not.toMatch(/Encryption|Policy|Canonical|undefined/);
});

test('R26, R25: SECURITY.md names the address, asks for privacy, and tells operators to forward', () => {
  const text = securityMd(contact);

  expect(text).toContain('**security@openedx.example**');
  expect(text).toContain('keep the details private');
  expect(text).toContain('within 2 business days');
  expect(text).toContain('forward it to security@openedx.example');
});
