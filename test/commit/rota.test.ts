import { beforeEach, describe, expect, test } from 'vitest';
import { firstBreak } from '#commit/chain.ts';
import { commitBatch } from '#commit/postpone.ts';
import { commitRota, feedHash, feedOpens, readFeed } from '#commit/rota.ts';
import type { RotaAct } from '#commit/rota-acts.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { at, TestDesk, text } from '../remind-maintainers/desk.ts';

let desk: TestDesk;
let causes: number;
beforeEach(async () => {
  desk = new TestDesk();
  causes = 0;
  desk.go('2026-03-02 08:00');
  for (const [id, name] of [
    ['p-ann', 'Ann'],
    ['p-ben', 'Ben'],
    ['p-cleo', 'Cleo'],
  ] as const)
    await desk.person(id, { name });
});

const act = (by: string, rotaAct: RotaAct, more = {}) =>
  commitRota(desk)({ act: rotaAct, by, cause: `link-${causes++}`, ...more });
const generate = (members = ['p-ann', 'p-ben', 'p-cleo']) =>
  act('p-ann', {
    name: 'generate-shifts',
    members,
    start: at('2026-03-02 09:00'),
    length: { days: 7 },
    until: at('2026-03-30 09:00'),
    zone: 'UTC',
  });

describe('R2: the rota', () => {
  test('R2: shifts are generated round-robin, and each begins with a letter when the sweep gets there', async () => {
    const { rota } = await generate();
    await desk.run('2026-03-16 09:00');

    expect(rota.shifts.map(({ member, start }) => [member, start])).toEqual([
      ['p-ann', at('2026-03-02 09:00')],
      ['p-ben', at('2026-03-09 09:00')],
      ['p-cleo', at('2026-03-16 09:00')],
      ['p-ann', at('2026-03-23 09:00')],
    ]);
    expect(desk.letters('shift-begins').map(({ to }) => to)).toEqual([
      { person: 'p-ann' },
      { person: 'p-ben' },
      { person: 'p-cleo' },
    ]);
  });

  test('shifts that are generated again give way to the new ones, and their open offers with them', async () => {
    const { rota } = await generate();
    const [first] = rota.shifts;
    await act('p-ann', { name: 'propose-swap', shift: first?.id ?? '', to: 'p-ben' });

    const again = await generate(['p-cleo']);

    expect(again.rota.shifts.map(({ member }) => member)).toEqual(['p-cleo', 'p-cleo', 'p-cleo', 'p-cleo']);
    expect(again.rota.swaps.map(({ state }) => state)).toEqual(['withdrawn']);
  });

  test('a swap is offered by letter; accepted, the rest of the running shift changes hands at once', async () => {
    const { rota } = await generate();
    const proposed = await act('p-ann', {
      name: 'propose-swap',
      shift: rota.shifts[0]?.id ?? '',
      to: 'p-ben',
    });
    const swap = proposed.rota.swaps[0]?.id ?? '';
    desk.go('2026-03-04 10:00');

    const { rota: swapped } = await act('p-ben', { name: 'answer-swap', swap, answer: 'accepted' });
    await desk.sweepAt('2026-03-04 10:15');

    expect(desk.letters('swap-proposed').map(({ to, params }) => [to, params.by])).toEqual([
      [{ person: 'p-ben' }, 'p-ann'],
    ]);
    expect(desk.letters('swap-answered').map(({ to, params }) => [to, params.accepted])).toEqual([
      [{ person: 'p-ann' }, true],
    ]);
    expect(swapped.shifts.slice(0, 2).map(({ member, start, end }) => [member, start, end])).toEqual([
      ['p-ann', at('2026-03-02 09:00'), at('2026-03-04 10:00')],
      ['p-ben', at('2026-03-04 10:00'), at('2026-03-09 09:00')],
    ]);
    // The handover that the swap made is told like any other.
    expect(desk.letters('shift-begins').at(-1)).toMatchObject({
      to: { person: 'p-ben' },
      params: { from: at('2026-03-04 10:00') },
    });
  });

  test('what fell due before an edit is still done after it', async () => {
    await generate();
    desk.go('2026-03-09 09:05');

    await act('p-cleo', { name: 'revoke-feed', of: 'p-cleo' });
    await desk.sweepAt('2026-03-09 09:15');

    expect(desk.letters('shift-begins').map(({ to }) => to)).toContainEqual({ person: 'p-ben' });
  });

  test('the same link used twice answers with the first result; another revision is a conflict', async () => {
    const { rota } = await generate();
    const cause = 'link-used-twice';
    const shift = rota.shifts[3]?.id ?? '';

    const [first, second] = [
      await act('p-ben', { name: 'remove-shift', shift }, { cause }),
      await act('p-ben', { name: 'remove-shift', shift }, { cause }),
    ];

    expect([first.outcome, second.outcome]).toEqual(['done', 'repeated']);
    expect(second.rota).toEqual(first.rota);
    await expect(
      act('p-ben', { name: 'revoke-feed', of: 'p-ben' }, { expectVersion: rota.version }),
    ).rejects.toBeInstanceOf(VersionConflict);
    expect(firstBreak(await desk.store.events('ROTA'))).toBeUndefined();
  });

  test('nobody but a member changes it', async () => {
    await generate();
    await desk.person('p-vic', { roles: ['volunteer'], member: undefined });

    await expect(act('p-vic', { name: 'revoke-feed', of: 'p-vic' })).rejects.toMatchObject({ rule: 'R2' });
  });
});

