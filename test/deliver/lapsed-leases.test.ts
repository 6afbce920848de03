import { afterAll, describe, expect, test } from 'vitest';
import { commitCommand } from '#commit/commit-command.ts';
import { minute } from '#domain/instant.ts';
import { MailRoom, parser, rawMail } from '../receive-mail/mail-room.ts';

afterAll(() => parser.close());

/** A room whose SES takes the first mail like this and loses the answer. */
function lossy(lost: RegExp) {
  let left = 1;
  const attempts: string[] = [];
  const room = new MailRoom({
    send: ({ subject }) => {
      if (lost.test(subject)) attempts.push(subject);
      if (lost.test(subject) && left-- > 0)
        throw Object.assign(new Error('the answer was lost'), { code: 'ECONNRESET' });
    },
  });
  return { room, attempts };
}

describe('Outbound: a lapsed lease waits 15 minutes for SES’s Send event; without one', () => {
  test('a routine letter goes once more', async () => {
    const { room, attempts } = lossy(/We received your report/);
    await room.take(rawMail({}));

    await room.deliverAll();
    room.clock.advance(14 * minute);
    await room.deliverAll({ again: true });
    expect(attempts).toHaveLength(1);
    room.clock.advance(2 * minute);
    await room.deliverAll({ again: true });

    expect(attempts).toHaveLength(2);
    expect(room.acknowledgements).toHaveLength(1);
  });

  test('a letter that carries words of the case is never sent again by itself: a person is asked, and told of it', async () => {
    const { room, attempts } = lossy(/An answer to your report/);
    const { store, archive, clock, settings } = room;
    const member = await room.enrol('ada@openedx.example', 'member', true);
    const { intake } = await room.take(rawMail({}));
    await room.deliverAll();
    const [reference = ''] = intake.disclosures;
    await commitCommand({ store, clock, settings })({
      disclosure: reference,
      command: { name: 'reply-to-reporter', text: await archive.putText('We could confirm it.') },
      actor: { kind: 'member', person: member },
      cause: 'reply',
    });

    await room.deliverAll();
    for (let rounds = 0; rounds < 5; rounds++) {
      clock.advance(16 * minute);
      await room.deliverAll({ again: true });
    }

    expect(attempts).toHaveLength(1);
    const events = await store.events(`DISC#${reference}`);
    expect(events.find(({ cause }) => cause === 'reply')?.delivery.L0).toMatchObject({ state: 'unknown' });
    const asked = room.sent.filter(
      ({ to, subject }) => to === 'ada@openedx.example' && /sent|went out/i.test(subject),
    );
    expect(asked).toHaveLength(1);
    expect(room.counted).toContainEqual(['LetterFailed', 1]);
  });
});
