import { createHash } from 'node:crypto';
import { readOutboxTag } from '#contracts/outbox.ts';
import { scanHeader } from '#domain/header-scan.ts';
import type { Disposition, Intake } from '#domain/intake.ts';
import type { Notice } from '#domain/mail-facts.ts';
import { MailRoom, notice, settings } from '../receive-mail/mail-room.ts';
import { Fault, faulty, seeded, shuffled } from '../support/faults.ts';
import type { InMemoryStore } from '../support/in-memory-store.ts';

export interface CorpusMail {
  readonly file: string;
  readonly raw: Uint8Array;
}

export type Label = 'genuine' | 'bounce' | 'auto-reply' | 'list' | 'spam';

/** What became of one mail. */
export interface CorpusResult {
  readonly file: string;
  readonly disposition: Disposition | 'lost';
  readonly kind: string;
  /** The rule that gave the kind, and the one for which nothing was answered. */
  readonly why: string;
  readonly suppressed: string | null;
  readonly disclosure: string | null;
  readonly acknowledged: boolean;
  readonly label: Label | null;
}

export interface CorpusSummary {
  readonly mails: number;
  readonly disclosures: number;
  readonly dispositions: Readonly<Partial<Record<Disposition, number>>>;
  /** Mails without an intake and a disposition. */
  readonly lost: number;
  /** Disclosures, joins and acknowledgements beyond the one that a mail may cause. */
  readonly doubled: number;
  /** Acknowledgements to mails that a rule suppresses, or that are labelled as no person's. */
  readonly acksToSuppressed: number;
  readonly seconds: number;
}

export interface CorpusRun {
  readonly summary: CorpusSummary;
  readonly results: readonly CorpusResult[];
}

/** How unkind the world is in a run; all zero = each mail is told of once, in order. */
export interface Faults {
  readonly seed: number;
  /** Chance that a notification never comes; the sweep has to find the mail. */
  readonly drop: number;
  /** Notifications a mail has at most. */
  readonly duplicates: number;
  /** Chance that a call of a port fails, before or after it took effect. */
  readonly fail: number;
}

export const kindWorld: Faults = { seed: 0, drop: 0, duplicates: 1, fail: 0 };
export const unkindWorld = (seed: number): Faults => ({ seed, drop: 0.1, duplicates: 3, fail: 0.05 });

const sha256 = (raw: Uint8Array): string => createHash('sha256').update(raw).digest('hex');
const atOnce = 8;
/** SQS hands a record out so often before it goes to the dead letters. */
const receives = 3;

/** Takes all mails through intake and delivery on in-memory ports, and counts what was promised. */
export async function runCorpus(
  mails: readonly CorpusMail[],
  labels: Readonly<Record<string, Label>>,
  faults: Faults = kindWorld,
): Promise<CorpusRun> {
  const started = performance.now();
  const random = seeded(faults.seed);
  let unkind = faults.fail > 0;
  const fails = () =>
    !unkind || random() >= faults.fail ? 'not' : random() < 0.5 ? ('before' as const) : ('after' as const);
  const room: MailRoom = new MailRoom({
    settings: uncapped,
    store: (store) => faulty<InMemoryStore>(store, fails),
    archive: (archive) => faulty(archive, fails),
  });
  const keyOf = (at: number): string => `m${String(at).padStart(6, '0')}`;
  const arrivals = mails.map(({ raw }, at) => room.post(raw, noticeOf(raw, labels), keyOf(at)));
  const told = arrivals.flatMap((arrival) =>
    random() < faults.drop
      ? []
      : Array.from({ length: 1 + Math.floor(random() * faults.duplicates) }, () => arrival),
  );
  await inParallel(faults.seed === 0 ? told : shuffled(told, random), async (arrival) => {
    for (let attempt = 1; attempt <= receives; attempt++)
      if (await survived(() => room.receive({ ...arrival, attempt }))) return;
  });
  await sweep(room, (rounds) => {
    unkind = faults.fail > 0 && rounds < 5;
  });
  unkind = false;
  await room.deliverAll();
  return count(room, mails, keyOf, labels, started);
}

