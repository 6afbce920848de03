import { beforeEach, describe, expect, test } from 'vitest';
import { releaseDeadline } from '../../functions/release-deadline/release-deadline.ts';
import { at, TestDesk } from '../remind-maintainers/desk.ts';

const id = 'EDX-2026-0001';
const T = at('2026-03-12 15:00');
const input = { disclosure: id, name: 'release-time', at: T };
const member = { kind: 'member', person: 'p-ann' } as const;

let desk: TestDesk;
let fire: ReturnType<typeof releaseDeadline>;
beforeEach(async () => {
  desk = new TestDesk();
  desk.go('2026-03-02 08:00');
  await desk.rota(['p-ann', '2026-03-02 09:00', '2026-04-09 09:00']);
  fire = releaseDeadline({ ...desk, log: () => undefined, pause: async () => desk.go('2026-03-12 15:00') });
  await desk.notified('2026-03-02 10:00', id, 'high');
  await desk.command(id, {
    name: 'record-advisory',
    repository: 'openedx/lms',
    advisory: { ghsa: 'GHSA-2222-2222-2222', url: 'https://github.example/a', state: 'draft' },
  });
  await desk.command(id, { name: 'propose-release', at: T }, member);
  await desk.command(id, { name: 'confirm-release', at: T, reason: 'all agreed by phone' }, member);
  await desk.command(id, {
    name: 'see-announcement',
    url: 'https://forum.example/t/1',
    topic: 1,
    visibleAt: at('2026-03-09 10:00'),
    established: 'linked',
  });
  desk.forgetLetters();
});

describe('R16: the announced time', () => {
  test('R16: at T the maintainers are asked for the branches, once, whether schedule or sweep comes first', async () => {
    desk.go('2026-03-12 15:00');

    const fired = await fire(input);
    const again = await fire(input);
    await desk.sweep({});

    expect([fired, again]).toEqual([{ outcome: 'done' }, { outcome: 'repeated' }]);
    expect(desk.letters('release-time').map(({ params }) => [params.at, params.branches])).toEqual([
      [T, ['main', 'release/verawood']],
    ]);
  });

  test('a schedule that fires early does nothing, and the sweep finds the deadline in its time', async () => {
    desk.go('2026-03-12 14:58');

    const early = await fire(input);
    const before = desk.letters('release-time').length;
    await desk.run('2026-03-12 15:00');

    expect(early).toEqual({ outcome: 'early' });
    expect(before).toBe(0);
    expect(desk.letters('release-time')).toHaveLength(1);
  });

  test('a release instant that is moved away and back is told again', async () => {
    desk.go('2026-03-09 15:00');
    const told = () => desk.letters('release-time').length;
    const other = at('2026-03-19 15:00');
    for (const instant of [other, T]) {
      await desk.command(id, { name: 'propose-release', at: instant }, member);
      await desk.command(id, { name: 'confirm-release', at: instant, reason: 'moved' }, member);
    }

    await desk.run('2026-03-12 15:15');

    expect(told()).toBe(1);
    expect((await desk.store.due(desk.clock.now())).items).toEqual([]);
  });
});
