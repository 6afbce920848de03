import type { MemberAct } from '#commit/people-acts.ts';
import { invitationForm, type MemberForm, memberForms } from '#contracts/forms.ts';
import type { Person, PersonId } from '#domain/people.ts';
import type { Values } from '#pages/form.ts';
import { groupFormPage } from '#pages/group-page.ts';
import { memberForm, personFacts } from '#pages/members-page.ts';
import { messagePage } from '#pages/outcome-pages.ts';
import { pageContext } from '#web/context.ts';
import { donePath } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import { showInvitation, type Tried } from '#web/invitation.ts';
import { whoIs } from '#web/load.ts';
import { inGroup } from '#web/names.ts';
import { notYours } from '#web/page-errors.ts';
import type { Session } from '#web/session.ts';
import type { ChangeDeskDeps } from './deps.ts';
import { accepted, groupPost, orAgain } from './group-act.ts';

/** Members, invited people and volunteers: whom the forms can be about. Nobody else is shown by them. */
async function personIn(deps: ChangeDeskDeps, id: string | undefined): Promise<Person> {
  const person = id ? await deps.store.person(id) : undefined;
  if (!person || !(inGroup(person) || person.roles.includes('volunteer'))) throw notYours();
  return person;
}

/** One form of membership. */
export async function showMemberForm(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: MemberForm,
  tried?: Tried,
): Promise<Answer> {
  const context = pageContext(deps);
  const id = tried?.values.person ?? c.req.query('person');
  const person = form === 'invite' ? undefined : await personIn(deps, id);
  const page = groupFormPage(
    context,
    whoIs(session),
    memberForm(form, person, session.person.id),
    {
      action: `/desk/members/${form}`,
      // Whoever is invited may have no record yet: the invitation is decided on what is stored then.
      revision: person?.version ?? 0,
      formId: deps.random(),
      ...(person && { hidden: { person: person.id } }),
      ...(tried && { attempt: tried }),
    },
    person && personFacts(person),
  );
  return c.html(page, tried?.status ?? 200);
}

/** What a form asks for: whom it is about, and the act. */
async function actOf(
  deps: ChangeDeskDeps,
  form: MemberForm,
  values: Values,
): Promise<{ readonly person: PersonId; readonly act: MemberAct }> {
  if (form === 'invite') {
    const { address, name, github } = accepted(memberForms.invite, values);
    return {
      person: deps.signer.pseudonym(address),
      act: {
        name: 'invite',
        address,
        ...(name && { memberName: name }),
        ...(github && { github: github.replace(/^@/, '') }),
      },
    };
  }
  if (form === 'record-support') {
    const { person, supporter, note } = accepted(memberForms['record-support'], values);
    await personIn(deps, person);
    const by = deps.signer.pseudonym(supporter);
    return { person, act: { name: form, supporter: by, note: await deps.archive.putText(note) } };
  }
  const data = accepted(memberForms[form], values);
  await personIn(deps, data.person);
  const reason = form === 'leave' && 'reason' in data ? data.reason : undefined;
  return { person: data.person, act: { name: form, ...(reason && { reason }) } };
}

const gonePage = (deps: ChangeDeskDeps) =>
  messagePage(
    pageContext(deps),
    'You have left the working group',
    'All your links and sessions are dead, and your shifts are free. Thank you for what you did.',
  );

/** One act on membership, committed once; whoever leaves is shown that they have. */
export async function changeMembers(
  deps: ChangeDeskDeps,
  c: Context,
  session: Session,
  form: MemberForm,
): Promise<Answer> {
  const { values, formId, stamp } = await groupPost(c, session, form);
  return orAgain(
    async () => {
      const { person, act } = await actOf(deps, form, values);
      const { expectVersion, ...rest } = stamp;
      await deps.membership({ person, act, ...rest, ...(form !== 'invite' && { expectVersion }) });
      // Whoever has left opens no page any more, so they are told at once.
      if (form === 'leave' && person === session.person.id) return c.html(gonePage(deps));
      return c.redirect(`${donePath('/desk/members', formId)}&of=${person}`, 303);
    },
    (errors, status) => showMemberForm(deps, c, session, form, { values, errors, status }),
  );
}

/** The invited person accepts: once, by their own link. */
export async function acceptInvitation(deps: ChangeDeskDeps, c: Context, session: Session): Promise<Answer> {
  const { values, stamp } = await groupPost(c, session, 'accept-invitation');
  return orAgain(
    async () => {
      accepted(invitationForm, values);
      await deps.membership({ person: session.person.id, act: { name: 'accept-invitation' }, ...stamp });
      return c.redirect('/invitation', 303);
    },
    (errors, status) => showInvitation(deps, c, session, { values, errors, status }),
  );
}
