import type { Context } from 'hono';
import { willGoOut } from '#commit/handover-record.ts';
import { loadToday } from '#commit/handover-today.ts';
import { cadenceOf } from '#commit/reminder-groups.ts';
import { loadDuty } from '#commit/rota-record.ts';
import type { Partition } from '#contracts/ports.ts';
import { dueOf, frequencyWords } from '#domain/cadence.ts';
import { day, plus } from '#domain/instant.ts';
import { displayName, type PersonId } from '#domain/people.ts';
import { manned } from '#domain/rota.ts';
import type { HandoverLine, Today } from '#domain/today.ts';
import { type BatchLine, type HandoverModel, todayPage } from '#pages/today-page.ts';
import { pageContext } from './context.ts';
import type { OpenDeskDeps } from './deps.ts';
import { doneLine } from './group-act.ts';
import { whoIs } from './load.ts';
import { causeOf, type Session } from './session.ts';

/** Names of people for the members' pages; everyone there is a member, who may know them. */
export async function namesOf(
  deps: Pick<OpenDeskDeps, 'store'>,
  ids: readonly PersonId[],
): Promise<(person: PersonId | undefined) => string> {
  const people = await deps.store.people([...new Set(ids)]);
  const names = new Map(people.map((person) => [person.id, displayName(person)]));
  return (person) => (person && names.get(person)) ?? 'a member who is gone';
}

/** `team:openedx/x`, `owners:p-…,p-…`: a maintainer's key with names for the people in it. */
export async function maintainerNames(
  deps: Pick<OpenDeskDeps, 'store'>,
  keys: readonly string[],
): Promise<(key: string) => string> {
  const shape = /\bp-[a-z2-7]{24}\b/g;
  const ids = keys.flatMap((key) => key.match(shape) ?? []);
  const people = await deps.store.people([...new Set(ids)]);
  const names = new Map(people.map((person) => [person.id, displayName(person)]));
  return (key) =>
    key
      .replace(/^(owners|team|group|contacts):/, '')
      .replace(shape, (id) => names.get(id) ?? 'a recorded person')
      .replace(/,(?=\S)/g, ', ');
}

/** What goes out until the running shift ends, or within a week where nobody is on duty. */
async function batchesOf(deps: OpenDeskDeps, today: Today): Promise<readonly BatchLine[]> {
  const { rota, members } = await loadDuty(
    deps.store,
    (await deps.store.peopleOf('member')).map(({ id }) => id),
  );
  const span = { start: today.now, end: today.onDuty?.end ?? plus(today.now, 7 * day) };
  const policy = cadenceOf(deps.settings.policy);
  const batches = await willGoOut(deps.store, span, manned(rota.shifts, members), policy);
  const nameOf = await maintainerNames(
    deps,
    batches.map(({ maintainer }) => maintainer),
  );
  return Promise.all(
    batches.map(async (batch) => {
      const group = await deps.store.group(batch.maintainer, batch.frequency);
      return {
        maintainer: batch.maintainer,
        who: nameOf(batch.maintainer),
        frequency: batch.frequency,
        often: frequencyWords(batch.frequency, policy),
        at: batch.sendingInstant,
        entries: batch.entries,
        postponed: group?.postponement !== undefined && dueOf(group) === group.postponement.until,
        note: batch.note,
      };
    }),
  );
}

/** A handover with the words of its notes, which lie outside the record. */
async function withWords(
  deps: OpenDeskDeps,
  line: HandoverLine | undefined,
): Promise<HandoverModel | undefined> {
  if (!line) return undefined;
  const notes = await Promise.all(
    line.notes.map(async ({ by, text }) => ({
      by,
      text: (await deps.archive.text(text)) ?? 'The notes were deleted.',
    })),
  );
  return { line, notes };
}

/** Whose act a form that led here was: the rota's, or a batch's. */
function doneIn(c: Context): Partition {
  const maintainer = c.req.query('maintainer');
  return maintainer ? `GROUP#${maintainer}#${c.req.query('frequency') ?? ''}` : 'ROTA';
}

/** The members' page "Today". GET: it changes nothing. */
export async function showToday(deps: OpenDeskDeps, c: Context, session: Session): Promise<Response> {
  const me = session.person.id;
  const [today, rota] = await Promise.all([loadToday(deps, me), deps.store.rota()]);
  const done = c.req.query('done');
  const [batches, last, following, event] = await Promise.all([
    batchesOf(deps, today),
    withWords(deps, today.last),
    withWords(deps, today.following),
    done ? deps.store.event(doneIn(c), causeOf(session, done)) : undefined,
  ]);
  const handovers = [today.last, today.following].flatMap((each) =>
    each ? [each.outgoing, each.incoming, ...each.notes.map(({ by }) => by)] : [],
  );
  const shifts = today.weeks.flatMap((week) => week.shifts.map(({ member }) => member));
  const nameOf = await namesOf(
    deps,
    [...shifts, ...handovers, today.onDuty?.member].filter((id) => id !== undefined),
  );
  const offers = (rota?.swaps ?? []).filter(({ to, state }) => to === me && state === 'proposed');
  return c.html(
    todayPage(pageContext(deps), {
      who: whoIs(session),
      me,
      today,
      nameOf,
      last,
      following,
      batches,
      offers: offers.length,
      revision: rota?.version ?? 0,
      formId: deps.random(),
      done: doneLine(event),
    }),
  );
}
