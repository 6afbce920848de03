/** An owner as `catalog-info.yaml` or CODEOWNERS names it, before anyone looked whether it exists. */
export type Owner =
  | { readonly kind: 'team'; readonly organization: string; readonly slug: string }
  | { readonly kind: 'user'; readonly login: string }
  | { readonly kind: 'address'; readonly address: string };

/** What is known about a repository when the desk asks who maintains it. */
export interface MaintainerSources {
  /** `owner/name` on GitHub; teams of other organisations are strangers. */
  readonly repository: string;
  /** `spec.owner` of catalog-info.yaml as it stands, of whatever type; undefined where there is none. */
  readonly catalogOwner: unknown;
  /** The text of CODEOWNERS; null where there is none. */
  readonly codeowners: string | null;
  /** Our contact table: addresses by repository. */
  readonly contacts: Readonly<Record<string, readonly string[]>>;
  /** Logins by team slug, for the teams that `teamsToLookUp` names; null or empty where the team is stale. */
  readonly teams: Readonly<Record<string, readonly string[] | null>>;
}

/** Who maintains, where that was found, and why earlier sources did not say. */
export type Maintains = {
  readonly source: 'catalog-info' | 'codeowners' | 'contacts' | 'unresolved';
  /** One sentence for the record. */
  readonly reason: string;
  /** What was passed over and why, in the order it was looked at. */
  readonly passedOver: readonly string[];
} & (
  | {
      readonly kind: 'team';
      readonly id: string;
      readonly organization: string;
      readonly slug: string;
      readonly members: readonly string[];
    }
  /** Several owners without a team are one maintainer, all addressed: logins and addresses, sorted. */
  | { readonly kind: 'owners'; readonly logins: readonly string[]; readonly addresses: readonly string[] }
  | { readonly kind: 'contact'; readonly addresses: readonly string[] }
  /** Unresolvable: the working group's queue, never silent. */
  | { readonly kind: 'working-group' }
);

const slugShape = /^[a-z0-9][\w-]*$/i;
const loginShape = /^[a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38}$/i;
const addressShape = /^[^\s@<>()"]+@[^\s@<>()"]+\.[^\s@<>()"]+$/;

/**
 * `spec.owner` as an owner: `group:<team slug>` or `user:<login>`, with or without a namespace (`group:default/x`)
 * and quotes. A bare word is a group, as in Backstage. Anything else is undefined.
 */
export function catalogOwnerOf(owner: unknown, organization: string): Owner | undefined {
  if (typeof owner !== 'string') return undefined;
  const text = owner
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim();
  const [, kind = 'group', name = ''] = /^(?:(group|user):)?(?:[\w-]+\/)?([\w-]+)$/i.exec(text) ?? [];
  if (kind.toLowerCase() === 'user') return loginShape.test(name) ? { kind: 'user', login: name } : undefined;
  return slugShape.test(name) ? { kind: 'team', organization, slug: name.toLowerCase() } : undefined;
}

/** One rule of CODEOWNERS: a pattern and whom it names, possibly nobody. */
export interface CodeownersRule {
  readonly pattern: string;
  readonly owners: readonly Owner[];
}

/** The rules of a CODEOWNERS file in their order. Words that are no owner are left out. */
export function codeownersRules(text: string): readonly CodeownersRule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const bare = line.replace(/(^|\s)#.*$/, '').trim();
    // GitLab's section headings occur in files that were moved here.
    if (bare === '' || /^\^?\[/.test(bare)) return [];
    const [pattern = '', ...words] = bare.split(/(?<!\\)\s+/);
    return [{ pattern, owners: words.flatMap((word) => ownerOf(word) ?? []) }];
  });
}

function ownerOf(word: string): Owner | undefined {
  if (!word.startsWith('@')) return addressShape.test(word) ? { kind: 'address', address: word } : undefined;
  const [first = '', slug, ...rest] = word.slice(1).split('/');
  if (rest.length > 0) return undefined;
  if (slug === undefined) return loginShape.test(first) ? { kind: 'user', login: first } : undefined;
  return slugShape.test(slug) && loginShape.test(first)
    ? { kind: 'team', organization: first, slug: slug.toLowerCase() }
    : undefined;
}

/** Patterns that stand for the whole repository. */
const everything = new Set(['*', '/', '**', '/*', '/**', '**/*', '/**/*']);

/**
 * The owners of a repository as a whole: the last rule that stands for everything (the last match wins). Without
 * one, the owners that all owned paths share; else nobody, since an owner of one path (documentation, say)
 * must not be told of a vulnerability elsewhere (OEP-60 R11).
 */
export function ownersOfAll(rules: readonly CodeownersRule[]): readonly Owner[] {
  const whole = rules.filter(({ pattern }) => everything.has(pattern)).at(-1);
  if (whole) return whole.owners;
  const owned = rules.filter(({ owners }) => owners.length > 0);
  const sets = new Set(owned.map(({ owners }) => owners.map(nameOf).sort().join(' ')));
  return sets.size === 1 ? (owned[0]?.owners ?? []) : [];
}

