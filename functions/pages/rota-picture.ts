import { localDate, weekday, type Zone } from '#domain/calendar.ts';
import { type Instant, ms } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import type { Span } from '#domain/rota.ts';
import { type RotaWeek, shiftsOf } from '#domain/today.ts';
import { type Html, html, type PageContext, shortTime, table } from './html.ts';

const left = 74;
const wide = 616;
const rowHeight = 58;
const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** Where an instant lies in its week, in units of the picture. */
const across = (week: Span, at: Instant): number =>
  left + ((ms(at) - ms(week.start)) / (ms(week.end) - ms(week.start))) * wide;

/** The day's number in the month, as it stands above the calendar. */
const dayOf = (week: Span, index: number, zone: Zone): string => {
  const noon = new Date(ms(week.start) + (index + 0.5) * ((ms(week.end) - ms(week.start)) / 7)).toISOString();
  return `${days[weekday(noon, zone) - 1]} ${Number(localDate(noon, zone).slice(8))}`;
};

function bar(week: RotaWeek, y: number, span: Span, kind: string, label: string): Html {
  const x = across(week, span.start);
  const width = Math.max(2, across(week, span.end) - x);
  // A name stands only where it fits; the table beside the picture has them all.
  const fits = width > 7.5 * label.length + 8;
  return html`<rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="24" rx="3"></rect>${fits ? html`<text class="small" x="${(x + 6).toFixed(1)}" y="${y + 17}">${label}</text>` : ''}`;
}

const dayHeight = 20;
const gutter = 70;
const columnWidth = 170;

/** The same calendar for a narrow screen: a day below the other. */
function column(
  context: PageContext,
  weeks: readonly RotaWeek[],
  me: PersonId,
  nameOf: (member: PersonId) => string,
): Html {
  const named = new Set<string>();
  const piece = (
    week: RotaWeek,
    top: number,
    span: Span,
    kind: string,
    label: string,
    once = label,
  ): Html => {
    const down = (at: Instant) =>
      top + ((ms(at) - ms(week.start)) / (ms(week.end) - ms(week.start))) * 7 * dayHeight;
    const y = down(span.start);
    const height = Math.max(2, down(span.end) - y);
    const says = height >= 16 && !named.has(once);
    if (says) named.add(once);
    return html`<rect class="${kind}" x="${gutter}" y="${y.toFixed(1)}" width="${columnWidth}" height="${height.toFixed(1)}" rx="3"></rect>${says ? html`<text x="${gutter + 8}" y="${(y + 14).toFixed(1)}">${label}</text>` : ''}`;
  };
  return html`<svg class="tall" viewBox="0 0 ${gutter + columnWidth + 2} ${weeks.length * 7 * dayHeight + 2}" role="img" aria-label="The rota of the next four weeks; the same stands in the table below">${weeks.map(
    (week, row) => {
      const top = 1 + row * 7 * dayHeight;
      return html`<g>${Array.from(
        { length: 7 },
        (_, index) =>
          html`<line class="axis" x1="${gutter - 8}" x2="${gutter}" y1="${top + index * dayHeight}" y2="${top + index * dayHeight}"></line><text class="small" x="0" y="${top + index * dayHeight + 14}">${dayOf(week, index, context.zone)}</text>`,
      )}${week.shifts.map((shift) => piece(week, top, shift, shift.member === me ? 'shift mine' : 'shift', nameOf(shift.member), shift.id))}${week.gaps.map((gap) => piece(week, top, gap, 'gap', 'nobody', gap.start))}${week.overlaps.map((span) => piece(week, top, span, 'overlap', '', span.start))}</g>`;
    },
  )}</svg>`;
}

/** Four weeks of the rota as a calendar: who is on duty, where nobody is, and where two are. */
function calendar(
  context: PageContext,
  weeks: readonly RotaWeek[],
  me: PersonId,
  nameOf: (member: PersonId) => string,
): Html {
  return html`<figure class="picture rota"><svg class="wide" viewBox="0 0 700 ${weeks.length * rowHeight}" role="img" aria-label="The rota of the next four weeks; the same stands in the table below">${weeks.map(
    (week, row) => {
      const y = row * rowHeight;
      return html`<g><text class="small" x="0" y="${y + 37}">${localDate(week.start, context.zone).slice(5)}</text>${Array.from(
        { length: 7 },
        (_, index) =>
          html`<line class="axis" x1="${left + (index * wide) / 7}" x2="${left + (index * wide) / 7}" y1="${y + 4}" y2="${y + 48}"></line><text class="small" x="${left + (index * wide) / 7 + 4}" y="${y + 14}">${dayOf(week, index, context.zone)}</text>`,
      )}${week.shifts.map((shift) => bar(week, y + 20, shift, shift.member === me ? 'shift mine' : 'shift', nameOf(shift.member)))}${week.gaps.map((gap) => bar(week, y + 20, gap, 'gap', 'nobody'))}${week.overlaps.map((span) => bar(week, y + 20, span, 'overlap', 'two on duty'))}</g>`;
    },
  )}</svg>${column(context, weeks, me, nameOf)}<figcaption><span class="key shift"></span> on duty · <span class="key gap"></span> nobody · <span class="key overlap"></span> more than one</figcaption></figure>`;
}

/** The rota of four weeks, drawn, with the same facts as text beside it (style, Pages and letters 8). */
export function rotaPicture(
  context: PageContext,
  all: readonly RotaWeek[],
  me: PersonId,
  nameOf: (member: PersonId) => string,
): Html {
  // A gap of this morning that is over asks nobody for anything.
  const ahead = ({ end }: Span) => end > context.now;
  const weeks = all.map((week) => ({
    ...week,
    gaps: week.gaps.filter(ahead),
    overlaps: week.overlaps.filter(ahead),
  }));
  const rows = [
    ...shiftsOf(weeks).map((shift) => ({
      ...shift,
      what: html`${shift.member === me ? html`<strong>${nameOf(shift.member)}</strong>` : nameOf(shift.member)}`,
    })),
    ...joined(weeks.flatMap(({ gaps }) => gaps)).map((gap) => ({
      ...gap,
      what: html`<span class="tag">gap</span> nobody is on duty`,
    })),
    ...joined(weeks.flatMap(({ overlaps }) => overlaps)).map((overlap) => ({
      ...overlap,
      what: html`<span class="tag">overlap</span> more than one is on duty; reminders go out in the name of the one whose shift ends first`,
    })),
  ];
  return html`${calendar(context, weeks, me, nameOf)}${table(
    'The rota of the next four weeks',
    ['From', 'To', 'On duty'],
    rows
      .toSorted((a, b) => a.start.localeCompare(b.start))
      .map(({ start, end, what }) => [shortTime(context, start), shortTime(context, end), what]),
  )}`;
}

/** Spans that a week's end cut in two, whole again. */
function joined(spans: readonly Span[]): readonly Span[] {
  const whole: Span[] = [];
  for (const { start, end } of spans) {
    const last = whole.at(-1);
    if (last?.end === start) whole.splice(-1, 1, { start: last.start, end });
    else whole.push({ start, end });
  }
  return whole;
}
