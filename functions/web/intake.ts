import type { Intake } from '#domain/intake.ts';
import { displayName } from '#domain/people.ts';
import { intakePage } from '#pages/desk-page.ts';
import type { Attempt } from '#pages/form.ts';
import type { IntakeLine } from '#pages/model.ts';
import { pageContext } from './context.ts';
import { mailMessage } from './conversation.ts';
import type { DeskDeps } from './deps.ts';
import { sessionOr } from './frame.ts';
import type { Answer, Context } from './http.ts';
import { whoIs } from './load.ts';
import { notYours } from './page-errors.ts';
import { isDesk, type Session, scopeOf } from './session.ts';

/** Mails with the names of who sent them. */
export async function senders(deps: DeskDeps, intakes: readonly Intake[]): Promise<readonly IntakeLine[]> {
  const people = await deps.store.people(intakes.flatMap(({ from }) => from ?? []));
  const names = new Map(people.map((person) => [person.id, displayName(person)]));
  return intakes.map((intake) => ({
    intake,
    who: (intake.from && names.get(intake.from)) ?? 'an unidentified sender',
  }));
}

/** May this member's session see the mail: signed in at the desk, or by a link to it or to what it belongs to? */
async function openIntake(deps: DeskDeps, session: Session, mailKey: string): Promise<Intake | undefined> {
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
  deps: DeskDeps,
  c: Context,
  session: Session,
  intake: Intake,
  attempt?: Attempt,
): Promise<Answer> {
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

/** The mail of an address, for a member who may see it. @throws {PageError} for everybody else. */
export async function forIntake(
  deps: DeskDeps,
  c: Context,
): Promise<{ readonly session: Session; readonly intake: Intake }> {
  const session = await sessionOr(deps, c, ({ role }) => role === 'member');
  const intake = await openIntake(deps, session, c.req.param('key'));
  if (!intake) throw notYours();
  return { session, intake };
}
