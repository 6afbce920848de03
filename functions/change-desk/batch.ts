import { cadenceOf } from '#commit/reminder-groups.ts';
import { reminderLine } from '#commit/reminder-line.ts';
import { loadDuty } from '#commit/rota-record.ts';
import { type BatchForm, batchForms } from '#contracts/forms.ts';
import {
  type Batch,
  dueOf,
  forecast,
  frequencyWords,
  latestPostponement,
  type ReminderGroup,
} from '#domain/cadence.ts';
import { entryOf } from '#domain/disclosure.ts';
import { shiftAt } from '#domain/handover.ts';
import { plus } from '#domain/instant.ts';
import { manned } from '#domain/rota.ts';
import { type RenderedLetter, reminderActions, reminderLinkKey } from '#letters/context.ts';
import { renderLetter } from '#letters/render-letter.ts';
import { type BatchModel, batchFacts, batchForm, notePreviewPage } from '#pages/batch-page.ts';
import type { FieldError, Values } from '#pages/form.ts';
import { groupFormPage } from '#pages/group-page.ts';
import { batchPath } from '#pages/today-page.ts';
import { pageContext } from '#web/context.ts';
import { donePath } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import { whoIs } from '#web/load.ts';
import { maintainerNames, namesOf } from '#web/names.ts';
import { notYours } from '#web/page-errors.ts';
import type { Session } from '#web/session.ts';
import type { ChangeDeskDeps } from './deps.ts';
import { accepted, groupPost, instantIn, orAgain } from './group-act.ts';

const frequencies: ReadonlySet<string> = new Set(['weekly', 'monthly', 'quarterly', 'half-yearly']);

interface Opened {
  readonly group: ReminderGroup;
  readonly next: Batch;
  readonly model: BatchModel;
  readonly path: (form: BatchForm) => string;
}

/** The next batch of the group that the address names. @throws {PageError} where there is none. */
async function openBatch(deps: ChangeDeskDeps, c: Context, session: Session): Promise<Opened> {
  const maintainer = c.req.query('maintainer') ?? '';
  const frequency = c.req.query('frequency') ?? '';
  if (!frequencies.has(frequency) || !maintainer) throw notYours();
  const group = await deps.store.group(maintainer, frequency);
  const due = group && dueOf(group);
  if (!group || !due) throw notYours();
  const policy = cadenceOf(deps.settings.policy);
  const { rota, members } = await loadDuty(deps.store, [session.person.id]);
  const [next] = forecast(group, { start: due, end: plus(due, 1) }, manned(rota.shifts, members), policy);
  if (!next) throw notYours();
  const nameOf = await maintainerNames(deps, [maintainer]);
  return {
    group,
    next,
    model: {
      who: whoIs(session),
      maintainer: nameOf(maintainer),
      frequency: frequencyWords(next.frequency, policy),
      at: next.sendingInstant,
      latest: latestPostponement(group, policy) ?? due,
      entries: next.entries,
    },
    path: (form) => batchPath(form, maintainer, frequency),
  };
}

/** One form of a batch. GET: it changes nothing. */
export async function showBatchForm(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: BatchForm,
  tried?: { readonly values: Values; readonly errors: readonly FieldError[]; readonly status: 409 | 422 },
): Promise<Answer> {
  const context = pageContext(deps);
  const { group, model, path } = await openBatch(deps, c, session);
  const page = groupFormPage(
    context,
    model.who,
    batchForm(context, form, model),
    {
      action: path(form),
      revision: group.version,
      formId: deps.random(),
      ...(tried && { attempt: tried }),
    },
    batchFacts(context, model),
  );
  return c.html(page, tried?.status ?? 200);
}

/** The reminder with a note, rendered as it will be sent to whoever acts for all of its entries. */
async function mailWith(
  deps: ChangeDeskDeps,
  { next }: Opened,
  words: string,
): Promise<Pick<RenderedLetter, 'subject' | 'text'>> {
  const { rota, members } = await loadDuty(deps.store);
  const onDuty = shiftAt(rota, members, next.sendingInstant)?.member;
  const nameOf = await namesOf(deps, onDuty ? [onDuty] : []);
  const disclosures = await Promise.all(next.entries.map((each) => deps.store.disclosure(each.disclosure)));
  const lines = next.entries.flatMap(({ repository, notifiedAt }, at) => {
    const disclosure = disclosures[at];
    const entry = disclosure && entryOf(disclosure, repository);
    return entry ? [reminderLine(disclosure, entry, notifiedAt, next.sendingInstant)] : [];
  });
  const note = { key: 'note', sha256: '' };
  const links = lines.flatMap(({ reference, repository }) =>
    reminderActions.map((action) => [
      reminderLinkKey(reference, repository, action),
      `${deps.linkBase}/a#t=(their own link)`,
    ]),
  );
  return renderLetter(
    {
      template: 'reminder',
      to: { group: 'working-group' },
      params: { frequency: next.frequency, lines, ...(onDuty && { onDuty }), note, toMaintainer: true },
    },
    {
      settings: deps.settings,
      recipient: { id: '', version: 0, address: '', roles: [], epoch: 0 },
      names: onDuty ? { [onDuty]: nameOf(onDuty) } : {},
      links: Object.fromEntries(links),
      texts: { [note.key]: words },
    },
  );
}

/** Postpones a batch, or gives it a note, or takes the note back: once, on the revision that was seen. */
export async function changeBatch(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: BatchForm,
): Promise<Answer> {
  const { values, formId, stamp } = await groupPost(c, session, form);
  const opened = await openBatch(deps, c, session);
  const { maintainer, frequency } = opened.group;
  const commit = async (act: Parameters<ChangeDeskDeps['batch']>[0]['act']): Promise<Answer> => {
    await deps.batch({ maintainer, frequency, act, ...stamp });
    const done = donePath('/desk/today', formId);
    const about = `maintainer=${encodeURIComponent(maintainer)}&frequency=${frequency}`;
    return c.redirect(`${done}&${about}`, 303);
  };
  return orAgain(
    async () => {
      if (form === 'drop-note') {
        accepted(batchForms['drop-note'], values);
        return commit({ name: 'note-batch', text: null });
      }
      if (form === 'postpone-batch') {
        const { date, time, reason } = accepted(batchForms['postpone-batch'], values);
        const until = instantIn(date, time, deps.settings.policy.zone, 'date');
        return commit({ name: 'postpone-batch', until, reason });
      }
      const { text } = accepted(batchForms['note-batch'], values);
      if (values.confirmed === 'yes')
        return commit({ name: 'note-batch', text: await deps.archive.putText(text) });
      const hidden = { revision: values.revision ?? '', form: formId, text, confirmed: 'yes' };
      const place = { action: opened.path(form), hidden };
      return c.html(
        notePreviewPage(pageContext(deps), opened.model, await mailWith(deps, opened, text), place),
      );
    },
    (found, status) => {
      // What the rules call `until` is the form's day.
      const errors = found.map((each) => (each.field === 'until' ? { ...each, field: 'date' } : each));
      return showBatchForm(deps, c, session, form, { values, errors, status });
    },
  );
}
