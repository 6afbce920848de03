import { localDate } from '#domain/calendar.ts';
import type { Instant } from '#domain/instant.ts';
import { type ExitKind, type HoldKind, type Stage, stages } from '#domain/lifecycle.ts';
import { exitWords, holdWords, stageMeanings, stageWords } from '#letters/words.ts';
import { type Html, html, type PageContext } from './html.ts';

const state = (stage: Stage, now: Stage) => {
  const distance = stages.indexOf(stage) - stages.indexOf(now);
  return distance < 0 ? 'past' : distance === 0 ? 'now' : 'ahead';
};

const mark = (x: number, y: number, stage: Stage, now: Stage): Html => {
  const kind = state(stage, now);
  return html`<circle cx="${x}" cy="${y}" r="11"></circle>${kind === 'now' ? html`<circle class="ring" cx="${x}" cy="${y}" r="17"></circle>` : ''}${kind === 'past' ? html`<path class="tick" d="M${x - 5} ${y} l4 4 l7 -8"></path>` : ''}`;
};

/** What lies over a stage: then nobody is at what the stage means. */
export interface Over {
  readonly hold?: { readonly kind: HoldKind } | undefined;
  readonly exit?: { readonly kind: ExitKind } | undefined;
}

function caption(now: Stage, { hold, exit }: Over): Html {
  const stage = `Stage ${stages.indexOf(now) + 1} of ${stages.length}: ${stageWords[now]}`;
  return exit
    ? html`<strong>Ended</strong>, at stage ${stages.indexOf(now) + 1} of ${stages.length}: ${exitWords[exit.kind]}.`
    : hold
      ? html`<strong>${stage}, on hold</strong>: ${holdWords[hold.kind]}.`
      : html`<strong>${stage}</strong>: ${stageMeanings[now]}.`;
}

/** The lifecycle drawn, with the current stage lit, and the same in words beside it. */
export function lifecyclePicture(now: Stage, over: Over = {}): Html {
  const step = 125;
  return html`<figure class="picture"><svg class="wide" viewBox="0 0 ${step * 6} 74" role="img" aria-hidden="true">${stages
    .slice(1)
    .map(
      (stage, index) =>
        html`<line class="${state(stage, now) === 'ahead' ? '' : 'past'}" x1="${62 + step * index + 19}" x2="${62 + step * (index + 1) - 19}" y1="24" y2="24"></line>`,
    )}${stages.map(
    (stage, index) =>
      html`<g class="${state(stage, now)}">${mark(62 + step * index, 24, stage, now)}<text x="${62 + step * index}" y="64" text-anchor="middle">${stageWords[stage]}</text></g>`,
  )}</svg><svg class="tall" viewBox="0 0 240 ${stages.length * 46}" role="img" aria-hidden="true">${stages
    .slice(1)
    .map(
      (stage, index) =>
        html`<line class="${state(stage, now) === 'ahead' ? '' : 'past'}" x1="24" x2="24" y1="${23 + 46 * index + 17}" y2="${23 + 46 * (index + 1) - 17}"></line>`,
    )}${stages.map(
    (stage, index) =>
      html`<g class="${state(stage, now)}">${mark(24, 23 + 46 * index, stage, now)}<text x="54" y="${28 + 46 * index}">${stageWords[stage]}</text></g>`,
  )}</svg><figcaption>${caption(now, over)}</figcaption></figure>`;
}

export interface TimelineItem {
  readonly at: Instant;
  readonly label: string;
  readonly href: string;
}

/** Upcoming releases on a time line of four weeks; the same instants stand in a table beside it. */
export function timeline(context: PageContext, items: readonly TimelineItem[]): Html {
  const weeks = 28 * 86_400_000;
  const start = Date.parse(context.now);
  const within = items
    .map(({ at, label }) => ({ part: (Date.parse(at) - start) / weeks, label }))
    .filter(({ part }) => part >= 0 && part < 1);
  const ticks = [0, 1, 2, 3, 4].map((week) => ({
    part: week / 4,
    day: localDate(new Date(start + (week / 4) * weeks).toISOString(), context.zone).slice(5),
  }));
  return html`<figure class="picture">${across(within, ticks)}${down(within, ticks)}</figure>`;
}

type Placed = readonly { readonly part: number; readonly label: string }[];
type Ticks = readonly { readonly part: number; readonly day: string }[];

const timelineLabel = 'Releases of the next four weeks';

function across(items: Placed, ticks: Ticks): Html {
  const x = (part: number) => 20 + part * 660;
  return html`<svg class="wide" viewBox="0 0 700 ${70 + items.length * 22}" role="img" aria-label="${timelineLabel}"><line class="axis" x1="20" x2="680" y1="30" y2="30"></line>${ticks.map(
    ({ part, day }) =>
      html`<line class="axis" x1="${x(part)}" x2="${x(part)}" y1="24" y2="36"></line><text class="small" x="${x(part)}" y="16" text-anchor="${part === 1 ? 'end' : part === 0 ? 'start' : 'middle'}">${day}</text>`,
  )}${items.map(({ part, label }, index) => {
    const left = x(part);
    return html`<g class="now"><circle class="dot" cx="${left}" cy="30" r="7"></circle><line class="axis" x1="${left}" x2="${left}" y1="37" y2="${52 + index * 22}"></line><text class="small" x="${left + (left > 460 ? -6 : 6)}" y="${58 + index * 22}" text-anchor="${left > 460 ? 'end' : 'start'}">${label}</text></g>`;
  })}</svg>`;
}

/** The same for a narrow screen, from top to bottom; labels keep a line's distance. */
function down(items: Placed, ticks: Ticks): Html {
  const y = (part: number) => 14 + part * 260;
  let free = 0;
  const placed = items.map(({ part, label }) => {
    const at = Math.max(y(part), free);
    free = at + 20;
    return { dot: y(part), at, label };
  });
  return html`<svg class="tall" viewBox="0 0 240 ${Math.max(288, free + 8)}" role="img" aria-label="${timelineLabel}"><line class="axis" x1="56" x2="56" y1="14" y2="274"></line>${ticks.map(
    ({ part, day }) =>
      html`<line class="axis" x1="50" x2="62" y1="${y(part)}" y2="${y(part)}"></line><text class="small" x="0" y="${y(part) + 4}">${day}</text>`,
  )}${placed.map(
    ({ dot, at, label }) =>
      html`<g class="now"><circle class="dot" cx="56" cy="${dot}" r="7"></circle><line class="axis" x1="63" x2="76" y1="${dot}" y2="${at}"></line><text class="small" x="80" y="${at + 4}">${label}</text></g>`,
  )}</svg>`;
}
