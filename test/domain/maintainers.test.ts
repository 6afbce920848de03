import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  catalogOwnerOf,
  codeownersRules,
  type MaintainerSources,
  ownersOfAll,
  teamsToLookUp,
  whoMaintains,
} from '#domain/maintainers.ts';

const nothing: MaintainerSources = {
  repository: 'openedx/frontend-app',
  catalogOwner: undefined,
  codeowners: null,
  contacts: {},
  teams: {},
};
const teams = { frontend: ['alice', 'bob'], committers: ['carol'], stale: null, empty: [] };

describe('catalog-info.yaml', () => {
  it.each([
    ['group:frontend', { kind: 'team', organization: 'openedx', slug: 'frontend' }],
    ['"group:frontend"', { kind: 'team', organization: 'openedx', slug: 'frontend' }],
    ["'user:alice'", { kind: 'user', login: 'alice' }],
    ['  Group:Frontend ', { kind: 'team', organization: 'openedx', slug: 'frontend' }],
    ['group:default/frontend', { kind: 'team', organization: 'openedx', slug: 'frontend' }],
    ['frontend', { kind: 'team', organization: 'openedx', slug: 'frontend' }],
  ])('reads %s', (text, owner) => {
    expect(catalogOwnerOf(text, 'openedx')).toEqual(owner);
  });

  it.each([
    [7],
    [null],
    [{ group: 'x' }],
    [['group:x']],
    [''],
    ['group:'],
    ['system:x'],
    ['a b'],
    ['user:-x'],
    [true],
  ])('takes %j for no owner', (owner) => {
    expect(catalogOwnerOf(owner, 'openedx')).toBeUndefined();
  });
});

describe('CODEOWNERS', () => {
  it('the last rule for everything wins, comments and headings do not count', () => {
    const rules = codeownersRules(
      '# who\n[Section]\n* @old\n/docs/ @openedx/docs\n* @openedx/frontend mail@example.org # us\n',
    );

    expect(ownersOfAll(rules)).toEqual([
      { kind: 'team', organization: 'openedx', slug: 'frontend' },
      { kind: 'address', address: 'mail@example.org' },
    ]);
  });

  it('a last rule without owners leaves the repository without owners', () => {
    expect(ownersOfAll(codeownersRules('* @alice\n*\n'))).toEqual([]);
  });

  it('R11: the owner of one path among several is not the owner of the whole', () => {
    expect(ownersOfAll(codeownersRules('/docs @openedx/docs\n/src @openedx/frontend'))).toEqual([]);
  });

  it('paths that all have the same owners make those the owners; paths without owner do not matter', () => {
    const owners = ownersOfAll(codeownersRules('/docs @alice @bob\n/vendor\n/src @bob @alice'));

    expect(owners).toEqual([
      { kind: 'user', login: 'alice' },
      { kind: 'user', login: 'bob' },
    ]);
  });

  it('a pattern may hold escaped spaces', () => {
    expect(codeownersRules('/a\\ b @alice')[0]).toEqual({
      pattern: '/a\\ b',
      owners: [{ kind: 'user', login: 'alice' }],
    });
  });
});

