import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { commitCommand } from '#commit/commit-command.ts';
import { readOutboxTag } from '#contracts/outbox.ts';
import { scanHeader } from '#domain/header-scan.ts';
import { deliveryWords } from '#pages/words.ts';
import { commitIntakeDecision } from '../../functions/change-desk/commits.ts';
import type { IntakeDecision } from '../../functions/contracts/forms.ts';
import { MailRoom, notice, parser, rawMail } from './mail-room.ts';

afterAll(() => parser.close());

const genuine = resolve(import.meta.dirname, '../fixtures/genuine');
const reports = readdirSync(genuine).map((file) => new Uint8Array(readFileSync(`${genuine}/${file}`)));

/** What a member decides on the page of a mail. */
const decider = async (room: MailRoom) => {
  const { store, clock, settings, signer } = room;
  const member = await room.enrol('ada@openedx.example', 'member', true);
  const decide = commitIntakeDecision({ store, clock, settings, signer, commit: commitCommand(room) });
  let form = 0;
  return async (mailKey: string, decision: IntakeDecision) => {
    const intake = await store.intake(mailKey);
    return decide({
      mailKey,
      decision,
      actor: { kind: 'member', person: member },
      cause: `form-${++form}`,
      expectVersion: intake?.version ?? 0,
      checks: [],
    });
  };
};

test('A1: every authenticated report is acknowledged, or withheld by a cap, listed, and acknowledged on release', async () => {
  const room = new MailRoom();
  const decide = await decider(room);
  const keys: string[] = [];
  for (const raw of reports) {
    const source = scanHeader(raw).from?.address ?? 'unknown@people.example';
    keys.push((await room.take(raw, notice({ source }))).mailKey);
  }

  await room.deliverAll();

  const intakes = await Promise.all(keys.map((key) => room.store.intake(key)));
  const due = intakes.flatMap((intake) => (intake && !intake.suppressed ? intake : []));
  const withheld = due.filter(({ flags }) => flags.includes('acknowledgement-withheld'));
  expect(due.length).toBeGreaterThan(50);
  expect(withheld.length).toBe(due.length - room.acknowledgements.length);
  expect(withheld.length).toBeGreaterThan(0);

  // In the same hour, with the cap of all still reached.
  for (const { mailKey } of withheld) await decide(mailKey, { decision: 'release' });
  await room.deliverAll();

  expect(room.acknowledgements.length).toBe(due.length);
  const told = room.acknowledgements.map(({ tag }) => readOutboxTag(tag)?.cause);
  expect(new Set(told).size).toBe(due.length);
  const after = await Promise.all(withheld.map(({ mailKey }) => room.store.intake(mailKey)));
  expect(after.filter((intake) => intake?.flags.includes('acknowledgement-withheld'))).toEqual([]);
});

test('A1: what no cap holds back is not released: a machine is not answered by a form either', async () => {
  const room = new MailRoom();
  const decide = await decider(room);
  const answered = await room.take(rawMail({}));
  const silent = await room.take(rawMail({ Precedence: 'bulk' }));
  await room.deliverAll();

  for (const { mailKey } of [answered, silent])
    await expect(decide(mailKey, { decision: 'release' })).rejects.toMatchObject({ rule: 'A1' });
});

test('A1: a mail that SES throttled is sent by a later try: it was counted already, and no cap holds it back', async () => {
  let throttled = 3;
  const room = new MailRoom({
    send: () => {
      if (throttled-- > 0) throw Object.assign(new Error('slowly'), { name: 'Throttling' });
    },
  });
  const { mailKey } = await room.take(rawMail({}));

  for (let tries = 0; tries < 5; tries++) await room.deliverAll().catch(() => {});

  expect(room.acknowledgements).toHaveLength(1);
  expect((await room.store.intake(mailKey))?.flags).not.toContain('acknowledgement-withheld');
  // It did count, once: the next mail of that day is held back.
  await room.take(rawMail({}));
  await room.deliverAll();
  expect(room.acknowledgements).toHaveLength(1);
});

test('A1: a withheld acknowledgement says so beside the letter, and a throttled one does not', async () => {
  const room = new MailRoom({
    send: ({ to }) => {
      if (to === 'slow@people.example') throw Object.assign(new Error('slowly'), { name: 'Throttling' });
    },
  });
  await room.take(rawMail({}));
  const second = await room.take(rawMail({}));
  const slow = await room.take(rawMail({ From: 'slow@people.example' }));
  await room.deliverAll().catch(() => {});
  await room.deliverAll().catch(() => {});

  const standing = async ({ mailKey, intake }: typeof second) =>
    deliveryWords((await room.store.event(`DISC#${intake.disclosures[0]}`, mailKey))?.delivery.L0);

  expect(await standing(second)).toContain('held back by a cap');
  expect(await standing(slow)).toContain('tried again');
});

test('PGP: the acknowledgement offers the group’s public key where there is one', async () => {
  const { pgpKeyUrl, ...identity } = new MailRoom().settings.identity;
  for (const [key, offered] of [
    [pgpKeyUrl, true],
    [undefined, false],
  ] as const) {
    const settings = {
      ...new MailRoom().settings,
      identity: { ...identity, ...(key && { pgpKeyUrl: key }) },
    };
    const room = new MailRoom({ settings });
    await room.take(rawMail({}));
    await room.deliverAll();

    expect(pgpKeyUrl).toBeDefined();
    expect(room.acknowledgements[0]?.text.includes(pgpKeyUrl ?? 'none')).toBe(offered);
  }
});
