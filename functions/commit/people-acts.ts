import type { TextRef } from '#domain/disclosure.ts';
import { Refused } from '#domain/errors.ts';
import type { Letter } from '#domain/letter.ts';
import type { Person, PersonId } from '#domain/people.ts';

/** Membership of the working group (OEP-60 R23), one person at a time. */
export type MemberAct =
  | {
      readonly name: 'invite';
      readonly address: string;
      readonly memberName?: string | undefined;
      readonly github?: string | undefined;
    }
  /** A core contributor supports a volunteer; recorded before the members evaluate. */
  | { readonly name: 'record-support'; readonly supporter: PersonId; readonly note?: TextRef | undefined }
  | { readonly name: 'accept-invitation' }
  | { readonly name: 'go-away' }
  | { readonly name: 'come-back' }
  | { readonly name: 'leave'; readonly reason?: string | undefined };

interface Situation {
  readonly id: PersonId;
  readonly before: Person | undefined;
  readonly actor: Person | undefined;
}

export interface MemberChange {
  readonly person: Person;
  readonly letters: readonly Letter[];
  /** Ids only: personal data lives in the person's record (policy A8). */
  readonly data: Readonly<Record<string, unknown>>;
}

type Act<N extends MemberAct['name']> = Extract<MemberAct, { name: N }>;
type Acts = { readonly [N in MemberAct['name']]: (act: Act<N>, situation: Situation) => MemberChange };

const inGroup = (person: Person | undefined): boolean =>
  person?.member === 'active' || person?.member === 'away';

function requireMember({ actor }: Situation): void {
  if (!inGroup(actor))
    throw new Refused('R23', 'Only members decide on membership.', 'Ask a member of the working group.');
}

/** The person, in one of some states of membership. */
function inState({ before }: Situation, states: readonly Person['member'][], why: string): Person {
  if (!before || !states.includes(before.member))
    throw new Refused('R23', why, 'Look at the list of members again.');
  return before;
}

/** Some acts are the person's own: nobody accepts for another. */
function requireSelf({ id, actor }: Situation, why: string): void {
  if (actor?.id !== id) throw new Refused('R23', why, 'The person concerned does it by their own link.');
}

const change = (person: Person, data: MemberChange['data'] = {}): MemberChange => ({
  person,
  letters: [],
  data,
});

const acts: Acts = {
  invite({ address, memberName, github }, situation) {
    requireMember(situation);
    const { id, before, actor } = situation;
    if (inGroup(before))
      throw new Refused('R23', 'They are a member already.', 'Choose somebody else.', 'address');
    const known = before ?? { id, version: 0, address, roles: [], epoch: 1 };
    const person: Person = {
      ...known,
      address: known.address || address,
      ...(memberName && { name: memberName }),
      ...(github && { github }),
      roles: [...new Set([...known.roles, 'member' as const])],
      member: 'invited',
    };
    const letter: Letter = {
      template: 'invitation',
      to: { person: id },
      as: 'member',
      about: 'desk/invitation',
      params: { by: `member:${actor?.id ?? ''}` },
    };
    return { person, letters: [letter], data: {} };
  },

  'record-support'({ supporter, note }, situation) {
    requireMember(situation);
    const { id, before } = situation;
    if (!before || inGroup(before))
      throw new Refused(
        'R23',
        'Support is recorded for a volunteer.',
        'Record them as a volunteer first.',
        'person',
      );
    if (supporter === id)
      throw new Refused('R23', 'Nobody supports themself.', 'Name a core contributor.', 'supporter');
    return change(before, { supporter, ...(note && { note }) });
  },

  'accept-invitation'(_act, situation) {
    requireSelf(situation, 'An invitation is accepted by whoever was invited.');
    const person = inState(situation, ['invited'], 'No invitation is open for them.');
    return change({ ...person, member: 'active' });
  },

  'go-away'(_act, situation) {
    requireMember(situation);
    return change({
      ...inState(situation, ['active'], 'They are not an active member.'),
      member: 'away',
    });
  },

  'come-back'(_act, situation) {
    requireMember(situation);
    return change({ ...inState(situation, ['away'], 'They are not away.'), member: 'active' });
  },

  leave({ reason }, situation) {
    requireMember(situation);
    const { id, actor } = situation;
    const person = inState(situation, ['active', 'away', 'invited'], 'They are not a member.');
    if (actor?.id !== id && !reason?.trim())
      throw new Refused('R23', 'Removing a member needs a reason.', 'Say why.', 'reason');
    const roles = person.roles.filter((role) => role !== 'member');
    return change(
      {
        ...person,
        roles,
        // Who has `left` may act on nothing; whoever also maintains or reports goes on as that, by new links.
        member: roles.length === 0 ? 'left' : undefined,
        // All links and sessions of older epochs are dead.
        epoch: person.epoch + 1,
      },
      reason ? { reason } : {},
    );
  },
};

/**
 * What an act does to a person's membership. Pure.
 *
 * @throws {Refused} where the act is another's, or the person is not in a state for it.
 */
export function decideMembership(act: MemberAct, situation: Situation): MemberChange {
  // The table pairs each name with its act; TypeScript cannot follow that through the index.
  return (acts[act.name] as Acts['leave'])(act as Act<'leave'>, situation);
}
