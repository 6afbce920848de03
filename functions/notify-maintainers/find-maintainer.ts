import {
  type CatalogInfo,
  GithubHandOff,
  GithubMalformed,
  type GithubPort,
  GithubUnavailable,
} from '#contracts/github-port.ts';
import type { DeskStore, LinkSigner } from '#contracts/ports.ts';
import { contactsMark } from '#contracts/seed.ts';
import type { Maintainer } from '#domain/disclosure.ts';
import { type MaintainerSources, type Maintains, teamsToLookUp, whoMaintains } from '#domain/maintainers.ts';
import { nobodyBehind, type Person, somebodyBehind } from '#domain/people.ts';

export interface FindDeps {
  readonly store: Pick<DeskStore, 'mark' | 'person' | 'people' | 'peopleOf'>;
  /** Undefined where the configuration has no GitHub App. */
  readonly github: (() => Promise<GithubPort>) | undefined;
  /** `catalog-info.yaml`; null where there is no file, or it is no YAML mapping. */
  readonly readCatalog: (github: GithubPort, repository: string) => Promise<CatalogInfo | null>;
  /** The pseudonym of an address that CODEOWNERS names. */
  readonly pseudonym: () => Promise<LinkSigner['pseudonym']>;
}

/** Who was found, why earlier sources did not say (no login, no address), and whom the advisory should let in. */
export interface Found {
  readonly maintainer: Maintainer;
  readonly passedOver: readonly string[];
  readonly collaborators: { readonly users: readonly string[]; readonly teams: readonly string[] };
}

const nobody = { users: [], teams: [] } as const;

/**
 * Finds who maintains a repository and can be reached: catalog-info.yaml, CODEOWNERS, our contact table, else the
 * working group (policy, "Who maintains"). A source whose people have no address known to the desk is passed over,
 * and a group's address without recorded persons like one.
 * What GitHub refuses to show is passed over. Throws GithubUnavailable, unless `silent` says that it was asked often
 * enough: then what it does not answer is passed over too.
 */
export const findMaintainer =
  (deps: FindDeps) =>
  async (repository: string, { silent }: { readonly silent: boolean }): Promise<Found> => {
    const refused: string[] = [];
    const shown: Shown = (what, read) => shownOf(what, read, refused, silent);
    let sources: MaintainerSources = await readSources(deps, repository, refused, shown);
    const unreachable: string[] = [];
    let first: Maintains | undefined;
    for (;;) {
      const found = whoMaintains(sources);
      first ??= found;
      const passedOver = [...refused, ...first.passedOver, ...unreachable];
      if (found.kind === 'working-group')
        return {
          maintainer: { id: 'working-group', people: [], source: 'unresolved' },
          passedOver,
          collaborators: nobody,
        };
      const people = await reachable(deps, found);
      if (people.length > 0)
        return {
          maintainer: { id: idOf(found, people), people: people.map(({ id }) => id), source: found.source },
          passedOver,
          collaborators: await collaboratorsOf(deps, found, people),
        };
      unreachable.push(`${found.reason} ${await whyUnreachable(deps, found)}`);
      sources = without(sources, found.source);
    }
  };

type Shown = <T>(what: string, read: () => Promise<T | null>) => Promise<T | null>;

async function readSources(
  deps: FindDeps,
  repository: string,
  refused: string[],
  shown: Shown,
): Promise<MaintainerSources> {
  const contacts = ((await deps.store.mark(contactsMark)) ?? {}) as Record<string, readonly string[]>;
  const nothing = { repository, catalogOwner: undefined, codeowners: null, contacts, teams: {} };
  if (!deps.github) {
    refused.push('no GitHub App is configured');
    return nothing;
  }
  const github = await deps.github();
  const [catalog, codeowners] = await Promise.all([
    shown('catalog-info.yaml', () => deps.readCatalog(github, repository)),
    shown('CODEOWNERS', () => github.readCodeowners(repository)),
  ]);
  const sources = { ...nothing, catalogOwner: catalog?.owner, codeowners };
  const organization = repository.split('/')[0] ?? '';
  const teams: Record<string, readonly string[] | null> = {};
  for (const slug of teamsToLookUp(sources))
    teams[slug] = await shown(`the team ${slug}`, () => github.teamMembers(organization, slug));
  return { ...sources, teams };
}

