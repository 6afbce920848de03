import { createHash } from 'node:crypto';
import { type Act, textActs } from '#contracts/forms.ts';
import * as messages from '#contracts/messages.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import type { EntryView } from '#domain/access.ts';
import type { Command } from '#domain/commands.ts';
import { decide } from '#domain/decide.ts';
import type { TextRef } from '#domain/disclosure.ts';
import { Refused } from '#domain/errors.ts';
import type { Letter } from '#domain/letter.ts';
import type { Actor } from '#domain/people.ts';
import { peopleIn, sayableNames, textsOf } from '#letters/context.ts';
import { renderLetter } from '#letters/render-letter.ts';
import { actWords, stageWords } from '#letters/words.ts';
import { acts, formOf, type ReadyPost, waitingFor } from '#pages/acts.ts';
import { actPage, disclosurePage } from '#pages/disclosure-page.ts';
import type { FieldError, Values } from '#pages/form.ts';
import type { Html } from '#pages/html.ts';
import type { DisclosureModel } from '#pages/model.ts';
import { refusal } from '#pages/outcome-pages.ts';
import { pendingWords } from '#pages/parts.ts';
import { type PreviewedLetter, previewPage } from '#pages/preview-page.ts';
import { mostRows, rowCount } from '#pages/triage-form.ts';
import { type SentForm, sentForm, smallForm, textForm } from '#web/body.ts';
import type { Context } from '#web/http.ts';
import { entryIn, loadModel, type Opened, open, recipients, trailLine, whoIs } from '#web/load.ts';
import { notYours } from '#web/page-errors.ts';
import { causeOf, type Session } from '#web/session.ts';
import type { ChangeDeskDeps } from './deps.ts';
import { situationOf } from './situation.ts';
import { BadForm, confirmedBy, toCommand } from './to-command.ts';

/** What a POST came to: a page with its status, or where to go on. */
export type ActAnswer =
  | { readonly status: 200 | 409 | 413 | 422; readonly page: Html }
  | { readonly goTo: string };

const donePath = (reference: string, formId: string, again: boolean): string =>
  `/d/${reference}/done/${encodeURIComponent(formId)}${again ? '?again=1' : ''}`;

interface Asked {
  readonly deps: ChangeDeskDeps;
  readonly session: Session;
  readonly opened: Opened;
  readonly act: Act;
  readonly entry: EntryView | undefined;
  readonly sent: SentForm;
}

/** The person who acts, and the group addresses that they stand for, as the rules know them. */
function actorOf({ opened }: Asked): Actor {
  const { kind, person, standsFor } = opened.viewer;
  return { kind, person, ...(standsFor && { standsFor }) };
}

/** A stand-in for a text that a preview does not keep. */
function pretend(texts: Map<string, string>) {
  return async (text: string): Promise<TextRef> => {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const key = `text/${sha256}`;
    texts.set(key, text);
    return { key, sha256 };
  };
}

/** One act: read, translate, show before grave ones, commit once (mail rules, Signed links 3 and 5). */
export async function perform(
  deps: ChangeDeskDeps,
  session: Session,
  reference: string,
  act: Act,
  c: Context,
): Promise<ActAnswer> {
  const opened = await open(deps, session, reference);
  if (!opened) throw notYours();
  const upload = act === 'add-text';
  const sent = await sentForm(c, textActs.has(act) ? textForm : smallForm, upload);
  const entry = entryIn(opened.view, sent.values.repository);
  const asked: Asked = { deps, session, opened, act, entry, sent };
  const formId = sent.values.form ?? '';
  const earlier = formId && (await deps.store.event(`DISC#${reference}`, causeOf(session, formId)));
  if (earlier) return { goTo: donePath(reference, formId, true) };
  if (acts[act].perEntry && !entry) throw notYours();
  if (sent.over) return tooMuch(asked);
  if (sent.values.more === 'rows') return anotherRow(asked);
  try {
    return await decided(asked, formId);
  } catch (error) {
    if (error instanceof BadForm) return again(asked, error.faults);
    if (error instanceof Refused)
      return again(asked, [
        { field: fieldOf(act, error.field), message: refusal(error.rule, error.message, error.remedy) },
      ]);
    if (error instanceof VersionConflict) return changedMeanwhile(asked);
    throw error;
  }
}

