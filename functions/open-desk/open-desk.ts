import { acts, isAct, possible } from '#pages/acts.ts';
import { actPage, disclosurePage } from '#pages/disclosure-page.ts';
import { signInPage } from '#pages/entry-pages.ts';
import { donePage } from '#pages/outcome-pages.ts';
import { pageContext } from '#web/context.ts';
import type { DeskDeps } from '#web/deps.ts';
import { type App, forDisclosure, framed, sessionOr } from '#web/frame.ts';
import { type Handler, Routes } from '#web/http.ts';
import { forIntake, showIntake } from '#web/intake.ts';
import { showInvitation } from '#web/invitation.ts';
import { entryIn, loadModel, nextStep, open, seenBy, trailLine, whoIs } from '#web/load.ts';
import { notNow, notYours } from '#web/page-errors.ts';
import { causeOf, invitation, isDesk, opensDisclosure, sessionFor } from '#web/session.ts';
import { askWho } from '#web/who.ts';
import { showContacts } from './contacts.ts';
import { desk } from './desk.ts';
import { attachment, mailOf, rawMail } from './downloads.ts';
import { enter } from './enter.ts';
import { showFeed } from './feeds.ts';
import { showMembers } from './members.ts';
import { showRota } from './rota.ts';
import { showToday } from './today.ts';

/** The disclosure's page, or for a member the page as somebody else sees it. */
const disclosure: Handler<DeskDeps> = async (deps, c) => {
  const reference = c.req.param('reference');
  const session = await sessionOr(deps, c, opensDisclosure(reference));
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
};

/** The form of an act. */
const actForm: Handler<DeskDeps> = async (deps, c) => {
  const act = c.req.param('act');
  if (!isAct(act)) throw notYours();
  const session = await sessionOr(deps, c, opensDisclosure(c.req.param('reference')));
  if (session.person.group) return askWho(deps, c, session);
  const opened = await open(deps, session, c.req.param('reference'));
  if (!opened) throw notYours();
  const only = opened.view.entries.length === 1 ? opened.view.entries[0] : undefined;
  const entry = acts[act].perEntry ? (entryIn(opened.view, c.req.query('repository')) ?? only) : undefined;
  if (!possible(opened.view, entry).includes(act)) throw notNow();
  return c.html(actPage(await loadModel(deps, opened, whoIs(session)), act, entry));
};

/** What an act came to. */
const done: Handler<DeskDeps> = async (deps, c) => {
  const [session, opened] = await forDisclosure(deps, c);
  const cause = causeOf(session, c.req.param('form'));
  const event = await deps.store.event(`DISC#${opened.disclosure.id}`, cause);
  if (!event) return c.redirect(`/d/${opened.disclosure.id}`, 302);
  const model = await loadModel(deps, opened, whoIs(session));
  const line = { ...trailLine(event, model.names), who: 'you' };
  return c.html(
    donePage(model, line, c.req.query('again') === '1', nextStep(opened.view, deps.settings.policy)),
  );
};

/**
 * The pages behind links. It changes nothing, and could not: whatever is sent from them is the other function's
 * (`change-desk`), but for the link's token, which opens a session (mail rules, Signed links).
 */
export const openDesk: App<DeskDeps> = framed(
  new Routes<DeskDeps>()
    .get('/', (_, c) => c.redirect('/desk', 302))
    .post('/a', enter)
    .get('/desk', async (deps, c) => {
      const session = await sessionFor(deps, c.req.header('cookie'), isDesk);
      return session ? desk(deps, c, session) : c.html(signInPage(pageContext(deps)));
    })
    .get('/desk/today', async (deps, c) => showToday(deps, c, await sessionOr(deps, c, isDesk)))
    .get('/desk/rota', async (deps, c) => showRota(deps, c, await sessionOr(deps, c, isDesk)))
    .get('/desk/members', async (deps, c) => showMembers(deps, c, await sessionOr(deps, c, isDesk)))
    .get('/desk/contacts', async (deps, c) => showContacts(deps, c, await sessionOr(deps, c, isDesk)))
    .get('/invitation', async (deps, c) =>
      showInvitation(deps, c, await sessionOr(deps, c, ({ about }) => about === invitation)),
    )
    .get('/feeds/:file', (deps, c) => showFeed(deps, c, c.req.param('file')))
    .get('/i/:key', async (deps, c) => {
      const { session, intake } = await forIntake(deps, c);
      return showIntake(deps, c, session, intake);
    })
    .get('/i/:key/mail/:same/:index', async (deps, c) => {
      const { intake } = await forIntake(deps, c);
      if (c.req.param('same') !== intake.mailKey) throw notYours();
      const index = c.req.param('index');
      return index === 'raw' ? rawMail(deps, c, intake) : attachment(deps, c, intake, index);
    })
    .get('/d/:reference', disclosure)
    .get('/d/:reference/done/:form', done)
    .get('/d/:reference/mail/:key/:index', async (deps, c) => {
      const [, opened] = await forDisclosure(deps, c);
      const intake = await mailOf(deps, opened, c.req.param('key'));
      const index = c.req.param('index');
      if (!intake || (index === 'raw' && opened.viewer.kind !== 'member')) throw notYours();
      return index === 'raw' ? rawMail(deps, c, intake) : attachment(deps, c, intake, index);
    })
    .get('/d/:reference/:act', actForm),
);
