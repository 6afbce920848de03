import { readOutboxTag } from '#contracts/outbox.ts';
import { scanHeader } from '#domain/header-scan.ts';
import type { Notice } from '#domain/mail-facts.ts';
import { MailRoom, notice, settings } from '../receive-mail/mail-room.ts';
import { Fault, faulty, seeded, shuffled } from '../support/faults.ts';
import type { InMemoryStore } from '../support/in-memory-store.ts';
import {
  bytesOf,
  type CorpusMail,
  type CorpusRun,
  type Label,
  type Labels,
  labelOf,
  resultOf,
  summaryOf,
} from './corpus-result.ts';

/** How unkind the world is in a run; all zero = each mail is told of once, in order. */
export interface Faults {
  readonly seed: number;
  /** Chance that a notification never comes; the sweep has to find the mail. */
  readonly drop: number;
  /** Notifications a mail has at most; and at least, where it is not one. */
  readonly duplicates: number;
  readonly atLeast?: number;
  /** Notifications that are taken at the same time, where it is not eight. */
  readonly atOnce?: number;
  /** Chance that a call of a port fails, before or after it took effect. */
  readonly fail: number;
}

export const kindWorld: Faults = { seed: 0, drop: 0, duplicates: 1, fail: 0 };
export const unkindWorld = (seed: number): Faults => ({ seed, drop: 0.1, duplicates: 3, fail: 0.05 });

const usuallyAtOnce = 8;
/** SQS hands a record out so often before it goes to the dead letters. */
const receives = 3;

/** Takes all mails through intake and delivery on in-memory ports, and counts what was promised. */
export async function runCorpus(
  mails: readonly CorpusMail[],
  labels: Labels,
  faults: Faults = kindWorld,
): Promise<CorpusRun> {
  const started = performance.now();
  const random = seeded(faults.seed);
  const crashes: string[] = [];
  let unkind = faults.fail > 0;
  const fails = () =>
    !unkind || random() >= faults.fail ? 'not' : random() < 0.5 ? ('before' as const) : ('after' as const);
  const room: MailRoom = new MailRoom({
    settings: uncapped,
    store: (store) => faulty<InMemoryStore>(store, fails),
    archive: (archive) => faulty(archive, fails),
  });
  const posted = mails.map((mail, at) => {
    const raw = bytesOf(mail);
    const label = labelOf(labels, raw);
    return { file: mail.file, label, arrival: room.post(mail.raw, noticeOf(raw, label), keyOf(at)) };
  });
  const told = posted.flatMap((mail) =>
    random() < faults.drop ? [] : Array.from({ length: times(faults, random()) }, () => mail),
  );
  const survived = async (file: string, act: () => Promise<unknown>): Promise<boolean> => {
    try {
      await act();
      return true;
    } catch (error) {
      // A fault that was put in is forgiven, nothing else.
      if (!(error instanceof Fault)) crashes.push(`${file}: ${String(error)}`);
      return false;
    }
  };
  const { atOnce = usuallyAtOnce } = faults;
  await inParallel(atOnce, faults.seed === 0 ? told : shuffled(told, random), async ({ file, arrival }) => {
    for (let attempt = 1; attempt <= receives; attempt++)
      if (await survived(file, () => room.receive({ ...arrival, attempt }))) return;
  });
  await sweep(room, survived, (rounds) => {
    unkind = faults.fail > 0 && rounds < 5;
  });
  unkind = false;
  await room.deliverAll();
  return { ...(await count(room, posted, started)), crashes };
}

const keyOf = (at: number): string => `m${String(at).padStart(6, '0')}`;

/** Caps belong to delivery over time; here every acknowledgement that is decided goes out, to be counted. */
export const uncapped = {
  ...settings,
  mail: { ...settings.mail, caps: { perAddressDay: 1e6, perAddressWeek: 1e6, perHour: 1e6 } },
};

/** How many notifications a mail has, by a number in [0, 1). */
const times = ({ duplicates, atLeast = 1 }: Faults, chance: number): number =>
  atLeast + Math.floor(chance * (duplicates + 1 - atLeast));

async function inParallel<T>(
  atOnce: number,
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < items.length) await act(items[next++] as T);
    }),
  );
}

/** What `reconcile` does: replays what lies in the inbox, without its notification, until nothing does. */
async function sweep(
  room: MailRoom,
  survived: (file: string, act: () => Promise<unknown>) => Promise<boolean>,
  round: (rounds: number) => void,
): Promise<void> {
  for (let rounds = 0; rounds < 20; rounds++) {
    round(rounds);
    const left = await room.archive.inbox(100_000);
    for (const { key } of left)
      await survived(key, () =>
        room.receive({ mailKey: key.slice('in/'.length), objectKey: key, attempt: rounds + 1, headers: [] }),
      );
    if (left.length === 0) return;
  }
}

/** Labelled reports arrive authenticated; of everything else nobody says anything, as of a file from anywhere. */
const noticeOf = (raw: Uint8Array, label: Label | null): Notice | null =>
  label === 'genuine' ? notice({ source: scanHeader(raw).from?.address ?? 'unknown@people.example' }) : null;

async function count(
  room: MailRoom,
  posted: readonly { readonly file: string; readonly label: Label | null }[],
  started: number,
): Promise<Omit<CorpusRun, 'crashes'>> {
  const acknowledged = acknowledgementsByMail(room);
  const results = await Promise.all(
    posted.map(async ({ file, label }, at) =>
      resultOf(file, label, await room.store.intake(keyOf(at)), acknowledged.get(keyOf(at)) ?? 0),
    ),
  );
  const disclosures = (await room.store.listed('open')).length;
  const twice = [...acknowledged.values()].reduce((sum, sent) => sum + Math.max(0, sent - 1), 0);
  return { results, summary: summaryOf(results, disclosures, twice, started) };
}

/** How many acknowledgements each mail caused, by the events that carry them. */
function acknowledgementsByMail(room: MailRoom): Map<string, number> {
  const found = new Map<string, number>();
  for (const { tag } of room.acknowledgements) {
    const key = readOutboxTag(tag)?.cause;
    if (key) found.set(key, (found.get(key) ?? 0) + 1);
  }
  return found;
}
