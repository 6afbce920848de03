import type { Act } from '#contracts/forms.ts';
import { type DisclosureView, type EntryView, plainStages } from '#domain/access.ts';
import type { Instant } from '#domain/instant.ts';
import { exitWords, handOffWords, holdWords, stageWords } from '#letters/words.ts';
import { acts, formOf, possible, waitingFor } from './acts.ts';
import { type Attempt, errorSummary, renderForm } from './form.ts';
import { facts, folded, type Html, html, outward, type PageContext, shortTime, time } from './html.ts';
import { shell } from './layout.ts';
import { lifecyclePicture } from './lifecycle-picture.ts';
import type { DisclosureModel } from './model.ts';
import {
  actLinks,
  entryFacts,
  knownFacts,
  message,
  pendingWords,
  siblings,
  state,
  steps,
  tag,
  trail,
} from './parts.ts';
import { rating } from './rating.ts';
import { responseWords } from './words.ts';

/** A form that was not accepted, to be shown again with what was typed. */
export interface Tried {
  readonly act: Act;
  readonly attempt: Attempt;
}

const form = (model: DisclosureModel, act: Act, tried?: Tried, entry?: EntryView): Html =>
  renderForm(formOf(act, { view: model.view, entry, options: model.options }), {
    action: `/d/${model.view.reference}/${act}`,
    revision: model.view.revision,
    formId: model.formId,
    hidden: {
      ...(entry && { repository: entry.repository }),
      ...(act === 'confirm-release' && model.view.release && { at: model.view.release.at }),
    },
    attempt: tried?.act === act ? tried.attempt : undefined,
  });

const nav = (model: DisclosureModel): Html =>
  model.view.viewer.kind === 'member'
    ? html`<nav aria-label="Desk"><a href="/desk">All disclosures</a></nav>`
    : html``;

const page = (model: DisclosureModel, title: string, body: Html): Html =>
  shell({
    title,
    context: model.options.context,
    body,
    who: model.who,
    nav: nav(model),
    scripts: ['times.js', 'calculator.js'],
  });

const heading = (view: DisclosureView, title: string): Html =>
  html`<p class="soft">${view.reference}</p><h1>${title}</h1>`;

/** What is asked of this viewer, and by when: the first thing on the screen. */
function memberAsk(model: DisclosureModel): Html {
  const { view } = model;
  const { context } = model.options;
  if (view.exit) return html`<p>It has ended: ${exitWords[view.exit.kind]}.</p>`;
  const shown = view.entries.filter((entry) => entry.publicPullRequest && !entry.publicPullRequest.decision);
  if (shown.length > 0)
    return html`<div class="asked"><h2>Asked of you, urgently: what follows from the public pull request</h2><p>The fix was shown by accident. The working group decides by severity; nothing happens by itself. ${shown.map((entry) => html`<br><a href="/d/${view.reference}/decide-public-pull-request?repository=${encodeURIComponent(entry.repository)}">${entry.repository}: decide</a>`)}</p></div>`;
  if (view.hold)
    return html`<div class="asked"><h2>On hold: ${holdWords[view.hold.kind]}</h2><p>Nothing is asked of you until ${time(context, view.hold.until)}, unless there is news.${view.stage === 'received' ? html` If you know enough already, <a href="#triage">triage it</a>.` : ''}</p></div>`;
  if (view.stage === 'received')
    return html`<div class="asked"><h2>Asked of you: triage this report</h2><p>Read it below, then say what it is.${view.response && !view.response.answeredAt ? html` The reporter was promised an answer by ${time(context, view.response.dueAt)}.` : ''}</p><p><a class="button" href="#triage">Go to the triage form</a></p></div>`;
  const waiting = view.entries.filter(({ handOff, advisory }) => handOff && !handOff.doneAt && !advisory);
  if (waiting.length > 0)
    return html`<div class="asked"><h2>Asked of you: open ${waiting.length === 1 ? 'an advisory' : 'advisories'} by hand</h2><p>The desk could not do it itself. ${waiting.map((entry) => html`<br><a href="/d/${view.reference}/record-advisory?repository=${encodeURIComponent(entry.repository)}">${entry.repository}: how to do it, and “done”</a>`)}</p></div>`;
  const { handOffs } = model.options;
  if (handOffs.length > 0)
    return html`<div class="asked"><h2>Asked of you: ${handOffs.length === 1 ? 'a step' : 'steps'} by hand</h2><ul>${handOffs.map(({ what, repository, url, why }) => html`<li>${handOffWords[what]}${repository ? html` (${repository})` : ''}: ${why}${url ? html` ${outward(url)}` : ''}</li>`)}</ul><p><a href="/d/${view.reference}/hand-off-done">Say what is done</a></p></div>`;
  const commented = view.entries.filter(({ severity }) => severity.commentAsked);
  if (commented.length > 0)
    return html`<div class="asked"><h2>Asked of you: a comment on the severity</h2><p>The maintainer has judged it; their word holds. ${commented.map((entry) => html`<br><a href="/d/${view.reference}/comment-severity?repository=${encodeURIComponent(entry.repository)}">${entry.repository}</a>`)}</p></div>`;
  const unnamed = view.entries.filter(
    ({ maintainer, closed }) => maintainer?.source === 'unresolved' && !closed,
  );
  if (unnamed.length > 0 && view.stage !== 'published')
    return html`<div class="asked"><h2>Asked of you: name the maintainer</h2><p>Nobody is recorded, so that the working group is the maintainer until somebody is named. ${unnamed.map((entry) => html`<br><a href="/d/${view.reference}/name-maintainer?repository=${encodeURIComponent(entry.repository)}">${entry.repository}</a>`)}</p></div>`;
  return html`<p>Nothing is asked of you just now.</p>`;
}

