import type { Instant } from '#domain/instant.ts';
import { type Stage, stages } from '#domain/lifecycle.ts';
import { stageMeanings, stageWords } from '#letters/words.ts';
import { type Html, html, type PageContext } from './html.ts';

const state = (stage: Stage, now: Stage) => {
  const distance = stages.indexOf(stage) - stages.indexOf(now);
  return distance < 0 ? 'past' : distance === 0 ? 'now' : 'ahead';
};

const mark = (x: number, y: number, stage: Stage, now: Stage): Html => {
  const kind = state(stage, now);
  return html`<circle cx="${x}" cy="${y}" r="11"></circle>${kind === 'now' ? html`<circle class="ring" cx="${x}" cy="${y}" r="17"></circle>` : ''}${kind === 'past' ? html`<path class="tick" d="M${x - 5} ${y} l4 4 l7 -8"></path>` : ''}`;
};

/** The lifecycle drawn, with the current stage lit, and the same in words beside it. */
export function lifecyclePicture(now: Stage): Html {
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
  )}</svg><figcaption><strong>Stage ${stages.indexOf(now) + 1} of ${stages.length}: ${stageWords[now]}</strong>: ${stageMeanings[now]}.</figcaption></figure>`;
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
  const within = items.filter(({ at }) => Date.parse(at) >= start && Date.parse(at) < start + weeks);
  const x = (at: number) => 20 + ((at - start) / weeks) * 660;
  return html`<figure class="picture"><svg viewBox="0 0 700 ${70 + within.length * 22}" role="img" aria-label="Releases of the next four weeks"><line class="axis" x1="20" x2="680" y1="30" y2="30"></line>${[
    0, 1, 2, 3, 4,
  ].map(
    (week) =>
      html`<line class="axis" x1="${20 + week * 165}" x2="${20 + week * 165}" y1="24" y2="36"></line><text class="small" x="${20 + week * 165}" y="16" text-anchor="${week === 4 ? 'end' : week === 0 ? 'start' : 'middle'}">${new Date(start + week * 7 * 86_400_000).toISOString().slice(5, 10)}</text>`,
  )}${within.map(({ at, label }, index) => {
    const left = x(Date.parse(at));
    return html`<g class="now"><circle class="dot" cx="${left}" cy="30" r="7"></circle><line class="axis" x1="${left}" x2="${left}" y1="37" y2="${52 + index * 22}"></line><text class="small" x="${left + (left > 460 ? -6 : 6)}" y="${58 + index * 22}" text-anchor="${left > 460 ? 'end' : 'start'}">${label}</text></g>`;
  })}</svg></figure>`;
}
