import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcementTopic, covers, repliesWithLinks, replyPost } from '#domain/announcement.ts';
import type { Disclosure, Entry } from '#domain/disclosure.ts';
import { minute, plus } from '#domain/instant.ts';

const at = '2026-03-05T15:00:00.000Z';
const entry = (repository: string, over: Partial<Entry> = {}): Entry => ({
  repository,
  ecosystem: 'npm',
  package: 'secret-package',
  affected: '< 2.0.0',
  severity: {
    rating: 'high',
    score: 8.1,
    vector: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H',
    by: 'triage',
    at,
  },
  delegates: [],
  branches: [{ name: 'main' }, { name: 'release/verawood' }],
  ...over,
});
const of = (entries: readonly Entry[]): Disclosure => ({
  id: 'EDX-2026-0001',
  version: 1,
  stage: 'advised',
  title: 'A way around the login',
  receivedAt: at,
  intakes: ['mail-1'],
  reporters: ['p-rrr'],
  credit: {},
  cwes: ['CWE-287'],
  entries,
  facts: [],
  embargo: { since: at },
  release: { at, proposedBy: 'p-aaa', confirmedBy: [] },
  steps: {},
  response: { dueAt: at, halfAt: at },
  told: [],
  generation: 1,
});
const advisory = {
  ghsa: 'GHSA-2222-3333-4444',
  url: 'https://github.com/openedx/a/security/advisories/GHSA-2222-3333-4444',
  state: 'published' as const,
};
const zone = 'America/New_York';

describe('the announcement', () => {
  it('R14: names repository, date and time in both zones, and severity', () => {
    const topic = announcementTopic(of([entry('openedx/frontend-app')]), zone);

    expect(topic).toEqual({
      title:
        'Security: Upcoming Security Release for openedx/frontend-app on 2026-03-05 at 10:00 America/New_York, severity High',
      body: [
        'A security patch will be made public for:',
        '- **openedx/frontend-app**, severity: **High**',
        'On [date=2026-03-05 time=10:00:00 timezone="America/New_York"], that is Thursday 5 March 2026, 15:00 UTC.',
        'Please plan to upgrade then. Advisory and fixes will be linked in a reply to this topic.',
      ].join('\n\n'),
    });
  });

  it('says nothing else: no summary, weakness, vector, score, version, package, reporter or advisory', () => {
    const topic = announcementTopic(of([entry('openedx/frontend-app', { advisory })]), zone);

    expect(JSON.stringify(topic)).not.toMatch(
      /login|CWE|CVSS|8\.1|2\.0\.0|secret-package|p-rrr|GHSA|EDX-2026/,
    );
  });

  it('is one post for all repositories, without those that were closed', () => {
    const closed = { reason: 'not-affected' as const, at };
    const topic = announcementTopic(
      of([entry('openedx/a'), entry('openedx/b'), entry('openedx/c', { closed })]),
      zone,
    );

    expect(topic?.title).toContain('for openedx/a and openedx/b on');
    expect(topic?.body).not.toContain('openedx/c');
  });

  it('a title fits Discourse, and keeps its date, however many repositories there are', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,90}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 30 }), (names) => {
        const topic = announcementTopic(of(names.map((each) => entry(`openedx/${each}`))), zone);

        expect(topic?.title.length).toBeLessThanOrEqual(255);
        expect(topic?.title).toMatch(
          /^Security: Upcoming Security Release for .+ on 2026-03-05 at 10:00 America\/New_York, severity High$/,
        );
        expect(
          covers(
            topic?.body ?? '',
            names.map((each) => `openedx/${each}`),
          ),
        ).toBe(true);
      }),
    );
  });

  const statement = fc.record({
    severities: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('openedx/a', 'openedx/b', 'openedx/c'),
        rating: fc.constantFrom('low' as const, 'medium' as const, 'high' as const, 'critical' as const),
      }),
      { selector: ({ name }) => name, minLength: 1 },
    ),
    minutes: fc.integer({ min: 0, max: 3 * 24 * 60 }),
  });

  it('a forum takes a title once: two that say something different have different titles', () => {
    fc.assert(
      fc.property(statement, statement, (one, other) => {
        const [first, second] = [one, other].map(({ severities, minutes }) =>
          announcementTopic(
            {
              entries: severities.map(({ name, rating }) =>
                entry(name, { severity: { rating, by: 'triage', at } }),
              ),
              release: { at: plus(at, minutes * minute), proposedBy: 'p-aaa', confirmedBy: [] },
            },
            zone,
          ),
        );

        expect(first?.title === second?.title).toBe(first?.body === second?.body);
      }),
    );
  });

  it('is not there before a release instant stands', () => {
    expect(announcementTopic({ ...of([entry('openedx/a')]), release: undefined }, zone)).toBeUndefined();
  });
});

describe('covers', () => {
  const repository = 'openedx/frontend-app';

  it.each([
    ['the full name', 'A fix for openedx/frontend-app.'],
    ['the name alone', 'Security: Upcoming Security Release for frontend-app on 2026-03-05'],
    ['another case', 'OpenEdX/Frontend-App'],
    ['an address', 'See https://github.com/openedx/frontend-app/releases'],
  ])('takes %s', (_what, text) => {
    expect(covers(text, [repository])).toBe(true);
  });

  it.each([
    ['a longer name', 'openedx/frontend-app-account'],
    ['another owner', 'example/frontend-app'],
    ['part of a word', 'myfrontend-app'],
    ['a file', 'frontend-app.js'],
    ['nothing', ''],
  ])('does not take %s', (_what, text) => {
    expect(covers(text, [repository])).toBe(false);
  });

  it('R14: asks for every repository', () => {
    expect(covers('openedx/a only', ['openedx/a', 'openedx/b'])).toBe(false);
  });
});

describe('the reply', () => {
  const merge = (name: string) => ({
    name,
    merge: { url: `https://github.com/openedx/a/commit/${name}`, at },
  });

  it('R18: links the advisory, the main fix and every release-branch fix, repository by repository', () => {
    const branches = [merge('main'), merge('verawood')];
    const reply = replyPost(of([entry('openedx/a', { advisory, branches })]));

    expect(reply?.body).toBe(
      [
        'The fix is public.',
        [
          '**openedx/a**',
          `- Advisory: ${advisory.url}`,
          '- Fix on main: https://github.com/openedx/a/commit/main',
          '- Fix on verawood: https://github.com/openedx/a/commit/verawood',
        ].join('\n'),
      ].join('\n\n'),
    );
  });

  it('is not there while an advisory is not published: its link would lead nowhere', () => {
    const draft = { ...advisory, state: 'draft' as const };

    expect(
      replyPost(of([entry('openedx/a', { advisory }), entry('openedx/b', { advisory: draft })])),
    ).toBeUndefined();
  });

  it('R18: a reply without one of the links is not the reply', () => {
    const disclosure = of([entry('openedx/a', { advisory, branches: [merge('main'), merge('verawood')] })]);
    const links = [
      advisory.url,
      'https://github.com/openedx/a/commit/main',
      'https://github.com/openedx/a/commit/verawood/',
    ];

    expect(repliesWithLinks(disclosure, links)).toBe(true);
    for (const left of links)
      expect(
        repliesWithLinks(
          disclosure,
          links.filter((each) => each !== left),
        ),
      ).toBe(false);
  });
});
