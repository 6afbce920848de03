import { beforeEach, describe, expect, it } from 'vitest';
import { makeLinkSigner } from '#adapters/link-signer.ts';
import type { OutgoingMail, StoredEvent } from '#contracts/ports.ts';
import type { Letter } from '#domain/letter.ts';
import type { Person } from '#domain/people.ts';
import { type ComposeDeps, composeLetter } from '../../functions/deliver/compose-letter.ts';
import { recipient, settings } from '../letters/samples.ts';
import { TestClock } from '../support/clock.ts';
import { InMemoryArchive } from '../support/in-memory-archive.ts';
import { InMemoryStore } from '../support/in-memory-store.ts';

const linkBase = 'https://desk.openedx.example';
const reference = 'EDX-2026-0001';
const group: Person = { ...recipient, id: 'working-group', version: 0, epoch: 0 };

let deps: ComposeDeps;
let store: InMemoryStore;
let archive: InMemoryArchive;
beforeEach(() => {
  const clock = new TestClock();
  store = new InMemoryStore(clock);
  archive = new InMemoryArchive(clock);
  const key = Buffer.alloc(32, 7).toString('base64url');
  const signer = makeLinkSigner({
    keyring: { current: 'k1', keys: { k1: key } },
    pseudonymKey: key,
    clock,
  });
  deps = {
    ...{ store, archive, clock, settings, linkBase },
    signer: async () => signer,
  };
});

const letterTo = (to: Letter['to']): Letter => ({
  ...{ template: 'new-report', to, about: reference },
  params: {
    ...{ reference, stage: 'received', answerDueAt: '2026-03-05T15:00:00.000Z', flags: [] },
    onDuty: false,
  },
});

const textFor = async (letter: Letter, person: Person): Promise<string> =>
  (await compose(letter, person)).text;

async function compose(letter: Letter, person: Person): Promise<OutgoingMail> {
  const event: StoredEvent = {
    ...{ partition: `DISC#${reference}`, cause: 'mail', seq: 1, prev: '', hash: 'a'.repeat(64) },
    ...{ type: 'open-disclosure', actor: 'desk', at: deps.clock.now(), data: {}, correlation: 'mail' },
    ...{ letters: [letter], signals: [], delivery: {}, waits: true },
  };
  return composeLetter(deps, event, 'L0', letter, person);
}

describe('who a letter says did something', () => {
  const notice = (by: string): Letter => ({
    ...{ template: 'act-notice', to: { group: 'working-group' }, about: reference },
    params: { reference, stage: 'advised', act: 'record-ready', by },
  });
  const known = async (more: Partial<Person>): Promise<string> => {
    const person: Person = {
      ...{
        id: `p-${'a'.repeat(24)}`,
        version: 1,
        epoch: 1,
        address: 'dee@example.org',
        roles: ['maintainer'],
      },
      ...more,
    };
    await store.commit({
      writes: [{ put: 'person', item: person, expect: 0 }],
      event: {
        ...{ partition: `PERSON#${person.id}`, cause: 'seed', type: 'seed', actor: 'desk', data: {} },
        ...{ at: deps.clock.now(), letters: [], signals: [], correlation: 'seed' },
      },
    });
    return textFor(notice(`maintainer:${person.id}`), group);
  };

  it('R29: a delegate of whom only the address is recorded is called by it', async () => {
    expect(await known({})).toContain('dee@example.org said that the fix is ready.');
  });

  it('a recorded name stands for the address', async () => {
    expect(await known({ name: 'Dee Legate' })).toContain('Dee Legate said that the fix is ready.');
  });

  it.each([
    ['a reporter', { roles: ['reporter'] }],
    ['a maintainer who once reported', { roles: ['maintainer', 'reporter'] }],
  ] as const)('%s is not given away', async (_who, { roles }) => {
    expect(await known({ roles: [...roles] })).not.toContain('dee@');
  });
});

describe('links of a letter (mail rules, Signed links)', () => {
  it('a person’s link is their own', async () => {
    const text = await textFor(letterTo({ person: recipient.id }), recipient);

    const [, token = ''] = /\/a#t=(\S+)/.exec(text) ?? [];
    expect((await deps.signer()).check(token)?.claims).toMatchObject({
      person: recipient.id,
      about: reference,
    });
  });

  it('a letter to the group’s own address leads to the sign-in: the address is no person’s', async () => {
    const text = await textFor(letterTo({ group: 'working-group' }), group);

    expect(text).toContain(`${linkBase}/desk\n`);
    expect(text).not.toContain('/a#t=');
  });
});

describe('a report that is forwarded with its files (OEP-60 R3)', () => {
  const mailKey = 'mail-1';
  const raw = Buffer.from('Subject: the report\r\n\r\nAs it came.\r\n');
  const attachmentsOf = async () => {
    const text = await archive.putText('Please look.');
    const forward: Letter = {
      ...{ template: 'operator-forward', to: { person: recipient.id }, about: reference },
      params: {
        ...{ reference, instance: 'Example University', text, reportKey: mailKey, withAttachments: true },
      },
    };
    return (await compose(forward, recipient)).attachments;
  };
  beforeEach(async () => {
    const [person, unknown] = [recipient.id, 'unknown' as const];
    const at = deps.clock.now();
    await store.commit({
      writes: [
        {
          ...{ put: 'intake', expect: 0 },
          item: {
            ...{ mailKey, version: 1, kind: 'report', kindBy: 'default', disposition: 'opened', flags: [] },
            ...{ receivedAt: at, objectKey: `mail/2026/03/${mailKey}`, from: person, authenticated: 'yes' },
            verdicts: { spam: unknown, virus: unknown, spf: unknown, dkim: unknown, dmarc: unknown },
            ...{ subject: 'the report', references: [], disclosures: [reference] },
          },
        },
      ],
      event: {
        ...{ partition: `INTAKE#${mailKey}`, cause: mailKey, type: 'take-mail', actor: 'desk', at, data: {} },
        ...{ letters: [], signals: [], correlation: mailKey },
      },
    });
    archive.receive(mailKey, raw);
  });

  it('carries the mail that could not be filed and still lies in the inbox', async () => {
    expect((await attachmentsOf())?.map(({ content }) => content)).toEqual([raw]);
  });

  it('carries the mail that was filed', async () => {
    await archive.file(`in/${mailKey}`, '2026-03-02T00:00:00.000Z');

    expect((await attachmentsOf())?.map(({ content }) => content)).toEqual([raw]);
  });

  it('goes without it once it is purged', async () => {
    await archive.remove([`in/${mailKey}`]);

    expect(await attachmentsOf()).toBeUndefined();
  });
});
