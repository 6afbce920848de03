import { type LoadedToday, loadToday } from '#commit/handover-today.ts';
import { cadenceOf } from '#commit/reminder-groups.ts';
import type { Partition } from '#contracts/ports.ts';
import { dueOf, frequencyWords } from '#domain/cadence.ts';
import { decidesOnBatch } from '#domain/handover.ts';
import type { PersonId } from '#domain/people.ts';
import type { HandoverLine } from '#domain/today.ts';
import { type BatchLine, type HandoverModel, todayPage } from '#pages/today-page.ts';
import { pageContext } from '#web/context.ts';
import type { DeskDeps } from '#web/deps.ts';
import { doneLine } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import { whoIs } from '#web/load.ts';
import { maintainerNames, namesOf } from '#web/names.ts';
import { causeOf, type Session } from '#web/session.ts';

/** What goes out while the running duty lasts, and what this member can do about it. */
async function batchesOf(
  deps: DeskDeps,
  { today, duty, batches }: LoadedToday,
  me: PersonId,
): Promise<readonly BatchLine[]> {
  const policy = cadenceOf(deps.settings.policy);
  const nameOf = await maintainerNames(
    deps,
    batches.map(({ maintainer }) => maintainer),
  );
  return Promise.all(
    batches.map(async (batch) => {
      const group = await deps.store.group(batch.maintainer, batch.frequency);
      const { postponement } = group ?? {};
      const postponed =
        group && postponement && dueOf(group) === postponement.until ? postponement : undefined;
      return {
        maintainer: batch.maintainer,
        who: nameOf(batch.maintainer),
        frequency: batch.frequency,
        often: frequencyWords(batch.frequency, policy),
        at: batch.sendingInstant,
        entries: batch.entries,
        postponed: postponed?.until === batch.sendingInstant ? postponed : undefined,
        note: batch.note,
        mine: decidesOnBatch(duty.rota, duty.members, me, today.now, batch.due),
        // Act and form are about the next batch of a group; a later one has its turn then.
        next: group !== undefined && dueOf(group) === batch.due,
      };
    }),
  );
}

/** A handover with the words of its notes, which lie outside the record. */
async function withWords(deps: DeskDeps, line: HandoverLine | undefined): Promise<HandoverModel | undefined> {
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
export async function showToday(deps: DeskDeps, c: Context, session: Session): Promise<Answer> {
  const me = session.person.id;
  const loaded = await loadToday(deps, me);
  const { today, duty } = loaded;
  const done = c.req.query('done');
  const [batches, last, following, event] = await Promise.all([
    batchesOf(deps, loaded, me),
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
    [...shifts, ...handovers, ...batches.map(({ postponed }) => postponed?.by), today.onDuty?.member].filter(
      (id) => id !== undefined,
    ),
  );
  const offers = duty.rota.swaps.filter(({ to, state }) => to === me && state === 'proposed');
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
      revision: duty.rota.version,
      formId: deps.random(),
      done: doneLine(event),
    }),
  );
}
