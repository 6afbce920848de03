import { beforeEach, describe, expect, it } from 'vitest';
import { contactsMark } from '#contracts/seed.ts';
import { Desk, reference, type Visitor } from './desk.ts';

const team = 'team@openedx.example';
const dora = 'dora@example.org';
const repository = 'openedx/edx-platform';
let desk: Desk;
let mo: Visitor;
let id: string;

beforeEach(async () => {
  desk = new Desk();
  await desk.seed();
  mo = await desk.as('mo', 'member', 'desk');
  // As a former version seeded it: an address, and nothing that says whose it is.
  id = (await desk.addPerson(team, ['maintainer'])).id;
  await desk.store.setMark(contactsMark, { [repository]: [id] });
});

async function fill(form: string, values: Record<string, string>, contact = id) {
  const page = await mo.text(`/desk/contacts/${form}?contact=${contact}`);
  return mo.submit(page, `/desk/contacts/${form}`, values);
}
const record = (name: string, address: string) => fill('record-person', { name, address });
const stored = async (address: string) => desk.store.person(desk.signer.pseudonym(address));

describe('who is behind a maintainer’s address (policy, "Who maintains")', () => {
  it('a contact of a former table is shown as not recorded, with what comes of that', async () => {
    const page = await mo.text('/desk/contacts');

    expect(page).toContain(team);
    expect(page).toContain(repository);
    expect(page).toContain('not recorded');
    expect(page).toContain('what concerns them comes to the working group');
    // Nobody else's record is shown by it.
    expect(page).not.toContain('canary-reporter@example.org');
    expect(page).not.toContain('mia@openedx.example');
  });

  it('a recorded person makes it a group’s, and gets a record of their own; once', async () => {
    const without = await record('', dora);
    const answer = await record('Dora', dora);
    const again = await record('Dora', dora);

    expect([without.status, answer.status, again.status]).toEqual([422, 303, 422]);
    expect(await again.text()).toContain('They are recorded already.');
    const person = await stored(dora);
    expect(person).toMatchObject({ name: 'Dora', address: dora, roles: ['maintainer'] });
    expect((await stored(team))?.group).toEqual({ people: [person?.id] });
    const page = await mo.text(answer.headers.get('location') ?? '');
    expect(page).toContain('They were recorded');
    expect(page).toContain('a group');
    // A8: the event names people by id alone.
    const event = (await desk.store.events(`PERSON#${id}`)).at(-1);
    expect(event).toMatchObject({
      type: 'record-person',
      actor: `member:${desk.who('mo').id}`,
      data: { person: person?.id },
    });
    expect(JSON.stringify(event)).not.toContain('example.org');
  });

  it('a link that the address got before asks who is acting from then on; the person acts, until they are removed', async () => {
    await advised(id);
    const before = await desk.as('team', 'maintainer');
    await record('Dora', dora);
    const person = await stored(dora);
    if (!person) throw new Error('nobody was recorded');
    desk.people.dora = person;
    const own = await desk.as('dora', 'maintainer');

    const asked = await before.text();
    const acted = await own.act('record-ready', { sure: 'yes' });
    await fill('remove-person', { person: person.id, sure: 'yes' });
    const gone = await own.get(`/d/${reference}`);

    expect(asked).toContain('Who is acting?');
    expect(asked).toContain('Dora');
    expect(acted.status).toBe(303);
    expect((await desk.store.events(`DISC#${reference}`)).at(-1)?.actor).toBe(`maintainer:${person.id}`);
    expect(gone.status).toBe(404);
    expect(await before.text()).toContain('No person of this group is recorded yet');
    expect((await stored(team))?.group).toEqual({ people: [] });
  });

  it('a recorded person has a lost link sent again, like anybody who takes part', async () => {
    await advised(id);
    await record('Dora', dora);

    await desk.post('/a/lost', { address: dora, reference });

    expect(desk.written).toMatchObject([
      {
        person: desk.signer.pseudonym(dora),
        letter: { template: 'fresh-link', as: 'maintainer', about: reference },
      },
    ]);
  });

  it('one person’s address gets their name; a group’s with persons is refused that', async () => {
    const answer = await fill('record-individual', { name: 'Tea Mann', github: '@tea' });
    const page = await mo.text('/desk/contacts');
    await record('Dora', dora);
    const refused = await fill('record-individual', { name: 'Tea Mann' });

    expect(answer.status).toBe(303);
    expect(page).toContain('one person');
    expect(page).toContain('Tea Mann');
    expect(await stored(team)).toMatchObject({ name: 'Tea Mann', github: 'tea' });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('It is a group’s address, with recorded persons.');
  });

  it('another group’s address is recorded with its first person', async () => {
    const crew = 'crew@openedx.example';
    const page = await mo.text('/desk/contacts/record-group');
    const said = { name: 'Dora', address: dora };

    const answer = await mo.submit(page, '/desk/contacts/record-group', { group: crew, ...said });
    const itself = await mo.submit(
      await mo.text('/desk/contacts/record-group'),
      '/desk/contacts/record-group',
      { group: crew, name: 'Crew', address: crew },
    );

    expect([answer.status, itself.status]).toEqual([303, 422]);
    expect(await stored(crew)).toMatchObject({
      address: crew,
      roles: ['maintainer'],
      group: { people: [desk.signer.pseudonym(dora)] },
    });
    expect(await mo.text('/desk/contacts')).toContain(crew);
  });

  it.each([
    ['a member’s address', 'max@openedx.example', 'crew-1@x.example', 'is a member’s'],
    ['a group among the persons', 'crew-2@x.example', 'crew@openedx.example', 'is a group’s too'],
  ])('refuses %s', async (_, group, address, why) => {
    await desk.addPerson('crew@openedx.example', ['maintainer'], { group: { people: [] } });
    const page = await mo.text('/desk/contacts/record-group');

    const answer = await mo.submit(page, '/desk/contacts/record-group', { group, name: 'X', address });

    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain(why);
  });

  it('nobody but a signed-in member sees or changes it, and no form shows another’s record', async () => {
    const reporter = await desk.as('canary-reporter', 'reporter');
    const other = desk.who('mia').id;

    const answers = [
      await reporter.get('/desk/contacts'),
      await reporter.get(`/desk/contacts/record-person?contact=${id}`),
      await mo.get(`/desk/contacts/record-person?contact=${other}`),
      await mo.get('/desk/contacts/no-such-form'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 404, 404]);
  });

  it('no maintainer is named by a group’s address without recorded persons', async () => {
    await advised(desk.who('mia').id);
    await desk.addPerson('idle@openedx.example', ['maintainer'], { group: { people: [] } });
    const member = await desk.as('mo', 'member');
    const page = await member.text(`/d/${reference}/name-maintainer?repository=${repository}`);

    const answer = await member.submit(page, `/d/${reference}/name-maintainer`, {
      addresses: 'idle@openedx.example',
      reason: 'They asked for it',
    });

    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('a group’s address without recorded persons');
  });
});

/** The disclosure, with its one repository's maintainer notified. */
async function advised(maintainer: string): Promise<void> {
  const words = { key: 'texts/words', sha256: 'a'.repeat(64) };
  const commit = desk.deps('https://desk.openedx.example').commit;
  await commit({
    disclosure: reference,
    actor: { kind: 'member', person: desk.who('mo').id },
    cause: 'accept',
    command: {
      name: 'accept',
      title: 'A flaw',
      description: words,
      repositories: [{ repository, ecosystem: 'pip' }],
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
      reply: words,
    },
  });
  await commit({
    disclosure: reference,
    actor: { kind: 'desk' },
    cause: 'notify',
    command: {
      name: 'notify-maintainer',
      repository,
      maintainer: { id: `owners:${maintainer}`, people: [maintainer], source: 'contacts' },
    },
  });
}