/** Caps belong to delivery over time; here every acknowledgement that is decided goes out, to be counted. */
const uncapped = {
  ...settings,
  mail: { ...settings.mail, caps: { perAddressDay: 1e6, perAddressWeek: 1e6, perHour: 1e6 } },
};

async function survived(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    // Anything but a fault that was put in is a bug: it is not forgiven.
    if (!(error instanceof Fault)) throw error;
    return false;
  }
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < items.length) await act(items[next++] as T);
    }),
  );
}

/** What `reconcile` does: replays what lies in the inbox, without its notification, until nothing does. */
async function sweep(room: MailRoom, round: (rounds: number) => void): Promise<void> {
  for (let rounds = 0; rounds < 20; rounds++) {
    round(rounds);
    const left = await room.archive.inbox(100_000);
    for (const { key } of left)
      await survived(() =>
        room.receive({ mailKey: key.slice('in/'.length), objectKey: key, attempt: rounds + 1, headers: [] }),
      );
    if (left.length === 0) return;
  }
}

/** Labelled reports arrive authenticated; of everything else nobody says anything, as of a file from anywhere. */
function noticeOf(raw: Uint8Array, labels: Readonly<Record<string, Label>>): Notice | null {
  if (labels[sha256(raw)] !== 'genuine') return null;
  return notice({ source: scanHeader(raw).from?.address ?? 'unknown@people.example' });
}

async function count(
  room: MailRoom,
  mails: readonly CorpusMail[],
  keyOf: (at: number) => string,
  labels: Readonly<Record<string, Label>>,
  started: number,
): Promise<CorpusRun> {
  const acknowledged = acknowledgementsByMail(room);
  const results: CorpusResult[] = [];
  const intakes: Intake[] = [];
  for (const [at, { file, raw }] of mails.entries()) {
    const intake = await room.store.intake(keyOf(at));
    if (intake) intakes.push(intake);
    results.push({
      file,
      disposition: intake?.disposition ?? 'lost',
      kind: intake?.kind ?? 'lost',
      why: intake?.kindBy ?? 'lost',
      suppressed: intake?.suppressed ?? null,
      disclosure: intake?.disclosures[0] ?? null,
      acknowledged: (acknowledged.get(keyOf(at)) ?? 0) > 0,
      label: labels[sha256(raw)] ?? null,
    });
  }
  const opened = intakes.filter(({ disposition }) => disposition === 'opened').length;
  const disclosures = (await room.store.listed('open')).length;
  const twice = [...acknowledged.values()].reduce((sum, sent) => sum + Math.max(0, sent - 1), 0);
  return {
    results,
    summary: {
      mails: mails.length,
      disclosures,
      dispositions: tally(results),
      lost: results.filter(({ disposition }) => disposition === 'lost').length,
      doubled: Math.abs(disclosures - opened) + twice,
      acksToSuppressed: results.filter(isWronglyAnswered).length,
      seconds: Math.round((performance.now() - started) / 100) / 10,
    },
  };
}

/** A bounce, an automatic mail or a list that was answered, by our own rules or by its label. */
export const isWronglyAnswered = ({ acknowledged, suppressed, label }: CorpusResult): boolean =>
  acknowledged && (suppressed !== null || label === 'bounce' || label === 'auto-reply' || label === 'list');

/** How many acknowledgements each mail caused, by the events that carry them. */
function acknowledgementsByMail(room: MailRoom): Map<string, number> {
  const found = new Map<string, number>();
  for (const { tag } of room.acknowledgements) {
    const key = readOutboxTag(tag)?.cause;
    if (key) found.set(key, (found.get(key) ?? 0) + 1);
  }
  return found;
}

function tally(results: readonly CorpusResult[]): CorpusSummary['dispositions'] {
  const counts: Partial<Record<Disposition, number>> = {};
  for (const { disposition } of results)
    if (disposition !== 'lost') counts[disposition] = (counts[disposition] ?? 0) + 1;
  return counts;
}
