import { errorSummary, type FieldError } from './form.ts';
import { type Html, html, type PageContext, shortTime } from './html.ts';
import { shell } from './layout.ts';
import { lifecyclePicture } from './lifecycle-picture.ts';
import type { DisclosureModel, TrailLine } from './model.ts';
import { capital } from './words.ts';

/** After an act: what happened, who was told, what is next. Sending it again shows this page, not an error. */
export function donePage(model: DisclosureModel, line: TrailLine, again: boolean, next: string): Html {
  const { view } = model;
  const { context } = model.options;
  return shell({
    title: `${view.reference}: done`,
    context,
    who: model.who,
    body: html`<p><a href="/d/${view.reference}">Back to ${view.reference}</a></p>
${again ? html`<p class="notice">This was sent before. It happened once, as follows.</p>` : ''}
<h1>Done</h1><div class="done"><p><strong>${capital(line.who)} ${line.what}</strong>${line.detail ? html`: ${line.detail}` : ''}, ${shortTime(context, line.at)}.</p></div>
${view.stage && view.viewer.kind !== 'reporter' ? lifecyclePicture(view.stage, view) : ''}
<h2>Who is told</h2>${line.letters.length === 0 ? html`<p>Nobody: no letter was needed.</p>` : html`<ul>${line.letters.map(({ to, template }) => html`<li>${to} <span class="soft">(${template.replace(/-/g, ' ')})</span></li>`)}</ul>`}
<h2>What is next</h2><p>${next}</p>`,
  });
}

/** A page with one message: what is the matter, and what one can do about it. */
export function messagePage(
  context: PageContext,
  title: string,
  body: Html | string,
  errors: readonly FieldError[] = [],
  next?: { readonly href: string; readonly label: string },
): Html {
  return shell({
    title,
    context,
    narrow: true,
    body: html`${errorSummary(errors)}<h1>${title}</h1>${typeof body === 'string' ? html`<p>${body}</p>` : body}${next ? html`<p><a class="button" href="${next.href}">${next.label}</a></p>` : ''}`,
  });
}

/** An act that a rule refused: which rule, and what would satisfy it. */
export const refusal = (rule: string, message: string, remedy: string): string =>
  `${message} ${remedy} (Rule ${rule}.)`;
