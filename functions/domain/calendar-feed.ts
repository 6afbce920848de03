import type { Instant } from './instant.ts';
import { byStart, type Shift } from './rota.ts';

/** What a calendar feed says besides the shifts. */
export interface Feed {
  /** The calendar's name, and where its events' ids belong. */
  readonly name: string;
  readonly domain: string;
  /** DTSTAMP of all events: when the feed was made. */
  readonly stamp: Instant;
  readonly shifts: readonly Shift[];
  /** What an event is called: `On duty: Alice`. */
  readonly title: (shift: Shift) => string;
}

const escaped = (text: string) =>
  text
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/[\x00-\x1f\x7f]/g, '');

/** RFC 5545, 3.1: lines of at most 75 octets, continued by a space; no character is cut in two. */
function folded(line: string): string {
  const lines = [''];
  let room = 75;
  for (const character of line) {
    const size = new TextEncoder().encode(character).length;
    if (size > room) {
      lines.push('');
      room = 74; // the space that continues a line counts
    }
    lines[lines.length - 1] += character;
    room -= size;
  }
  return lines.join('\r\n ');
}

const stamp = (at: Instant) => `${at.slice(0, 19).replace(/[-:]/g, '')}Z`;

/** A calendar has at least one component (RFC 5545, 3.6): where nobody has a shift, the zone its instants are in. */
const aZone = [
  'BEGIN:VTIMEZONE',
  'TZID:UTC',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0000',
  'TZOFFSETTO:+0000',
  'END:STANDARD',
  'END:VTIMEZONE',
];

/** Shifts as an iCalendar text (RFC 5545), for one member's feed or the group's: the caller chooses the shifts. */
export function calendarText(feed: Feed): string {
  const events = [...feed.shifts]
    .sort(byStart)
    .flatMap((shift) => [
      'BEGIN:VEVENT',
      `UID:${escaped(shift.id)}@${feed.domain}`,
      `DTSTAMP:${stamp(feed.stamp)}`,
      `DTSTART:${stamp(shift.start)}`,
      `DTEND:${stamp(shift.end)}`,
      `SUMMARY:${escaped(feed.title(shift))}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//disclosure-desk//rota//EN',
    'CALSCALE:GREGORIAN',
    `X-WR-CALNAME:${escaped(feed.name)}`,
    ...(events.length > 0 ? events : aZone),
    'END:VCALENDAR',
  ];
  return `${lines.map(folded).join('\r\n')}\r\n`;
}
