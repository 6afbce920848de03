import { beforeEach, describe, expect, it } from 'vitest';
import { makeLinkSigner } from '#adapters/link-signer.ts';
import type { StoredEvent } from '#contracts/ports.ts';
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
beforeEach(() => {
  const clock = new TestClock();
  const key = Buffer.alloc(32, 7).toString('base64url');
  const signer = makeLinkSigner({
    keyring: { current: 'k1', keys: { k1: key } },
    pseudonymKey: key,
    clock,
  });
  deps = {
    ...{ store: new InMemoryStore(clock), archive: new InMemoryArchive(clock), clock, settings, linkBase },
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

async function textFor(letter: Letter, person: Person): Promise<string> {
  const event: StoredEvent = {
    ...{ partition: `DISC#${reference}`, cause: 'mail', seq: 1, prev: '', hash: 'a'.repeat(64) },
    ...{ type: 'open-disclosure', actor: 'desk', at: deps.clock.now(), data: {}, correlation: 'mail' },
    ...{ letters: [letter], signals: [], delivery: {}, waits: true },
  };
  return (await composeLetter(deps, event, 'L0', letter, person)).text;
}

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
