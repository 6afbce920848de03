import { createHash } from 'node:crypto';
import { feedHash } from '#commit/rota.ts';
import { decideRota, type RotaAct } from '#commit/rota-acts.ts';
import { loadDuty } from '#commit/rota-record.ts';
import { type RotaForm, readTurns, rotaForms } from '#contracts/forms.ts';
import { addPeriod, localText, type Period } from '#domain/calendar.ts';
import { type Instant, ms } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import type { Shift } from '#domain/rota.ts';
import type { FieldError, Values } from '#pages/form.ts';
import { groupFormPage } from '#pages/group-page.ts';
import { feedPage, handoverFacts, rotaForm, shiftFacts, swapAnswers, swapFacts } from '#pages/rota-page.ts';
import { pageContext } from '#web/context.ts';
import { donePath } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import { whoIs } from '#web/load.ts';
import { notYours } from '#web/page-errors.ts';
import { loadRota } from '#web/rota.ts';
import type { Session } from '#web/session.ts';
import type { ChangeDeskDeps } from './deps.ts';
import { accepted, BadField, type GroupPost, groupPost, instantIn, orAgain } from './group-act.ts';

/** More shifts at once than anybody plans, and than the stored item has room for. */
const mostShifts = 200;

/** One form of the rota; `values` names what it is about and keeps what was typed. */
export async function showRotaForm(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: RotaForm,
  tried?: { readonly values: Values; readonly errors: readonly FieldError[]; readonly status: 409 | 422 },
): Promise<Answer> {
  const context = pageContext(deps);
  const model = await loadRota(deps, session);
  const asked = (name: string): string => tried?.values[name] ?? c.req.query(name) ?? '';
  const shift = model.shifts.find(({ id }) => id === asked('shift'));
  const spec = rotaForm(context, form, model, shift);
  const place = {
    action: `/desk/rota/${form}`,
    revision: model.rota.version,
    formId: deps.random(),
    ...(tried && { attempt: tried }),
  };
  const status = tried?.status ?? 200;
  if (form === 'answer-swap') {
    const swap = model.rota.swaps.find(({ id }) => id === asked('swap'));
    if (!swap || (swap.to !== model.me && swap.from !== model.me)) throw notYours();
    const fields = swapAnswers(model, swap);
    const above = swapFacts(context, model, swap);
    const page = groupFormPage(
      context,
      model.who,
      { ...spec, fields },
      { ...place, hidden: { swap: swap.id } },
      above,
    );
    return c.html(page, status);
  }
  if (form === 'change-shift' || form === 'split-shift') {
    if (!shift) throw notYours();
    const above = shiftFacts(context, model, shift);
    const page = groupFormPage(context, model.who, spec, { ...place, hidden: { shift: shift.id } }, above);
    return c.html(page, status);
  }
  if (form !== 'note-handover' && form !== 'acknowledge-handover')
    return c.html(groupFormPage(context, model.who, spec, place), status);
  const at = asked('at');
  if (Number.isNaN(Date.parse(at))) throw notYours();
  const above = handoverFacts(context, at);
  return c.html(groupFormPage(context, model.who, spec, { ...place, hidden: { at } }, above), status);
}

const periodOf = (count: number, unit: 'hours' | 'days' | 'weeks' | 'months'): Period =>
  unit === 'hours'
    ? { hours: count }
    : unit === 'months'
      ? { months: count }
      : { days: count * (unit === 'weeks' ? 7 : 1) };

interface Plan {
  readonly date: string;
  readonly time: string;
  readonly length: string;
  readonly unit: 'hours' | 'days' | 'weeks' | 'months';
  readonly until: string;
}

/** @throws {BadField} without anybody in turn, and for more shifts than anybody plans. */
function planOf(deps: ChangeDeskDeps, plan: Plan, turns: readonly string[]): RotaAct {
  const { zone } = deps.settings.policy;
  const start = instantIn(plan.date, plan.time, zone, 'date');
  const until = instantIn(plan.until, '00:00', zone, 'until');
  const length = periodOf(Number(plan.length), plan.unit);
  if (turns.length === 0) throw new BadField([{ field: 'turn_1', message: 'Choose who begins.' }]);
  if (until <= start)
    throw new BadField([{ field: 'until', message: 'Choose a day after the first shift begins.' }]);
  const count = (ms(until) - ms(start)) / (ms(addPeriod(start, length, zone)) - ms(start));
  if (count > mostShifts)
    throw new BadField([
      { field: 'until', message: `At most ${mostShifts} shifts at once; this makes ${Math.ceil(count)}.` },
    ]);
  return { name: 'generate-shifts', members: turns, start, length, until, zone };
}

