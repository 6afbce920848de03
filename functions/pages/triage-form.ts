import type { DisclosureView } from '#domain/access.ts';
import { cvssField } from './cvss.ts';
import type { Attempt, Field, FormSpec } from './form.ts';
import { renderField } from './form.ts';
import { html } from './html.ts';

/** A recorded operator, with the hosts of theirs that the report names. */
export interface OperatorOption {
  readonly id: string;
  readonly instance: string;
  readonly domains: string;
  readonly named: readonly string[];
}

/** What the triage form offers besides what the disclosure says. */
export interface TriageOptions {
  /** Those whose domain the report names come first. */
  readonly operators: readonly OperatorOption[];
  readonly signature: string;
  readonly informationDays: number;
}

const ecosystems = [
  ['pip', 'PyPI (pip)'],
  ['npm', 'npm'],
  ['rubygems', 'RubyGems'],
  ['maven', 'Maven'],
  ['nuget', 'NuGet'],
  ['composer', 'Composer'],
  ['go', 'Go'],
  ['rust', 'crates.io (Rust)'],
  ['erlang', 'Hex (Erlang)'],
  ['actions', 'GitHub Actions'],
  ['pub', 'Pub'],
  ['swift', 'Swift'],
  ['other', 'Other, or none'],
] as const;

/** The fields of one affected repository; their names carry the row's number. */
export function repositoryFields(suffix = ''): readonly Field[] {
  const options = ecosystems.map(([value, label]) => ({ value, label }));
  return [
    {
      kind: 'group',
      fields: [
        { kind: 'text', name: `repository${suffix}`, label: 'Repository', hint: 'owner/name on GitHub' },
        {
          kind: 'select',
          name: `ecosystem${suffix}`,
          label: 'Ecosystem',
          hint: 'Where it is published',
          options,
        },
        {
          kind: 'text',
          name: `package${suffix}`,
          label: 'Package',
          hint: 'If it has another name',
          optional: true,
        },
      ],
    },
    {
      kind: 'group',
      fields: [
        {
          kind: 'text',
          name: `affected${suffix}`,
          label: 'Affected versions',
          hint: 'Like “< 2.1.4”',
          optional: true,
        },
        {
          kind: 'text',
          name: `fixed${suffix}`,
          label: 'Fixed version',
          hint: 'If there is one',
          optional: true,
        },
      ],
    },
  ];
}

const usualRows = 2;
export const mostRows = 20;

/** How many rows the form shows: the usual number, or as many as were asked for. */
export const rowCount = (values: Readonly<Record<string, string>> = {}): number =>
  Math.min(mostRows, Math.max(usualRows, Number(values.rows) || 0));

/** Enter in a field presses a form's first button: that has to be the form's own, not the one that adds a row. */
const byEnter: Field = { kind: 'html', body: () => html`<button type="submit" hidden></button>` };

const rows = (reference: string): Field => ({
  kind: 'html',
  body: (attempt) => {
    const count = rowCount(attempt?.values);
    return html`<fieldset><legend>Affected repositories</legend><p class="hint">A draft advisory is opened in each. Rows that stay empty are left out.</p>${Array.from(
      { length: count },
      (_, index) =>
        html`<div class="row">${repositoryFields(`_${index + 1}`).map((field) => renderField(field, attempt))}</div>`,
    )}<input type="hidden" name="rows" value="${count}"><button class="second" type="submit" name="more" value="rows" formaction="/d/${reference}/triage#repository_${count + 1}">Add another row</button></fieldset>`;
  },
});

/** A reply to the reporter, from an editable template of the outcome. */
const reply = (outcome: string, template: string, optional: boolean): Field => ({
  kind: 'area',
  name: `reply_${outcome}`,
  label: 'Reply to the reporter',
  hint: optional
    ? 'Sent in the thread of their mail when you confirm. Empty it to send none.'
    : 'Sent in the thread of their mail when you confirm.',
  optional,
  value: template,
});

/** Stands in a template where nobody but the member knows what to say; a reply that still has it is not sent. */
export const blank = '[write here]';

function templates(options: TriageOptions): Readonly<Record<string, string>> {
  const end = `\n\nKind regards\n${options.signature}`;
  return {
    valid: `Thank you for your report. We could reproduce it and are telling the people who maintain the software. We will write again when there is a date for the fix. Please keep the details private until then.${end}`,
    operator: `Thank you for your report. It concerns one site that runs the platform, not the platform itself, so that we passed it on to the people who run that site. They answer you from here.${end}`,
    'needs-information': `Thank you for your report. To reproduce it we need to know more:\n\n- the version or release you tested\n- the steps, one by one, and what you saw\n- what an attacker gains\n\nWe keep your report open for ${options.informationDays} days.${end}`,
    duplicate: `Thank you for your report. Somebody reported the same before you, and it is being worked on. You are credited together with them when the advisory is published, if you like.${end}`,
    invalid: `Thank you for your report. As far as we could find out, this is not a vulnerability: ${blank}\n\nIf you have evidence that shows otherwise, please answer within ${options.informationDays} days, and we look again.${end}`,
    advice: `Thank you for asking.\n\n${blank}${end}`,
    scoring: `Thank you for asking. We scored what you describe as follows.${end}`,
  };
}

