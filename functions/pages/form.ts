import { type Html, html, raw } from './html.ts';

/** What was given in a form: by field name, as it was typed. */
export type Values = Readonly<Record<string, string>>;

/** Something wrong with one field: what was found and what is allowed, in one sentence. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** An earlier try that was not accepted: what was typed is kept. */
export interface Attempt {
  readonly values: Values;
  readonly errors: readonly FieldError[];
}

interface Common {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | Html | undefined;
  readonly optional?: boolean | undefined;
}

/** A field of a form. None has a preselected choice, but where what stands there is edited. */
export type Field =
  | (Common & {
      readonly kind: 'text' | 'url' | 'email' | 'date' | 'time';
      readonly value?: string;
      readonly short?: true;
    })
  | (Common & { readonly kind: 'area'; readonly value?: string; readonly long?: true })
  | (Common & {
      readonly kind: 'choice';
      readonly options: readonly { readonly value: string; readonly label: string; readonly hint?: string }[];
    })
  | (Common & {
      readonly kind: 'select';
      readonly value?: string;
      readonly options: readonly { readonly value: string; readonly label: string }[];
    })
  | (Common & { readonly kind: 'tick' })
  | (Common & { readonly kind: 'file' })
  | { readonly kind: 'group'; readonly fields: readonly Field[] }
  | { readonly kind: 'only'; readonly when: readonly string[]; readonly fields: readonly Field[] }
  | { readonly kind: 'html'; readonly body: (attempt: Attempt | undefined) => Html };

/** One act as a form. */
export interface FormSpec {
  /** The last part of the address it is posted to. */
  readonly act: string;
  readonly title: string;
  readonly intro?: string | Html | undefined;
  readonly fields: readonly Field[];
  /** A verb with its object: "Forward to Example University". */
  readonly button: string;
  readonly className?: string | undefined;
  readonly cvss?: boolean | undefined;
  readonly multipart?: boolean | undefined;
}

/** Where a form goes, the revision it was made on, and its one-use id. */
export interface FormPlace {
  readonly action: string;
  readonly revision: number;
  readonly formId: string;
  readonly hidden?: Values | undefined;
  readonly attempt?: Attempt | undefined;
}

const flag = (on: boolean, word: string) => (on ? raw(` ${word}`) : '');

export const hiddenFields = (values: Values): Html =>
  html`${Object.entries(values).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;

function framed(field: Common, fault: string | undefined, control: Html, grouped = false): Html {
  const label = html`${field.label}${field.optional ? html` <span class="soft">(optional)</span>` : ''}`;
  const about = html`${field.hint ? html`<p class="hint" id="${field.name}-hint">${field.hint}</p>` : ''}${fault ? html`<p class="fault" id="${field.name}-fault"><span class="unseen">Error: </span>${fault}</p>` : ''}`;
  return grouped
    ? html`<fieldset class="field${fault ? ' wrong' : ''}"${described(field, fault)}><legend>${label}</legend>${about}${control}</fieldset>`
    : html`<div class="field${fault ? ' wrong' : ''}"><label for="${field.name}">${label}</label>${about}${control}</div>`;
}

const described = (field: Common, fault: string | undefined): Html => {
  const ids = [field.hint && `${field.name}-hint`, fault && `${field.name}-fault`].filter(Boolean);
  return ids.length > 0 ? html` aria-describedby="${ids.join(' ')}"` : html``;
};

/** Fields as they stand in a form, with what was typed before and what was wrong with it. */
export function renderField(field: Field, attempt: Attempt | undefined): Html {
  if (field.kind === 'html') return field.body(attempt);
  if (field.kind === 'group')
    return html`<div class="inline">${field.fields.map((each) => renderField(each, attempt))}</div>`;
  if (field.kind === 'only')
    return html`<div class="only ${field.when.map((each) => `for-${each}`).join(' ')}">${field.fields.map((each) => renderField(each, attempt))}</div>`;
  const fault = attempt?.errors.find((error) => error.field === field.name)?.message;
  const typed = attempt?.values[field.name];
  const about = html`${described(field, fault)}${flag(fault !== undefined, 'aria-invalid="true"')}`;
  switch (field.kind) {
    case 'area':
      return framed(
        field,
        fault,
        html`<textarea id="${field.name}" name="${field.name}" rows="${field.long ? 12 : 5}"${flag(field.long === true, 'class="long"')}${about}>
${typed ?? field.value ?? ''}</textarea>`,
      );
    case 'choice':
      return framed(
        field,
        fault,
        html`<div class="options">${field.options.map(
          ({ value, label, hint }, index) =>
            html`<label><input type="radio" name="${field.name}" value="${value}"${flag(index === 0, `id="${field.name}"`)}${flag(typed === value, 'checked')}><span>${label}${hint ? html`<span class="hint">${hint}</span>` : ''}</span></label>`,
        )}</div>`,
        true,
      );
    case 'select':
      return framed(
        field,
        fault,
        html`<select id="${field.name}" name="${field.name}"${about}><option value="">Choose…</option>${field.options.map(({ value, label }) => html`<option value="${value}"${flag((typed ?? field.value) === value, 'selected')}>${label}</option>`)}</select>`,
      );
    case 'tick':
      return html`<div class="field${fault ? ' wrong' : ''}">${fault ? html`<p class="fault" id="${field.name}-fault"><span class="unseen">Error: </span>${fault}</p>` : ''}<div class="options"><label><input type="checkbox" id="${field.name}" name="${field.name}" value="yes"${flag(typed === 'yes', 'checked')}${about}><span>${field.label}${field.hint ? html`<span class="hint">${field.hint}</span>` : ''}</span></label></div></div>`;
    case 'file':
      return framed(field, fault, html`<input type="file" id="${field.name}" name="${field.name}"${about}>`);
    default:
      return framed(
        field,
        fault,
        html`<input type="${field.kind}" id="${field.name}" name="${field.name}" value="${typed ?? field.value ?? ''}" autocomplete="off"${flag(field.short === true, 'class="short"')}${about}>`,
      );
  }
}

/** What was wrong, on top of the page, each linked to its field. */
export const errorSummary = (errors: readonly FieldError[]): Html =>
  errors.length === 0
    ? html``
    : html`<div class="errors" role="alert" tabindex="-1" autofocus><h2>Nothing was changed yet</h2><ul>${errors.map(({ field, message }) => html`<li><a href="#${field}">${message}</a></li>`)}</ul></div>`;

/** A form. It carries the revision it was made on and an id that counts once (mail rules, Signed links 5). */
export function renderForm(spec: FormSpec, place: FormPlace): Html {
  return html`<form method="post" action="${place.action}" novalidate class="${spec.className ?? ''}"${flag(spec.cvss === true, 'data-cvss')}${flag(spec.multipart === true, 'enctype="multipart/form-data"')}>
${hiddenFields({ revision: String(place.revision), form: place.formId, ...place.hidden })}
${spec.fields.map((field) => renderField(field, place.attempt))}
<div class="buttons"><button type="submit">${spec.button}</button></div>
</form>`;
}