describe('who maintains', () => {
  it('catalog-info.yaml comes first', () => {
    const found = whoMaintains({
      ...nothing,
      teams,
      catalogOwner: 'group:frontend',
      codeowners: '* @openedx/committers',
    });

    expect(found).toMatchObject({
      kind: 'team',
      id: 'team:openedx/frontend',
      members: ['alice', 'bob'],
      source: 'catalog-info',
    });
    expect(found.passedOver).toEqual([]);
  });

  it.each(['group:stale', 'group:empty', 'group:unknown', 'group:constructor', 42])(
    'a stale or odd owner (%s) gives way to CODEOWNERS and is told',
    (catalogOwner) => {
      const found = whoMaintains({ ...nothing, teams, catalogOwner, codeowners: '* @openedx/committers' });

      expect(found).toMatchObject({ kind: 'team', slug: 'committers', source: 'codeowners' });
      expect(found.passedOver).toHaveLength(1);
    },
  );

  it('a team of another organisation is passed over, even where ours has one of that name', () => {
    const found = whoMaintains({ ...nothing, teams, codeowners: '* @elsewhere/frontend' });

    expect(found.kind).toBe('working-group');
    expect(found.passedOver.join()).toContain('another organisation');
  });

  it('several owners without a team are one maintainer, sorted', () => {
    const found = whoMaintains({ ...nothing, codeowners: '* @zoe @Alice zed@example.org @alice' });

    expect(found).toMatchObject({ kind: 'owners', logins: ['alice', 'zoe'], addresses: ['zed@example.org'] });
  });

  it('the contact table comes last, whatever the case of the name', () => {
    const contacts = { 'OpenedX/Frontend-App': ['b@example.org', 'a@example.org'] };

    expect(whoMaintains({ ...nothing, contacts })).toMatchObject({
      kind: 'contact',
      addresses: ['a@example.org', 'b@example.org'],
      source: 'contacts',
    });
  });

  it('unresolvable goes to the working group with every reason', () => {
    const found = whoMaintains(nothing);

    expect(found).toMatchObject({ kind: 'working-group', source: 'unresolved' });
    expect(found.passedOver).toHaveLength(3);
  });
});

describe('properties', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '@alice',
      '@openedx/frontend',
      '@openedx/stale',
      '@elsewhere/x',
      'a@example.org',
      '@',
      '@a/b/c',
      '#x',
      '!',
    ),
    fc.string({ maxLength: 8 }),
  );
  const file = fc
    .array(fc.tuple(fc.constantFrom('*', '/docs', 'src/**', '/'), fc.array(word, { maxLength: 4 })))
    .map((lines) => lines.map(([pattern, words]) => [pattern, ...words].join(' ')).join('\n'));
  const sources = fc.record({
    repository: fc.constant('openedx/frontend-app'),
    catalogOwner: fc.oneof(fc.anything(), fc.constantFrom('group:frontend', 'group:stale', 'user:alice')),
    codeowners: fc.option(file),
    contacts: fc.constantFrom(
      {},
      { 'openedx/frontend-app': ['c@example.org'] },
      { 'openedx/frontend-app': [] },
    ),
    teams: fc.constant(teams),
  });

  it('somebody always maintains, and never nobody: never silent', () => {
    fc.assert(
      fc.property(sources, (given) => {
        const found = whoMaintains(given);
        if (found.kind === 'team') expect(found.members.length).toBeGreaterThan(0);
        if (found.kind === 'owners') expect(found.logins.length + found.addresses.length).toBeGreaterThan(0);
        if (found.kind === 'contact') expect(found.addresses.length).toBeGreaterThan(0);
        expect(found.kind === 'working-group').toBe(found.source === 'unresolved');
        expect(found.reason).not.toBe('');
      }),
    );
  });

  it('a team that maintains was looked up', () => {
    fc.assert(
      fc.property(sources, (given) => {
        const found = whoMaintains(given);
        if (found.kind === 'team') expect(teamsToLookUp(given)).toContain(found.slug);
      }),
    );
  });

  it('the same owners in any order are the same maintainer', () => {
    const logins = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(logins, fc.infiniteStream(fc.nat()), (names, keys) => {
        const shuffled = names
          .map((name) => ({ name, key: keys.next().value }))
          .sort((a, b) => a.key - b.key);
        const of = (list: readonly string[]) =>
          whoMaintains({ ...nothing, codeowners: `* ${list.map((each) => `@${each}`).join(' ')}` });
        expect(of(shuffled.map(({ name }) => name))).toEqual(of(names));
      }),
    );
  });

  it('a name without owners in the way of the contact table never hides it', () => {
    fc.assert(
      fc.property(sources, (given) => {
        const found = whoMaintains({ ...given, contacts: { 'openedx/frontend-app': ['c@example.org'] } });
        expect(found.kind).not.toBe('working-group');
      }),
    );
  });
});
