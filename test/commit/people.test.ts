import { beforeEach, describe, expect, test } from 'vitest';
import { commitMembership } from '#commit/people.ts';
import type { MemberAct } from '#commit/people-acts.ts';
import { ActorInactive } from '#contracts/store-errors.ts';
import { at, TestDesk } from '../remind-maintainers/desk.ts';

let desk: TestDesk;
let causes: number;
beforeEach(async () => {
  desk = new TestDesk();
  causes = 0;
  desk.go('2026-03-02 08:00');
  await desk.rota(
    ['p-ann', '2026-03-02 09:00', '2026-03-09 09:00'],
    ['p-ben', '2026-03-09 09:00', '2026-03-16 09:00'],
  );
});

const act = (
  by: string,
  person: string,
  memberAct: MemberAct,
  checks?: { person: string; epoch: number }[],
) => commitMembership(desk)({ person, act: memberAct, by, cause: `link-${causes++}`, checks });

describe('R23: membership', () => {
  test('R23: by invitation, with the support recorded before; the invited one accepts', async () => {
    await desk.person('p-dan', { roles: ['volunteer'], member: undefined });

    await act('p-ann', 'p-dan', { name: 'record-support', supporter: 'p-core' });
    const invited = await act('p-ann', 'p-dan', {
      name: 'invite',
      address: 'dan@people.test',
      memberName: 'Dan',
    });
    const accepted = await act('p-dan', 'p-dan', { name: 'accept-invitation' });

    expect(invited.person).toMatchObject({ member: 'invited', roles: ['volunteer', 'member'], name: 'Dan' });
    expect(accepted.person).toMatchObject({ member: 'active' });
    expect(desk.letters('invitation').map(({ to, params }) => [to, params.by])).toEqual([
      [{ person: 'p-dan' }, 'member:p-ann'],
    ]);
    const trail = await desk.store.events('PERSON#p-dan');
    expect(trail.map(({ type, actor, data }) => [type, actor, data])).toEqual([
      ['prepared', 'desk', {}],
      ['record-support', 'member:p-ann', { supporter: 'p-core' }],
      ['invite', 'member:p-ann', {}],
      ['accept-invitation', 'member:p-dan', {}],
    ]);
  });

  test('R23: nobody joins uninvited, accepts for another, or is brought in by a stranger', async () => {
    await desk.person('p-dan', { roles: ['volunteer'], member: undefined });
    const invite: MemberAct = { name: 'invite', address: 'dan@people.test' };

    await expect(act('p-dan', 'p-dan', { name: 'accept-invitation' })).rejects.toMatchObject({ rule: 'R23' });
    await expect(act('p-dan', 'p-dan', invite)).rejects.toMatchObject({ rule: 'R23' });
    await act('p-ann', 'p-dan', invite);
    await expect(act('p-ann', 'p-dan', { name: 'accept-invitation' })).rejects.toMatchObject({ rule: 'R23' });
  });

  test('R23: outside six to seven members there is a warning', async () => {
    const { size } = await act('p-ann', 'p-ann', { name: 'go-away' });
    for (const id of ['p-c', 'p-d', 'p-e', 'p-f']) await desk.person(id);
    const { size: six } = await act('p-ann', 'p-ann', { name: 'come-back' });

    expect(size).toEqual({ members: 2, least: 6, most: 7 });
    expect(six).toBeUndefined();
  });

  test('a removed member’s links die at once, in the very same commit', async () => {
    const { person } = await act('p-ann', 'p-ben', { name: 'leave', reason: 'moved on' });

    const acting = act('p-ann', 'p-ann', { name: 'go-away' }, [{ person: 'p-ben', epoch: 1 }]);

    expect(person).toMatchObject({ member: 'left', roles: [], epoch: 2 });
    await expect(acting).rejects.toBeInstanceOf(ActorInactive);
  });

  test('whoever also maintains goes on as a maintainer, by new links', async () => {
    await desk.person('p-max', { roles: ['member', 'maintainer'] });

    const { person } = await act('p-max', 'p-max', { name: 'leave' });

    expect(person).toMatchObject({ roles: ['maintainer'], epoch: 2 });
    expect(person.member).toBeUndefined();
  });

  test('removing another needs a reason', async () => {
    await expect(act('p-ann', 'p-ben', { name: 'leave' })).rejects.toMatchObject({ field: 'reason' });
  });

  test('shifts and feeds go with the member; who leaves in a shift leaves a gap that everyone hears of', async () => {
    desk.go('2026-03-04 10:00');
    await act('p-ann', 'p-ann', { name: 'leave' });

    const rota = await desk.store.rota();

    expect(rota?.shifts.map(({ member, end }) => [member, end])).toEqual([
      ['p-ann', at('2026-03-04 10:00')],
      ['p-ben', at('2026-03-16 09:00')],
    ]);
    expect(desk.letters('no-one-on-duty').map(({ to, params }) => [to, params.since])).toEqual([
      [{ person: 'p-ben' }, at('2026-03-04 10:00')],
    ]);
    await desk.run('2026-03-09 09:00');
    expect(desk.letters('shift-begins').at(-1)?.to).toEqual({ person: 'p-ben' });
  });

  test('on duty is who the rota says, always: a member who goes away keeps the shift', async () => {
    await act('p-ann', 'p-ann', { name: 'go-away' });
    await desk.notified('2026-02-05 10:00', 'EDX-2026-0001', 'high');
    await desk.run('2026-03-05 10:15');

    expect(desk.letters('reminder').map(({ params }) => params.onDuty)).toEqual(['p-ann']);
  });
});