/** Fields of the rules that a form calls otherwise. */
const formNames: Readonly<Record<string, string>> = {
  at: 'date',
  on: 'date',
  until: 'date',
  of: 'duplicateOf',
};

function fieldOf(act: Act, field: string | undefined): string {
  if (field === 'repository') return act === 'triage' ? 'repository_1' : 'main';
  return field === undefined ? 'main' : (formNames[field] ?? field);
}

async function decided(asked: Asked, formId: string): Promise<ActAnswer> {
  const { deps, session, opened, act, sent } = asked;
  const confirmed = sent.values.confirmed === 'yes';
  if (acts[act].preview && !confirmed) return preview(asked);
  // Revisions are numbers; anything else is a form that is not ours, and nothing is decided on it.
  const revision = Number(sent.values.revision);
  if (!formId || !Number.isInteger(revision))
    throw new BadForm([{ field: 'main', message: 'The form was incomplete. Open the page again.' }]);
  if (revision !== opened.disclosure.version) return changedMeanwhile(asked);
  // Decided once before anything is kept, so that a refused act leaves no text and no person behind.
  await rehearse(asked);
  const command = await toCommand(act, {
    deps,
    disclosure: opened.disclosure,
    person: opened.viewer.person,
    values: sent.values,
    file: sent.file,
    keep: (text) => deps.archive.putText(text),
    commits: true,
  });
  const { thread } = await situationOf(deps, opened.disclosure);
  const { outcome, event } = await deps.commit({
    disclosure: opened.disclosure.id,
    command,
    actor: actorOf(asked),
    cause: causeOf(session, formId),
    expectVersion: revision,
    checks: [{ person: session.person.id, epoch: session.claims.epoch }],
    ...(thread && { thread }),
  });
  deps.log(messages.committed, {
    disclosure: opened.disclosure.id,
    command: command.name,
    outcome,
    correlation: event.correlation,
  });
  return { goTo: donePath(opened.disclosure.id, formId, outcome === 'repeated') };
}

interface Rehearsal {
  readonly command: Command;
  readonly letters: readonly Letter[];
  readonly texts: ReadonlyMap<string, string>;
  readonly changes: readonly string[];
}

/** What the act would come to, decided by the very rules that will decide it; nothing is kept. */
async function rehearse(asked: Asked): Promise<Rehearsal> {
  const { deps, opened, act, sent } = asked;
  const texts = new Map<string, string>();
  const command = await toCommand(act, {
    deps,
    disclosure: opened.disclosure,
    person: opened.viewer.person,
    values: sent.values,
    file: sent.file,
    keep: pretend(texts),
    commits: false,
  });
  const situation = await situationOf(deps, opened.disclosure);
  const decision = decide(opened.disclosure, command, actorOf(asked), deps.clock.now(), situation);
  const before = opened.disclosure;
  const after = decision.disclosure;
  const changes = [
    `It will be recorded that you ${actWords[decision.type]}.`,
    ...(after.stage !== before.stage ? [`The stage becomes “${stageWords[after.stage]}”.`] : []),
    ...(after.hold && !before.hold ? [`It is put on hold until ${after.hold.until.slice(0, 10)}.`] : []),
    ...(after.exit && !before.exit ? ['The disclosure ends.'] : []),
    ...(after.embargo.ended && !before.embargo.ended ? ['The embargo ends at once, and stays ended.'] : []),
    ...(command.name === 'accept'
      ? [
          `A draft advisory is opened in ${command.repositories.map(({ repository }) => repository).join(', ')}; the maintainers are then notified of score and rating.`,
        ]
      : []),
    ...(command.name === 'command-publication' && decision.signals.length > 0
      ? [`The advisory of ${command.repository} is published on GitHub. Everybody can read it.`]
      : []),
    ...(decision.data.awaitsConfirmation ? ['Nothing else happens until another person confirms it.'] : []),
  ];
  return { command, letters: decision.letters, texts, changes };
}

