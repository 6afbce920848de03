import { type dispositions, intakeKinds } from '#domain/intake.ts';
import { compareSeverity } from '#domain/rating.ts';
import { stageWords } from '#letters/words.ts';
import { type Attempt, errorSummary, type Field, hiddenFields, renderField } from './form.ts';
import { groupNav } from './group-page.ts';
import { facts, folded, type Html, html, type PageContext, shortTime, table } from './html.ts';
import { shell } from './layout.ts';
import { timeline } from './lifecycle-picture.ts';
import type { DeskModel, IntakeLine, IntakeModel, OpenLine } from './model.ts';
import { bytes, message } from './parts.ts';
import { rating } from './rating.ts';

const worst = (line: OpenLine) =>
  [...line.view.entries].sort((a, b) => compareSeverity(b.severity, a.severity))[0]?.severity;

const openRow = (context: PageContext) => (line: OpenLine) => {
  const severity = worst(line);
  const { view } = line;
  return [
    html`<a href="/d/${view.reference}">${view.reference}</a>`,
    html`${view.title ?? ''}${view.entries.length > 0 ? html`<br><span class="soft">${view.entries.map(({ repository }) => repository).join(', ')}</span>` : ''}`,
    severity ? rating(severity) : html`<span class="soft">not scored</span>`,
    html`${view.stage ? stageWords[view.stage] : ''}${view.hold ? html` <span class="tag">on hold</span>` : ''}${view.exit ? html` <span class="tag">${view.exit.kind}</span>` : ''}`,
    line.next,
    view.receivedAt ? shortTime(context, view.receivedAt) : '',
  ];
};

const intakeTable = (context: PageContext, caption: string, lines: readonly IntakeLine[]): Html =>
  lines.length === 0
    ? html`<p class="soft">None.</p>`
    : table(
        caption,
        ['Mail', 'From', 'Kind', 'Received'],
        lines.map(({ intake, who }) => [
          html`<a href="/i/${encodeURIComponent(intake.mailKey)}">${intake.subject || '(no subject)'}</a>`,
          who,
          html`${intake.kind} ${intake.flags.map((each) => html`<span class="tag">${each.replace(/-/g, ' ')}</span> `)}`,
          shortTime(context, intake.receivedAt),
        ]),
      );

const openHeads = ['Reference', 'What', 'Severity', 'Stage', 'Next', 'Received'] as const;

/** The members' page: what is asked, what is open, what waits for a decision, what is to come. */
export function deskPage(context: PageContext, model: DeskModel): Html {
  const releases = model.open.flatMap(({ view }) =>
    view.release && view.release.at > context.now
      ? [{ at: view.release.at, label: view.reference, href: `/d/${view.reference}` }]
      : [],
  );
  const waiting = model.open.filter(({ view }) => view.stage === 'received' && !view.hold);
  const decide = model.queue.length + model.held.length;
  return shell({
    title: 'Desk',
    context,
    who: model.who,
    nav: groupNav,
    body: html`<h1>Desk</h1>
<div class="asked"><h2>${waiting.length === 0 && decide === 0 ? 'Nothing waits for a decision' : 'Waits for a decision'}</h2><ul><li>${waiting.length} ${waiting.length === 1 ? 'report' : 'reports'} to triage</li><li>${decide} ${decide === 1 ? 'mail' : 'mails'} to look at</li><li>${model.quarantined.length} in quarantine</li></ul></div>
<p>On duty: <strong>${model.onDuty ?? 'nobody'}</strong>.</p>
<h2>Open disclosures</h2>${model.open.length === 0 ? html`<p class="soft">None.</p>` : table('Open disclosures', openHeads, model.open.map(openRow(context)))}
${releases.length > 0 ? html`<h2>Releases to come</h2>${timeline(context, releases)}<ul>${releases.map(({ at, label, href }) => html`<li><a href="${href}">${label}</a>: ${shortTime(context, at)}</li>`)}</ul>` : ''}
<h2>Advice, registrations, volunteers</h2>${intakeTable(context, 'Mails that opened no disclosure', model.queue)}
<h2>Held: does it belong?</h2>${intakeTable(context, 'Mails held for a member', model.held)}
<h2>Quarantine</h2><p class="hint">A scanner found spam or a virus, or a cap holds it back. Open one to say “is a report” or “is not”, or to send the acknowledgement.</p>${intakeTable(context, 'Mails in quarantine or held back by a cap', model.quarantined)}
<h2>Not acknowledged</h2><p class="hint">Reports whose sender has not been told that they arrived.</p>${intakeTable(context, 'Reports without acknowledgement', model.unacknowledged)}
${
  model.shifts.length > 0
    ? html`<h2>Rota</h2>${table(
        'Shifts to come',
        ['Who', 'From', 'To'],
        model.shifts.map((shift) => [
          shift.mine ? html`<strong>${shift.who}</strong>` : shift.who,
          shortTime(context, shift.start),
          shortTime(context, shift.end),
        ]),
      )}`
    : ''
}
${model.ended.length > 0 ? folded('Ended or published', table('Ended disclosures', openHeads, model.ended.map(openRow(context)))) : ''}`,
  });
}

const dispositionWords: Readonly<Record<(typeof dispositions)[number], string>> = {
  opened: 'opened a disclosure',
  attached: 'attached to a disclosure',
  held: 'held for a member',
  quarantined: 'in quarantine',
  recorded: 'recorded, waits in a list',
  bounce: 'a bounce',
  'auto-reply': 'an automatic reply',
  list: 'from a mailing list',
  test: 'a test of the desk',
  ignored: 'ignored',
};

