import * as messages from '#contracts/messages.ts';
import { ActorInactive, UnknownDisclosure } from '#contracts/store-errors.ts';
import { strictHeaders } from '#pages/headers.ts';
import { messagePage } from '#pages/outcome-pages.ts';
import { requireOwnOrigin } from './body.ts';
import { pageContext } from './context.ts';
import type { DeskDeps } from './deps.ts';
import { type Answer, type Context, contextOf, type HttpEvent, type Routes } from './http.ts';
import { type Opened, open } from './load.ts';
import { noSession, notYours, PageError } from './page-errors.ts';
import { opensDisclosure, type Session, sessionFor } from './session.ts';

/** Answers one event of an HTTP API. */
export type App<Deps> = (event: HttpEvent, depsNow: () => Promise<Deps>) => Promise<Answer>;

/**
 * What all pages have in common, whichever function answers: strict headers, POST from our own origin alone, and
 * errors as pages (mail rules, Signed links).
 */
export const framed =
  <Deps extends DeskDeps>(routes: Routes<Deps>): App<Deps> =>
  async (event, depsNow) => {
    const found = routes.find(event.requestContext.http.method, event.rawPath);
    const c = contextOf(event, strictHeaders, found?.params ?? {});
    const deps = await depsNow();
    try {
      if (c.req.method === 'POST') requireOwnOrigin(c, deps.linkBase);
      if (!found) throw notYours();
      return await found.handle(deps, c);
    } catch (error) {
      // A fresh context: an answer that was begun leaves no header behind.
      return failed(deps, contextOf(event, strictHeaders, {}), error);
    }
  };

function failed(deps: DeskDeps, c: Context, error: unknown): Promise<Answer> {
  const page = pageErrorOf(error);
  if (page)
    return c.html(messagePage(pageContext(deps), page.title, page.message, [], page.next), page.status);
  deps.log(messages.pageFailed, { error: error instanceof Error ? error.name : typeof error });
  return c.html(
    messagePage(
      pageContext(deps),
      'Something went wrong with us',
      'Nothing was lost: what you sent was either recorded once or not at all. Please try again in a minute.',
    ),
    500,
  );
}

/** Errors of the rules and the store as pages: the one place where they become HTTP. */
function pageErrorOf(error: unknown): PageError | undefined {
  if (error instanceof PageError) return error;
  if (error instanceof UnknownDisclosure) return notYours();
  if (error instanceof ActorInactive)
    return new PageError(
      403,
      'Your links were withdrawn',
      'You have left, or your links were withdrawn while this page was open. Nothing was changed.',
    );
  return undefined;
}

/** The session of a request that opens what is asked for. @throws {PageError} where there is none. */
export async function sessionOr(
  deps: DeskDeps,
  c: Context,
  opens: Parameters<typeof sessionFor>[2],
): Promise<Session> {
  const session = await sessionFor(deps, c.req.header('cookie'), opens);
  if (!session) throw noSession();
  return session;
}

/** The disclosure of an address, for whoever may see it. @throws {PageError} for everybody else. */
export async function forDisclosure(deps: DeskDeps, c: Context): Promise<[Session, Opened]> {
  const reference = c.req.param('reference');
  const session = await sessionOr(deps, c, opensDisclosure(reference));
  const opened = await open(deps, session, reference);
  if (!opened) throw notYours();
  return [session, opened];
}
