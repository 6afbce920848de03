import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accessMatrix,
  belongs,
  type DisclosureField,
  mayOpen,
  reachOf,
  viewerKinds,
  visible,
} from '#domain/access.ts';
import type { Disclosure, Entry } from '#domain/disclosure.ts';
import { openDisclosure } from '#domain/open-disclosure.ts';

const at = '2026-03-02T09:00:00.000Z';
const entry = (repository: string, people: readonly string[], more: Partial<Entry> = {}): Entry => ({
  repository,
  ecosystem: 'pip',
  affected: `CANARY-VERSION-${repository}`,
  severity: { rating: 'high', score: 7.5, vector: `CANARY-VECTOR-${repository}`, by: 'triage', at },
  maintainer: { id: `owners:${people.join()}`, people, source: 'contacts' },
  delegates: [],
  branches: [{ name: 'main' }],
  ...more,
});
const disclosure: Disclosure = {
  ...openDisclosure({
    id: 'EDX-2026-0001',
    mailKey: 'mail-1',
    reporter: 'p-rae',
    receivedAt: at,
    zone: 'UTC',
    responseBusinessDays: 2,
  }),
  stage: 'advised',
  title: 'CANARY-TITLE',
  description: { key: 'CANARY-DESCRIPTION-KEY', sha256: '' },
  cwes: ['CWE-79'],
  reporters: ['p-rae', 'p-rob'],
  credit: { 'p-rae': { choice: 'name', as: 'Rae Porter' }, 'p-rob': { choice: 'anonymous' } },
  operators: ['p-olga'],
  entries: [entry('a/one', ['p-mia']), entry('b/two', ['p-sid'])],
  release: { at, proposedBy: 'p-mia', confirmedBy: ['owners:p-mia'] },
};

describe('the access matrix (design, Links and pages)', () => {
  it('names every kind of person in every row', () => {
    for (const page of Object.values(accessMatrix))
      for (const row of Object.values(page)) expect(Object.keys(row).sort()).toEqual([...viewerKinds].sort());
  });

  it('gives members everything but what is made for others, and nobody else the desk or an intake', () => {
    const fields = Object.keys(accessMatrix.disclosure) as DisclosureField[];
    const hidden = fields.filter((field) => reachOf('member', field) === 'none');
    expect(hidden).toEqual(['siblings', 'advisories', 'forwarded']);
    for (const kind of viewerKinds) {
      expect(mayOpen(kind, 'disclosure')).toBe(true);
      expect(mayOpen(kind, 'desk')).toBe(kind === 'member');
      expect(mayOpen(kind, 'intake')).toBe(kind === 'member');
    }
  });

  it('a role in a token is not enough: the person must belong to the disclosure', () => {
    fc.assert(
      fc.property(fc.constantFrom('reporter', 'maintainer', 'operator'), fc.string(), (kind, name) => {
        const viewer = { kind, person: `p-stranger-${name}` } as const;
        expect(belongs(viewer, disclosure)).toBe(false);
        expect(visible(viewer, disclosure)).toBeUndefined();
      }),
    );
  });

  it('reporter: stage, their own credit, what is public; no detail of ours', () => {
    const view = visible({ kind: 'reporter', person: 'p-rob' }, disclosure);
    expect(view).toMatchObject({ stage: 'advised', conversation: 'own', credit: { 'p-rob': {} } });
    expect(JSON.stringify(view)).not.toMatch(/CANARY|p-rae|Rae Porter|p-mia|p-sid|p-olga|a\/one/);
    expect(view?.release).toBeUndefined();
  });

  it('reporter: the release instant once it is announced, without who proposed it', () => {
    const announced = {
      ...disclosure,
      announcement: { url: 'https://x.example/t/1', topic: 1, visibleAt: at, established: 'linked' as const },
    };
    const view = visible({ kind: 'reporter', person: 'p-rae' }, announced);
    expect(view?.release).toEqual({ at, proposedBy: 'desk', confirmedBy: [] });
  });

  it('maintainer: the details and their repository; of siblings only whether they are ready', () => {
    const view = visible({ kind: 'maintainer', person: 'p-mia' }, disclosure);
    expect(view?.entries.map(({ repository }) => repository)).toEqual(['a/one']);
    expect(view?.siblings).toEqual([
      { repository: 'b/two', ready: false, merged: false, published: false, closed: false },
    ]);
    expect(JSON.stringify(view)).toContain('CANARY-TITLE');
    expect(JSON.stringify(view)).not.toMatch(/VERSION-b|VECTOR-b|p-sid|p-rae|p-rob|p-olga|mail-1/);
  });

  it('maintainer: of acts that wait for a second person, those on their own repository', () => {
    const waits = (repository: string) =>
      ({ by: 'p-other', at, command: { name: 'command-publication', repository } }) as const;
    const pending = {
      'publish:a/one': waits('a/one'),
      'publish:b/two': waits('b/two'),
      'forward:p-olga:1': { by: 'p-mo', at },
    };
    const view = visible({ kind: 'maintainer', person: 'p-mia' }, { ...disclosure, pending });
    expect(Object.keys(view?.pending ?? {})).toEqual(['publish:a/one']);
    const member = visible({ kind: 'member', person: 'p-max' }, { ...disclosure, pending });
    expect(Object.keys(member?.pending ?? {})).toHaveLength(3);
  });

  it('maintainer: the reporter only as the credit that they chose', () => {
    const view = visible({ kind: 'maintainer', person: 'p-mia' }, disclosure);
    expect(view?.credit).toEqual({ 1: { choice: 'name', as: 'Rae Porter' } });
  });

  it('R29: a delegate, and a recorded person of a group address, see what the maintainer sees', () => {
    const delegated = { ...disclosure, entries: [entry('a/one', ['p-mia'], { delegates: ['p-dee'] })] };
    expect(visible({ kind: 'maintainer', person: 'p-dee' }, delegated)?.entries).toHaveLength(1);
    const grouped = { ...disclosure, entries: [entry('a/one', ['p-team'])] };
    expect(visible({ kind: 'maintainer', person: 'p-dora' }, grouped)).toBeUndefined();
    const dora = { kind: 'maintainer', person: 'p-dora', standsFor: ['p-team'] } as const;
    expect(visible(dora, grouped)?.entries).toHaveLength(1);
  });

  it('operator: that something was forwarded, and nothing of the disclosure', () => {
    const view = visible({ kind: 'operator', person: 'p-olga' }, disclosure);
    expect(view?.forwarded).toBe(true);
    expect(JSON.stringify(view)).not.toMatch(/CANARY|p-rae|p-rob|p-mia|p-sid|advised|Rae/);
  });
});
