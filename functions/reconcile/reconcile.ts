import type { CommitCommand } from '#commit/commit-command.ts';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { Measure } from '#contracts/metrics.ts';
import type { Archive, Clock, DeskStore, LifecycleRunner } from '#contracts/ports.ts';
import type { Redelivery, ReplayedMail } from '#contracts/replay.ts';
import { isOpen } from '#domain/disclosure.ts';
import { day, hour, instant, minute, ms, plus } from '#domain/instant.ts';
import { type PurgeDeps, purgeOld } from './purge.ts';

export interface ReconcileDeps extends PurgeDeps {
  readonly store: DeskStore;
  readonly archive: Pick<Archive, 'inbox' | 'remove'>;
  readonly runner: Pick<LifecycleRunner, 'ended' | 'status'>;
  readonly commit: CommitCommand;
  /** Puts a mail through the intake queue once more. */
  readonly replay: (mail: ReplayedMail) => Promise<void>;
  /** Has waiting parts delivered: letters and signals by one function, errands by the other. */
  readonly redeliver: (events: Redelivery) => Promise<void>;
  readonly measure: Measure;
  readonly clock: Clock;
  /** Real time: what AWS stamps (objects, executions) does not know the desk's clock. */
  readonly realNow: () => number;
  readonly log: Log;
}

/** SES's own notice that it may write here. */
const setupNotice = 'AMAZON_SES_SETUP_NOTIFICATION';
/** A notification needs seconds; what lies longer was missed. */
const settledMs = 2 * minute;

export interface Reconciled {
  readonly purged: number;
  readonly replayed: number;
  readonly redelivered: number;
  readonly replaced: number;
}

/**
 * The backstop: nothing waits in the inbox or for delivery, and each disclosure that ought to move has a running
 * execution. `full` compares every open disclosure with its execution instead of those that ended of late.
 */
export const reconcile =
  (deps: ReconcileDeps) =>
  async (input: { readonly full?: boolean | undefined }): Promise<Reconciled> => {
    const replayed = await replayInbox(deps, input.full ? 0 : settledMs);
    const redelivered = await redeliverWaiting(deps, input.full ? 0 : settledMs);
    const replaced = await replaceLost(deps, input.full === true);
    const purged = input.full ? await purgeOld(deps) : 0;
    deps.log(messages.reconciled, { replayed, redelivered, replaced, purged, full: input.full === true });
    return { replayed, redelivered, replaced, purged };
  };

/** A replay of what is under way is a duplicate, which the intake's key refuses: a full run takes up everything. */
async function replayInbox(
  { archive, store, replay, measure, realNow }: ReconcileDeps,
  olderThanMs: number,
): Promise<number> {
  const found = (await archive.inbox(1000)).filter(({ key }) => !key.endsWith(setupNotice));
  const now = realNow();
  const ages = found.map(({ at }) => now - Date.parse(at));
  if (ages.length > 0) measure('InboxOldestMinutes', Math.max(...ages) / minute);
  const missed = found.filter(({ at }) => now - Date.parse(at) >= olderThanMs);
  for (const { key } of missed) {
    const mark = await store.mark(`replay#${key}`);
    const attempt = Number(mark?.attempt ?? 0) + 1;
    await store.setMark(`replay#${key}`, { attempt }, plus(instant(now), 14 * day));
    await replay({ replay: { objectKey: key, attempt } });
  }
  return missed.length;
}

/** Leases keep what is under way from being delivered twice, so a full run takes up everything. */
async function redeliverWaiting(
  { store, redeliver, clock }: ReconcileDeps,
  olderThanMs: number,
): Promise<number> {
  const now = ms(clock.now());
  const late = (await store.waiting(500)).filter(({ at }) => now - ms(at) >= olderThanMs);
  for (let from = 0; from < late.length; from += 25)
    await redeliver({
      redeliver: late.slice(from, from + 25).map(({ partition, cause }) => ({ partition, cause })),
    });
  return late.length;
}

async function replaceLost(deps: ReconcileDeps, full: boolean): Promise<number> {
  const { store, runner, realNow } = deps;
  let replaced = 0;
  if (full) {
    // Where a commit still waits for delivery, its start may be among it.
    const waiting = new Set((await store.waiting(500)).map(({ partition }) => partition));
    for (const id of await store.listed('open')) {
      const disclosure = await store.disclosure(id);
      if (!disclosure || !isOpen(disclosure)) continue;
      const status = await runner.status(id, disclosure.generation);
      if (status === 'RUNNING' || (status === 'MISSING' && waiting.has(`DISC#${id}`))) continue;
      replaced += await replace(deps, id, disclosure.generation);
    }
    return replaced;
  }
  const mark = await store.mark('reconciled');
  const since = typeof mark?.at === 'string' ? mark.at : instant(realNow() - day);
  const started = realNow();
  for (const { disclosure, generation } of await runner.ended(since))
    replaced += await replace(deps, disclosure, generation);
  // An hour's overlap: an execution's end may show late, and replacing is idempotent.
  await store.setMark('reconciled', { at: instant(started - hour) });
  return replaced;
}

/** Begins the next generation where this one still is the record's; a generation that is over needs nothing. */
async function replace(deps: ReconcileDeps, id: string, generation: number): Promise<number> {
  const disclosure = await deps.store.disclosure(id);
  if (!disclosure || !isOpen(disclosure) || disclosure.generation !== generation) return 0;
  const { outcome, event } = await deps.commit({
    disclosure: id,
    command: { name: 'begin-generation', because: 'lost' },
    actor: { kind: 'desk' },
    cause: `lost:g${generation}`,
  });
  if (outcome === 'repeated') return 0;
  deps.measure('ExecutionReplaced', 1);
  deps.log(messages.executionReplaced, { disclosure: id, generation, correlation: event.correlation });
  return 1;
}
