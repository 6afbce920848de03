import type { ChildProcess } from 'node:child_process';
import { createArchive } from '#adapters/archive.ts';
import type { AwsTarget } from '#adapters/aws.ts';
import { createTransport } from '#adapters/aws-transport.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createLifecycleRunner, executionName } from '#adapters/lifecycle-runner.ts';
import { createMailSender } from '#adapters/mail-sender.ts';
import { firstBreak } from '#commit/chain.ts';
import { commitCommand } from '#commit/commit-command.ts';
import type { MailArrival } from '#contracts/mail-arrival.ts';
import type { DeskStore } from '#contracts/ports.ts';
import { scanHeader } from '#domain/header-scan.ts';
import { minute } from '#domain/instant.ts';
import { mayAcknowledge, withhold } from '../../functions/deliver/acknowledgements.ts';
import { deliver } from '../../functions/deliver/deliver.ts';
import { observeLetters } from '../../functions/observe-letters/observe-letters.ts';
import { receiveMail } from '../../functions/receive-mail/receive-mail.ts';
import { reconcile } from '../../functions/reconcile/reconcile.ts';
import { MailRoom, notice, parser, security } from '../receive-mail/mail-room.ts';
import { TestClock } from '../support/clock.ts';
import { createTable, startDatabase } from '../support/database.ts';
import { seeded, shuffled } from '../support/faults.ts';
import { fates, type Service, UnkindAws } from '../support/unkind-aws.ts';
import { bytesOf, type CorpusMail, type Labels, labelOf } from './corpus-result.ts';
import { uncapped } from './run-corpus.ts';

/** What one run promised, counted. */
export interface AwsRun {
  readonly seed: number;
  readonly mails: number;
  readonly disclosures: number;
  /** Mails without an intake or still in the inbox, disclosures without their execution, letters that never went out. */
  readonly lost: number;
  /** Disclosures, executions and chain breaks beyond one a mail; letters sent again though it was known that they were out. */
  readonly doubled: number;
  readonly acksToSuppressed: number;
  /** Letters that went out. */
  readonly letters: number;
  /** Letters that went out again, each after an outcome that nobody could know. */
  readonly sentAgain: number;
  readonly met: UnkindAws['met'];
  readonly crashes: readonly string[];
}

/** One call in so many meets a fate, from where the seed says: the fewer calls a mail makes of a service, the more. */
const oneIn: Readonly<Record<Service, number>> = { dynamodb: 19, s3: 11, ses: 3, states: 3 };
/** Chance that SES's own event of a mail never comes. */
const untold = 0.5;
const atOnce = 8;
const receives = 3;
/** Rounds with faults, and rounds after which nothing may wait any more. */
const unkindRounds = 4;
const mostRounds = 30;

/**
 * Intake, delivery, SES's events and the sweep as deployed, on the desk's own adapters, against an AWS whose services
 * turn calls away, break, and lose their answers (mail rules, threat table: crash between any two steps).
 * @param attempts of one call; with one no adapter tries again by itself, so that every fault reaches the use case
 */
