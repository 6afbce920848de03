import type { Context } from 'hono';
import type { MemberAct } from '#commit/people-acts.ts';
import { invitationForm, type MemberForm, memberForms } from '#contracts/forms.ts';
import { displayName, type Person, type PersonId } from '#domain/people.ts';
import { sizeWarning } from '#domain/rota.ts';
import type { FieldError, Values } from '#pages/form.ts';
import { groupFormPage } from '#pages/group-page.ts';
import {
  invitationPage,
  type MemberLine,
  memberForm,
  membersPage,
  personFacts,
  type SupportLine,
} from '#pages/members-page.ts';
import { messagePage } from '#pages/outcome-pages.ts';
import { pageContext } from './context.ts';
import type { OpenDeskDeps } from './deps.ts';
import { accepted, doneLine, donePath, groupPost, orAgain } from './group-act.ts';
import { whoIs } from './load.ts';
import { notYours } from './page-errors.ts';
import { causeOf, type Session } from './session.ts';
import { namesOf } from './today.ts';

interface Tried {
  readonly values: Values;
  readonly errors: readonly FieldError[];
  readonly status: 409 | 422;
}

/** Recorded support of one person; the words lie outside the record, the names in theirs. */
async function supportOf(deps: OpenDeskDeps, person: PersonId): Promise<readonly SupportLine[]> {
  const events = await deps.store.events(`PERSON#${person}`);
  const recorded = events.filter(({ type }) => type === 'record-support');
  const people = await deps.store.people(recorded.map(({ data }) => String(data.supporter)));
  return Promise.all(
    recorded.map(async ({ at, data }) => {
      const supporter = people.find(({ id }) => id === data.supporter);
      const note = data.note as Extract<MemberAct, { name: 'record-support' }>['note'];
      return {
        at,
        by: supporter ? displayName(supporter) : 'somebody without a record',
        note: (note && (await deps.archive.text(note))) ?? '',
      };
    }),
  );
}

const lines = (deps: OpenDeskDeps, people: readonly Person[]): Promise<readonly MemberLine[]> =>
  Promise.all(people.map(async (person) => ({ person, support: await supportOf(deps, person.id) })));

const inGroup = ({ member }: Person): boolean =>
  member === 'active' || member === 'away' || member === 'invited';

/** The list of members. GET: it changes nothing. */
export async function showMembers(deps: OpenDeskDeps, c: Context, session: Session): Promise<Response> {
  const [done, of] = [c.req.query('done'), c.req.query('of')];
  const [members, volunteers, operators, event] = await Promise.all([
    deps.store.peopleOf('member'),
    deps.store.peopleOf('volunteer'),
    deps.store.peopleOf('operator'),
    done && of ? deps.store.event(`PERSON#${of}`, causeOf(session, done)) : undefined,
  ]);
  const page = membersPage(
    pageContext(deps),
    {
      who: whoIs(session),
      me: session.person.id,
      members: await lines(deps, members.filter(inGroup)),
      volunteers: await lines(
        deps,
        volunteers.filter((person) => !inGroup(person)),
      ),
      operators: operators.filter(({ operator }) => operator !== undefined),
      nameOf: await namesOf(
        deps,
        volunteers.flatMap(({ volunteer }) => volunteer?.vouchedBy ?? []),
      ),
      size: sizeWarning(
        members.map(({ id, member }) => ({ id, state: member ?? 'left' })),
        deps.settings.policy.rota,
      ),
    },
    doneLine(event),
  );
  return c.html(page);
}

/** Members, invited people and volunteers: whom the forms can be about. Nobody else is shown by them. */
async function personIn(deps: OpenDeskDeps, id: string | undefined): Promise<Person> {
  const person = id ? await deps.store.person(id) : undefined;
  if (!person || !(inGroup(person) || person.roles.includes('volunteer'))) throw notYours();
  return person;
}

/** One form of membership. */
export async function showMemberForm(
  deps: OpenDeskDeps,
  c: Context,
  session: Session,
  form: MemberForm,
  tried?: Tried,
): Promise<Response> {
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
  deps: OpenDeskDeps,
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

const gonePage = (deps: OpenDeskDeps) =>
  messagePage(
    pageContext(deps),
    'You have left the working group',
    'All your links and sessions are dead, and your shifts are free. Thank you for what you did.',
  );

/** One act on membership, committed once; whoever leaves is shown that they have. */
export async function changeMembers(
  deps: OpenDeskDeps,
  c: Context,
  session: Session,
  form: MemberForm,
): Promise<Response> {
  const { values, formId, stamp } = await groupPost(c, session);
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

/** The page of an invitation, which is all that an invited person can open. */
export async function showInvitation(
  deps: OpenDeskDeps,
  c: Context,
  session: Session,
  tried?: Tried,
): Promise<Response> {
  const { person } = session;
  const place = {
    action: '/invitation',
    revision: person.version,
    formId: deps.random(),
    ...(tried && { attempt: tried }),
  };
  const page = invitationPage(pageContext(deps), person, person.member === 'invited' ? place : undefined);
  return c.html(page, tried?.status ?? 200);
}

/** The invited person accepts: once, by their own link. */
export async function acceptInvitation(deps: OpenDeskDeps, c: Context, session: Session): Promise<Response> {
  const { values, stamp } = await groupPost(c, session);
  return orAgain(
    async () => {
      accepted(invitationForm, values);
      await deps.membership({ person: session.person.id, act: { name: 'accept-invitation' }, ...stamp });
      return c.redirect('/invitation', 303);
    },
    (errors, status) => showInvitation(deps, c, session, { values, errors, status }),
  );
}
