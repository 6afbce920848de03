import { contactsPage } from '#pages/contacts-page.ts';
import { contactLines } from '#web/contacts.ts';
import { pageContext } from '#web/context.ts';
import type { DeskDeps } from '#web/deps.ts';
import { doneLine } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import { whoIs } from '#web/load.ts';
import { causeOf, type Session } from '#web/session.ts';

/** Who answers for repositories, and the recorded persons of groups. GET: it changes nothing. */
export async function showContacts(deps: DeskDeps, c: Context, session: Session): Promise<Answer> {
  const [done, of] = [c.req.query('done'), c.req.query('of')];
  const [lines, event] = await Promise.all([
    contactLines(deps),
    done && of ? deps.store.event(`PERSON#${of}`, causeOf(session, done)) : undefined,
  ]);
  return c.html(contactsPage(pageContext(deps), { who: whoIs(session), lines }, doneLine(event)));
}
