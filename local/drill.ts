import { join } from 'node:path';
import { hour, minute, plus } from '#domain/instant.ts';
import { act, byLink, type Case, executionEnd, member, stored, until, waitsIn } from './cases.ts';
import { type Desk, type Ports, startDesk, usualPorts } from './desk.ts';
import { startChecks } from './drill/checks.ts';
import { type Filled, fill } from './drill/fill.ts';
import { holdingOf } from './drill/holding.ts';
import { clientsOf, goOnAfterwards, lose, objectsOf, remember } from './drill/lose.ts';
import { bringBack, wiringOf, writeConfig } from './drill/restored.ts';
import { projectRoot } from './emulator/environment.ts';
import { freePort } from './emulator/ports.ts';
import { announce, merge, publish, triage } from './life-steps.ts';
import { verifyRecord } from './restore/verify.ts';
import { linkIn, Visitor } from './visitor.ts';

/**
 * `npm run drill`: a desk in the midst of its work loses its table and its mails; both are restored beside it, and a
 * second stack that takes them over carries on. Exits 0 only if every check held.
 */
const { say, check, run } = startChecks(
  'drill',
  'npm run drill -- [options]\n  Loses the table and the mails of a desk at work, restores both, and carries on.',
);

const folder = join(projectRoot, '.desk', 'drill');
const later = 'later@reporter.example';

/** The same ports for both stacks: the second starts where the first one stood. */
async function fixedPorts(): Promise<Ports> {
  const found = new Map<string, number>();
  for (const name of Object.keys(usualPorts)) {
    let port = await freePort();
    while ([...found.values()].includes(port)) port = await freePort();
    found.set(name, port);
  }
  return Object.fromEntries(found) as unknown as Ports;
}

const openCases = ({ atRest, replied }: Filled): readonly Case[] => [...Object.values(atRest), replied];

async function first(ports: Ports) {
  const desk = await startDesk({ folder, ports, fresh: true, progress: say });
  try {
    const clients = clientsOf(desk);
    say('filling the desk');
    const filled = await fill(desk, holdingOf(clients.lambda, desk.addresses.stack));
    say('the instant to which it will be restored');
    const what = await remember(desk, clients);
    check(
      'the record has disclosures in every stage that lasts',
      what.record.size > 100,
      `${what.record.size} items, ${what.objects.size} mails and texts`,
    );
    say('the desk goes on, and then loses everything');
    await goOnAfterwards(desk, clients, later);
    const lost = await lose(desk, clients, what);
    check('deleting the table is refused while it is protected', lost.refused !== 'deleted', lost.refused);
    say(`${lost.deleted} objects deleted, ${lost.overwritten} overwritten, the table deleted`);
    const back = await bringBack(clients, what, desk.clock);
    check(
      'the restored table has every item as it was',
      back.differing.length === 0,
      back.differing.slice(0, 5),
    );
    check(
      'every chain of the restored record is whole up to its head, every mail and text is there',
      back.verified.problems.length === 0 && back.verified.chains > 15 && back.verified.mails > 9,
      back.verified.problems.length > 0 ? back.verified.problems : back.verified,
    );
    const objects = await objectsOf(clients.s3, back.bucket);
    const differing = [...what.objects].filter(([key, hash]) => objects.get(key) !== hash);
    check(
      'every raw mail and text has the SHA-256 it had',
      differing.length === 0 && what.objects.size > 10,
      differing.length > 0 ? differing : `${what.objects.size} objects`,
    );
    check(
      'a mail that came after the instant lies in the inbox',
      back.copied.toInbox === 1,
      `${back.copied.toInbox}`,
    );
    check('letters that waited at the instant are held until somebody knows', back.held > 2, `${back.held}`);
    const config = join(folder, 'restored.config.mjs');
    writeConfig(config, `${desk.addresses.stack}Restored`, what, back);
    return { filled, what, back, config, mails: desk.gateway.mailbox.list().length };
  } finally {
    await desk.close();
  }
}

type Before = Awaited<ReturnType<typeof first>>;

async function second(ports: Ports, before: Before): Promise<void> {
  say('a second stack takes the restored record over');
  const desk = await startDesk({ folder, ports, configFile: before.config, progress: say });
  try {
    await takenOver(desk, before);
    await nothingTwice(desk, before);
    await carryOn(desk, before.filled);
    const { dynamo } = clientsOf(desk);
    const { store, archive } = desk;
    const verified = await verifyRecord({ client: dynamo, table: before.back.table.name, store, archive });
    check(
      'the record is whole after it was carried on, and no chain is missing',
      verified.problems.length === 0 && verified.chains >= before.back.verified.chains,
      verified,
    );
  } finally {
    await desk.close();
  }
}