/** Unknown operator → the reporter is told; nobody guesses. */
function matchHint({ operators }: TriageOptions): string {
  const found = operators.filter(({ named }) => named.length > 0);
  const never = 'Only recorded operators; never a guess. An address that looks alike is not the same.';
  return found.length > 0
    ? `The report names ${found.flatMap(({ named }) => named).join(', ')}: ${found.map(({ instance }) => instance).join(', ')}. ${never}`
    : `The report names no recorded operator’s domain: tell the reporter that you do not know whom it concerns. ${never}`;
}

function operatorFields(options: TriageOptions): readonly Field[] {
  return [
    {
      kind: 'select',
      name: 'operator',
      label: 'Operator',
      hint: matchHint(options),
      options: options.operators.map(({ id, instance, domains, named }) => ({
        value: id,
        label: `${instance} (${domains})${named.length > 0 ? ': named in the report' : ''}`,
      })),
    },
    {
      kind: 'area',
      name: 'operatorText',
      label: 'What you write to the operator',
      hint: 'They read it as you write it. The report itself is behind their link.',
    },
    {
      kind: 'choice',
      name: 'withAttachments',
      label: 'Do the attachments go along?',
      options: [
        { value: 'yes', label: 'Yes, with the attachments' },
        { value: 'no', label: 'No, the text alone' },
      ],
    },
  ];
}

/** The triage of a report (OEP-60 R2) on one page: the outcome first, then only what that outcome needs. */
export function triageForm(view: DisclosureView, options: TriageOptions): FormSpec {
  const words = templates(options);
  const valid = ['valid', 'valid-operator'];
  return {
    act: 'triage',
    title: 'Triage this report',
    className: 'triage',
    cvss: true,
    button: 'Check your answers',
    fields: [
      byEnter,
      {
        kind: 'choice',
        name: 'outcome',
        label: 'What is this report?',
        options: [
          {
            value: 'valid',
            label: 'Valid',
            hint: 'A vulnerability of the platform. Advisories are opened, maintainers notified.',
          },
          {
            value: 'valid-operator',
            label: 'Valid, and one operator’s problem too',
            hint: 'Both: advisories are opened, and the report is forwarded to that operator.',
          },
          {
            value: 'operator',
            label: 'One operator’s problem',
            hint: 'It concerns one site that runs the platform. Forwarded to them; no advisory.',
          },
          {
            value: 'needs-information',
            label: 'Needs information',
            hint: `Held for ${options.informationDays} days, with one reminder.`,
          },
          { value: 'duplicate', label: 'Duplicate', hint: 'The reporter moves to the original for credit.' },
          {
            value: 'invalid',
            label: 'Invalid',
            hint: `Held for ${options.informationDays} days first: a chance to add evidence.`,
          },
          { value: 'spam', label: 'Spam', hint: 'Closed without an answer.' },
          { value: 'advice', label: 'A question for advice', hint: 'Answered and closed.' },
          { value: 'scoring', label: 'A request for a score', hint: 'Scored, answered and closed.' },
        ],
      },
      {
        kind: 'only',
        when: valid,
        fields: [
          {
            kind: 'text',
            name: 'title',
            label: 'Title',
            hint: 'One line that a maintainer recognises. It becomes the advisory’s summary and is never mailed.',
            ...(view.title && { value: view.title }),
          },
          {
            kind: 'area',
            name: 'description',
            label: 'Description',
            long: true,
            hint: 'It becomes the advisory’s description: what is wrong, where, what an attacker gains, how to reproduce it.',
          },
          {
            kind: 'text',
            name: 'cwes',
            label: 'Weaknesses',
            hint: 'CWE numbers, like “CWE-79, CWE-352”.',
            optional: true,
            short: true,
          },
          rows(view.reference),
        ],
      },
      { kind: 'only', when: [...valid, 'scoring'], fields: [cvssField] },
      { kind: 'only', when: ['valid-operator', 'operator'], fields: operatorFields(options) },
      {
        kind: 'only',
        when: ['duplicate'],
        fields: [
          {
            kind: 'text',
            name: 'duplicateOf',
            label: 'Reference of the original',
            short: true,
            hint: 'Like EDX-2026-0001.',
          },
          reply('duplicate', words.duplicate ?? '', true),
        ],
      },
      { kind: 'only', when: valid, fields: [reply('valid', words.valid ?? '', true)] },
      { kind: 'only', when: ['operator'], fields: [reply('operator', words.operator ?? '', true)] },
      {
        kind: 'only',
        when: ['needs-information'],
        fields: [reply('needs-information', words['needs-information'] ?? '', false)],
      },
      { kind: 'only', when: ['invalid'], fields: [reply('invalid', words.invalid ?? '', false)] },
      { kind: 'only', when: ['advice'], fields: [reply('advice', words.advice ?? '', false)] },
      { kind: 'only', when: ['scoring'], fields: [reply('scoring', words.scoring ?? '', false)] },
      // A scanner that presses buttons and picks an answer still has to tick this: "spam" needs nothing else.
      {
        kind: 'html',
        body: (attempt: Attempt | undefined) =>
          html`<div class="${'only for-spam'}">${renderField({ kind: 'tick', name: 'sure', label: 'Yes, this is spam. Close it without an answer.' }, attempt)}</div>`,
      },
    ],
  };
}
