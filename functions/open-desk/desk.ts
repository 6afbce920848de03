import { whoIsOnDuty } from '#commit/on-duty.ts';
import { visible } from '#domain/access.ts';
import { day, plus } from '#domain/instant.ts';
import { displayName } from '#domain/people.ts';
import { deskPage } from '#pages/desk-page.ts';
import type { IntakeLine, OpenLine } from '#pages/model.ts';
import { pageContext } from '#web/context.ts';
import type { DeskDeps } from '#web/deps.ts';
import type { Answer, Context } from '#web/http.ts';
import { senders } from '#web/intake.ts';
import { nextStep, whoIs } from '#web/load.ts';
import type { Session } from '#web/session.ts';

const shownEnded = 20;

async function lines(
  deps: DeskDeps,
  session: Session,
  references: readonly string[],
): Promise<readonly OpenLine[]> {
  const found = await Promise.all(references.map((reference) => deps.store.disclosure(reference)));
  return found
    .flatMap((disclosure) => disclosure ?? [])
    .flatMap((disclosure) => visible({ kind: 'member', person: session.person.id }, disclosure) ?? [])
    .map((view) => ({ view, next: nextStep(view, deps.settings.policy) }));
}

async function mails(deps: DeskDeps, list: 'queue' | 'held' | 'quarantined') {
  const keys = await deps.store.listed(list);
  const intakes = await Promise.all(keys.map((key) => deps.store.intake(key)));
  return senders(
    deps,
    intakes.flatMap((intake) => intake ?? []),
  );
}

/** Reports of open disclosures whose sender was not told that they arrived: by a rule, or since a cap was reached. */
async function unacknowledged(
  deps: DeskDeps,
  open: readonly OpenLine[],
): Promise<{ readonly byRule: readonly IntakeLine[]; readonly byCap: readonly IntakeLine[] }> {
  const keys = open.flatMap(({ view }) => view.mails.slice(0, 1));
  const intakes = (await Promise.all(keys.map((key) => deps.store.intake(key)))).flatMap(
    (intake) => intake ?? [],
  );
  const [byRule, byCap] = await Promise.all([
    senders(
      deps,
      intakes.filter((intake) => intake.suppressed !== undefined && !isWithheld({ intake })),
    ),
    senders(
      deps,
      intakes.filter((intake) => isWithheld({ intake })),
    ),
  ]);
  return { byRule, byCap };
}

/** A cap holds its acknowledgement back until a member releases it. */
const isWithheld = ({ intake }: Pick<IntakeLine, 'intake'>): boolean =>
  intake.flags.includes('acknowledgement-withheld') && intake.disposition !== 'ignored';

/** The members' lists. */
export async function desk(deps: DeskDeps, c: Context, session: Session): Promise<Answer> {
  const now = deps.clock.now();
  const [open, ended, queue, held, quarantined, rota, onDuty] = await Promise.all([
    deps.store.listed('open').then((references) => lines(deps, session, references)),
    deps.store.ended(shownEnded).then((references) => lines(deps, session, references)),
    mails(deps, 'queue'),
    mails(deps, 'held'),
    mails(deps, 'quarantined'),
    deps.store.rota(),
    whoIsOnDuty(deps.store, now),
  ]);
  const shifts = (rota?.shifts ?? []).filter(({ start, end }) => end > now && start < plus(now, 28 * day));
  const people = await deps.store.people([
    ...shifts.map(({ member }) => member),
    ...(onDuty ? [onDuty] : []),
  ]);
  const names = new Map(people.map((person) => [person.id, displayName(person)]));
  const me = session.person.id;
  const silent = await unacknowledged(deps, open);
  return c.html(
    deskPage(pageContext(deps), {
      who: whoIs(session),
      me,
      open,
      ended,
      queue,
      held,
      // One list of what a scanner or a cap holds back; a request that a cap concerns stands in its own list too.
      quarantined: [...quarantined, ...silent.byCap, ...queue.filter(isWithheld)],
      unacknowledged: silent.byRule,
      ...(onDuty && { onDuty: names.get(onDuty) ?? 'a member' }),
      shifts: shifts.map(({ member, start, end }) => ({
        who: names.get(member) ?? 'a member',
        start,
        end,
        mine: member === me,
      })),
    }),
  );
}
