import { html, raw } from 'hono/html';
import { formatInZone } from '#domain/calendar.ts';
import type { Instant } from '#domain/instant.ts';
import { relativeText } from '#letters/words.ts';

export { html, raw };

/** A piece of a page. Everything put into one is escaped, unless it is itself a piece. */
export type Html = ReturnType<typeof html>;

/** What every page needs to know. */
export interface PageContext {
  /** `Open edX`. */
  readonly project: string;
  readonly signature: string;
  readonly securityAddress: string;
  /** The desk's zone, shown where the browser's is not known. */
  readonly zone: string;
  readonly now: Instant;
}

/** An instant: the reader's zone (from the browser, else the desk's), UTC, and how long until or since. */
export const time = (context: PageContext, at: Instant): Html =>
  html`<time datetime="${at}" data-zone><span data-local>${formatInZone(at, context.zone)}</span> · ${utc(at)}</time> <span class="soft">(${relativeText(at, context.now)})</span>`;

const utc = (at: Instant): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

/** An instant in a table: UTC and how long until or since. */
export const shortTime = (context: PageContext, at: Instant): Html =>
  html`<time datetime="${at}" title="${formatInZone(at, context.zone)}">${utc(at)}</time> <span class="soft">(${relativeText(at, context.now)})</span>`;

/** A list of label and value; rows without a value are left out. */
export const facts = (rows: readonly (readonly [label: string, value: Html | string | undefined])[]): Html =>
  html`<dl class="facts">${rows
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;

/** A table that scrolls by itself on a small screen. */
export const table = (
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (Html | string | undefined)[])[],
): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption class="unseen">${caption}</caption><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell ?? ''}</td>`)}</tr>`)}</tbody></table></div>`;

/** Something long, folded. */
export const folded = (title: string | Html, body: Html, open = false): Html =>
  html`<details ${open ? raw('open') : ''}><summary>${title}</summary>${body}</details>`;

/** A link out of the desk, only where it is one: `javascript:` and the like become text. */
export const outward = (url: string, label = url): Html =>
  /^https?:\/\//.test(url)
    ? html`<a href="${url}" rel="noreferrer noopener">${label}</a>`
    : html`<code>${label}</code>`;
