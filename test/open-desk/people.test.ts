import { beforeEach, describe, expect, it } from 'vitest';
import { Desk, type Visitor } from './desk.ts';

let desk: Desk;
let mo: Visitor;
beforeEach(async () => {
  desk = new Desk();
  await desk.seed();
  mo = await desk.as('mo', 'member', 'desk');
});

const ivy = 'ivy@openedx.example';

async function fill(visitor: Visitor, form: string, values: Record<string, string>, query = '') {
  const page = await visitor.text(`/desk/members/${form}${query}`);
  return visitor.submit(page, `/desk/members/${form}`, values);
}

/** Invites Ivy, and opens the link of her invitation as the mail has it. */
async function invited(): Promise<Visitor> {
  await fill(mo, 'invite', { address: ivy, name: 'Ivy', sure: 'yes' });
  const id = desk.signer.pseudonym(ivy);
  const person = await desk.store.person(id);
  const [event] = await desk.store.events(`PERSON#${id}`);
  const about = event?.letters[0]?.about;
  if (!person || !about) throw new Error('nobody was invited');
  desk.people.ivy = person;
  return desk.as('ivy', 'member', about);
}

describe('membership (R23)', () => {
  it('warns outside six to seven members, and lists who is one', async () => {
    const page = await mo.text('/desk/members');

    expect(page).toContain('it should have 6 to 7');
    expect(page).toContain('Mo Member');
    expect(page).not.toContain('canary-reporter@example.org');
  });

  it('an invited person opens the page of the invitation and nothing else', async () => {
    const visitor = await invited();

    const own = await visitor.get();
    const others = await Promise.all(
      ['/desk/today', '/desk/rota', '/desk/members', '/d/EDX-2026-0001', '/i/mail-1'].map((path) =>
        visitor.get(path),
      ),
    );

    expect(visitor.path).toBe('/invitation');
    expect(own.status).toBe(200);
    expect(others.map(({ status }) => status)).toEqual([401, 401, 401, 401, 404]);
    expect(await visitor.text('/desk')).toContain('Mail me a sign-in link');
  });

  it('an invited person’s link to anything else is dead', async () => {
    await invited();

    const answer = await desk.post('/a', { token: desk.link(desk.who('ivy'), 'member', 'desk') });

    expect(answer.status).toBe(410);
  });

  it('the invited person accepts, with a tick of their own, once', async () => {
    const visitor = await invited();
    const page = await visitor.text();

    const untouched = await visitor.submit(page, '/invitation', {});
    const accepted = await visitor.submit(page, '/invitation', { sure: 'yes' });
    const again = await visitor.submit(page, '/invitation', { sure: 'yes' });

    expect([untouched.status, accepted.status, again.status]).toEqual([422, 303, 303]);
    expect((await desk.store.person(desk.who('ivy').id))?.member).toBe('active');
    expect(await visitor.text('/invitation')).toContain('You are a member of the');
  });

  it('records who supports a volunteer, with the words outside the record', async () => {
    await invited();
    const person = desk.who('ivy').id;

    const answer = await fill(
      mo,
      'record-support',
      { supporter: 'mia@openedx.example', note: 'Said so in the forum' },
      `?person=${person}`,
    );

    expect(answer.status).toBe(303);
    const page = await mo.text(answer.headers.get('location') ?? '');
    expect(page).toContain('The support was recorded.');
    expect(page).toContain('<strong>Mia Maintainer</strong>: Said so in the forum');
    expect(JSON.stringify(await desk.store.events(`PERSON#${person}`))).not.toContain('Said so');
  });

  it('a member goes away and comes back', async () => {
    const person = desk.who('max').id;

    await fill(mo, 'go-away', { sure: 'yes' }, `?person=${person}`);
    const away = await desk.store.person(person);
    await fill(mo, 'come-back', { sure: 'yes' }, `?person=${person}`);

    expect(away?.member).toBe('away');
    expect((await desk.store.person(person))?.member).toBe('active');
  });

  it('removing another member needs a reason, and their sessions die at once', async () => {
    const max = await desk.as('max', 'member', 'desk');
    const person = `?person=${desk.who('max').id}`;

    const without = await fill(mo, 'leave', { sure: 'yes' }, person);
    const before = await max.get('/desk/today');
    const removed = await fill(mo, 'leave', { sure: 'yes', reason: 'Asked to go' }, person);

    expect([without.status, before.status, removed.status]).toEqual([422, 200, 303]);
    expect(await without.text()).toContain('Removing a member needs a reason.');
    expect((await max.get('/desk/today')).status).toBe(401);
  });

  it('whoever leaves is told so, and opens nothing any more', async () => {
    const left = await fill(mo, 'leave', { sure: 'yes' }, `?person=${desk.who('mo').id}`);

    expect(await left.text()).toContain('You have left the working group');
    expect((await mo.get('/desk/members')).status).toBe(401);
  });

  it('no form shows a reporter or a maintainer by guessing their id', async () => {
    const ids = [desk.who('mia').id, desk.who('canary-reporter').id];

    const answers = await Promise.all(ids.map((id) => mo.get(`/desk/members/record-support?person=${id}`)));

    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });
});
