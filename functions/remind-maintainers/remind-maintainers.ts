import * as z from 'zod/mini';
import { commitCommand } from '#commit/commit-command.ts';
import { allDue, readGroupPartition } from '#commit/handover-record.ts';
import { loadDuty } from '#commit/rota-record.ts';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { DeskStore, DueItem, Partition } from '#contracts/ports.ts';
import { nextDeadline } from '#domain/deadlines.ts';
import { earlier, hour, type Instant, instant, plus } from '#domain/instant.ts';
import { passDuty, tellNobodyOnDuty } from './pass-duty.ts';
import { type ReminderDeps, type SweepContext, sendReminders } from './send-reminders.ts';
import { type SweepRun, withStart } from './sweep-starts.ts';

/** What the schedule hands over: its own instant, so that a slow start makes no difference to any due date. */
export const sweepInput = z.strictObject({ scheduledAt: z.optional(z.string()) });
export type SweepInput = z.infer<typeof sweepInput>;

export interface SweepResult {
  /** Batches of reminders. */
  readonly sent: number;
  /** Disclosures with a passed deadline, and instants of the rota. */
  readonly passed: number;
  readonly failed: number;
}

const isoSecond = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The schedule gives up after an hour; an instant further back is of another time than the desk's (a moved clock). */
const scheduleAgeMs = hour;

/** The sweep's instant: the schedule's where it gives one of the desk's time, never later than the desk's clock. */
export function startOf({ scheduledAt }: SweepInput, clock: Instant): Instant {
  if (!scheduledAt || !isoSecond.test(scheduledAt)) return clock;
  const scheduled = instant(Date.parse(scheduledAt));
  return scheduled < plus(clock, -scheduleAgeMs) ? clock : earlier(scheduled, clock);
}

/** The sweep's memory, in one mark: when sweeps started, and which groups were due in the running shift. */
interface SweepMark {
  readonly runs: readonly SweepRun[];
  /** With the last instant at which each was due. */
  readonly groups: Readonly<Record<string, Instant>>;
}

async function readMark(store: DeskStore): Promise<SweepMark> {
  const { runs = [], groups = {} } = ((await store.mark('sweep')) ?? {}) as Partial<SweepMark>;
  return { runs, groups };
}

/**
 * The sweep, every 15 minutes: everything in the due index up to now, oldest first. What fails is logged, stays
 * due and is tried again by the next sweep; it never keeps the others from their turn. Costs what is due.
 */
export const remindMaintainers =
  (deps: ReminderDeps & { readonly log: Log }) =>
  async (input: SweepInput): Promise<SweepResult> => {
    const { store, settings, log } = deps;
    const now = startOf(input, deps.clock.now());
    const [mark, first] = await Promise.all([readMark(store), allDue(store, now)]);
    const due = first.filter(({ partition }) => partition.startsWith('GROUP#'));
    const groups = { ...mark.groups, ...Object.fromEntries(due.map((item) => [item.partition, item.dueAt])) };
    // Before anything is done: a sweep that dies has started all the same.
    await store.setMark('sweep', { runs: withStart(mark.runs, now, settings.policy.sweepMs), groups });

    const context: SweepContext = {
      now,
      runs: mark.runs,
      duty: once(() => loadDuty(store)),
      everyone: once(() => store.peopleOf('member')),
      tellNobodyOnDuty: (at) => tellNobodyOnDuty(deps, at),
    };
    const pass = passing(deps, context, groups);
    const result = { sent: 0, passed: 0, failed: 0 };
    for (const item of first) {
      try {
        const { sent, passed } = await pass(item);
        result.sent += sent;
        result.passed += passed;
      } catch (error) {
        result.failed++;
        const { name, message } = error as Error;
        log(messages.sweepFailed, {
          partition: item.partition,
          error: name,
          why: message.slice(0, 300),
          correlation: await correlationOf(store, item.partition),
        });
      }
    }
    log(messages.swept, { ...result, due: first.length });
    return result;
  };

/** A disclosure's lines carry its first mail, as everywhere; what cannot be read now has its partition's name. */
async function correlationOf(store: DeskStore, partition: string): Promise<string> {
  const id = partition.startsWith('DISC#') ? partition.slice('DISC#'.length) : undefined;
  const disclosure = id === undefined ? undefined : await store.disclosure(id).catch(() => undefined);
  return disclosure?.intakes[0] ?? id ?? partition;
}

/** Each kind of due item and what its time brings about. */
function passing(deps: ReminderDeps, context: SweepContext, groups: SweepMark['groups']) {
  const commit = commitCommand(deps);
  return async ({ partition, dueAt }: DueItem): Promise<{ sent: number; passed: number }> => {
    if (partition.startsWith('GROUP#'))
      return { sent: await sendReminders(deps, context, readGroupPartition(partition)), passed: 0 };
    if (partition === 'ROTA') {
      const { passed, turnedAt } = await passDuty(
        deps,
        dueAt,
        context.now,
        Object.keys(groups) as Partition[],
      );
      if (turnedAt) await forgetGroups(deps.store, turnedAt);
      return { sent: 0, passed };
    }
    if (!partition.startsWith('DISC#')) throw new RangeError(`nothing is ever due in ${partition}`);
    const disclosure = await deps.store.disclosure(partition.slice('DISC#'.length));
    const due = disclosure && nextDeadline(disclosure, deps.settings.policy);
    // The index lags behind the record: somebody was here before.
    if (!due || due > context.now) return { sent: 0, passed: 0 };
    await commit({
      disclosure: disclosure.id,
      command: { name: 'pass-deadline' },
      actor: { kind: 'desk' },
      // With the version: a release instant that is moved away and back brings the same deadline up again.
      cause: `deadline:${due}:${disclosure.version}`,
    });
    return { sent: 0, passed: 1 };
  };
}

/** The next shift's summary looks at what was due in it alone. */
async function forgetGroups(store: DeskStore, before: Instant): Promise<void> {
  const { runs, groups } = await readMark(store);
  const kept = Object.entries(groups).filter(([, dueAt]) => dueAt >= before);
  await store.setMark('sweep', { runs, groups: Object.fromEntries(kept) });
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let held: Promise<T> | undefined;
  return () => {
    held ??= load();
    return held;
  };
}
