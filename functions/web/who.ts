import { isErased } from '#domain/people.ts';
import { whoPage } from '#pages/entry-pages.ts';
import { pageContext } from './context.ts';
import type { DeskDeps } from './deps.ts';
import type { Answer, Context } from './http.ts';
import type { Session } from './session.ts';

/** The recorded people of a group's address, by name. */
export const recorded = async (deps: DeskDeps, session: Session) => {
  const people = await deps.store.people(session.person.group?.people ?? []);
  return people
    .filter((person) => !isErased(person))
    .map(({ id, name }) => ({ id, name: name ?? 'A recorded person without a name' }));
};

/** A group's session acts for nobody: it asks who is there. */
export async function askWho(deps: DeskDeps, c: Context, session: Session): Promise<Answer> {
  const [reference = ''] = session.claims.about.split('/');
  return c.html(whoPage(pageContext(deps), `/d/${reference}/who`, await recorded(deps, session)));
}