export async function runOnUnkindAws(
  mails: readonly CorpusMail[],
  labels: Labels,
  { seed, attempts }: { readonly seed: number; readonly attempts: number },
): Promise<AwsRun> {
  const random = seeded(seed);
  const clock = new TestClock();
  const database = await startDatabase();
  let unkind = false;
  const calls: Record<Service, number> = { dynamodb: 0, s3: 0, ses: 0, states: 0 };
  const aws = new UnkindAws({
    database: createTransport(),
    endpoint: database.target.endpoint ?? '',
    now: () => clock.now(),
    fateOf: (service) => {
      if (!unkind) return undefined;
      const call = calls[service]++ + seed;
      // In turn, so that a short run meets each of them too.
      return call % oneIn[service] === 0
        ? fates[Math.floor(call / oneIn[service]) % fates.length]
        : undefined;
    },
  });
  try {
    await createTable(database.client);
    const desk = deskOn(aws, clock, { ...database.target, endpoint: undefined }, attempts);
    const crashes: string[] = [];
    const survived = async (what: string, act: () => Promise<unknown>): Promise<boolean> => {
      try {
        await act();
        return true;
      } catch (error) {
        if (!isFault(error)) crashes.push(`${what}: ${String(error)}`);
        return false;
      }
    };
    const arrivals = mails.map((mail, at): MailArrival => {
      const raw = bytesOf(mail);
      const mailKey = `m${String(at).padStart(6, '0')}`;
      const source = scanHeader(raw).from?.address ?? 'unknown@people.example';
      aws.objects.set(`in/${mailKey}`, { body: raw, at: clock.now() });
      const said = labelOf(labels, raw) === 'genuine' ? { notice: notice({ source }) } : {};
      return {
        mailKey,
        objectKey: `in/${mailKey}`,
        receivedAt: clock.now(),
        attempt: 1,
        headers: [],
        ...said,
      };
    });
    const told = arrivals.flatMap((arrival) =>
      Array.from({ length: Math.floor(random() * 4) }, () => arrival),
    );
    unkind = true;
    await inParallel(shuffled(told, random), async (arrival) => {
      for (let attempt = 1; attempt <= receives; attempt++)
        if (await survived(arrival.mailKey, () => desk.receive({ ...arrival, attempt }))) return;
    });
    const observed = new Set<string>();
    /** How many mails SES had taken when the desk heard that this letter was out. */
    const heard = new Map<string, number>();
    for (let round = 0; round < mostRounds; round++) {
      unkind = round < unkindRounds;
      // As the stream brings it: what is leased stays so until the sweep takes it up again.
      await survived('stream', () => desk.deliverWaiting());
      for (const { sesId, tag } of aws.mails) {
        if (observed.has(sesId)) continue;
        // SES tells of what it sent, and tells it again until it was heard; some of it never comes.
        if (round === 0 && random() < untold) observed.add(sesId);
        else if (await survived('event', () => desk.observe(sesId, tag))) {
          observed.add(sesId);
          heard.set(tag, heard.get(tag) ?? aws.mails.length);
        }
      }
      clock.advance(16 * minute);
      await survived('sweep', () => desk.reconcile({ full: true }));
      if (!unkind && (await desk.store.waiting(1)).length === 0 && inboxOf(aws) === 0) break;
    }
    unkind = false;
    return { seed, ...(await count(desk.store, aws, arrivals, heard)), met: aws.met, crashes };
  } finally {
    await stopped(database.process);
  }
}

const inboxOf = (aws: UnkindAws): number =>
  [...aws.objects.keys()].filter((key) => key.startsWith('in/')).length;

const stopped = (process: ChildProcess): Promise<void> =>
  new Promise((done) => {
    process.once('exit', () => done());
    process.kill();
  });

/** What AWS refused or the wire lost, and what follows from it; anything else is a fault of ours. */
function isFault(error: unknown): boolean {
  const { name, code, $metadata } = error as { name?: string; code?: string; $metadata?: object };
  return (
    $metadata !== undefined ||
    code === 'ECONNRESET' ||
    name === 'DeliveryIncomplete' ||
    name === 'EventUnheard'
  );
}

/** SES's event could not be recorded and is to come again. */
class EventUnheard extends Error {
  override readonly name = 'EventUnheard';
}