/** What is recorded of an operator (OEP-60 R21) or a volunteer (R20). Nothing is taken from the mail unread. */
const registrationFields: readonly Field[] = [
  {
    kind: 'only',
    when: ['operator'],
    fields: [
      {
        kind: 'email',
        name: 'operatorAddress',
        label: 'The best address for reports to them',
        hint: 'Preferably a group’s. Reports are sent there: make sure that it is theirs.',
      },
      { kind: 'text', name: 'instance', label: 'Name of the site' },
      {
        kind: 'area',
        name: 'domains',
        label: 'Its domains, one a line',
        hint: 'A report that names one of them, or a host under one, is theirs.',
      },
      { kind: 'email', name: 'contact', label: 'An individual contact', optional: true },
    ],
  },
  {
    kind: 'only',
    when: ['volunteer'],
    fields: [
      { kind: 'email', name: 'volunteerAddress', label: 'Their address' },
      { kind: 'text', name: 'volunteerName', label: 'Their name', optional: true },
      { kind: 'text', name: 'team', label: 'The team they belong to', optional: true },
      { kind: 'tick', name: 'vouch', label: 'I vouch for them: they are a core contributor' },
    ],
  },
];

/** One mail: what it says, what the scanners said, and what becomes of it. */
export function intakePage(context: PageContext, model: IntakeModel, attempt?: Attempt): Html {
  const { intake } = model;
  const verdicts = Object.entries(intake.verdicts).map(([name, verdict]) => `${name} ${verdict}`);
  return shell({
    title: 'A mail',
    context,
    who: model.who,
    nav: html`<nav aria-label="Desk"><a href="/desk">All disclosures</a></nav>`,
    body: html`${errorSummary(attempt?.errors ?? [])}<p class="soft">Intake</p><h1>${intake.subject || 'A mail without a subject'}</h1>
<div class="columns"><div>${message(context, model.message)}
<h2>What becomes of it?</h2>
<form method="post" action="/i/${encodeURIComponent(intake.mailKey)}" novalidate class="intake-form">${hiddenFields({ revision: String(intake.version), form: model.formId })}
${[
  {
    kind: 'choice',
    name: 'decision',
    label: 'Your decision',
    options: [
      { value: 'open', label: 'It is a report: open a disclosure', hint: 'Can be done again to split it.' },
      { value: 'attach', label: 'It belongs to a disclosure', hint: 'Give its reference below.' },
      { value: 'kind', label: 'It is something else', hint: 'Say what below; it stays in the list.' },
      {
        value: 'operator',
        label: 'It registers an operator: record them',
        hint: 'Reports that concern their site can be forwarded to them then.',
      },
      {
        value: 'volunteer',
        label: 'Somebody volunteers: record them',
        hint: 'A maintainer or core contributor who offers to write fixes.',
      },
      { value: 'not', label: 'It is not a report', hint: 'Kept, taken off the list.' },
      ...(intake.flags.includes('acknowledgement-withheld')
        ? [{ value: 'release', label: 'Send the acknowledgement', hint: 'A cap has held it back.' }]
        : []),
    ],
  } as const,
  {
    kind: 'group',
    fields: [
      {
        kind: 'text',
        name: 'reference',
        label: 'Reference',
        hint: 'For “it belongs to a disclosure”',
        optional: true,
        short: true,
      },
      {
        kind: 'select',
        name: 'asReporter',
        label: 'Is the sender one of its reporters?',
        hint: 'They get a page of their own then',
        optional: true,
        options: [
          { value: 'yes', label: 'Yes' },
          { value: 'no', label: 'No' },
        ],
      },
      {
        kind: 'select',
        name: 'kind',
        label: 'Kind',
        hint: 'For “something else”',
        optional: true,
        options: intakeKinds.map((value) => ({ value, label: value.replace(/-/g, ' ') })),
      },
    ],
  } as const,
  ...registrationFields,
].map((field) =>
  renderField(field, attempt),
)}<div class="buttons"><button type="submit">Decide</button></div></form></div>
<aside><h2>This mail</h2>${facts([
      ['From', model.sender],
      ['Authenticated', intake.authenticated],
      ['Kind', `${intake.kind} (rule: ${intake.kindBy})`],
      ['Disposition', dispositionWords[intake.disposition]],
      ['Verdicts', verdicts.join(', ')],
      ['Size', intake.size === undefined ? undefined : bytes(intake.size)],
      ['No automatic answer', intake.suppressed],
      [
        'Disclosures',
        intake.disclosures.length > 0
          ? html`${intake.disclosures.map((id) => html`<a href="/d/${id}">${id}</a> `)}`
          : undefined,
      ],
      [
        'Possibly related',
        intake.possiblyRelated?.length
          ? html`${intake.possiblyRelated.map((id) => html`<a href="/d/${id}">${id}</a> `)}`
          : undefined,
      ],
      ['Came to the address of', intake.heldFor],
      [
        'Same text as',
        intake.duplicateOf &&
          html`<a href="/i/${encodeURIComponent(intake.duplicateOf)}">an earlier mail</a>`,
      ],
      [
        'Came again as',
        intake.duplicates?.length
          ? html`${intake.duplicates.map((key) => html`<a href="/i/${encodeURIComponent(key)}">a later mail</a> `)}`
          : undefined,
      ],
      ['Flags', intake.flags.map((each) => each.replace(/-/g, ' ')).join(', ') || undefined],
    ])}</aside></div>`,
  });
}
