import { day, hour, plus } from '#domain/instant.ts';
import { act, type Case, executionEnd, member, report, until, write } from '../cases.ts';
import type { Desk } from '../desk.ts';
import { announce, merge, received, triage } from '../life-steps.ts';
import type { Holding } from './holding.ts';

/** A desk in the midst of its work: who is where at the instant that is restored. */
export interface Filled {
  /** At rest: whoever is open waits for people. */
  readonly atRest: {
    readonly received: Case;
    readonly asked: Case;
    readonly advised: Case;
    readonly announced: Case;
    readonly merged: Case;
  };
  readonly ended: readonly Case[];
  /** Its letters (acknowledgement, notices) and the start of its execution wait when the desk is lost. */
  readonly unsent: { readonly reporter: string; readonly reference: string };
  /** A reply to its reporter, which is sensitive, waits when the desk is lost. */
  readonly replied: Case;
  /** Writes a mail that lies in the inbox, untaken, when the desk is lost. */
  readonly inInbox: string;
}

const screenshot = {
  filename: 'proof.png',
  content: Buffer.alloc(60_000, 'a picture '),
  contentType: 'image/png',
};

/** Fills a desk: disclosures in every stage that lasts, a hold, ended ones, a mail with an attachment. */
export async function fill(desk: Desk, holding: Holding): Promise<Filled> {
  const merged = await received(desk);
  await triage(desk, merged);
  const release = plus(desk.clock.now(), 3 * day);
  await announce(desk, merged, release);
  await desk.travel.to(plus(release, hour));
  await merge(desk, merged);

  const cases = await Promise.all([0, 1, 2, 3, 4, 5, 6].map(() => received(desk)));
  const [first, asked, advised, announced, replied, spam, closed] = cases as [
    Case,
    Case,
    Case,
    Case,
    Case,
    Case,
    Case,
  ];
  const attached = await report(desk, { subject: 'With a screenshot', attachments: [screenshot] });
  for (const each of [advised, announced, replied]) await triage(desk, each);
  await announce(desk, announced, plus(desk.clock.now(), 3 * day));
  await act(await member(desk, asked.reference), asked.reference, 'triage', {
    outcome: 'needs-information',
    'reply_needs-information': 'Which release is it?',
  });
  await act(await member(desk, spam.reference), spam.reference, 'triage', { outcome: 'spam', sure: 'yes' });
  for (const each of [closed, attached])
    await act(await member(desk, each.reference), each.reference, 'close', {
      reason: 'already-fixed',
      typed: each.reference,
    });
  for (const { reference } of [spam, closed, attached]) await executionEnd(desk, reference);
  await desk.quiet();
  return {
    atRest: { received: first, asked, advised, announced, merged },
    ended: [spam, closed, attached],
    replied,
    ...(await leaveUnderWay(desk, holding, replied)),
  };
}

/** What is under way when a desk is lost: letters decided but not sent, a mail received but not taken. */
async function leaveUnderWay(desk: Desk, holding: Holding, replied: Case) {
  await holding.hold('deliver');
  const before = new Set(await desk.store.listed('open'));
  const reporter = 'unsent@reporter.example';
  await write(desk, reporter, { subject: 'Nobody was told of this' });
  const reference = await until('its disclosure is open', async () =>
    (await desk.store.listed('open')).find((id) => !before.has(id)),
  );
  await act(await member(desk, replied.reference), replied.reference, 'reply-to-reporter', {
    text: 'Thank you, we are at work on it.',
  });
  await holding.hold('receive-mail');
  const inInbox = 'inbox@reporter.example';
  await write(desk, inInbox, { subject: 'Nobody took this in' });
  return { unsent: { reporter, reference }, inInbox };
}