/** The deployed functions' own wiring, over one wire. */
function deskOn(aws: UnkindAws, clock: TestClock, target: AwsTarget, maxAttempts: number) {
  // With an address of the group every disclosure has a letter, also where its reporter is not answered.
  const settings = {
    ...uncapped,
    identity: { ...uncapped.identity, groupAddress: 'group@openedx.example' },
  };
  const over = { ...target, transport: aws, maxAttempts };
  const store = createDeskStore({ table: 'desk', clock, aws: over });
  const archive = createArchive({ bucket: 'mails', aws: over });
  const { signer: links } = new MailRoom();
  const signer = async () => links;
  const shared = { store, archive, signer, clock, settings, log: () => {}, measure: () => {} };
  const commit = commitCommand(shared);
  const receive = receiveMail({ ...shared, commit, parser });
  const runner = createLifecycleRunner({
    stateMachineArn: 'arn:aws:states:us-east-1:1:stateMachine:d',
    aws: over,
  });
  const take = deliver({
    ...shared,
    commit,
    runner,
    sender: createMailSender({ from: security, maxBytes: 1e7, aws: over }),
    linkBase: 'https://desk.openedx.example',
    mayAcknowledge: mayAcknowledge(shared),
    withhold: withhold(shared),
  });
  const observe = observeLetters({ ...shared, commit });
  const each = async (
    events: readonly Pick<Awaited<ReturnType<DeskStore['waiting']>>[number], 'partition' | 'cause'>[],
    again: boolean,
  ) => {
    for (const { partition, cause } of events)
      try {
        const event = await store.event(partition, cause);
        if (event) await take(event, { again });
      } catch (error) {
        if (!isFault(error)) throw error;
      }
  };
  return {
    store,
    receive,
    deliverWaiting: async () => each(await store.waiting(10_000), false),
    observe: async (sesId: string, tag: string) => {
      const news = { eventType: 'Send', mail: { messageId: sesId, tags: { outbox: [tag] } } } as never;
      if ((await observe([{ id: sesId, news }])).length > 0) throw new EventUnheard();
    },
    reconcile: reconcile({
      ...shared,
      commit,
      runner,
      realNow: () => Date.parse(clock.now()),
      retentionDays: 365,
      replay: async ({ replay: { objectKey, attempt } }) => {
        const mailKey = objectKey.slice('in/'.length);
        try {
          await receive({ mailKey, objectKey, attempt, headers: [] });
        } catch (error) {
          if (!isFault(error)) throw error;
        }
      },
      redeliver: async ({ redeliver }) => each(redeliver as never, true),
    }),
  };
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < items.length) await act(items[next++] as T);
    }),
  );
}

async function count(
  store: DeskStore,
  aws: UnkindAws,
  arrivals: readonly MailArrival[],
  heard: ReadonlyMap<string, number>,
) {
  const intakes = await Promise.all(arrivals.map(({ mailKey }) => store.intake(mailKey)));
  const opened = intakes.flatMap((intake) => (intake?.disposition === 'opened' ? intake : []));
  const open = await store.listed('open');
  const chains = await Promise.all(open.map((id) => store.events(`DISC#${id}`)));
  const broken = chains.filter((events) => firstBreak(events) !== undefined).length;
  const openings = chains.flat().filter(({ type }) => type === 'open-disclosure').length;
  const started = open.filter((id) => aws.executions.has(executionName(id, 1))).length;
  // What was decided goes out: nothing waits on, and nothing was given up.
  const letters = chains
    .flat()
    .flatMap(({ letters: all, delivery, waits }) =>
      all.map((_, at) => ({ state: waits ? 'waits' : delivery[`L${at}`]?.state })),
    );
  const unsent = letters.filter(({ state }) => state !== 'sent').length;
  const knownToBeOut = aws.mails.filter(({ tag }, at) => at >= (heard.get(tag) ?? Number.POSITIVE_INFINITY));
  const suppressed = new Set(intakes.flatMap((intake) => (intake?.suppressed ? intake.mailKey : [])));
  return {
    mails: arrivals.length,
    disclosures: open.length,
    lost:
      intakes.filter((intake) => intake === undefined).length +
      inboxOf(aws) +
      (open.length - started) +
      unsent,
    doubled:
      Math.abs(open.length - opened.length) +
      Math.abs(openings - open.length) +
      (aws.executions.size - started) +
      broken +
      knownToBeOut.length,
    acksToSuppressed: chains
      .flat()
      .filter(
        ({ cause, letters }) =>
          suppressed.has(cause) && letters.some(({ template }) => template === 'acknowledgement'),
      ).length,
    letters: letters.filter(({ state }) => state === 'sent').length,
    sentAgain: aws.mails.length - new Set(aws.mails.map(({ tag }) => tag)).size,
  };
}
