/** A stable pseudonym of one address: `p-` and 24 base32 characters. Never an address. */
export type PersonId = string;

/** The kinds of people the desk knows (policy, Words), and the outside systems that establish facts. */
export type PersonKind = 'reporter' | 'member' | 'maintainer' | 'volunteer' | 'operator' | 'administrator';

/** Who acted: a person in a role, or a part of the world that states facts. */
export type Actor =
  | {
      readonly kind: PersonKind;
      readonly person: PersonId;
      /** Group addresses that the person is a recorded person of: they may do what the group may. */
      readonly standsFor?: readonly PersonId[] | undefined;
    }
  | { readonly kind: 'desk' | 'github' | 'discourse' };

/** The person who acts and the group addresses they stand for. */
export const selvesOf = (actor: Extract<Actor, { person: PersonId }>): readonly PersonId[] => [
  actor.person,
  ...(actor.standsFor ?? []),
];

/** The actor as one word of the audit trail: `member:p-…`, `github`. */
export const actorName = (actor: Actor): string =>
  'person' in actor ? `${actor.kind}:${actor.person}` : actor.kind;

/** Membership of the working group (policy R23). */
export type MemberState = 'invited' | 'active' | 'away' | 'left';

/** What pages call somebody whose record was erased. */
const nobodyAnyMore = 'an erased person';

/** Who somebody is, in one word: their name, else their address. */
export const displayName = ({ name, address }: Pick<Person, 'name' | 'address'>): string =>
  name || address || nobodyAnyMore;

/** Their record was erased (policy A8): letters to them are not sent, until they write again. */
export const isErased = ({ address }: Pick<Person, 'address'>): boolean => address === '';

/** What is left of an erased record: the id, which the audit trail holds. All links and sessions are dead. */
export const erased = ({ id, version, epoch }: Person): Person => ({
  id,
  version: version + 1,
  address: '',
  roles: [],
  epoch: epoch + 1,
});

/**
 * Is somebody known behind an address of the contact table: a person by name, login or membership, or the recorded
 * persons of a group? A bare address says neither: it counts as a group's without recorded persons (policy, "Who
 * maintains").
 */
export const somebodyBehind = ({ group, name, github, member }: Person): boolean =>
  group ? group.people.length > 0 : Boolean(name || github || member);

/** A group's address for which nobody can act. */
export const nobodyBehind = ({ group }: Person): boolean => group?.people.length === 0;

/** The one record that holds personal data; erasing it leaves the audit trail whole (policy A8). */
export interface Person {
  readonly id: PersonId;
  readonly version: number;
  readonly address: string;
  readonly name?: string | undefined;
  readonly github?: string | undefined;
  readonly roles: readonly PersonKind[];
  readonly member?: MemberState | undefined;
  /** All links and sessions issued under an older epoch are dead. */
  readonly epoch: number;
  /** The address is a group's: its links ask which of its recorded persons is acting. */
  readonly group?: { readonly people: readonly PersonId[] } | undefined;
  /** For operators (OEP-60 R21): instance, domains, and separately an individual contact. */
  readonly operator?:
    | {
        readonly instance: string;
        readonly domains: readonly string[];
        readonly contact?: string | undefined;
      }
    | undefined;
  /** For volunteers (OEP-60 R20): the recorded team they belong to, or the member who vouches for them. */
  readonly volunteer?: { readonly team?: string | undefined; readonly vouchedBy?: PersonId | undefined };
  readonly bouncedAt?: string | undefined;
  /** Ids of maintainers (not of people) that named this person their delegate for good (R29). */
  readonly delegateFor?: readonly string[] | undefined;
}
