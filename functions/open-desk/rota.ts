import { rotaPage } from '#pages/rota-page.ts';
import { pageContext } from '#web/context.ts';
import type { DeskDeps } from '#web/deps.ts';
import { doneLine } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import { loadRota } from '#web/rota.ts';
import { causeOf, type Session } from '#web/session.ts';

/** The rota's page. GET: it changes nothing. */
export async function showRota(deps: DeskDeps, c: Context, session: Session): Promise<Answer> {
  const done = c.req.query('done');
  const [model, event] = await Promise.all([
    loadRota(deps, session),
    done ? deps.store.event('ROTA', causeOf(session, done)) : undefined,
  ]);
  return c.html(rotaPage(pageContext(deps), model, doneLine(event)));
}
