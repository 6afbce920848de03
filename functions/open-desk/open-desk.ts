import { type Context, Hono } from 'hono';
import { isAct, isBatchForm, isMemberForm, isRotaForm } from '#contracts/forms.ts';
import { messages } from '#contracts/log.ts';
import type { LinkClaims } from '#contracts/ports.ts';
import { ActorInactive, UnknownDisclosure } from '#contracts/store-errors.ts';
import { acts, possible } from '#pages/acts.ts';
import { actPage, disclosurePage } from '#pages/disclosure-page.ts';
import { signInPage } from '#pages/entry-pages.ts';
import { strictHeaders } from '#pages/headers.ts';
import { donePage, messagePage } from '#pages/outcome-pages.ts';
import type { Answer } from './act.ts';
import { requireOwnOrigin } from './body.ts';
import { pageContext } from './context.ts';
import type { OpenDeskDeps } from './deps.ts';
import { decideIntake, desk, openIntake, showIntake } from './desk.ts';
import { addedFile, attachment, mailOf, rawMail } from './downloads.ts';
import { askWho, enter, sendFresh, sendLost, signIn, tellWho } from './enter.ts';
import { entryIn, loadModel, nextStep, type Opened, open, seenBy, trailLine, whoIs } from './load.ts';
import { noSession, notYours, PageError } from './page-errors.ts';
import { causeOf, invitation, isDesk, opensDisclosure, type Session, sessionFor } from './session.ts';

const answer = (c: Context, result: Answer): Response | Promise<Response> =>
  'goTo' in result ? c.redirect(result.goTo, 303) : c.html(result.page, result.status);

/** The rules, the letters and the forms' translation: loaded by the first act, which pages that are only read are spared. */
const acting = () => import('./act.ts');

/** The group's own pages, which somebody with a link to one case is spared. */
const todayPages = () => import('./today.ts');
const rotaPages = () => import('./rota.ts');
const people = () => import('./people.ts');

/**
 * The pages behind links, as an app over its dependencies. GET and HEAD never change anything; every act is a POST
 * from our own origin, on a revision, once (mail rules, Signed links).
 */