/** An act of somebody else that waits for this viewer, with the very letters that will go out, and one button. */
export async function lookAtWaiting(
  deps: ChangeDeskDeps,
  session: Session,
  opened: Opened,
  key: string,
): Promise<Html | undefined> {
  if (!waitingFor(opened.view).some(([each]) => each === key)) return undefined;
  const sent: SentForm = { values: { key } };
  const answer = await preview({ deps, session, opened, act: 'confirm-act', entry: undefined, sent });
  return 'page' in answer ? answer.page : undefined;
}

async function preview(
  asked: Asked,
  since?: readonly StoredEvent[],
  errors?: readonly FieldError[],
): Promise<ActAnswer> {
  const { deps, session, opened, act, entry, sent } = asked;
  const { command, letters, texts, changes } = await rehearse(asked);
  const model = await loadModel(deps, opened, whoIs(session));
  const values = { ...sent.values };
  delete values.more;
  const spec = formOf(act, { view: opened.view, entry, options: model.options });
  return {
    status: since ? 409 : errors ? 422 : 200,
    page: previewPage({
      // A preview keeps the id of its form: pressing "back" and sending again is still one act.
      model: since ? model : { ...model, formId: sent.values.form ?? model.formId },
      act,
      entry,
      values,
      vector: 'vector' in command ? command.vector : undefined,
      letters: await previewed(asked, letters, texts),
      changes: [...changes, ...unnamedOperator(command, model)],
      since: since?.map((event) => ({
        ...trailLine(event, model.names),
        ...(isOwn(event, opened) && { who: 'you' }),
      })),
      verb: verbOf(command, spec.button),
      post: command.name === 'command-post' ? withoutEditor(model.options[command.what]) : undefined,
      confirms:
        act === 'confirm-act'
          ? { asked: askedFor(opened, values.key ?? '', model.names), by: confirmedBy(command) }
          : undefined,
      errors,
    }),
  };
}

/** The desk posts it: nobody opens the forum's editor for it. */
const withoutEditor = (post: ReadyPost | undefined): ReadyPost | undefined =>
  post && { ...post, prefilled: undefined };

/** Nobody guesses: a forward to an operator whom the report does not name is looked at twice. */
function unnamedOperator(command: Command, { options }: DisclosureModel): readonly string[] {
  const to = command.name === 'forward' || command.name === 'accept' ? command.operator : undefined;
  const operator = options.operators.find(({ id }) => id === to?.operator);
  return operator && operator.named.length === 0
    ? [
        `The report names none of the domains of ${operator.instance} (${operator.domains}): make sure that it is theirs, or tell the reporter that you do not know whom it concerns.`,
      ]
    : [];
}

function askedFor({ view }: Opened, key: string, names: Readonly<Record<string, string>>): string {
  const [, first] = waitingFor(view).find(([each]) => each === key) ?? [];
  const who = (first && names[first.by]) ?? 'Somebody else';
  return `${who} asked to ${pendingWords(first?.command, key)}. It happens when you confirm it.`;
}

const verbs: Partial<Record<Command['name'], string>> = {
  accept: 'Accept the report, open the advisories',
  'mark-duplicate': 'Close it as a duplicate',
  'mark-invalid': 'Hold it as invalid',
  'ask-information': 'Ask the reporter',
  'mark-spam': 'Close it as spam',
  answer: 'Send the answer',
  'reply-to-reporter': 'Send the reply',
  close: 'Close the disclosure',
  'close-entry': 'Close the entry',
  'command-post': 'Post it',
  'name-delegate': 'Name the delegate',
  'record-fact': 'Record the fact',
  'go-public-early': 'Take the early-public path',
};

const verbOf = (command: Command, button: string): string =>
  command.name === 'forward'
    ? `Forward to ${command.operator.instance}`
    : command.name === 'accept' && command.operator
      ? `Accept the report, forward to ${command.operator.instance}`
      : command.name === 'command-publication'
        ? `Publish the advisory of ${command.repository}`
        : (verbs[command.name] ?? button);

