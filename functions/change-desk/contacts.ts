import type { ContactInput } from '#commit/contacts.ts';
import { type ContactForm, contactForms } from '#contracts/forms.ts';
import { type ContactLine, contactFacts, contactForm } from '#pages/contacts-page.ts';
import type { Values } from '#pages/form.ts';
import { groupFormPage } from '#pages/group-page.ts';
import { contactLines } from '#web/contacts.ts';
import { pageContext } from '#web/context.ts';
import { donePath } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import type { Tried } from '#web/invitation.ts';
import { whoIs } from '#web/load.ts';
import { notYours } from '#web/page-errors.ts';
import type { Session } from '#web/session.ts';
import type { ChangeDeskDeps } from './deps.ts';
import { accepted, groupPost, orAgain } from './group-act.ts';

/** The contact that a form is about. @throws {PageError} for anybody else's record. */
async function lineOf(deps: ChangeDeskDeps, id: string | undefined): Promise<ContactLine> {
  const line = (await contactLines(deps)).find(({ contact }) => contact.id === id);
  if (!line) throw notYours();
  return line;
}

/** One form of a contact. GET: it changes nothing. */
export async function showContactForm(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: ContactForm,
  tried?: Tried,
): Promise<Answer> {
  const id = tried?.values.contact ?? c.req.query('contact');
  const line = form === 'record-group' ? undefined : await lineOf(deps, id);
  const page = groupFormPage(
    pageContext(deps),
    whoIs(session),
    contactForm(form, line),
    {
      action: `/desk/contacts/${form}`,
      // A group that is recorded now may have no record yet: it is decided on what is stored then.
      revision: line?.contact.version ?? 0,
      formId: deps.random(),
      ...(line && { hidden: { contact: line.contact.id } }),
      ...(tried && { attempt: tried }),
    },
    line && contactFacts(line),
  );
  return c.html(page, tried?.status ?? 200);
}

type Said = Pick<ContactInput, 'contact' | 'address' | 'act' | 'person'>;

/** What a form asks for: which address, the act, and about whom. */
async function saidBy(deps: ChangeDeskDeps, form: ContactForm, values: Values): Promise<Said> {
  const { pseudonym } = deps.signer;
  const named = ({ name, github }: { readonly name: string; readonly github?: string | undefined }) => ({
    personName: name,
    ...(github && { github: github.replace(/^@/, '') }),
  });
  if (form === 'record-group') {
    const { group, address, ...who } = accepted(contactForms[form], values);
    const act = { name: 'record-person', address, ...named(who) } as const;
    return { contact: pseudonym(group), address: group, act, person: pseudonym(address) };
  }
  if (form === 'record-person') {
    const { contact, address, ...who } = accepted(contactForms[form], values);
    await lineOf(deps, contact);
    return { contact, act: { name: form, address, ...named(who) }, person: pseudonym(address) };
  }
  if (form === 'remove-person') {
    const { contact, person } = accepted(contactForms[form], values);
    await lineOf(deps, contact);
    return { contact, act: { name: form }, person };
  }
  const { contact, ...who } = accepted(contactForms[form], values);
  await lineOf(deps, contact);
  return { contact, act: { name: form, ...named(who) } };
}

/** One act on a contact, committed once. */
export async function changeContact(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: ContactForm,
): Promise<Answer> {
  const { values, formId, stamp } = await groupPost(c, session, form);
  return orAgain(
    async () => {
      const said = await saidBy(deps, form, values);
      const { expectVersion, ...rest } = stamp;
      await deps.contact({ ...said, ...rest, ...(form !== 'record-group' && { expectVersion }) });
      return c.redirect(`${donePath('/desk/contacts', formId)}&of=${said.contact}`, 303);
    },
    (errors, status) => showContactForm(deps, c, session, form, { values, errors, status }),
  );
}
