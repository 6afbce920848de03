import type { Act } from '#contracts/forms.ts';
import type { DisclosureView, EntryView, SiblingView } from '#domain/access.ts';
import type { Command } from '#domain/commands.ts';
import { triageSteps } from '#domain/disclosure.ts';
import type { Standing } from '#domain/standing.ts';
import { exitWords, holdWords, reasonWords } from '#letters/words.ts';
import { acts, factWords, possible, stepWords } from './acts.ts';
import { facts, folded, type Html, html, outward, type PageContext, shortTime, table, time } from './html.ts';
import type { DisclosureModel, FileView, Message, TrailLine } from './model.ts';
import { rating } from './rating.ts';
import { announcementWords, capWords, windowWords } from './words.ts';

export const bytes = (size: number): string =>
  size < 1024
    ? `${size} bytes`
    : size < 1_048_576
      ? `${(size / 1024).toFixed(1)} KB`
      : `${(size / 1_048_576).toFixed(1)} MB`;

const file = (each: FileView): Html =>
  html`<li><a href="${each.href}" download>${each.name}</a> <span class="soft">${bytes(each.size)} · ${each.type}</span> <details><summary>SHA-256</summary><code>${each.sha256}</code></details></li>`;

/** One mail or text of the conversation: text only, files as downloads. */
export function message(context: PageContext, each: Message): Html {
  return html`<article class="message${each.ours ? ' ours' : ''}"><header><strong>${each.title}</strong> <span class="soft">·</span> ${shortTime(context, each.at)}${each.delivery ? html` <span class="soft">·</span> ${each.delivery.map((state) => html`<span class="tag">${state}</span> `)}` : ''}${each.subject ? html`<br><span class="soft">Subject:</span> ${each.subject}` : ''}</header>
${each.notes.map((note) => html`<p class="notice">${note}</p>`)}
${each.text === undefined ? html`<p class="soft">There is no text to show.</p>` : html`<pre>${each.text}</pre>`}
${each.truncated ? html`<p class="soft">This is the beginning; the whole is in the raw mail.</p>` : ''}
${each.files.length > 0 ? html`<h3>Files</h3><ul>${each.files.map(file)}</ul>` : ''}
${each.raw ? html`<p><a href="${each.raw}" download>Download the raw mail</a></p>` : ''}</article>`;
}

const maintainerNames = (model: DisclosureModel, entry: EntryView): string => {
  const people = entry.maintainer?.people ?? [];
  const named = people.map((id) => model.names[id] ?? 'a recorded maintainer');
  return named.length > 0 ? named.join(', ') : entry.maintainer ? 'the working group' : 'not found yet';
};

/** One repository entry: severity, advisory, maintainer, branches. */
/** How the entry's maintainer is reminded, and whether anybody answers (OEP-60 R8, policy "Silence"). */
function reminderWords({ reminders, options }: DisclosureModel, repository: string): Html | undefined {
  const found = reminders?.[repository];
  if (!found) return undefined;
  const { context } = options;
  const { often, sent, last, dueAt, unanswered, silent } = found;
  return html`${often}, ${sent} sent${last ? html`, the last ${shortTime(context, last)}` : ''}; the next is due ${shortTime(context, dueAt)}${
    unanswered > 0
      ? html` <span class="tag">${silent ? 'silent: ' : ''}${unanswered === 1 ? 'the last one' : `the last ${unanswered}`} without an answer</span>`
      : ''
  }`;
}