/** What waits for a second person: for this viewer to look at and confirm, or their own that waits for another. */
function pendingNotice(model: DisclosureModel): Html {
  const { view, options } = model;
  const all = Object.entries(view.pending);
  if (all.length === 0) return html``;
  const asked = new Set(waitingFor(view).map(([key]) => key));
  return html`<div class="notice"><h2>${all.length === 1 ? 'An act waits' : 'Acts wait'} for a second person</h2><ul>${all.map(
    ([key, { by, at, command }]) =>
      html`<li>${by === view.viewer.person ? 'You' : (model.names[by] ?? 'Somebody else')} asked for it, ${shortTime(options.context, at)}: ${pendingWords(command, key)}. ${asked.has(key) ? html`<a href="/d/${view.reference}/confirm-act?key=${encodeURIComponent(key)}">Look at it, then confirm it</a>` : by === view.viewer.person ? 'Another person confirms it.' : 'It happens when another person does the same.'}</li>`,
  )}</ul></div>`;
}

function entries(model: DisclosureModel): Html {
  return html`${model.view.entries.map(
    (entry) =>
      html`<section><h2>${entry.repository} ${rating(entry.severity)}</h2>${entryFacts(model, entry)}${actLinks(model.view, entry)}</section>`,
  )}`;
}

function memberPage(model: DisclosureModel, tried?: Tried): Html {
  const { view } = model;
  const { context } = model.options;
  const triages = possible(view).includes('triage');
  const title = view.title ?? (view.stage === 'received' ? 'A new report' : 'Disclosure');
  return page(
    model,
    `${view.reference}: ${view.stage ? stageWords[view.stage] : ''}`,
    html`${tried ? errorSummary(tried.attempt.errors) : ''}${heading(view, title)}
${view.stage ? lifecyclePicture(view.stage, view) : ''}
<div class="columns"><div>
${memberAsk(model)}${pendingNotice(model)}
${model.description ? html`<h2>Description</h2><pre>${model.description}</pre>` : ''}
${entries(model)}
<h2 id="report">Report and conversation</h2>
${model.messages.length === 0 ? html`<p class="soft">No mail belongs to it.</p>` : model.messages.map((each) => message(context, each))}
${triages ? html`<h2 id="triage">Triage this report</h2>${form(model, 'triage', tried)}` : ''}
<h2>What you can do</h2>${actLinks(view, undefined, ['triage', 'confirm-act', ...(model.options.handOffs.length === 0 ? (['hand-off-done'] as const) : [])])}
<h2>Record</h2>${trail(context, model.trail)}
<p class="soft">What others see: <a href="/d/${view.reference}?as=reporter">the reporter’s page</a>${view.entries.map((entry) => html`, <a href="/d/${view.reference}?as=maintainer&amp;repository=${encodeURIComponent(entry.repository)}">the page of ${entry.repository}’s maintainer</a>`)}.</p>
</div><aside>
<h2>State</h2>${facts([
      ['Received', view.receivedAt && time(context, view.receivedAt)],
      [
        'First answer',
        view.response &&
          (view.response.answeredAt
            ? html`given, ${time(context, view.response.answeredAt)}`
            : html`promised by ${time(context, view.response.dueAt)}${tag(model.standing && responseWords[model.standing.response])}`),
      ],
      ...state(context, view, model.standing),
      ['Weaknesses', view.cwes?.join(', ')],
      ['Reported on GitHub', view.githubReport && outward(view.githubReport.url, view.githubReport.ghsa)],
      [
        'Reporter',
        view.reporters.length > 0
          ? view.reporters.map((id) => model.names[id] ?? 'unnamed').join(', ')
          : 'none that could be identified',
      ],
      [
        'Credit',
        Object.values(view.credit)
          .map((credit) => (credit.choice === 'anonymous' ? 'anonymous' : (credit.as ?? credit.choice)))
          .join(', ') || 'not chosen yet',
      ],
      ['Forwarded to', view.operators.map((id) => model.names[id] ?? id).join(', ') || undefined],
      [
        'Related',
        view.related.length > 0
          ? html`${view.related.map((id) => html`<a href="/d/${id}">${id}</a> `)}`
          : undefined,
      ],
    ])}
<h2>Triage</h2>${steps(model)}${knownFacts(model)}
</aside></div>`,
  );
}