async function takenOver(desk: Desk, { back, filled }: Before): Promise<void> {
  const wiring = await wiringOf(desk, clientsOf(desk));
  const wanted = { tables: [back.table.name], buckets: [back.bucket], streams: [back.table.streamArn] };
  check(
    'every function of the second stack is wired to the restored table, bucket and stream',
    JSON.stringify(wiring) === JSON.stringify(wanted),
    wiring,
  );
  for (const [stage, { reference }] of Object.entries(filled.atRest)) {
    const { generation } = await stored(desk, reference);
    const status = await desk.runner.status(reference, generation);
    check(`${stage}: ${reference} has an execution again`, status === 'RUNNING', `g${generation} ${status}`);
  }
  const [old] = desk.gateway.mailbox.list(filled.atRest.received.reporter);
  const page = old && (await new Visitor(desk.addresses.desk).open(linkIn(old)));
  check(
    'a link that was mailed before the loss still opens its page',
    page?.status === 200 && page.text.includes(filled.atRest.received.reference),
    `${page?.status}`,
  );
}

const about =
  (reference: string) =>
  ({ subject }: { readonly subject: string }) =>
    subject.includes(`[${reference}]`);

async function nothingTwice(desk: Desk, { filled, mails }: Before): Promise<void> {
  // What was held lapses as every lease does; then the backstop takes it up.
  desk.clock.moveTo(plus(desk.clock.now(), 20 * minute));
  await desk.invoke('reconcile', { full: true });
  await until('the mails of the inbox are taken', () => {
    const sent = desk.gateway.mailbox.list().slice(mails);
    return [later, filled.inInbox].every((person) => sent.some(({ to }) => to === person));
  });
  await desk.quiet();
  const sent = () => desk.gateway.mailbox.list().slice(mails);
  const resting = [...Object.values(filled.atRest), ...filled.ended];
  const again = sent().filter((mail) => resting.some(({ reference }) => about(reference)(mail)));
  check(
    'nothing about a disclosure that was at rest is sent again',
    again.length === 0,
    again.map(({ to, subject }) => `${to} ${subject}`),
  );
  for (const [what, person] of [
    ['a letter that waited', filled.unsent.reporter],
    ['a mail in the inbox', filled.inInbox],
    ['a mail after the instant', later],
  ] as const) {
    const acknowledged = sent().filter(
      ({ to, subject }) => to === person && /We received your report/.test(subject),
    );
    check(
      `${what}: the restored desk acknowledges it once`,
      acknowledged.length === 1,
      acknowledged.map(({ subject }) => subject),
    );
  }
  const { reference, reporter } = filled.replied;
  const aboutReply = sent().filter(about(reference));
  check(
    'a sensitive letter of unknown fate is not sent again',
    !aboutReply.some(({ to }) => to === reporter),
    aboutReply.map(({ to, subject }) => `${to} ${subject}`),
  );
  check(
    'a member is asked about it instead',
    aboutReply.some(({ to }) => to !== reporter),
    aboutReply.map(({ subject }) => subject),
  );
  const count = sent().length;
  await desk.invoke('reconcile', { full: true });
  await desk.quiet();
  check(
    'a further round of the backstop sends nothing',
    sent().length === count,
    `${count} letters, then ${sent().length}`,
  );
  check(
    'nothing waits for delivery but what a person decides',
    (await desk.store.waiting(10)).every(({ partition }) => partition === `DISC#${reference}`),
    await desk.store.waiting(10),
  );
}

/** Everybody who was open gets to the end, from wherever they were. */
async function carryOn(desk: Desk, filled: Filled): Promise<void> {
  const { merged, announced, advised, received, asked } = filled.atRest;
  say('carrying on');
  await triage(desk, received, await member(desk, received.reference));
  // One repository on one day: one an hour after the one that was announced before the loss, one at its instant.
  const release = (await stored(desk, announced.reference)).release?.at ?? desk.clock.now();
  await announce(desk, received, plus(release, hour));
  await announce(desk, advised, release);
  const maintainer = await byLink(desk, merged.reference, /it is time to merge/);
  const ends = [await publish(desk, merged, maintainer)];
  await desk.travel.to(plus(release, 2 * hour));
  for (const each of [announced, received, advised])
    ends.push(await publish(desk, each, await merge(desk, each)));
  check(
    'received, advised, announced and merged get to published',
    ends.every((end) => end === 'SUCCEEDED'),
    ends,
  );
  for (const each of openCases(filled).filter(({ reference }) =>
    [asked, filled.replied].some((other) => other.reference === reference),
  )) {
    const visitor = await signIn(desk);
    await act(visitor, each.reference, 'close', { reason: 'withdrawn', typed: each.reference });
    const end = await executionEnd(desk, each.reference);
    check(`${each.reference} is closed, and its execution ends`, end === 'SUCCEEDED', end);
  }
  await waitsIn(desk, filled.unsent.reference, 'AwaitTriage');
  check(
    'the report of whom nobody was told waits for triage',
    (await stored(desk, filled.unsent.reference)).stage === 'received',
  );
}

/** A member at the desk's own door: their links of days ago are over. */
async function signIn(desk: Desk): Promise<Visitor> {
  const address = desk.config.members[0]?.address ?? '';
  const visitor = new Visitor(desk.addresses.desk);
  const before = desk.gateway.mailbox.list(address).length;
  await visitor.act('/desk', { address });
  const mail = await until('a sign-in link', () =>
    desk.gateway.mailbox
      .list(address)
      .slice(before)
      .findLast(({ subject }) => /sign-in link/.test(subject)),
  );
  await visitor.open(linkIn(mail));
  return visitor;
}

const ports = await fixedPorts();
await run(async () => second(ports, await first(ports)), 25);