export function entryFacts(model: DisclosureModel, entry: EntryView): Html {
  const { context } = model.options;
  const { view } = model;
  return html`${facts([
    [
      'Severity',
      html`${rating(entry.severity)} <span class="soft">by ${severityBy[entry.severity.by]}${entry.severity.provisional ? ', provisional' : ''}</span>`,
    ],
    ['Vector', entry.severity.vector && html`<code>${entry.severity.vector}</code>`],
    ['Package', entry.package ? `${entry.package} (${entry.ecosystem})` : entry.ecosystem],
    ['Affected', entry.affected],
    ['Fixed in', entry.fixed],
    [
      'Advisory',
      entry.advisory
        ? html`${outward(entry.advisory.url, entry.advisory.ghsa)} <span class="tag">${entry.advisory.state}</span>`
        : entry.handOff
          ? html`waits for a person since ${shortTime(context, entry.handOff.since)}`
          : 'being opened',
    ],
    ['Maintainer', view.viewer.kind === 'member' ? maintainerNames(model, entry) : undefined],
    ['Notified', entry.notifiedAt && shortTime(context, entry.notifiedAt)],
    ['Reminders', reminderWords(model, entry.repository)],
    [
      'Delegates',
      entry.delegates.map((id) => model.names[id] ?? 'a recorded delegate').join(', ') || undefined,
    ],
    ['Fix ready', entry.readyAt && shortTime(context, entry.readyAt)],
    ['Fix expected on', entry.fixExpected],
    ['Help asked', entry.helpAskedAt && shortTime(context, entry.helpAskedAt)],
    [
      'Public pull request',
      entry.publicPullRequest &&
        html`${outward(entry.publicPullRequest.url)} ${entry.publicPullRequest.decision ?? 'waits for a decision'}`,
    ],
    [
      'Closed',
      entry.closed && html`${reasonWords[entry.closed.reason]}, ${shortTime(context, entry.closed.at)}`,
    ],
  ])}${table(
    `Branches of ${entry.repository}`,
    ['Branch', 'Fix', 'Since'],
    entry.branches.map((branch) => [
      html`<code>${branch.name}</code>`,
      branch.merge ? outward(branch.merge.url, 'merged') : branch.claimed ? 'a push was seen' : 'not yet',
      branch.merge
        ? shortTime(context, branch.merge.at)
        : branch.claimed && shortTime(context, branch.claimed.at),
    ]),
  )}`;
}

const severityBy = { triage: 'triage', maintainer: 'the maintainer', github: 'GitHub' } as const;

/** How far the other repositories are: what a maintainer needs to plan with them, and nothing else. */
export const siblings = (all: readonly SiblingView[]): Html =>
  all.length === 0
    ? html``
    : html`<h2>The other repositories</h2>${table(
        'The other repositories of this disclosure',
        ['Repository', 'Fix ready', 'Merged', 'Advisory'],
        all.map((each) => [
          each.repository,
          each.closed ? 'closed' : each.ready ? 'yes' : 'not yet',
          each.merged ? 'yes' : 'not yet',
          each.published ? 'published' : 'draft',
        ]),
      )}`;

/** The seven steps of triage (OEP-60 R2), with who and when. */
export const steps = (model: DisclosureModel): Html =>
  html`<ol class="steps">${triageSteps.map((step) => {
    const done = model.view.steps?.[step];
    return html`<li class="${done ? 'is-done' : ''}">${stepWords[step]}${done ? html`<br><span class="soft">${nameOf(model, done.by)}, ${shortTime(model.options.context, done.at)}</span>` : html`<span class="unseen">: not done</span>`}</li>`;
  })}</ol>`;

export function nameOf(model: Pick<DisclosureModel, 'names'>, actor: string): string {
  const id = actor.slice(actor.indexOf(':') + 1);
  const kind = actor.includes(':') ? actor.slice(0, actor.indexOf(':')) : '';
  return model.names[id] ?? (kind ? `a ${kind}` : actor === 'desk' ? 'the desk' : actor);
}

/** What waits for a second person, in words. */
export function pendingWords(command: Command | undefined, key: string): string {
  switch (command?.name) {
    case 'forward':
      return `forward it to ${command.operator.instance}`;
    case 'accept':
      return `find it valid, and forward it to ${command.operator?.instance ?? 'an operator'}`;
    case 'go-public-early':
      return 'take the early-public path';
    case 'command-publication':
      return `publish the advisory of ${command.repository}`;
    default:
      return key.replace(/:[0-9a-f]{16}$/, '');
  }
}

