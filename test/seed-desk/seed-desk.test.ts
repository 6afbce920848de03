import { beforeEach, describe, expect, test } from 'vitest';
import { contactsMark, type Seed, seedSchema } from '../../functions/contracts/seed.ts';
import { ForeignRecord, type SeedDeps, seedDesk } from '../../functions/seed-desk/seed-desk.ts';
import { seedOf } from '../../lib/seed.ts';
import { configured } from '../lib/synthesise.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

const now = '2026-11-25T12:00:00.000Z';
const clock = { now: () => now };
const pseudonym = (address: string) => `p-${address}`;

const seed: Seed = {
  zone: 'Europe/Berlin',
  acknowledgeHours: 24,
  members: [
    { address: 'ada@desk.example', name: 'Ada', github: 'ada' },
    { address: 'bao@desk.example', name: 'Bao' },
  ],
  maintainers: [{ address: 'ada@desk.example', github: 'ada' }],
  groups: [
    {
      address: 'team@desk.example',
      people: [
        { address: 'ada@desk.example', name: 'Ada' },
        { address: 'dora@desk.example', name: 'Dora', github: 'dora' },
      ],
    },
    { address: 'nobody@desk.example', people: [] },
  ],
  rota: { shiftDays: 7, shifts: 4 },
  operators: [{ address: 'ops@university.example', instance: 'University', domains: ['university.example'] }],
  contacts: [{ repository: 'org/repo', addresses: ['cleo@desk.example'] }],
};

describe('seeding an empty table', () => {
  let store: InMemoryStore;
  let run: (seed: Seed) => Promise<string>;
  beforeEach(() => {
    store = new InMemoryStore(clock);
    run = seedDesk({ store, clock, pseudonym });
  });

  test('makes one record a person, with all that they are', async () => {
    expect(await run(seed)).toBe('seeded');

    const ada = await store.person('p-ada@desk.example');
    expect(ada).toMatchObject({
      name: 'Ada',
      github: 'ada',
      member: 'active',
      roles: ['member', 'maintainer'],
    });
    expect(await store.peopleOf('member')).toHaveLength(2);
    expect(await store.person('p-ops@university.example')).toMatchObject({
      roles: ['operator'],
      operator: { instance: 'University', domains: ['university.example'] },
    });
  });

  test('a group’s address has its recorded persons, each with a record of their own; one has none', async () => {
    await run(seed);

    expect(await store.person('p-team@desk.example')).toMatchObject({
      roles: ['maintainer'],
      group: { people: ['p-ada@desk.example', 'p-dora@desk.example'] },
    });
    expect(await store.person('p-dora@desk.example')).toMatchObject({
      name: 'Dora',
      github: 'dora',
      roles: ['maintainer'],
    });
    expect((await store.person('p-ada@desk.example'))?.roles).toEqual(['member', 'maintainer']);
    expect((await store.person('p-nobody@desk.example'))?.group).toEqual({ people: [] });
  });

  test('a record of another key of pseudonyms is refused, its own is left as it is', async () => {
    await run(seed);
    const stranger = seedDesk({ store, clock, pseudonym: (address) => `q-${address}` });

    await expect(stranger(seed)).rejects.toThrow(ForeignRecord);
    expect(await run(seed)).toBe('already seeded');
    expect(await store.peopleOf('member')).toHaveLength(2);
  });

  test('R2: the rota is of the week, Monday 09:00 in the desk’s zone; the shift that runs begins now', async () => {
    await run(seed);

    const rota = await store.rota();
    expect(rota?.shifts).toHaveLength(4);
    expect(rota?.shifts[0]).toMatchObject({
      member: 'p-ada@desk.example',
      start: now,
      end: '2026-11-30T08:00:00.000Z',
    });
    expect(rota?.shifts[1]?.member).toBe('p-bao@desk.example');
    // The first on duty is told like everyone after them.
    expect((await store.due(now)).items).toMatchObject([{ partition: 'ROTA', dueAt: now }]);
  });

  test('R2: of a rota that is configured to have begun long ago, only what is not over is taken', async () => {
    await run({ ...seed, rota: { shiftDays: 7, shifts: 4, from: '2026-11-09T09:00' } });

    expect((await store.rota())?.shifts.map(({ start, end }) => [start, end])).toEqual([
      [now, '2026-11-30T08:00:00.000Z'],
      ['2026-11-30T08:00:00.000Z', '2026-12-07T08:00:00.000Z'],
    ]);
  });

  test('keeps the contact table by ids, not by addresses', async () => {
    await run(seed);

    expect(await store.mark(contactsMark)).toEqual({ 'org/repo': ['p-cleo@desk.example'] });
  });

  test('is done once: the table wins afterwards', async () => {
    await run(seed);
    const stranger = { ...seed, members: [{ address: 'eve@desk.example' }] };

    expect(await run(stranger)).toBe('already seeded');

    expect(await store.person('p-eve@desk.example')).toBeUndefined();
    expect(await store.peopleOf('member')).toHaveLength(2);
  });

  test.each([0, 1, 2, 3, 4])(
    'is finished by the next run where one was cut off after %i commits',
    async (survived) => {
      let commits = 0;
      const cut: SeedDeps['store'] = {
        mark: (name) => store.mark(name),
        setMark: (name, value) => store.setMark(name, value),
        peopleOf: (role) => store.peopleOf(role),
        commit: (commit) => {
          commits += 1;
          return commits > survived ? Promise.reject(new Error('power cut')) : store.commit(commit);
        },
      };
      await expect(seedDesk({ store: cut, clock, pseudonym })(seed)).rejects.toThrow('power cut');

      expect(await run(seed)).toBe('seeded');

      expect(await store.peopleOf('member')).toHaveLength(2);
      expect(await store.peopleOf('maintainer')).toHaveLength(5);
      expect((await store.rota())?.shifts).toHaveLength(4);
    },
  );

  test('takes what the configuration gives', async () => {
    const parsed = seedSchema.parse(seedOf(configured()).seed);
    expect(await run(parsed)).toBe('seeded');
    expect(await store.peopleOf('member')).toHaveLength(configured().members.length);
  });
});