/** The letters, rendered as they will be sent. Of the link, only that there will be one is known yet. */
async function previewed(
  { deps, opened }: Asked,
  letters: readonly Letter[],
  texts: ReadonlyMap<string, string>,
): Promise<readonly PreviewedLetter[]> {
  const people = await deps.store.people(letters.flatMap(({ to }) => ('person' in to ? [to.person] : [])));
  const names = sayableNames(await deps.store.people([...new Set(letters.flatMap(peopleIn))]));
  const loaded: Record<string, string> = Object.fromEntries(texts);
  for (const ref of letters.flatMap(textsOf)) loaded[ref.key] ??= (await deps.archive.text(ref)) ?? '';
  const { disclosure } = opened;
  return letters.map((letter) => {
    const id = 'person' in letter.to ? letter.to.person : undefined;
    const recipient = people.find((person) => person.id === id);
    const kind = !id
      ? 'the working group'
      : disclosure.reporters.includes(id)
        ? 'the reporter'
        : letter.template === 'operator-forward'
          ? 'the operator'
          : recipients[letter.as ?? 'member'];
    const rendered = renderLetter(letter, {
      settings: deps.settings,
      recipient: recipient ?? { id: '', version: 0, address: '', roles: [], epoch: 0 },
      link: `${deps.linkBase}/a#t=(their own link)`,
      names,
      texts: loaded,
    });
    // Only members learn an address.
    const to = opened.viewer.kind === 'member' && recipient ? `${kind}, ${recipient.address}` : kind;
    return { to, letter: rendered };
  });
}

/** The same page again, with what was wrong on top and what was typed kept. */
async function again(
  asked: Asked,
  faults: readonly { readonly field: string; readonly message: string }[],
): Promise<ActAnswer> {
  const { deps, session, opened, act, entry, sent } = asked;
  // What was to be confirmed stands there again, with what is missing.
  if (act === 'confirm-act' && waitingFor(opened.view).some(([key]) => key === sent.values.key))
    return preview(asked, undefined, faults);
  const model = await loadModel(deps, opened, whoIs(session));
  const tried = { act, attempt: { values: sent.values, errors: faults } };
  const onPage = act === 'triage' || opened.viewer.kind === 'reporter';
  return {
    status: 422,
    page: onPage ? disclosurePage(model, tried) : actPage(model, act, entry, tried),
  };
}

const isOwn = ({ actor }: StoredEvent, { viewer }: Opened): boolean => actor.endsWith(`:${viewer.person}`);

/** More text than a form may carry: given back to be shortened, since a browser's "back" would not have it any more. */
async function tooMuch(asked: Asked): Promise<ActAnswer> {
  const message = 'This is more than 256 KB in all. Shorten it; what is longer reaches us by mail.';
  const answer = await again(asked, [{ field: 'main', message }]);
  return 'page' in answer ? { ...answer, status: 413 } : answer;
}

/** "Add another row" without script: the form once more, with what was typed and one row more. */
async function anotherRow(asked: Asked): Promise<ActAnswer> {
  const { deps, session, opened, act, sent } = asked;
  const model = await loadModel(deps, opened, whoIs(session));
  const values: Values = { ...sent.values, rows: String(Math.min(mostRows, rowCount(sent.values) + 1)) };
  return { status: 200, page: disclosurePage(model, { act, attempt: { values, errors: [] } }) };
}

/** Somebody else was faster: what happened since, and the same act to be confirmed on the new revision. */
async function changedMeanwhile(asked: Asked): Promise<ActAnswer> {
  const { deps, session, opened, sent } = asked;
  const now = await open(deps, session, opened.disclosure.id);
  if (!now) throw notYours();
  const events = await deps.store.events(`DISC#${opened.disclosure.id}`);
  const since = events.filter(({ seq }) => seq > (Number(sent.values.revision) || 0));
  // Only members see who did what; others see that it changed, and what they did themselves, in another window.
  const shown = since.map((event) =>
    now.view.seesTrail || isOwn(event, now) ? event : { ...event, actor: 'somebody', data: {} },
  );
  return preview({ ...asked, opened: now, entry: entryIn(now.view, sent.values.repository) }, shown);
}
