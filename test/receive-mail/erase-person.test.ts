import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { firstBreak } from '#commit/chain.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { erasePerson } from '#commit/erase-person.ts';
import type { Command } from '#domain/commands.ts';
import { Refused } from '#domain/errors.ts';
import { day } from '#domain/instant.ts';
import { MailRoom, parser, rawMail } from './mail-room.ts';

afterAll(() => parser.close());

const reporter = 'reporter@people.example';
const reference = 'EDX-2026-0001';
let room: MailRoom;
let id: string;
beforeEach(async () => {
  room = new MailRoom();
  id = room.signer.pseudonym(reporter);
  await room.enrol('ada@openedx.example', 'member', true);
  await room.take(rawMail({}));
  await room.deliverAll();
});

const erase = (person = id) => {
  const { store, archive, clock, settings } = room;
  const commit = commitCommand({ store, clock, settings });
  return erasePerson({ store, archive, clock, commit, tracesOf: (of) => store.tracesOf(of) }, person);
};
let causes = 0;
const give = (command: Command, actor: 'member' | 'reporter') =>
  commitCommand(room)({
    disclosure: reference,
    command,
    actor: {
      kind: actor,
      person: actor === 'member' ? room.signer.pseudonym('ada@openedx.example') : id,
    },
    cause: `act-${++causes}`,
  });
const end = () => give({ name: 'mark-spam' }, 'member');
const traces = () =>
  [...room.store.everything().matchAll(/reporter@people\.example|Rhea|Porter|course outline/g)].map(String);

describe('A8: one person is erased on request', () => {
  test('nothing of them is left in the record, and every chain is whole', async () => {
    await give({ name: 'choose-credit', credit: { choice: 'name', as: 'Rhea Porter' } }, 'reporter');
    const before = traces();
    await end();

    const erasure = await erase();

    expect(before.length).toBeGreaterThan(3);
    expect(traces()).toEqual([]);
    expect(erasure).toEqual({ disclosures: 1, mails: 1, kept: [] });
    expect(await room.store.person(id)).toEqual({ id, version: 2, address: '', roles: [], epoch: 2 });
    for (const partition of [`PERSON#${id}`, `DISC#${reference}`, 'INTAKE#mail-1'] as const) {
      const events = await room.store.events(partition);
      expect(events.length).toBeGreaterThan(0);
      expect(firstBreak(events), partition).toBeUndefined();
    }
  });

  test('their mail and the texts to and from them are deleted once the disclosure has ended', async () => {
    const text = await room.archive.putText('Dear Rhea');
    const added = await room.archive.putText('I am Rhea');
    const other = await room.archive.putText('Somebody else’s');
    await give({ name: 'reply-to-reporter', text }, 'member');
    await give({ name: 'add-text', text: added }, 'reporter');

    const open = await erase();
    const kept = room.archive.keys();
    await end();
    const ended = await erase();

    expect(open.kept).toEqual([reference]);
    expect(kept).toContain('mail/2026/03/mail-1');
    expect(kept).toContain(added.key);
    expect(ended.kept).toEqual([]);
    expect(room.archive.keys()).toEqual([other.key]);
  });

  test('letters to them are skipped, and their links are dead', async () => {
    const text = await room.archive.putText('A reply');
    await give({ name: 'reply-to-reporter', text }, 'member');
    const sent = room.sent.length;

    await erase();
    await room.deliverAll();

    const event = (await room.store.events(`DISC#${reference}`)).find(
      ({ type }) => type === 'reply-to-reporter',
    );
    expect(room.sent).toHaveLength(sent);
    expect(event?.delivery.L0).toMatchObject({ state: 'skipped', why: 'no recipient' });
    expect((await room.store.person(id))?.epoch).toBe(2);
  });

  test('who writes again is known again, and is answered', async () => {
    await end();
    await erase();
    room.clock.advance(3 * day);

    await room.take(rawMail({ 'Message-ID': '<two@people.example>' }, 'Another flaw.\n'));
    await room.deliverAll();

    expect(await room.store.person(id)).toMatchObject({ version: 3, address: reporter, epoch: 2 });
    expect(room.acknowledgements.at(-1)?.to).toBe(reporter);
  });

  test('done again it does nothing twice', async () => {
    await end();
    await erase();
    const once = room.store.everything();

    await erase();

    expect(room.store.everything()).toBe(once);
  });

  test('they are no recorded person of a group any more', async () => {
    const address = 'crew@maintainers.example';
    const crew = room.signer.pseudonym(address);
    await room.store.commit({
      writes: [
        {
          put: 'person',
          item: {
            id: crew,
            version: 1,
            address,
            roles: ['maintainer'],
            epoch: 1,
            group: { people: [id, 'p-other'] },
          },
          expect: 0,
        },
      ],
      event: {
        partition: `PERSON#${crew}`,
        cause: 'prepared',
        type: 'prepared',
        actor: 'desk',
        at: room.clock.now(),
        data: {},
        letters: [],
        signals: [],
        correlation: 'test',
      },
    });
    await end();

    await erase();
    await erase();

    expect((await room.store.person(crew))?.group).toEqual({ people: ['p-other'] });
    expect((await room.store.events(`PERSON#${crew}`)).map(({ type }) => type)).toEqual([
      'prepared',
      'remove-person',
    ]);
  });

  test('a member, an unknown id, and the only maintainer of an open entry are refused', async () => {
    const mia = await room.enrol('mia@maintainers.example', 'maintainer');
    const max = await room.enrol('max@maintainers.example', 'maintainer');
    const text = await room.archive.putText('x');
    await give(
      {
        name: 'accept',
        title: 'A flaw',
        description: text,
        repositories: [{ repository: 'openedx/one', ecosystem: 'pip' }],
        vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
        reply: text,
      },
      'member',
    );
    const maintained = (people: readonly string[]) =>
      give(
        {
          name: 'name-maintainer',
          repository: 'openedx/one',
          maintainer: { id: `owners:${people.join(',')}`, people, source: 'member' },
          reason: 'they own it',
        },
        'member',
      );
    await maintained([mia]);

    await expect(erase(mia)).rejects.toThrow('They are the only maintainer of openedx/one');
    await expect(erase(room.signer.pseudonym('ada@openedx.example'))).rejects.toThrow(
      'a member of the working group',
    );
    await expect(erase('p-nobody')).rejects.toBeInstanceOf(Refused);
    await maintained([mia, max]);
    expect(await erase(mia)).toMatchObject({ disclosures: 0, mails: 0 });
  });
});