const nameOf = (owner: Owner): string => {
  if (owner.kind === 'team') return `@${owner.organization}/${owner.slug}`;
  return owner.kind === 'user' ? `@${owner.login}` : owner.address;
};

const organizationOf = (repository: string): string => repository.split('/')[0] ?? '';

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The slugs of the repository's own organisation whose members have to be read before `whoMaintains`. */
export function teamsToLookUp(
  sources: Pick<MaintainerSources, 'repository' | 'catalogOwner' | 'codeowners'>,
): readonly string[] {
  const organization = organizationOf(sources.repository);
  const catalog = catalogOwnerOf(sources.catalogOwner, organization);
  const owners = [...(catalog ? [catalog] : []), ...ownersOfAll(codeownersRules(sources.codeowners ?? ''))];
  const slugs = owners.flatMap((owner) =>
    owner.kind === 'team' && same(owner.organization, organization) ? [owner.slug] : [],
  );
  return [...new Set(slugs)].sort();
}

/**
 * Who maintains a repository: catalog-info.yaml, then CODEOWNERS, then our contact table, else the working group
 * (policy, "Who maintains"). Pure: the caller has read the files and the teams.
 */
export function whoMaintains(sources: MaintainerSources): Maintains {
  const passedOver: string[] = [];
  return (
    fromCatalog(sources, passedOver) ??
    fromCodeowners(sources, passedOver) ??
    fromContacts(sources, passedOver) ?? {
      kind: 'working-group',
      source: 'unresolved',
      reason: 'No source names a maintainer that exists, so the working group is the maintainer.',
      passedOver,
    }
  );
}

function fromCatalog(sources: MaintainerSources, passedOver: string[]): Maintains | undefined {
  if (sources.catalogOwner === undefined || sources.catalogOwner === null) {
    passedOver.push('catalog-info.yaml names no owner');
    return undefined;
  }
  const owner = catalogOwnerOf(sources.catalogOwner, organizationOf(sources.repository));
  if (!owner) {
    passedOver.push('the owner in catalog-info.yaml is neither a group nor a user');
    return undefined;
  }
  return settle([owner], 'catalog-info', sources, passedOver);
}

function fromCodeowners(sources: MaintainerSources, passedOver: string[]): Maintains | undefined {
  const owners = ownersOfAll(codeownersRules(sources.codeowners ?? ''));
  if (owners.length > 0) return settle(owners, 'codeowners', sources, passedOver);
  passedOver.push(
    sources.codeowners === null
      ? 'there is no CODEOWNERS'
      : 'CODEOWNERS names no owner of the whole repository',
  );
  return undefined;
}

function fromContacts(sources: MaintainerSources, passedOver: string[]): Maintains | undefined {
  const key = Object.keys(sources.contacts).find((each) => same(each, sources.repository));
  const addresses = key === undefined ? [] : (sources.contacts[key] ?? []);
  if (addresses.length > 0) {
    const reason = 'The contact table names addresses for the repository.';
    return { kind: 'contact', source: 'contacts', reason, passedOver, addresses: unique(addresses) };
  }
  passedOver.push('the contact table does not know the repository');
  return undefined;
}

/** The first team that exists; without one, all the people named; undefined where nobody is left. */
function settle(
  owners: readonly Owner[],
  source: 'catalog-info' | 'codeowners',
  sources: MaintainerSources,
  passedOver: string[],
): Maintains | undefined {
  const where = source === 'codeowners' ? 'CODEOWNERS' : 'catalog-info.yaml';
  for (const owner of owners) {
    if (owner.kind !== 'team') continue;
    const members = membersOf(owner, sources);
    if (members.length > 0) {
      const { organization, slug } = owner;
      const reason = `${where} names the team ${organization}/${slug}.`;
      return {
        kind: 'team',
        source,
        reason,
        passedOver,
        id: `team:${organization}/${slug}`,
        organization,
        slug,
        members,
      };
    }
    passedOver.push(
      `${where} names ${nameOf(owner)}, ${strange(owner, sources) ? 'a team of another organisation' : 'a team that does not exist or is empty'}`,
    );
  }
  const logins = unique(owners.flatMap((owner) => (owner.kind === 'user' ? [owner.login] : [])));
  const addresses = unique(owners.flatMap((owner) => (owner.kind === 'address' ? [owner.address] : [])));
  if (logins.length + addresses.length === 0) return undefined;
  return { kind: 'owners', source, reason: `${where} names its owners.`, passedOver, logins, addresses };
}

const strange = (owner: { readonly organization: string }, sources: MaintainerSources): boolean =>
  !same(owner.organization, organizationOf(sources.repository));

function membersOf(
  owner: { readonly organization: string; readonly slug: string },
  sources: MaintainerSources,
): readonly string[] {
  if (strange(owner, sources)) return [];
  // Own keys only: a team may be called "constructor".
  return (Object.hasOwn(sources.teams, owner.slug) ? sources.teams[owner.slug] : null) ?? [];
}

/** Sorted, and once whatever the case: an id made of it must not depend on the order of a file. */
function unique(values: readonly string[]): readonly string[] {
  const byKey = new Map(values.map((value) => [value.toLowerCase(), value]));
  return [...byKey.keys()].sort().map((key) => byKey.get(key) ?? key);
}
