import type { IntakeDecision } from '#contracts/forms.ts';
import type { DeskStore, LinkSigner, Write } from '#contracts/ports.ts';
import { Refused } from '#domain/errors.ts';
import type { Letter } from '#domain/letter.ts';
import { canonicalHost } from '#domain/operators.ts';
import type { Person, PersonId, PersonKind } from '#domain/people.ts';

type Of<D extends IntakeDecision['decision']> = Extract<IntakeDecision, { decision: D }>;
export type Registration = Of<'operator' | 'volunteer'>;

interface Deps {
  readonly store: Pick<DeskStore, 'person' | 'peopleOf'>;
  readonly signer: Pick<LinkSigner, 'pseudonym'>;
}

/** What a registration writes beside its mail, and whom it tells. */
export interface Registered {
  readonly write: Write;
  readonly letter: Letter;
  /** Ids only: what is recorded of somebody lies in their own record (policy A8). */
  readonly person: PersonId;
}

export const isRegistration = (decision: IntakeDecision): decision is Registration =>
  decision.decision === 'operator' || decision.decision === 'volunteer';

/** The domains as name servers are asked for them. @throws {Refused} for one that is none. */
function domainsOf(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map((word) => {
          const host = canonicalHost(word);
          if (host) return host;
          throw new Refused('R21', `“${word.slice(0, 60)}” is no domain.`, 'Write names alone.', 'domains');
        }),
    ),
  ];
}

/** A report goes to one operator by its domain: no domain is two operators'. */
async function requireFree({ store }: Deps, domains: readonly string[], id: PersonId): Promise<void> {
  for (const other of await store.peopleOf('operator')) {
    const taken = domains.find((domain) => other.id !== id && other.operator?.domains.includes(domain));
    if (taken)
      throw new Refused(
        'R21',
        `${taken} is recorded for ${other.operator?.instance ?? 'another site'} already.`,
        'Leave it out, or write to them first.',
        'domains',
      );
  }
}

/** The record of an address, with one more of the things that somebody can be. */
async function withRole({ store, signer }: Deps, address: string, role: PersonKind): Promise<Person> {
  const id = signer.pseudonym(address);
  const known = (await store.person(id)) ?? { id, version: 0, address, roles: [], epoch: 1 };
  return { ...known, address: known.address || address, roles: [...new Set([...known.roles, role])] };
}

/**
 * What a member records from a mail (OEP-60 R20, R21): an operator with the best address (preferably a group's),
 * instance, domains and an individual contact; or a volunteer, of a recorded team or vouched for by the member.
 *
 * @throws {Refused} for a domain that is none or is another operator's, and a volunteer whom nobody vouches for.
 */
export async function registration(deps: Deps, decision: Registration, by: PersonId): Promise<Registered> {
  if (decision.decision === 'operator') {
    const { instance, contact } = decision;
    const domains = domainsOf(decision.domains);
    const person = await withRole(deps, decision.operatorAddress, 'operator');
    await requireFree(deps, domains, person.id);
    return written(
      { ...person, operator: { instance, domains, ...(contact && { contact }) } },
      { template: 'operator-recorded', to: { person: person.id }, params: {} },
    );
  }
  const { volunteerAddress, volunteerName, team, vouch } = decision;
  if (!team && !vouch)
    throw new Refused(
      'R20',
      'Volunteers are maintainers or core contributors.',
      'Name the team they belong to, or vouch for them yourself.',
      'team',
    );
  const person = await withRole(deps, volunteerAddress, 'volunteer');
  return written(
    {
      ...person,
      ...(volunteerName && { name: volunteerName }),
      volunteer: { ...(team && { team }), ...(vouch && { vouchedBy: by }) },
    },
    { template: 'volunteer-recorded', to: { person: person.id }, params: {} },
  );
}

const written = (person: Person, letter: Letter): Registered => ({
  write: { put: 'person', item: { ...person, version: person.version + 1 }, expect: person.version },
  letter,
  person: person.id,
});