describe('handover', () => {
  test('acknowledged within a day, nobody is told; the outgoing member adds notes', async () => {
    await generate();
    await desk.run('2026-03-09 10:00');
    const handover = at('2026-03-09 09:00');

    await act('p-ben', { name: 'acknowledge-handover', at: handover });
    const { rota } = await act('p-ann', { name: 'note-handover', at: handover, text });
    await desk.run('2026-03-11 00:00');

    expect(rota.notes).toEqual([{ at: handover, by: 'p-ann', text }]);
    expect(rota.acknowledgements).toEqual([
      { at: handover, member: 'p-ben', acknowledgedAt: at('2026-03-09 10:00') },
    ]);
    const told = desk.letters('handover-unacknowledged').map(({ params }) => params.who);
    expect(new Set(told)).toEqual(new Set(['p-ann']));
  });

  test('nobody acknowledges or writes notes for another', async () => {
    await generate();
    desk.go('2026-03-09 10:00');
    const handover = at('2026-03-09 09:00');

    await expect(act('p-cleo', { name: 'acknowledge-handover', at: handover })).rejects.toMatchObject({
      name: 'Refused',
    });
    await expect(act('p-cleo', { name: 'note-handover', at: handover, text })).rejects.toMatchObject({
      name: 'Refused',
    });
  });
});

describe('calendar feeds', () => {
  test('a feed opens by its secret alone, until it is revoked; only the hash is kept', async () => {
    await generate();
    const secret = 'k3yk3yk3yk3yk3yk3yk3yk3y';
    await act('p-ben', { name: 'issue-feed', of: 'p-ben', sha256: feedHash(secret) });

    const mine = await readFeed(desk, 'p-ben', secret);
    const wrong = await readFeed(desk, 'p-ben', `${secret}x`);
    const others = await readFeed(desk, 'working-group', secret);
    const { rota } = await act('p-ben', { name: 'revoke-feed', of: 'p-ben' });

    expect(mine?.match(/SUMMARY:.*/g)).toEqual(['SUMMARY:On duty: Ben']);
    expect([wrong, others]).toEqual([undefined, undefined]);
    expect(feedOpens(rota, 'p-ben', secret)).toBe(false);
    expect(JSON.stringify(await desk.store.events('ROTA'))).not.toContain(secret);
  });

  test('another member’s feed is not mine to issue', async () => {
    await generate();
    const issue = act('p-ben', { name: 'issue-feed', of: 'p-ann', sha256: feedHash('x') });
    await expect(issue).rejects.toMatchObject({ name: 'Refused' });
  });
});

describe('R9: postponing a batch, and adding a note', () => {
  const maintainer = 'team:openedx/lms';
  const batch = (by: string, batchAct: Parameters<ReturnType<typeof commitBatch>>[0]['act']) =>
    commitBatch(desk)({ maintainer, frequency: 'monthly', act: batchAct, by, cause: `link-${causes++}` });

  beforeEach(async () => {
    await generate();
    await desk.notified('2026-02-10 10:00', 'EDX-2026-0001', 'high', maintainer);
    desk.go('2026-03-09 12:00');
  });

  test('R9: the postponed batch goes out at its new instant, with the note, and counts from there', async () => {
    const until = at('2026-03-12 15:00');
    await batch('p-ben', { name: 'note-batch', text });
    await batch('p-ben', { name: 'postpone-batch', until, reason: 'release week' });
    await desk.run('2026-03-13 00:00');

    const sent = desk.letters('reminder');

    expect(
      sent.map(({ event, params }) => [event.data.sendingInstant, event.data.nextDue, params.note]),
    ).toEqual([[until, at('2026-04-12 15:00'), text]]);
    const group = await desk.store.group(maintainer, 'monthly');
    expect(group?.note).toBeUndefined();
    expect(firstBreak(await desk.store.events(`GROUP#${maintainer}#monthly`))).toBeUndefined();
  });

  test('R9: once, with a reason, at most 7 days', async () => {
    const postpone = (until: string, reason = 'busy') =>
      batch('p-ben', { name: 'postpone-batch', until: at(until), reason });

    await expect(postpone('2026-03-17 10:01')).rejects.toMatchObject({ rule: 'R9', field: 'until' });
    await expect(postpone('2026-03-12 10:00', ' ')).rejects.toMatchObject({ rule: 'R9', field: 'reason' });
    await postpone('2026-03-17 10:00');
    await expect(postpone('2026-03-16 10:00')).rejects.toMatchObject({ rule: 'R9' });
  });

  test('R9: by whoever is on duty, not by another', async () => {
    const wish = { name: 'postpone-batch', until: at('2026-03-12 10:00'), reason: 'busy' } as const;

    await expect(batch('p-cleo', wish)).rejects.toMatchObject({ rule: 'R9' });
  });
});
