import { isBatchForm, isContactForm, isMemberForm, isRotaForm } from '#contracts/forms.ts';
import { isAct, possible } from '#pages/acts.ts';
import { type App, forDisclosure, framed, sessionOr } from '#web/frame.ts';
import { type Handler, Routes } from '#web/http.ts';
import { forIntake } from '#web/intake.ts';
import { open } from '#web/load.ts';
import { notNow, notYours } from '#web/page-errors.ts';
import { invitation, isDesk, opensDisclosure } from '#web/session.ts';
import { askWho } from '#web/who.ts';
import { lookAtWaiting, perform } from './act.ts';
import { addedFile } from './added-file.ts';
import { changeBatch, showBatchForm } from './batch.ts';
import { changeContact, showContactForm } from './contacts.ts';
import { decideIntake } from './decide-intake.ts';
import type { ChangeDeskDeps } from './deps.ts';
import { sendFresh, sendLost, signIn, tellWho } from './entry-letters.ts';
import { acceptInvitation, changeMembers, showMemberForm } from './members.ts';
import { changeRota, showRotaForm } from './rota.ts';

/** An act on a disclosure. A group acts through its people, each by a link of their own. */
const act: Handler<ChangeDeskDeps> = async (deps, c) => {
  const name = c.req.param('act');
  if (!isAct(name)) throw notYours();
  const reference = c.req.param('reference');
  const session = await sessionOr(deps, c, opensDisclosure(reference));
  if (session.person.group) return askWho(deps, c, session);
  const answer = await perform(deps, session, reference, name, c);
  return 'goTo' in answer ? c.redirect(answer.goTo, 303) : c.html(answer.page, answer.status);
};

/** An act that waits for a second person, as it will happen: decided and rendered by the very rules that do it. */
const waitingAct: Handler<ChangeDeskDeps> = async (deps, c) => {
  const reference = c.req.param('reference');
  const session = await sessionOr(deps, c, opensDisclosure(reference));
  if (session.person.group) return askWho(deps, c, session);
  const opened = await open(deps, session, reference);
  if (!opened) throw notYours();
  if (!possible(opened.view).includes('confirm-act')) throw notNow();
  const page = await lookAtWaiting(deps, session, opened, c.req.query('key') ?? '');
  return page ? c.html(page) : c.redirect(`/d/${opened.disclosure.id}`, 302);
};

const rotaForm: Handler<ChangeDeskDeps> = async (deps, c) => {
  const form = c.req.param('form');
  const session = await sessionOr(deps, c, isDesk);
  if (!isRotaForm(form)) throw notYours();
  return c.req.method === 'POST' ? changeRota(deps, c, session, form) : showRotaForm(deps, c, session, form);
};

const memberForm: Handler<ChangeDeskDeps> = async (deps, c) => {
  const form = c.req.param('form');
  const session = await sessionOr(deps, c, isDesk);
  if (!isMemberForm(form)) throw notYours();
  return c.req.method === 'POST'
    ? changeMembers(deps, c, session, form)
    : showMemberForm(deps, c, session, form);
};

const contactForm: Handler<ChangeDeskDeps> = async (deps, c) => {
  const form = c.req.param('form');
  const session = await sessionOr(deps, c, isDesk);
  if (!isContactForm(form)) throw notYours();
  return c.req.method === 'POST'
    ? changeContact(deps, c, session, form)
    : showContactForm(deps, c, session, form);
};

const batchForm: Handler<ChangeDeskDeps> = async (deps, c) => {
  const form = c.req.param('form');
  const session = await sessionOr(deps, c, isDesk);
  if (!isBatchForm(form)) throw notYours();
  return c.req.method === 'POST'
    ? changeBatch(deps, c, session, form)
    : showBatchForm(deps, c, session, form);
};

/**
 * What is sent from the pages: every act is a POST from our own origin, on a revision, once (mail rules, Signed
 * links). Besides, those pages that show what acting would come to, and the forms of the group. GET and HEAD change
 * nothing here either. `#contracts/routes.ts` says what reaches this function.
 */
export const changeDesk: App<ChangeDeskDeps> = framed(
  new Routes<ChangeDeskDeps>()
    .post('/a/fresh', sendFresh)
    .post('/a/lost', sendLost)
    .post('/desk', signIn)
    .on(['GET', 'POST'], '/desk/rota/:form', rotaForm)
    .on(['GET', 'POST'], '/desk/members/:form', memberForm)
    .on(['GET', 'POST'], '/desk/contacts/:form', contactForm)
    .on(['GET', 'POST'], '/desk/batch/:form', batchForm)
    .post('/invitation', async (deps, c) =>
      acceptInvitation(deps, c, await sessionOr(deps, c, ({ about }) => about === invitation)),
    )
    .post('/i/:key', async (deps, c) => {
      const { session, intake } = await forIntake(deps, c);
      return decideIntake(deps, c, session, intake);
    })
    .post('/d/:reference/who', async (deps, c) => {
      const session = await sessionOr(deps, c, opensDisclosure(c.req.param('reference')));
      if (!session.person.group) throw notYours();
      return tellWho(deps, c, session);
    })
    .get('/d/:reference/added/:seq/:index', async (deps, c) => {
      const [, opened] = await forDisclosure(deps, c);
      return addedFile(deps, c, opened, c.req.param('seq'), c.req.param('index'));
    })
    .get('/d/:reference/confirm-act', waitingAct)
    .post('/d/:reference/:act', act),
);