/** From the announced instant on, or when there is no secret any more. */
const mayMerge = (view: DisclosureView, now: Instant): boolean =>
  view.embargo?.ended !== undefined ||
  view.stage === 'merged' ||
  (view.stage === 'announced' && (view.release === undefined || view.release.at <= now));

/** What is asked of a maintainer: the next act, or to wait for the instant that was announced. */
function maintainerAsk(model: DisclosureModel): Html {
  const { view } = model;
  const { context } = model.options;
  const next = nextForMaintainer(model);
  if (next) {
    const where = next.entry ? `?repository=${encodeURIComponent(next.entry.repository)}` : '';
    return html`<div class="asked"><h2>Next: ${acts[next.act].label.toLowerCase()}${next.entry ? html` <span class="soft">(${next.entry.repository})</span>` : ''}</h2><p>${acts[next.act].hint}</p><p><a class="button" href="/d/${view.reference}/${next.act}${where}">${acts[next.act].label}</a></p></div>`;
  }
  return view.stage === 'announced' && view.release && !mayMerge(view, context.now)
    ? html`<div class="asked"><h2>Next: the release</h2><p>Please merge nothing before ${time(context, view.release.at)}. We write to you then.</p></div>`
    : html`<p>Nothing is asked of you just now.</p>`;
}

/** The act that is next for a maintainer, if any: offered first. */
function nextForMaintainer({
  view,
  options,
}: DisclosureModel): { readonly act: Act; readonly entry?: EntryView } | undefined {
  const order: readonly Act[] = [
    'confirm-release',
    'record-merge',
    'command-publication',
    'see-reply',
    'see-announcement',
    'record-ready',
    'propose-release',
  ];
  const merging = mayMerge(view, options.context.now);
  const fitting = order.filter((act) => {
    if (act === 'record-merge') return merging;
    if (act === 'command-publication') return view.stage === 'merged';
    if (act === 'see-reply') return options.reply !== undefined;
    if (act === 'see-announcement') return view.announcement === undefined;
    if (act === 'propose-release') return view.release === undefined;
    return true;
  });
  for (const act of fitting) {
    const entry = view.entries.find((each) => possible(view, each).includes(act));
    if (acts[act].perEntry ? entry : possible(view).includes(act))
      return acts[act].perEntry && entry ? { act, entry } : { act };
  }
  return undefined;
}

function maintainerPage(model: DisclosureModel): Html {
  const { view } = model;
  const { context } = model.options;
  const credits = Object.values(view.credit)
    .map((credit) => credit.as ?? '')
    .filter(Boolean);
  return page(
    model,
    `${view.reference}: ${view.stage ? stageWords[view.stage] : ''}`,
    html`${heading(view, view.title ?? 'A vulnerability in your repository')}
${view.stage ? lifecyclePicture(view.stage, view) : ''}
<div class="columns"><div>
${maintainerAsk(model)}
<p class="notice">Please keep the details private until a fix has been released publicly, and develop the fix in the advisory’s temporary private fork.</p>
${pendingNotice(model)}
${model.description ? html`<h2>What is wrong</h2><pre>${model.description}</pre>` : html`<p class="soft">The description follows.</p>`}
${entries(model)}
${siblings(view.siblings)}
<h2>For the whole disclosure</h2>${actLinks(view, undefined, ['confirm-act'])}
</div><aside><h2>State</h2>${facts([
      ...state(context, view, model.standing),
      ['Weaknesses', view.cwes?.join(', ')],
      ['Credit', credits.length > 0 ? credits.join(', ') : undefined],
    ])}${knownFacts(model)}</aside></div>`,
  );
}

