import type { DeskStore, NewEvent, Write } from '#contracts/ports.ts';
import {
  type CadencePolicy,
  changeFrequency,
  dueOf,
  emptyGroup,
  entryIn,
  type ReminderGroup,
  recordAnswer,
  removeEntry,
  scheduleEntry,
} from '#domain/cadence.ts';
import type { Policy } from '#domain/commands.ts';
import type { ReminderChange } from '#domain/draft.ts';
import type { Frequency } from '#domain/rating.ts';
import type { ReminderBatch } from '#domain/threading.ts';

/** The reminder clock's numbers of this deployment. */
export const cadenceOf = (policy: Pick<Policy, 'zone' | 'sweepMs' | 'reminders'>): CadencePolicy => ({
  ...policy.reminders,
  zone: policy.zone,
  sweepMs: policy.sweepMs,
});

/** Where the events of a reminder group lie. */
export const groupPartition = ({
  maintainer,
  frequency,
}: Pick<ReminderGroup, 'maintainer' | 'frequency'>): NewEvent['partition'] =>
  `GROUP#${maintainer}#${frequency}`;

/**
 * The cause of a reminder. The due instant alone could come again: an entry raised at the very instant of a batch is
 * due at it.
 */
export const reminderCause = ({ due, version }: Pick<ReminderBatch, 'due' | 'version'>): string =>
  `reminder:${due}:${version}`;

/**
 * Loads the reminder groups (OEP-60 R10) that a decision changes and answers them as writes of the same commit,
 * each on the version it was read at. Changes follow one another: a stop and a start in one decision meet.
 */
export async function changedGroups(
  store: Pick<DeskStore, 'group'>,
  disclosure: string,
  changes: readonly ReminderChange[],
  policy: CadencePolicy,
): Promise<Write[]> {
  const groups = new Map<string, { readonly read: ReminderGroup; now: ReminderGroup }>();
  const keyOf = (maintainer: string, frequency: Frequency): string => `${frequency} ${maintainer}`;

  async function groupOf(maintainer: string, frequency: Frequency): Promise<ReminderGroup> {
    const key = keyOf(maintainer, frequency);
    const held = groups.get(key);
    if (held) return held.now;
    const now = (await store.group(maintainer, frequency)) ?? emptyGroup(maintainer, frequency);
    groups.set(key, { read: now, now });
    return now;
  }
  const put = (group: ReminderGroup): void => {
    const held = groups.get(keyOf(group.maintainer, group.frequency));
    if (held) held.now = group;
  };

  for (const change of changes) {
    const key = { disclosure, repository: change.repository };
    if (change.op === 'change') {
      const from = await groupOf(change.maintainer, change.from);
      const to = await groupOf(change.maintainer, change.to);
      if (!entryIn(from, key)) continue;
      const moved = changeFrequency(from, to, key, change.at, policy);
      put(moved.from);
      put(moved.to);
      continue;
    }
    const group = await groupOf(change.maintainer, change.frequency);
    if (change.op === 'start') put(scheduleEntry(group, key, change.at, policy));
    else if (change.op === 'stop') put(removeEntry(group, key));
    else put(recordAnswer(group, key));
  }

  return [...groups.values()].flatMap(({ read, now }) =>
    now === read
      ? []
      : [
          {
            put: 'group' as const,
            item: { ...now, version: read.version + 1 },
            expect: read.version,
            due: dueOf(now),
          },
        ],
  );
}
