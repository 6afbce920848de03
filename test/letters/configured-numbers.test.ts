import { describe, expect, test } from 'vitest';
import { day, hour, minute, spanWords } from '#domain/instant.ts';
import { renderLetter } from '#letters/render-letter.ts';
import { escalationWords } from '#letters/words.ts';
import { context, letterOf, settings, templates } from './samples.ts';

/** Another project's numbers: none of them is a default. */
const policy = {
  ...settings.policy,
  noticeMs: 3 * day,
  windowMs: 6 * hour,
  earlyPublicMs: 9 * hour,
  reopenDays: 45,
};
const letter = (template: (typeof templates)[number]) =>
  renderLetter(letterOf(template), context({ settings: { ...settings, policy } }));
/** Without the line breaks that a mail has. */
const flat = (text: string) => text.replace(/\s+/g, ' ');

describe('a letter says the numbers of the configuration', () => {
  test.each(templates)('%s names no default where it is not the number', (template) => {
    const { subject, text } = letter(template);

    expect(`${subject}\n${text}`).not.toMatch(/\b(two days|48 hours|48-hour|two hours|four hours|90 days)\b/);
  });

  test('R15, R17: the notice and the window, in words', () => {
    expect(flat(letter('announcement-late').text)).toContain('less than three days before');
    expect(flat(letter('embargo-over').text)).toContain('no need to wait three days');
    expect(escalationWords(policy)['two-hours-after-merge'].what).toBe(
      'six hours have passed since the last merge',
    );
    expect(escalationWords(settings.policy)['two-hours-after-merge'].what).toBe(
      'two hours have passed since the last merge',
    );
  });

  test('A4: how long an answer still reopens a report', () => {
    expect(flat(letter('information-asked').text)).toContain('within 45 days still reopens');
  });
});

test.each([
  [48 * hour, 'two days'],
  [day, 'one day'],
  [36 * hour, '36 hours'],
  [2 * hour, 'two hours'],
  [hour, 'one hour'],
  [90 * minute, '1.5 hours'],
  [14 * day, '14 days'],
])('a span of %i ms is "%s"', (span, words) => {
  expect(spanWords(span)).toBe(words);
});