/** Stage, hold or end in the words of someone who knows nothing of the process. */
function whereItStands(context: PageContext, { exit, hold, stage }: DisclosureView): Html | string {
  if (exit) return `It has ended: ${exitWords[exit.kind]}.`;
  switch (hold?.kind) {
    case 'needs-information':
      return html`We need to know more: please answer by ${time(context, hold.until)}.`;
    case 'invalid-pending':
      return html`We found no vulnerability in it so far. You can add evidence until ${time(context, hold.until)}.`;
    case 'deferred':
      return html`We have put it off until ${time(context, hold.until)}, and go on then. Nothing is asked of you.`;
    default:
      return stage ? plainStages[stage] : '';
  }
}

function reporterPage(model: DisclosureModel, tried?: Tried): Html {
  const { view } = model;
  const { context } = model.options;
  const credit = view.credit[view.viewer.person];
  const can = possible(view);
  return page(
    model,
    `${view.reference}: your report`,
    html`${tried ? errorSummary(tried.attempt.errors) : ''}${heading(view, 'Your report')}
<div class="columns"><div>
<div class="asked"><h2>Where it stands</h2><p>${whereItStands(context, view)}</p></div>
<h2>What you sent, and our replies</h2>
${model.messages.length === 0 ? html`<p class="soft">Nothing to show any more.</p>` : model.messages.map((each) => message(context, each))}
${can.includes('add-text') ? html`<h2 id="add">Add to your report</h2>${form(model, 'add-text', tried)}` : html`<p>To add something, answer our last mail.</p>`}
${can.includes('choose-credit') ? html`<h2 id="credit">Credit</h2><p>${credit ? `Your choice: ${credit.choice === 'anonymous' ? 'stay anonymous' : (credit.as ?? credit.choice)}. You can change it.` : 'You have not chosen yet, so that nothing is set.'}</p>${form(model, 'choose-credit', tried)}` : ''}
</div><aside><h2>State</h2>${facts([
      ['Reference', view.reference],
      ['Received', view.receivedAt && time(context, view.receivedAt)],
      [
        'A person answers',
        view.response &&
          (view.response.answeredAt
            ? html`answered ${time(context, view.response.answeredAt)}`
            : html`by ${time(context, view.response.dueAt)}`),
      ],
      ['Release', view.release && time(context, view.release.at)],
      ['Announcement', view.announcement && outward(view.announcement.url)],
      ...view.advisories.map(({ repository, url }) => [`Advisory: ${repository}`, outward(url)] as const),
    ])}</aside></div>`,
  );
}

function operatorPage(model: DisclosureModel): Html {
  const { view } = model;
  return page(
    model,
    `${view.reference}: forwarded to you`,
    html`${heading(view, 'A report that was forwarded to you')}
<div class="asked"><h2>What this is</h2><p>A security report that concerns the site you run. What you do about it is yours to decide; the reporter was told that it went to you.</p></div>
<p class="notice">Please keep the details private until a fix has been released publicly. If the flaw turns out to lie in the platform itself, send it back to us.</p>
${model.messages.map((each) => message(model.options.context, each))}`,
  );
}

/** The page of a disclosure, as its viewer may see it. */
export function disclosurePage(model: DisclosureModel, tried?: Tried): Html {
  switch (model.view.viewer.kind) {
    case 'member':
      return memberPage(model, tried);
    case 'maintainer':
      return maintainerPage(model);
    case 'reporter':
      return reporterPage(model, tried);
    case 'operator':
      return operatorPage(model);
  }
}

/** One act on a page of its own: what it is about on top, then the form. */
export function actPage(model: DisclosureModel, act: Act, entry?: EntryView, tried?: Tried): Html {
  const { view } = model;
  const spec = formOf(act, { view, entry, options: model.options });
  const hasForm = spec.fields.length > 0;
  return page(
    model,
    `${view.reference}: ${spec.title}`,
    html`${tried ? errorSummary(tried.attempt.errors) : ''}<p><a href="/d/${view.reference}">Back to ${view.reference}</a></p><h1>${spec.title}</h1>
${
  act === 'triage'
    ? model.messages.map((each) => folded(each.title, message(model.options.context, each)))
    : facts([
        ['Disclosure', view.reference],
        ['Stage', view.stage && stageWords[view.stage]],
        ['Repository', entry?.repository],
        ['Severity', entry && rating(entry.severity)],
      ])
}
${spec.intro ?? ''}${hasForm ? form(model, act, tried, entry) : ''}`,
  );
}
