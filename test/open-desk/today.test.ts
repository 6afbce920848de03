import { beforeEach, describe, expect, it } from 'vitest';
import type { DutyRecord } from '#domain/handover.ts';
import { day, plus } from '#domain/instant.ts';
import { canaries, Desk, formsOf, untouched, type Visitor } from './desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  await desk.seed();
});

/** Mo's shift has ended an hour ago and Max's has begun; Mo's next one follows it after a gap of a day. */
async function seedRota(): Promise<DutyRecord> {
  const [mo, max] = [desk.who('mo').id, desk.who('max').id];
  const turn = plus(desk.now, -3_600_000);
  const rota: DutyRecord = {
    version: 1,
    shifts: [
      { id: 's1', member: mo, start: plus(turn, -7 * day), end: turn, zone: 'UTC' },
      { id: 's2', member: max, start: turn, end: plus(turn, 7 * day), zone: 'UTC' },
      { id: 's3', member: mo, start: plus(turn, 8 * day), end: plus(turn, 15 * day), zone: 'UTC' },
    ],
    swaps: [],
    acknowledgements: [],
  };
  await desk.store.commit({
    writes: [{ put: 'rota', item: rota, expect: 0, due: undefined }],
    event: desk.event('ROTA', 'seed', 'generate-shifts'),
  });
  return rota;
}

const member = (name: string): Promise<Visitor> => desk.as(name, 'member', 'desk');
const rotaNow = async (): Promise<DutyRecord> => {
  const rota = await desk.store.rota();
  if (!rota) throw new Error('there is no rota');
  return rota;
};

/** Opens a form of the rota, fills it and sends it. */
async function fill(visitor: Visitor, form: string, values: Record<string, string>, query = '') {
  const page = await visitor.text(`/desk/rota/${form}${query}`);
  return visitor.submit(page, `/desk/rota/${form}`, values);
}

describe('Today', () => {
  it('says who is on duty, draws the rota with its gap, and lists the case nobody took up', async () => {
    await seedRota();
    const max = await member('max');

    const page = await max.text('/desk/today');

    expect(page).toContain('On duty: <strong>Max Member</strong>');
    expect(page).toContain('class="gap"');
    expect(page).toContain('nobody is on duty');
    expect(page).toContain('you are on duty, nobody has taken it up');
    expect(page).toContain('it should have 6 to 7');
  });

  it('tells nobody but members: neither a maintainer, a reporter, nor a member’s link to one case', async () => {
    await seedRota();
    const others = [
      await desk.as('mia', 'maintainer'),
      await desk.as('canary-reporter', 'reporter'),
      await desk.as('mo', 'member'),
    ];

    const answers = await Promise.all(others.map((each) => each.get('/desk/today')));

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  it('shows no words of a report, and no reporter', async () => {
    await seedRota();
    const max = await member('max');

    const page = `${await max.text('/desk/today')}${await max.text('/desk/rota')}`;

    for (const canary of [canaries.report, canaries.subject, canaries.reporterAddress, canaries.reporterName])
      expect(page).not.toContain(canary);
  });

  it('is changed by no button that somebody only presses, and by no GET', async () => {
    await seedRota();
    const max = await member('max');
    await fill(await member('mo'), 'propose-swap', { shift: 's3', to: desk.who('max').id });
    const before = JSON.stringify(await rotaNow());
    const swap = encodeURIComponent((await rotaNow()).swaps[0]?.id ?? '');
    const forms = [
      'put-shift',
      'remove-shift',
      'generate-shifts',
      'propose-swap',
      'issue-feed',
      'revoke-feed',
    ];
    const paths = [
      '/desk/today',
      '/desk/rota',
      `/desk/rota/answer-swap?swap=${swap}`,
      ...forms.map((form) => `/desk/rota/${form}`),
    ];

    for (const path of paths)
      for (const { action, body } of formsOf(await max.text(path)))
        expect((await desk.post(action, untouched(body), max.cookie)).status).toBe(422);

    expect(JSON.stringify(await rotaNow())).toBe(before);
  });
});

describe('the handover', () => {
  it('is acknowledged by the incoming member on Today, once', async () => {
    const rota = await seedRota();
    const max = await member('max');
    const page = await max.text('/desk/today');

    const action = '/desk/rota/acknowledge-handover';
    const first = await max.submit(page, action, { sure: 'yes' });
    const again = await max.submit(page, action, { sure: 'yes' });

    expect([first.status, again.status]).toEqual([303, 303]);
    expect((await rotaNow()).acknowledgements).toEqual([
      { at: rota.shifts[1]?.start, member: desk.who('max').id, acknowledgedAt: desk.now },
    ]);
    const after = await max.text(first.headers.get('location') ?? '');
    expect(after).toContain('You acknowledged the handover.');
    expect(after).not.toContain('Acknowledge the handover</button>');
  });

  it('is not acknowledged by anybody else: the rule is named', async () => {
    const rota = await seedRota();
    const mo = await member('mo');
    const at = rota.shifts[1]?.start ?? '';

    const answer = await fill(mo, 'acknowledge-handover', { sure: 'yes' }, `?at=${at}`);

    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('Another member takes over here.');
  });

  it('carries the outgoing member’s notes, kept outside the record', async () => {
    const rota = await seedRota();
    const at = rota.shifts[1]?.start ?? '';

    const kept = await fill(await member('mo'), 'note-handover', { text: 'Call Mia on Monday' }, `?at=${at}`);
    const refused = await fill(await member('max'), 'note-handover', { text: 'Not mine' }, `?at=${at}`);

    expect([kept.status, refused.status]).toEqual([303, 422]);
    expect(await (await member('max')).text('/desk/today')).toContain('Call Mia on Monday');
    expect(JSON.stringify(await desk.store.events('ROTA'))).not.toContain('Call Mia');
    expect(desk.archive.keys()).toHaveLength(1);
  });
});

describe('a form of the rota', () => {
  it('made on an older revision is shown again, and nothing changes', async () => {
    await seedRota();
    const mo = await member('mo');
    const page = await mo.text('/desk/rota/remove-shift');
    await fill(await member('max'), 'remove-shift', { shift: 's3', sure: 'yes' });

    const late = await mo.submit(page, '/desk/rota/remove-shift', { shift: 's2', sure: 'yes' });

    expect(late.status).toBe(409);
    expect(await late.text()).toContain('Somebody else changed it meanwhile');
    expect((await rotaNow()).shifts.map(({ id }) => id)).toEqual(['s1', 's2']);
  });

  it('of a member who has left since is refused', async () => {
    await seedRota();
    const mo = await member('mo');
    const page = await mo.text('/desk/rota/remove-shift');
    const person = await desk.store.person(desk.who('mo').id);
    if (!person) throw new Error('Mo is gone');
    await desk.store.commit({
      writes: [{ put: 'person', item: { ...person, member: 'left', epoch: 2, version: 2 }, expect: 1 }],
      event: desk.event(`PERSON#${person.id}`, 'leave', 'leave'),
    });

    const late = await mo.submit(page, '/desk/rota/remove-shift', { shift: 's2', sure: 'yes' });

    expect(late.status).toBe(401);
    expect((await rotaNow()).version).toBe(1);
  });

  it('from another site is refused', async () => {
    await seedRota();
    const mo = await member('mo');

    const answer = await desk.post('/desk/rota/remove-shift', { shift: 's2', sure: 'yes' }, mo.cookie, {
      origin: 'https://evil.example',
    });

    expect(answer.status).toBe(403);
    expect((await rotaNow()).version).toBe(1);
  });
});