/** What GitHub refuses to show, or shows broken, is as if it were not there; the record says so. */
async function shownOf<T>(
  what: string,
  read: () => Promise<T | null>,
  refused: string[],
  silent: boolean,
): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GithubHandOff) refused.push(`GitHub refused to show ${what} (${error.status})`);
    else if (error instanceof GithubMalformed) refused.push(`GitHub showed ${what} in no known form`);
    else if (error instanceof GithubUnavailable && silent) refused.push(`GitHub did not answer for ${what}`);
    else throw error;
    return null;
  }
}

/** The recorded people behind a source, sorted: only an address behind which somebody is known can be written to. */
async function reachable(deps: FindDeps, found: Maintains): Promise<readonly Person[]> {
  const known = await recorded(deps, found);
  // Nobody can act by a mail to a group without recorded persons; a contact has to say which of the two it is.
  return known.filter(found.kind === 'contact' ? somebodyBehind : (person) => !nobodyBehind(person));
}

const whyUnreachable = async (deps: FindDeps, found: Maintains): Promise<string> =>
  (await recorded(deps, found)).length > 0
    ? 'No person is recorded behind the address.'
    : 'The desk knows no address of them.';

async function recorded(deps: FindDeps, found: Maintains): Promise<readonly Person[]> {
  const known: Person[] = [];
  if (found.kind === 'team' || found.kind === 'owners') {
    const logins = new Set((found.kind === 'team' ? found.members : found.logins).map(lower));
    const maintainers = logins.size > 0 ? await deps.store.peopleOf('maintainer') : [];
    known.push(...maintainers.filter(({ github }) => github !== undefined && logins.has(lower(github))));
  }
  if (found.kind === 'owners' && found.addresses.length > 0) {
    const pseudonym = await deps.pseudonym();
    known.push(...(await deps.store.people(found.addresses.map((address) => pseudonym(address)))));
  }
  // The contact table holds ids of people, not addresses.
  if (found.kind === 'contact') known.push(...(await deps.store.people(found.addresses)));
  const byId = new Map(known.filter(({ address }) => address).map((person) => [person.id, person]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A maintainer is identified by its team, its group address or its sorted set of owners. */
function idOf(found: Maintains, people: readonly Person[]): string {
  if (found.kind === 'team') return found.id;
  const [only, ...others] = people;
  if (only?.group && others.length === 0) return `group:${only.id}`;
  return `owners:${people.map(({ id }) => id).join(',')}`;
}

const collaboratorsOf = async (
  { store }: Pick<FindDeps, 'store'>,
  found: Maintains,
  people: readonly Person[],
): Promise<Found['collaborators']> =>
  found.kind === 'team'
    ? { users: [], teams: [found.slug] }
    : { users: await loginsOf(store, people), teams: [] };

/** GitHub logins of people, and of the recorded persons of those who are groups. */
export async function loginsOf(
  store: Pick<DeskStore, 'people'>,
  people: readonly Person[],
): Promise<readonly string[]> {
  const behind = people.flatMap(({ group }) => group?.people ?? []);
  const persons = behind.length > 0 ? await store.people(behind) : [];
  return [...new Set([...people, ...persons].flatMap(({ github }) => github ?? []))];
}

/** The same sources as if one of them said nothing. */
function without(sources: MaintainerSources, source: Maintains['source']): MaintainerSources {
  if (source === 'catalog-info') return { ...sources, catalogOwner: undefined };
  return source === 'codeowners' ? { ...sources, codeowners: null } : { ...sources, contacts: {} };
}

const lower = (login: string): string => login.toLowerCase();