/** Hold, exit, embargo and release: what lies over the stage. */
export function state(
  context: PageContext,
  view: DisclosureView,
  standing?: Standing,
): readonly (readonly [string, Html | undefined])[] {
  const { embargo, release } = view;
  const { window } = standing ?? {};
  return [
    ['Hold', view.hold && html`${holdWords[view.hold.kind]}, until ${time(context, view.hold.until)}`],
    [
      'Ended',
      view.exit &&
        html`${exitWords[view.exit.kind]}${view.exit.reason ? `: ${reasonWords[view.exit.reason]}` : ''}${view.exit.duplicateOf ? html` of <a href="/d/${view.exit.duplicateOf}">${view.exit.duplicateOf}</a>` : ''}, ${time(context, view.exit.at)}`,
    ],
    [
      'Embargo',
      embargo &&
        (embargo.ended
          ? html`ended (${embargo.ended.by === 'early-public' ? 'early-public path' : factWords[embargo.ended.by].toLowerCase()}), ${time(context, embargo.ended.at)}`
          : html`holds${embargo.cap ? html`; its cap is ${time(context, embargo.cap)}` : ''}${tag(standing?.cap && capWords[standing.cap])}`),
    ],
    [
      'Release',
      release &&
        html`${time(context, release.at)} <span class="tag">${view.viewer.kind === 'reporter' || release.confirmedAt ? 'confirmed' : 'proposed'}</span>`,
    ],
    [
      'Announcement',
      view.announcement
        ? html`${outward(view.announcement.url)}, visible since ${time(context, view.announcement.visibleAt)}${tag(standing?.announcement && announcementWords[standing.announcement])}`
        : standing?.announcement && html`not visible yet${tag(announcementWords[standing.announcement])}`,
    ],
    [
      'Two hours',
      window?.exposedAt === undefined
        ? undefined
        : html`the fix is public since ${time(context, window.exposedAt)}${
            window.dueAt
              ? html`; advisory and reply are due by ${time(context, window.dueAt)}`
              : '; they run from the last required merge'
          }${tag(windowWords[window.state])}`,
    ],
    ['Reply', view.reply && outward(view.reply.url)],
  ];
}

/** A word beside a fact, where there is something to say. */
export const tag = (words: string | undefined): Html =>
  words ? html` <span class="tag">${words}</span>` : html``;

/** What the world knows. */
export const knownFacts = (model: DisclosureModel): Html =>
  model.view.facts.length === 0
    ? html``
    : html`<h2>Facts</h2><ul>${model.view.facts.map(
        ({ kind, at, retractedAt }) =>
          html`<li>${retractedAt ? html`<del>${factWords[kind]}</del> (retracted)` : factWords[kind]}<br><span class="soft">${shortTime(model.options.context, at)}</span></li>`,
      )}</ul>`;

export const trail = (context: PageContext, lines: readonly TrailLine[]): Html =>
  folded(
    `Audit trail (${lines.length})`,
    table(
      'Audit trail',
      ['When', 'Who', 'What', 'Letters'],
      lines.map((line) => [
        shortTime(context, line.at),
        line.who,
        html`${line.what}${line.detail ? html`<br><span class="soft">${line.detail}</span>` : ''}${line.keptWith ? html`<br><span class="soft">It lies with <a href="/d/${line.keptWith}">${line.keptWith}</a>.</span>` : ''}`,
        html`${line.letters.map(({ to, template, state: stands }) => html`<span class="soft">${template} to ${to}:</span> ${stands}<br>`)}`,
      ]),
    ),
  );

const actLink = (view: DisclosureView, act: Act, entry?: EntryView): Html =>
  html`<li><a href="/d/${view.reference}/${act}${entry ? `?repository=${encodeURIComponent(entry.repository)}` : ''}">${acts[act].label}</a><span class="hint">${acts[act].hint}</span></li>`;

/** Links to what this viewer can do. Each opens a page of its own, and none does anything by being opened. */
export function actLinks(view: DisclosureView, entry?: EntryView, without: readonly Act[] = []): Html {
  const offered = possible(view, entry).filter((act) => !without.includes(act));
  return offered.length === 0
    ? html``
    : html`<ul class="acts">${offered.map((act) => actLink(view, act, entry))}</ul>`;
}
