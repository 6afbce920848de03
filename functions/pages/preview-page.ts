import type { Act } from '#contracts/forms.ts';
import type { EntryView } from '#domain/access.ts';
import { severityText } from '#domain/rating.ts';
import { severityOf } from '#domain/severity.ts';
import type { RenderedLetter } from '#letters/context.ts';
import { acts, formOf, type ReadyPost, readyPost } from './acts.ts';
import { errorSummary, type Field, type FieldError, hiddenFields, renderField, type Values } from './form.ts';
import { facts, type Html, html, type PageContext, raw, shortTime } from './html.ts';
import { shell } from './layout.ts';
import type { DisclosureModel, TrailLine } from './model.ts';
import { repositoryFields } from './triage-form.ts';
import { capital } from './words.ts';

/** A letter as it will be sent, and to whom. */
export interface PreviewedLetter {
  readonly to: string;
  readonly letter: Pick<RenderedLetter, 'subject' | 'text'>;
}

const unshown = new Set(['revision', 'form', 'rows', 'more', 'confirmed', 'typed', 'vector']);

type Named = Exclude<Field, { kind: 'group' | 'only' | 'html' }>;

const named = (fields: readonly Field[]): readonly Named[] =>
  fields.flatMap((field) =>
    field.kind === 'group' || field.kind === 'only'
      ? named(field.fields)
      : field.kind === 'html'
        ? []
        : [field],
  );

/** A value as the form showed it: the label of the chosen option, not its name. */
function shownValue(field: Named | undefined, value: string): Html | string {
  const option = field && 'options' in field ? field.options.find((each) => each.value === value) : undefined;
  if (option) return option.label;
  if (field?.kind === 'tick') return 'Yes';
  return value.includes('\n') ? html`<pre>${value}</pre>` : value;
}

/** What was answered, as it will be recorded; CVSS fields are shown as the vector they make. */
function answers(
  fields: readonly Field[],
  values: Values,
  vector: string | undefined,
): readonly (readonly [string, Html | string])[] {
  const known = new Map([...named(fields), ...repositoryRowFields].map((field) => [field.name, field]));
  const shown = Object.entries(values).filter(
    ([name, value]) =>
      value !== '' &&
      !unshown.has(name) &&
      !name.startsWith('cvss_') &&
      (!name.startsWith('reply_') || name === `reply_${replyOf(values.outcome)}`),
  );
  return [
    ...shown.map(([name, value]) => {
      const field = known.get(name) ?? known.get(name.replace(/_\d+$/, ''));
      const row = /_(\d+)$/.exec(name)?.[1];
      const label = field?.label ?? capital(name);
      return [row ? `${label} ${row}` : label, shownValue(field, value)] as const;
    }),
    ...(vector
      ? [['Severity', html`${severityText(severityOf(vector))} <code>${vector}</code>`] as const]
      : []),
  ];
}
const repositoryRowFields = named(repositoryFields());
const replyOf = (outcome = '') => (outcome === 'valid-operator' ? 'valid' : outcome);

export interface Preview {
  readonly model: DisclosureModel;
  readonly act: Act;
  readonly entry?: EntryView | undefined;
  readonly values: Values;
  readonly vector?: string | undefined;
  readonly letters: readonly PreviewedLetter[];
  /** What will change, in words. */
  readonly changes: readonly string[];
  /** Where something moved on meanwhile: what happened since. */
  readonly since?: readonly TrailLine[] | undefined;
  readonly verb: string;
  /** What the desk will post in the forum, word for word. */
  readonly post?: ReadyPost | undefined;
  /** A second person's confirmation: who asked first, in words, and what shows that this one means it too. */
  readonly confirms?: { readonly asked: string; readonly by: 'tick' | 'reference' } | undefined;
  readonly errors?: readonly FieldError[] | undefined;
}

/** "Check your answers": what was said, what will happen, who gets which letter; the letters are the very ones. */
export function previewPage({
  model,
  act,
  entry,
  values,
  vector,
  letters,
  changes,
  since,
  verb,
  post,
  confirms,
  errors = [],
}: Preview): Html {
  const { view } = model;
  const { context } = model.options;
  const spec = formOf(act, { view, entry, options: model.options });
  const grave = acts[act].grave === true || confirms !== undefined;
  const hidden = { ...values, revision: String(view.revision), form: model.formId, confirmed: 'yes' };
  const kept = Object.entries(hidden).filter(([name]) => !confirms || (name !== 'sure' && name !== 'typed'));
  return shell({
    title: `${view.reference}: check, then ${verb.toLowerCase()}`,
    context,
    who: model.who,
    body: html`${errorSummary(errors)}<p><a href="/d/${view.reference}">Back to ${view.reference}, change nothing</a></p><h1>${confirms ? 'Check what waits for you' : 'Check your answers'}</h1><p class="soft">${spec.title}</p>
${since && since.length > 0 ? changesSince(context, since) : ''}
${confirms ? html`<p>${confirms.asked}</p>` : html`<h2>What you answered</h2>${facts(answers(spec.fields, values, vector))}`}
<h2>What will happen</h2><ul>${changes.map((change) => html`<li>${change}</li>`)}${grave ? html`<li><strong>It cannot be undone.</strong></li>` : ''}</ul>
${post ? html`<h2>What is posted</h2>${readyPost(post)}` : ''}<h2>Who will be told</h2>${
      letters.length === 0
        ? html`<p>No letter goes out.</p>`
        : letters.map(
            ({ to, letter }) =>
              html`<details ${/^(the reporter|the operator)/.test(to) ? raw('open') : ''}><summary>To ${to}: ${letter.subject}</summary><pre>${letter.text}</pre></details>`,
          )
    }
<form method="post" action="/d/${view.reference}/${act}">${hiddenFields(Object.fromEntries(kept))}${confirms ? renderField(meant(view.reference, confirms.by), errors.length > 0 ? { values: {}, errors } : undefined) : ''}<div class="buttons"><button type="submit" class="${grave ? 'grave' : ''}">${verb}</button><a href="/d/${view.reference}">Change nothing</a></div></form>`,
  });
}

/** What a scanner that presses buttons cannot give: the second person's word that they looked. */
const meant = (reference: string, by: 'tick' | 'reference'): Field =>
  by === 'tick'
    ? { kind: 'tick', name: 'sure', label: 'I have read it, and confirm it' }
    : {
        kind: 'text',
        name: 'typed',
        label: `Type the reference, ${reference}`,
        hint: 'This cannot be undone. Typing it shows that you mean this one.',
        short: true,
      };

const changesSince = (context: PageContext, lines: readonly TrailLine[]): Html =>
  html`<div class="notice" role="alert"><h2>It changed meanwhile</h2><p>Since you opened the page, this happened. Nothing of yours was done yet.</p><ul>${lines.map((line) => html`<li>${shortTime(context, line.at)}: ${line.who} ${line.what}${line.detail ? ` (${line.detail})` : ''}</li>`)}</ul></div>`;