/** The instant that a form shows unchanged is the one that stands, seconds and doubled hours included. */
const unlessEdited = (stands: Instant | undefined, typed: Instant, zone: string): Instant =>
  stands && localText(stands, zone) === localText(typed, zone) ? stands : typed;

const feedOf = (of: 'mine' | 'working-group', me: PersonId) => (of === 'mine' ? me : of);

/** A text's reference before it is kept: the rules decide on it first, so that a refused act leaves none behind. */
const refOf = (text: string) => {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { key: `text/${sha256}`, sha256 };
};

interface Sender {
  readonly me: PersonId;
  /** Of a feed, if one is asked for. */
  readonly secret: string;
  /** As they are stored now. */
  readonly shifts: readonly Shift[];
}

/** What a form asks for, as an act on the rota. */
function actOf(
  deps: ChangeDeskDeps,
  form: RotaForm,
  values: Values,
  { me, secret, shifts }: Sender,
): RotaAct {
  const { zone } = deps.settings.policy;
  switch (form) {
    case 'propose-swap':
      return { name: form, ...accepted(rotaForms[form], values) };
    case 'answer-swap':
      return { name: form, ...accepted(rotaForms[form], values) };
    case 'put-shift': {
      const { member, date, time, endDate, endTime } = accepted(rotaForms[form], values);
      const start = instantIn(date, time, zone, 'date');
      const end = instantIn(endDate, endTime, zone, 'endDate');
      return { name: form, shift: { id: `${start}/${member}`, member, start, end, zone } };
    }
    case 'change-shift': {
      const { shift: id, member, date, time, endDate, endTime } = accepted(rotaForms[form], values);
      const stands = shifts.find((shift) => shift.id === id);
      const start = unlessEdited(stands?.start, instantIn(date, time, zone, 'date'), zone);
      const end = unlessEdited(stands?.end, instantIn(endDate, endTime, zone, 'endDate'), zone);
      return { name: form, change: { id, member, start, end } };
    }
    case 'split-shift': {
      const { shift, date, time, member } = accepted(rotaForms[form], values);
      return { name: form, shift, at: instantIn(date, time, zone, 'date'), member };
    }
    case 'remove-shift':
      return { name: form, shift: accepted(rotaForms[form], values).shift };
    case 'generate-shifts':
      return planOf(deps, accepted(rotaForms[form], values), readTurns(values));
    case 'acknowledge-handover':
      return { name: form, at: accepted(rotaForms[form], values).at };
    case 'note-handover': {
      const { at, text } = accepted(rotaForms[form], values);
      return { name: form, at, text: refOf(text) };
    }
    case 'issue-feed':
      return { name: form, of: feedOf(accepted(rotaForms[form], values).of, me), sha256: feedHash(secret) };
    case 'revoke-feed':
      return { name: form, of: feedOf(accepted(rotaForms[form], values).of, me) };
  }
}

/** Decides on what is stored now, then keeps the words that the act carries. */
async function keepWords(deps: ChangeDeskDeps, act: RotaAct, values: Values, by: PersonId): Promise<RotaAct> {
  if (act.name !== 'note-handover') return act;
  const { rota, members } = await loadDuty(deps.store, [by]);
  decideRota(act, { rota, members, by, now: deps.clock.now() });
  return { ...act, text: await deps.archive.putText(accepted(rotaForms['note-handover'], values).text) };
}

const handovers: ReadonlySet<RotaForm> = new Set(['acknowledge-handover', 'note-handover']);

/** One act on the rota: read, decided by the rules, committed once. */
export async function changeRota(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: RotaForm,
): Promise<Answer> {
  const post: GroupPost = await groupPost(c, session, form);
  const { values, formId, stamp } = post;
  const secret = deps.random().replace(/-/g, '');
  return orAgain(
    async () => {
      const shifts = (await deps.store.rota())?.shifts ?? [];
      const act = actOf(deps, form, values, { me: stamp.by, secret, shifts });
      const { outcome } = await deps.rota({ act: await keepWords(deps, act, values, stamp.by), ...stamp });
      if (act.name === 'issue-feed' && outcome === 'done')
        return c.html(
          feedPage(
            pageContext(deps),
            whoIs(session),
            `${deps.linkBase}/feeds/${secret}.ics`,
            act.of === 'working-group' ? 'everyone’s shifts' : 'your shifts',
          ),
        );
      return c.redirect(donePath(handovers.has(form) ? '/desk/today' : '/desk/rota', formId), 303);
    },
    (errors, status) => showRotaForm(deps, c, session, form, { values, errors, status }),
  );
}