export function openDesk(deps: OpenDeskDeps): Hono {
  const app = new Hono();

  const sessionOr = async (c: Context, opens: (claims: LinkClaims) => boolean): Promise<Session> => {
    const session = await sessionFor(deps, c.req.header('cookie'), opens);
    if (!session) throw noSession();
    return session;
  };
  const forDisclosure = async (c: Context, reference: string): Promise<[Session, Opened]> => {
    const session = await sessionOr(c, opensDisclosure(reference));
    const opened = await open(deps, session, reference);
    if (!opened) throw notYours();
    return [session, opened];
  };
  const forIntake = async (c: Context, mailKey: string) => {
    const session = await sessionOr(c, ({ role }) => role === 'member');
    const intake = await openIntake(deps, session, mailKey);
    if (!intake) throw notYours();
    return { session, intake };
  };

  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(strictHeaders)) c.header(name, value);
    if (c.req.method === 'POST') requireOwnOrigin(c, deps.linkBase);
    await next();
  });

  app.get('/', (c) => c.redirect('/desk', 302));
  app.post('/a', (c) => enter(deps, c));
  app.post('/a/fresh', (c) => sendFresh(deps, c));
  app.post('/a/lost', (c) => sendLost(deps, c));
  app.post('/desk', (c) => signIn(deps, c));
  app.get('/desk', async (c) => {
    const session = await sessionFor(deps, c.req.header('cookie'), isDesk);
    return session ? desk(deps, c, session) : c.html(signInPage(pageContext(deps)));
  });

  app.get('/desk/today', async (c) => (await todayPages()).showToday(deps, c, await sessionOr(c, isDesk)));
  app.get('/desk/rota', async (c) => (await rotaPages()).showRota(deps, c, await sessionOr(c, isDesk)));
  app.on(['GET', 'POST'], '/desk/rota/:form', async (c) => {
    const form = c.req.param('form');
    const session = await sessionOr(c, isDesk);
    if (!isRotaForm(form)) throw notYours();
    const { changeRota, showRotaForm } = await rotaPages();
    return c.req.method === 'POST'
      ? changeRota(deps, c, session, form)
      : showRotaForm(deps, c, session, form);
  });
  app.get('/desk/members', async (c) => (await people()).showMembers(deps, c, await sessionOr(c, isDesk)));
  app.on(['GET', 'POST'], '/desk/members/:form', async (c) => {
    const form = c.req.param('form');
    const session = await sessionOr(c, isDesk);
    if (!isMemberForm(form)) throw notYours();
    const { changeMembers, showMemberForm } = await people();
    return c.req.method === 'POST'
      ? changeMembers(deps, c, session, form)
      : showMemberForm(deps, c, session, form);
  });
  app.on(['GET', 'POST'], '/desk/batch/:form', async (c) => {
    const form = c.req.param('form');
    const session = await sessionOr(c, isDesk);
    if (!isBatchForm(form)) throw notYours();
    const { changeBatch, showBatchForm } = await import('./batch.ts');
    return c.req.method === 'POST'
      ? changeBatch(deps, c, session, form)
      : showBatchForm(deps, c, session, form);
  });
  app.on(['GET', 'POST'], '/invitation', async (c) => {
    const session = await sessionOr(c, ({ about }) => about === invitation);
    const { acceptInvitation, showInvitation } = await people();
    return c.req.method === 'POST' ? acceptInvitation(deps, c, session) : showInvitation(deps, c, session);
  });
  app.get('/feeds/:file', async (c) => (await import('./feeds.ts')).showFeed(deps, c, c.req.param('file')));

  app.get('/i/:key', async (c) => {
    const { session, intake } = await forIntake(c, c.req.param('key'));
    return showIntake(deps, c, session, intake);
  });
  app.post('/i/:key', async (c) => {
    const { session } = await forIntake(c, c.req.param('key'));
    return decideIntake(deps, c, session, c.req.param('key'));
  });
  app.get('/i/:key/mail/:same/:index', async (c) => {
    const { intake } = await forIntake(c, c.req.param('key'));
    if (c.req.param('same') !== intake.mailKey) throw notYours();
    const index = c.req.param('index');
    return index === 'raw' ? rawMail(deps, c, intake) : attachment(deps, c, intake, index);
  });

  app.get('/d/:reference', async (c) => {
    const reference = c.req.param('reference');
    const session = await sessionOr(c, opensDisclosure(reference));
    if (session.person.group) return askWho(deps, c, session);
    const opened = await open(deps, session, reference);
    if (!opened) throw notYours();
    const as = c.req.query('as');
    if (!as || opened.viewer.kind !== 'member')
      return c.html(disclosurePage(await loadModel(deps, opened, whoIs(session))));
    const view = seenBy(opened.disclosure, as, c.req.query('repository'));
    if (!view) throw notYours();
    const model = await loadModel(deps, { ...opened, view }, `${whoIs(session)}: this is what they see`);
    return c.html(disclosurePage(model));
  });

  app.post('/d/:reference/who', async (c) => {
    const session = await sessionOr(c, opensDisclosure(c.req.param('reference')));
    if (!session.person.group) throw notYours();
    return tellWho(deps, c, session);
  });

  app.get('/d/:reference/done/:form', async (c) => {
    const [session, opened] = await forDisclosure(c, c.req.param('reference'));
    const cause = causeOf(session, c.req.param('form'));
    const event = await deps.store.event(`DISC#${opened.disclosure.id}`, cause);
    if (!event) return c.redirect(`/d/${opened.disclosure.id}`, 302);
    const model = await loadModel(deps, opened, whoIs(session));
    const line = { ...trailLine(event, model.names), who: 'you' };
    return c.html(
      donePage(model, line, c.req.query('again') === '1', nextStep(opened.view, deps.settings.policy)),
    );
  });

  app.get('/d/:reference/mail/:key/:index', async (c) => {
    const [, opened] = await forDisclosure(c, c.req.param('reference'));
    const intake = await mailOf(deps, opened, c.req.param('key'));
    const index = c.req.param('index');
    if (!intake || (index === 'raw' && opened.viewer.kind !== 'member')) throw notYours();
    return index === 'raw' ? rawMail(deps, c, intake) : attachment(deps, c, intake, index);
  });
  app.get('/d/:reference/added/:seq/:index', async (c) => {
    const [, opened] = await forDisclosure(c, c.req.param('reference'));
    return addedFile(deps, c, opened, c.req.param('seq'), c.req.param('index'));
  });

  app.get('/d/:reference/:act', async (c) => {
    const act = c.req.param('act');
    if (!isAct(act)) throw notYours();
    const session = await sessionOr(c, opensDisclosure(c.req.param('reference')));
    if (session.person.group) return askWho(deps, c, session);
    const opened = await open(deps, session, c.req.param('reference'));
    if (!opened) throw notYours();
    const only = opened.view.entries.length === 1 ? opened.view.entries[0] : undefined;
    const entry = acts[act].perEntry ? (entryIn(opened.view, c.req.query('repository')) ?? only) : undefined;
    if (!possible(opened.view, entry).includes(act))
      throw new PageError(
        404,
        'That is not possible here just now',
        'It has been done already, it is not yet time for it, or it is another person’s act. The disclosure’s page lists what you can do.',
      );
    if (act === 'confirm-act') {
      const { lookAtWaiting } = await acting();
      const page = await lookAtWaiting(deps, session, opened, c.req.query('key') ?? '');
      return page ? c.html(page) : c.redirect(`/d/${opened.disclosure.id}`, 302);
    }
    return c.html(actPage(await loadModel(deps, opened, whoIs(session)), act, entry));
  });
  app.post('/d/:reference/:act', async (c) => {
    const act = c.req.param('act');
    if (!isAct(act)) throw notYours();
    const session = await sessionOr(c, opensDisclosure(c.req.param('reference')));
    // A group acts through its people, each by a link of their own.
    if (session.person.group) return askWho(deps, c, session);
    const { perform } = await acting();
    return answer(c, await perform(deps, session, c.req.param('reference'), act, c));
  });

  app.notFound((c) => c.html(messagePage(pageContext(deps), notYours().title, notYours().message), 404));
  app.onError((error, c) => {
    const page = pageErrorOf(error);
    for (const [name, value] of Object.entries(strictHeaders)) c.header(name, value);
    if (page)
      return c.html(messagePage(pageContext(deps), page.title, page.message, [], page.next), page.status);
    deps.log(messages.pageFailed, { error: error.name });
    return c.html(
      messagePage(
        pageContext(deps),
        'Something went wrong with us',
        'Nothing was lost: what you sent was either recorded once or not at all. Please try again in a minute.',
      ),
      500,
    );
  });
  return app;
}

/** Errors of the rules and the store as pages: the one place where they become HTTP. */
function pageErrorOf(error: Error): PageError | undefined {
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
