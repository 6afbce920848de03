import { afterAll, describe, expect, test } from 'vitest';
import { hostileMails } from '../support/hostile-mails.ts';
import { MailRoom, notice, parser } from './mail-room.ts';

afterAll(() => parser.close());

describe('a hostile mail is an intake with a disposition, its raw bytes kept, and the next mail is not harmed', () => {
  test('the set is as large as promised', () => {
    expect(hostileMails.length).toBeGreaterThanOrEqual(40);
    expect(new Set(hostileMails.map(({ name }) => name)).size).toBe(hostileMails.length);
  });

  test.each(hostileMails)('$name', { timeout: 60_000 }, async ({ raw }) => {
    const room = new MailRoom();
    const bytes = raw();
    const { length } = bytes;

    const { intake, disposition } = await room.take(bytes, notice({ source: 'mallory@evil.example' }));

    expect(disposition).toBe(intake.disposition);
    expect(room.archive.keys()).toEqual([`mail/2026/03/${intake.mailKey}`]);
    expect((await room.archive.rawMail(intake.objectKey))?.length).toBe(length);
    // What is stored stays small, whatever the mail is.
    expect(JSON.stringify(intake).length).toBeLessThan(10_000);
    expect(intake.subject).not.toMatch(/[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]/);
  });
});
