import { afterAll, describe, expect, test } from 'vitest';
import { commitCommand } from '#commit/commit-command.ts';
import type { NewEvent, Write } from '#contracts/ports.ts';
import { ms } from '#domain/instant.ts';
import { commitIntakeDecision } from '../../functions/change-desk/commits.ts';
import { remindMaintainers } from '../../functions/remind-maintainers/remind-maintainers.ts';
import { MailRoom, notice, parser, rawMail } from './mail-room.ts';

afterAll(() => parser.close());

describe('a reply to a reminder of two disclosures, which a group’s address got', () => {
  const first = 'EDX-2026-0001';
  const second = 'EDX-2026-0002';
  const dora = 'dora@maintainers.example';

  /** The reminder went out to the group; who replies to it is one of its recorded persons. */
  async function reminded() {
    const room = new MailRoom();
    await room.enrol('ada@openedx.example', 'member', true);
    await room.take(rawMail({}));
    await room.take(rawMail({ 'Message-ID': '<two@people.example>' }, 'Another.'));
    await room.enrol(dora, 'maintainer');
    const crew = room.signer.pseudonym('crew@maintainers.example');
    const put = (write: Write, partition: NewEvent['partition'], more: Partial<NewEvent> = {}) =>
      room.store.commit({
        writes: [write],
        event: {
          partition,
          cause: `prepared ${partition}`,
          type: 'prepared',
          actor: 'desk',
          at: room.clock.now(),
          data: {},
          letters: [],
          signals: [],
          correlation: 'test',
          ...more,
        },
      });
    const group = { people: [room.signer.pseudonym(dora)] };
    const address = 'crew@maintainers.example';
    const item = { id: crew, version: 1, address, roles: ['maintainer'] as const, epoch: 1, group };
    await put({ put: 'person', item, expect: 0 }, `PERSON#${crew}`);
    const commit = commitCommand(room);
    const words = { key: 'texts/words', sha256: 'a'.repeat(64) };
    for (const disclosure of [first, second]) {
      await commit({
        disclosure,
        actor: { kind: 'member', person: room.signer.pseudonym('ada@openedx.example') },
        cause: 'accept',
        command: {
          name: 'accept',
          title: 'A flaw',
          description: words,
          repositories: [{ repository: 'openedx/xblock', ecosystem: 'pip' }],
          vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
          reply: words,
        },
      });
      const maintainer = { id: `group:${crew}`, people: [crew], source: 'contacts' } as const;
      await commit({
        disclosure,
        actor: { kind: 'desk' },
        cause: 'notify',
        command: { name: 'notify-maintainer', repository: 'openedx/xblock', maintainer },
      });
    }
    const due = (await room.store.group(`group:${crew}`, 'weekly'))?.entries[0]?.dueAt ?? '';
    room.clock.advance(ms(due) - ms(room.clock.now()) + 60_000);
    await remindMaintainers({ ...room, log: () => {} })({});
    await room.deliverAll();
    const mail = room.sent.findLast(({ to, subject }) => to === address && /2 open/.test(subject));
    const recipients = [mail?.replyTo ?? ''];
    const answered = async () =>
      (await room.store.group(`group:${crew}`, 'weekly'))?.entries.map((entry) => entry.answered);
    const reply = (over: Parameters<typeof notice>[0] = {}) =>
      room.take(
        rawMail({ From: `Dora <${dora}>`, Subject: 'Re: Weekly reminder' }, 'We are at it.'),
        notice({ source: dora, recipients, ...over }),
      );
    return { room, answered, reply, recipients };
  }

  test('joins the first, and is an answer on both', async () => {
    const { room, answered, reply, recipients } = await reminded();
    expect(await answered()).toEqual([false, false]);

    const taken = await reply();

    expect(recipients[0]).toMatch(/^case\+edx-2026-0001\.[a-z2-7]{20}\.w[0-9a-z]{8}-[0-9a-z]+@/);
    expect(taken).toMatchObject({ disposition: 'attached', disclosures: [first] });
    expect(await answered()).toEqual([true, true]);
    expect((await room.store.disclosure(second))?.intakes).toHaveLength(1);
    expect((await room.store.events(`DISC#${second}`)).at(-1)).toMatchObject({
      type: 'answer-reminder',
      letters: [],
      data: { keptWith: first, mail: taken.mailKey },
    });
  });

  test('not authenticated it is held and answers nothing, until a member attaches it', async () => {
    const { room, answered, reply } = await reminded();

    const { disposition, intake } = await reply({ failing: { dmarc: 'GRAY', spf: 'GRAY', dkim: 'GRAY' } });
    const before = await answered();
    const person = room.signer.pseudonym('ada@openedx.example');
    await commitIntakeDecision({ ...room, commit: commitCommand(room) })({
      mailKey: intake.mailKey,
      decision: { decision: 'attach', reference: first, asReporter: 'no' },
      actor: { kind: 'member', person },
      cause: 'act:1',
      expectVersion: intake.version,
      checks: [{ person, epoch: 1 }],
    });

    expect(disposition).toBe('held');
    expect(before).toEqual([false, false]);
    expect(await answered()).toEqual([true, true]);
  });

  test('a mark that somebody changed opens nothing, and answers no case but the one of its token', async () => {
    const { answered, reply, recipients } = await reminded();
    const changed = (recipients[0] ?? '').replace(/\.w[0-9a-z]{8}-/, '.w00000001-');

    const taken = await reply({ recipients: [changed] });

    expect(taken).toMatchObject({ disposition: 'attached', disclosures: [first] });
    expect(await answered()).toEqual([true, false]);
  });
});
