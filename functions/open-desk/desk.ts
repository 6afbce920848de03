import type { Context } from 'hono';
import { whoIsOnDuty } from '#commit/on-duty.ts';
import { intakeForm, read } from '#contracts/forms.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { visible } from '#domain/access.ts';
import { Refused } from '#domain/errors.ts';
import { day, plus } from '#domain/instant.ts';
import type { Intake } from '#domain/intake.ts';
import { displayName } from '#domain/people.ts';
import { deskPage, intakePage } from '#pages/desk-page.ts';
import type { Attempt } from '#pages/form.ts';
import type { IntakeLine, OpenLine } from '#pages/model.ts';
import { refusal } from '#pages/outcome-pages.ts';
import { sentForm, smallForm } from './body.ts';
import { pageContext } from './context.ts';
import { mailMessage } from './conversation.ts';
import type { OpenDeskDeps } from './deps.ts';
import { nextStep, whoIs } from './load.ts';
import { notYours } from './page-errors.ts';
import { causeOf, isDesk, type Session, scopeOf } from './session.ts';

const shownEnded = 20;

async function lines(
  deps: OpenDeskDeps,
  session: Session,
  references: readonly string[],
): Promise<readonly OpenLine[]> {
  const found = await Promise.all(references.map((reference) => deps.store.disclosure(reference)));
  return found
    .flatMap((disclosure) => disclosure ?? [])
    .flatMap((disclosure) => visible({ kind: 'member', person: session.person.id }, disclosure) ?? [])
    .map((view) => ({ view, next: nextStep(view, deps.settings.policy) }));
}

async function senders(deps: OpenDeskDeps, intakes: readonly Intake[]): Promise<readonly IntakeLine[]> {
  const people = await deps.store.people(intakes.flatMap(({ from }) => from ?? []));
  const names = new Map(people.map((person) => [person.id, displayName(person)]));
  return intakes.map((intake) => ({
    intake,
    who: (intake.from && names.get(intake.from)) ?? 'an unidentified sender',
  }));
}

async function mails(deps: OpenDeskDeps, list: 'queue' | 'held' | 'quarantined') {
  const keys = await deps.store.listed(list);
  const intakes = await Promise.all(keys.map((key) => deps.store.intake(key)));
  return senders(
    deps,
    intakes.flatMap((intake) => intake ?? []),
  );
}

/** Reports of open disclosures whose sender was not told that they arrived. */
async function unacknowledged(deps: OpenDeskDeps, open: readonly OpenLine[]): Promise<readonly IntakeLine[]> {
  const keys = open.flatMap(({ view }) => view.mails.slice(0, 1));
  const intakes = await Promise.all(keys.map((key) => deps.store.intake(key)));
  const withheld = intakes
    .flatMap((intake) => intake ?? [])
    .filter(
      ({ flags, suppressed }) => flags.includes('acknowledgement-withheld') || suppressed !== undefined,
    );
  return senders(deps, withheld);
}

/** The members' lists. */
export async function desk(deps: OpenDeskDeps, c: Context, session: Session): Promise<Response> {
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
  return c.html(
    deskPage(pageContext(deps), {
      who: whoIs(session),
      me,
      open,
      ended,
      queue,
      held,
      quarantined,
      unacknowledged: await unacknowledged(deps, open),
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

/** May this member's session see the mail: signed in at the desk, or by a link to it or to what it belongs to? */
export async function openIntake(
  deps: OpenDeskDeps,
  session: Session,
  mailKey: string,
): Promise<Intake | undefined> {
  if (session.claims.role !== 'member') return undefined;
  const intake = await deps.store.intake(mailKey);
  if (!intake) return undefined;
  const { within } = scopeOf(session.claims.about);
  const own = [...intake.disclosures, ...(intake.heldFor ? [intake.heldFor] : [])];
  const opens =
    isDesk(session.claims) ||
    within === `/i/${encodeURIComponent(mailKey)}` ||
    own.some((reference) => within === `/d/${reference}`);
  return opens ? intake : undefined;
}

/** One mail, and what can become of it. */
export async function showIntake(
  deps: OpenDeskDeps,
  c: Context,
  session: Session,
  intake: Intake,
  attempt?: Attempt,
): Promise<Response> {
  const [sender] = await senders(deps, [intake]);
  const key = encodeURIComponent(intake.mailKey);
  const message = await mailMessage(deps, intake, {
    base: `/i/${key}`,
    title: 'Mail',
    raw: true,
    files: true,
  });
  const page = intakePage(
    pageContext(deps),
    {
      who: whoIs(session),
      intake,
      sender: sender?.who ?? 'an unidentified sender',
      message,
      formId: deps.random(),
    },
    attempt,
  );
  return c.html(page, attempt ? 422 : 200);
}

/** A member's decision on one mail, once. */
export async function decideIntake(
  deps: OpenDeskDeps,
  c: Context,
  session: Session,
  mailKey: string,
): Promise<Response> {
  const intake = await openIntake(deps, session, mailKey);
  if (!intake) throw notYours();
  const { values } = await sentForm(c, smallForm);
  const form = read(intakeForm, values);
  const again = (errors: Attempt['errors']) => showIntake(deps, c, session, intake, { values, errors });
  if (!form.ok) return again(form.faults);
  try {
    const { disclosure } = await deps.decideIntake({
      mailKey,
      decision: form.data,
      actor: { kind: 'member', person: session.person.id },
      cause: causeOf(session, values.form ?? ''),
      expectVersion: Number(values.revision),
      checks: [{ person: session.person.id, epoch: session.claims.epoch }],
    });
    const reachable = disclosure && isDesk(session.claims);
    return c.redirect(reachable ? `/d/${disclosure}` : `/i/${encodeURIComponent(mailKey)}`, 303);
  } catch (error) {
    if (error instanceof Refused)
      return again([
        { field: error.field ?? 'decision', message: refusal(error.rule, error.message, error.remedy) },
      ]);
    if (error instanceof VersionConflict)
      return again([
        { field: 'decision', message: 'Somebody else decided meanwhile. Look at what stands there now.' },
      ]);
    throw error;
  }
}
