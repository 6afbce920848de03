import type { MemberAct } from '#commit/people-acts.ts';
import { displayName, type Person, type PersonId } from '#domain/people.ts';
import { sizeWarning } from '#domain/rota.ts';
import { type MemberLine, membersPage, type SupportLine } from '#pages/members-page.ts';
import { pageContext } from '#web/context.ts';
import type { DeskDeps } from '#web/deps.ts';
import { doneLine } from '#web/done.ts';
import type { Answer, Context } from '#web/http.ts';
import { whoIs } from '#web/load.ts';
import { inGroup, namesOf } from '#web/names.ts';
import { causeOf, type Session } from '#web/session.ts';

/** Recorded support of one person; the words lie outside the record, the names in theirs. */
async function supportOf(deps: DeskDeps, person: PersonId): Promise<readonly SupportLine[]> {
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

const lines = (deps: DeskDeps, people: readonly Person[]): Promise<readonly MemberLine[]> =>
  Promise.all(people.map(async (person) => ({ person, support: await supportOf(deps, person.id) })));

/** The list of members. GET: it changes nothing. */
export async function showMembers(deps: DeskDeps, c: Context, session: Session): Promise<Answer> {
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
