import { Refused } from '#domain/errors.ts';
import type { Person, PersonId } from '#domain/people.ts';

/** Who is behind a maintainer's address (policy, "Who maintains", "A group address"), one address at a time. */
export type ContactAct =
  /** The address is a group's, and this is one of its persons: recorded by name, since its link asks by name. */
  | {
      readonly name: 'record-person';
      readonly address: string;
      readonly personName: string;
      readonly github?: string | undefined;
    }
  | { readonly name: 'remove-person' }
  /** The address is one person's. */
  | {
      readonly name: 'record-individual';
      readonly personName: string;
      readonly github?: string | undefined;
    };

interface Situation {
  /** The record of the address; undefined where there is none yet. */
  readonly contact: Person | undefined;
  /** A new record of the address, should it need one. */
  readonly fresh: Person | undefined;
  /** Who is recorded or removed, and what is on record of them. */
  readonly person: PersonId | undefined;
  readonly known: Person | undefined;
  readonly actor: Person | undefined;
}

/** The records as they become; ids alone go into the event (policy A8). */
export interface ContactChange {
  readonly contact: Person;
  readonly person?: Person | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

type Act<N extends ContactAct['name']> = Extract<ContactAct, { name: N }>;
type Acts = { readonly [N in ContactAct['name']]: (act: Act<N>, situation: Situation) => ContactChange };

const isMember = (person: Person | undefined): boolean =>
  person?.member === 'active' || person?.member === 'away' || person?.member === 'invited';

const maintaining = (person: Person): Person => ({
  ...person,
  roles: [...new Set([...person.roles, 'maintainer' as const])],
});

const named = ({ personName, github }: Act<'record-individual'> | Act<'record-person'>) => ({
  name: personName,
  ...(github && { github }),
});

function contactIn({ contact, fresh }: Situation): Person {
  const found = contact ?? fresh;
  if (!found) throw new Refused('R6', 'Nobody is recorded under that address.', 'Open the list again.');
  if (isMember(found))
    throw new Refused(
      'R6',
      'That address is a member’s, who acts in person.',
      'Give a group’s address.',
      'group',
    );
  return found;
}

const acts: Acts = {
  'record-person'(act, situation) {
    const contact = contactIn(situation);
    const { person: id, known } = situation;
    if (!id || id === contact.id)
      throw new Refused('R6', 'That is the group’s own address.', 'Give the person’s own.', 'address');
    if (known?.group)
      throw new Refused('R6', 'That address is a group’s too.', 'Give the person’s own.', 'address');
    const people = contact.group?.people ?? [];
    if (people.includes(id))
      throw new Refused('R6', 'They are recorded already.', 'Record somebody else.', 'address');
    const before = known ?? { id, version: 0, address: act.address, roles: [], epoch: 1 };
    return {
      contact: maintaining({ ...contact, group: { people: [...people, id] } }),
      // A member's name and login are their own to say.
      person: maintaining({
        ...before,
        address: before.address || act.address,
        ...(isMember(known) ? {} : named(act)),
      }),
      data: { person: id },
    };
  },

  'remove-person'(_act, situation) {
    const contact = contactIn(situation);
    const { person: id } = situation;
    const people = contact.group?.people ?? [];
    if (!id || !people.includes(id))
      throw new Refused('R6', 'They are no recorded person of that group.', 'Open the list again.', 'person');
    return {
      contact: { ...contact, group: { people: people.filter((each) => each !== id) } },
      data: { person: id },
    };
  },

  'record-individual'(act, situation) {
    const { group, ...contact } = contactIn(situation);
    if (group && group.people.length > 0)
      throw new Refused(
        'R6',
        'It is a group’s address, with recorded persons.',
        'Remove them first, if it is one person’s.',
      );
    return { contact: maintaining({ ...contact, ...named(act) }), data: {} };
  },
};

/**
 * What a member's act does to an address's record. Pure.
 *
 * @throws {Refused} for anyone but a member, and where the address cannot be what is said of it.
 */
export function decideContact(act: ContactAct, situation: Situation): ContactChange {
  const { member } = situation.actor ?? {};
  if (member !== 'active' && member !== 'away')
    throw new Refused('R6', 'Only members say who is behind an address.', 'Ask a member.');
  // The table pairs each name with its act; TypeScript cannot follow that through the index.
  return (acts[act.name] as Acts['remove-person'])(act as Act<'remove-person'>, situation);
}
