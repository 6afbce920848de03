import type { BatchForm } from '#contracts/forms.ts';
import type { Instant } from '#domain/instant.ts';
import type { RenderedLetter } from '#letters/context.ts';
import { type FormSpec, hiddenFields, type Values } from './form.ts';
import { groupNav } from './group-page.ts';
import { facts, type Html, html, type PageContext, time } from './html.ts';
import { shell } from './layout.ts';

export interface BatchModel {
  readonly who: string;
  /** The maintainer, in words. */
  readonly maintainer: string;
  /** How often, in words. */
  readonly frequency: string;
  readonly at: Instant;
  /** The latest instant to which it can be postponed. */
  readonly latest: Instant;
  readonly entries: readonly { readonly disclosure: string; readonly repository: string }[];
}

/** The batch that an act is about. */
export const batchFacts = (context: PageContext, model: BatchModel): Html =>
  facts([
    ['To', model.maintainer],
    ['Frequency', model.frequency],
    ['Goes out', time(context, model.at)],
    [
      'About',
      html`${model.entries.map(({ disclosure, repository }) => html`<a href="/d/${disclosure}">${disclosure}</a> ${repository}<br>`)}`,
    ],
  ]);

const readable =
  'Mail is readable on its way and where it lies. Write nothing about the vulnerability itself: no weakness, no version, no reporter, no word of the report.';

/** The forms of a batch (OEP-60 R9). */
export function batchForm(context: PageContext, form: BatchForm, model: BatchModel): FormSpec {
  switch (form) {
    case 'postpone-batch':
      return {
        act: form,
        title: 'Postpone this reminder',
        intro: html`<p>Once, with a reason, and to ${time(context, model.latest)} at the latest. After that the next reminders count from the new instant.</p>`,
        fields: [
          {
            kind: 'group',
            fields: [
              { kind: 'date', name: 'date', label: 'It goes out on', short: true },
              { kind: 'time', name: 'time', label: 'at', hint: `Time in ${context.zone}`, short: true },
            ],
          },
          { kind: 'area', name: 'reason', label: 'Why?', hint: 'Recorded; members see it' },
        ],
        button: 'Postpone the reminder',
      };
    case 'note-batch':
      return {
        act: form,
        title: 'Add a note to this reminder',
        intro: html`<div class="notice"><p>${readable}</p></div>`,
        fields: [
          {
            kind: 'area',
            name: 'text',
            label: 'Your note',
            hint: 'Plain text, at most 1,000 characters; it stands on top of the mail',
          },
        ],
        button: 'Show me the mail',
      };
    case 'drop-note':
      return {
        act: form,
        title: 'Take the note back',
        fields: [{ kind: 'tick', name: 'sure', label: 'Yes, the reminder goes out without it' }],
        button: 'Take the note back',
      };
  }
}

/** The mail with its note, as it will be sent, before it is kept (policy, "What a mail may say"). */
export const notePreviewPage = (
  context: PageContext,
  model: BatchModel,
  mail: Pick<RenderedLetter, 'subject' | 'text'>,
  place: { readonly action: string; readonly hidden: Values },
): Html =>
  shell({
    title: 'The mail with your note',
    context,
    who: model.who,
    nav: groupNav,
    narrow: true,
    body: html`<h1>The mail with your note</h1>${batchFacts(context, model)}<div class="notice"><p>${readable}</p></div><article class="message ours"><header><span class="soft">Subject:</span> <strong>${mail.subject}</strong></header><pre>${mail.text}</pre></article><form method="post" action="${place.action}">${hiddenFields(place.hidden)}<div class="buttons"><button type="submit">Send it with this note when it is due</button></div></form><p><a href="/desk/today">Leave it as it was</a></p>`,
  });
