import { describe, expect, test } from 'vitest';
import { day, hour } from '#domain/instant.ts';
import { standing } from '#domain/standing.ts';
import { Case, deskActor, discourseActor, maintainer, policy } from '../support/desk-situation.ts';

const of = ({ disclosure, now }: Case) => standing(disclosure, now, policy);

describe('what a page says of the clocks that run', () => {
  test('A1: the promised answer, from its half on as warned, then as missed', () => {
    const it = new Case();

    expect(of(it)).toEqual({ response: 'open' });
    expect(of(it.wait(day + hour)).response).toBe('warned');
    expect(of(it.wait(2 * day)).response).toBe('missed');
  });

  test('A2: the cap, while the embargo holds', () => {
    const it = new Case().advised();

    expect(of(it).cap).toBe('running');
    expect(of(it.wait(80 * day)).cap).toBe('near');
    expect(of(it.wait(11 * day)).cap).toBe('reached');
    expect(of(new Case().merged()).cap).toBeUndefined();
  });

  test('R15: the announcement, from the proposal of an instant to the first merge', () => {
    const it = new Case().advised();
    it.do(maintainer, { name: 'propose-release', at: new Date(Date.parse(it.now) + 6 * day).toISOString() });

    expect(of(it).announcement).toBe('awaited');
    expect(of(it.wait(3 * day)).announcement).toBe('asked');
    expect(of(it.wait(day + 1)).announcement).toBe('too-late');
    expect(of(new Case().announced()).announcement).toBe('stands');
    expect(of(new Case().merged()).announcement).toBeUndefined();
  });

  test('R17: the two hours, from the first merge to advisory and reply', () => {
    const it = new Case().merged();
    const running = of(it).window;
    const overdue = of(new Case().merged().wait(3 * hour)).window;
    it.wait(hour).do(deskActor, { name: 'see-advisory', repository: 'openedx/one', state: 'published' });
    it.do(discourseActor, { name: 'see-reply', url: 'https://forum.test/t/1/2', visibleAt: it.now });

    expect(running).toMatchObject({ state: 'running', exposedAt: it.disclosure.mergedAt });
    expect(overdue?.state).toBe('overdue');
    expect(of(it).window?.state).toBe('met');
    expect(of(new Case().announced()).window).toBeUndefined();
  });
});
