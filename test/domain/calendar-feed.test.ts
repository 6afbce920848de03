import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarText } from '#domain/calendar-feed.ts';
import type { Shift } from '#domain/rota.ts';

const shift = (id: string, member: string, start: string, end: string): Shift => ({
  id,
  member,
  start: `${start}.000Z`,
  end: `${end}.000Z`,
  zone: 'UTC',
});
const first = shift('one', 'p-ann', '2026-03-02T09:00:00', '2026-03-09T09:00:00');
const second = shift('two', 'p-ben', '2026-03-09T09:00:00', '2026-03-16T09:00:00');

describe('calendar feed (RFC 5545)', () => {
  const feed = {
    name: 'Security duty',
    domain: 'desk.example',
    stamp: '2026-03-01T00:00:00.000Z',
    shifts: [second, first],
  };

  test('one event a shift, in order, with lines ended by CRLF', () => {
    const text = calendarText({ ...feed, title: ({ member }) => `On duty: ${member}` });

    expect(text.split('\r\n').slice(0, 13)).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//disclosure-desk//rota//EN',
      'CALSCALE:GREGORIAN',
      'X-WR-CALNAME:Security duty',
      'BEGIN:VEVENT',
      'UID:one@desk.example',
      'DTSTAMP:20260301T000000Z',
      'DTSTART:20260302T090000Z',
      'DTEND:20260309T090000Z',
      'SUMMARY:On duty: p-ann',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]);
    expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test('any name is escaped and folded at 75 octets, and can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        const text = calendarText({ ...feed, title: () => name });

        const lines = text.split('\r\n');
        for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        const unfolded = text.replaceAll('\r\n ', '').split('\r\n');
        const summary = unfolded.find((line) => line.startsWith('SUMMARY:'))?.slice(8);
        const read = summary?.replace(/\\(n|.)/gs, (_all, each: string) => (each === 'n' ? '\n' : each));
        const expected = name.replace(/\r\n|\r/g, '\n').replace(/[\x00-\x09\x0b-\x1f\x7f]/g, '');
        expect(read).toBe(expected);
        expect(unfolded).toHaveLength(calendarText({ ...feed, title: () => '' }).split('\r\n').length);
      }),
      { seed: 31 },
    );
  });

  test('names no method: PUBLISH would ask for an organizer (RFC 5546, 3.2.1)', () => {
    expect(calendarText({ ...feed, title: () => 'On duty' })).not.toContain('METHOD');
  });

  test('has a component even where nobody has a shift, and each event the three that it must', () => {
    const none = calendarText({ ...feed, shifts: [], title: () => '' });
    const both = calendarText({ ...feed, title: () => 'On duty' });
    const count = (name: string) => both.match(new RegExp(`^${name}:`, 'gm'))?.length;

    expect(none).toMatch(/BEGIN:VTIMEZONE\r\nTZID:UTC\r\n(.+\r\n)+END:VTIMEZONE\r\nEND:VCALENDAR\r\n$/);
    expect(both).not.toContain('VTIMEZONE');
    expect([count('UID'), count('DTSTAMP'), count('DTSTART')]).toEqual([2, 2, 2]);
    expect(new Set(both.match(/^UID:.*$/gm)).size).toBe(2);
  });
});
