import { expiredPage, landingPage } from '#pages/entry-pages.ts';
import { findToken } from '#pages/token.ts';
import { sentForm, smallForm } from '#web/body.ts';
import { pageContext } from '#web/context.ts';
import type { DeskDeps } from '#web/deps.ts';
import type { Answer, Context } from '#web/http.ts';
import { badLinkWords, deadLink } from '#web/page-errors.ts';
import { personOf, scopeOf, sessionCookie } from '#web/session.ts';

/** The token of a link for a session. The link is not used up: acting is what happens once. */
export async function enter(deps: DeskDeps, c: Context): Promise<Answer> {
  const { values } = await sentForm(c, smallForm * 2);
  const token = findToken(values.token ?? '');
  const checked = token ? deps.signer.check(token) : undefined;
  if (!token || !checked || checked.claims.purpose !== 'link') {
    const errors = [{ field: 'token', message: badLinkWords }];
    return c.html(landingPage(pageContext(deps), { values, errors }), 400);
  }
  if (checked.expired) return c.html(expiredPage(pageContext(deps), token), 410);
  if (!(await personOf(deps, checked.claims))) throw deadLink();
  c.header('set-cookie', sessionCookie(deps, checked.claims));
  return c.redirect(scopeOf(checked.claims.about).path, 303);
}
