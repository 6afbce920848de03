import type { FieldError, Values } from '#pages/form.ts';
import { invitationPage } from '#pages/members-page.ts';
import { pageContext } from './context.ts';
import type { DeskDeps } from './deps.ts';
import type { Answer, Context } from './http.ts';
import type { Session } from './session.ts';

/** A form that was not accepted: what was typed, what is wrong with it, and the status that says so. */
export interface Tried {
  readonly values: Values;
  readonly errors: readonly FieldError[];
  readonly status: 409 | 422;
}

/** The page of an invitation, which is all that an invited person can open. */
export async function showInvitation(
  deps: DeskDeps,
  c: Context,
  session: Session,
  tried?: Tried,
): Promise<Answer> {
  const { person } = session;
  const place = {
    action: '/invitation',
    revision: person.version,
    formId: deps.random(),
    ...(tried && { attempt: tried }),
  };
  const page = invitationPage(pageContext(deps), person, person.member === 'invited' ? place : undefined);
  return c.html(page, tried?.status ?? 200);
}
