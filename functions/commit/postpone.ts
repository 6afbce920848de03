import type { Clock, DeskEvent, DeskStore, StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { dueOf, emptyGroup, postpone, type ReminderGroup } from '#domain/cadence.ts';
import type { TextRef } from '#domain/disclosure.ts';
import { Refused } from '#domain/errors.ts';
import { decidesOnBatch } from '#domain/handover.ts';
import type { Instant } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import type { Frequency } from '#domain/rating.ts';
import { commitDecided } from './commit-decided.ts';
import { cadenceOf } from './reminder-groups.ts';
import { type Duty, loadDuty } from './rota-record.ts';

/** What the on-duty member can do to the next batch of a reminder group. */
export type BatchAct =
  | { readonly name: 'postpone-batch'; readonly until: Instant; readonly reason: string }
  /** Shown in the mail; confirmed on a preview with the warning that mail is readable. Null takes it back. */
  | { readonly name: 'note-batch'; readonly text: TextRef | null };

export interface BatchInput {
  readonly maintainer: string;
  readonly frequency: Frequency;
  readonly act: BatchAct;
  readonly by: PersonId;
  readonly cause: string;
  /** The group's revision that the member saw. */
  readonly expectVersion?: number | undefined;
  readonly checks?: readonly { readonly person: PersonId; readonly epoch: number }[] | undefined;
}

export interface BatchResult {
  readonly outcome: 'done' | 'repeated';
  readonly group: ReminderGroup;
  readonly event: DeskEvent | StoredEvent;
}

function requireDuty({ rota, members }: Duty, by: PersonId, now: Instant, due: Instant | undefined): void {
  if (decidesOnBatch(rota, members, by, now, due)) return;
  throw new Refused(
    'R9',
    'The on-duty member decides on what goes out.',
    'Ask whoever is on duty, or take the shift.',
  );
}

function decided(group: ReminderGroup, { act, by }: BatchInput, now: Instant, policy: Settings['policy']) {
  if (act.name === 'postpone-batch')
    return postpone(group, { until: act.until, reason: act.reason, by }, now, cadenceOf(policy));
  if (group.entries.length === 0)
    throw new Refused('R9', 'There is no batch to add a note to.', 'The group has no open entries.');
  const { note: _, ...rest } = group;
  return act.text === null ? rest : { ...rest, note: { text: act.text, by } };
}

/**
 * Postpones the next batch of a reminder group, or adds a note to it: one commit in the group's partition.
 * Throws Refused with the limit that stands in the way, VersionConflict or ActorInactive.
 */
export const commitBatch =
  (deps: { readonly store: DeskStore; readonly clock: Clock; readonly settings: Pick<Settings, 'policy'> }) =>
  (input: BatchInput): Promise<BatchResult> =>
    commitDecided(deps.store, async () => {
      const { store, clock, settings } = deps;
      const { maintainer, frequency, act, by, cause, expectVersion, checks } = input;
      const partition = `GROUP#${maintainer}#${frequency}` as const;
      const load = async () =>
        (await store.group(maintainer, frequency)) ?? emptyGroup(maintainer, frequency);
      const repeated = async (event: StoredEvent): Promise<BatchResult> => ({
        outcome: 'repeated',
        group: await load(),
        event,
      });
      const earlier = await store.event(partition, cause);
      if (earlier) return { answer: await repeated(earlier) };
      const [group, duty] = await Promise.all([load(), loadDuty(store, [by])]);
      if (expectVersion !== undefined && expectVersion !== group.version)
        throw new VersionConflict(
          `group ${maintainer}#${frequency}`,
          `is at revision ${group.version}, not ${expectVersion}`,
        );
      const now = clock.now();
      requireDuty(duty, by, now, dueOf(group));
      const next = decided(group, input, now, settings.policy);
      const item = { ...next, version: group.version + 1 };
      return {
        commit: {
          writes: [{ put: 'group', item, expect: group.version, due: dueOf(item) }],
          event: {
            partition,
            cause,
            type: act.name,
            actor: `member:${by}`,
            at: now,
            data: { ...act, due: dueOf(group) },
            letters: [],
            signals: [],
            correlation: `${maintainer}#${frequency}`,
          },
          ...(checks && { actors: checks }),
        },
        done: (event) => ({ outcome: 'done', group: item, event }),
        repeated,
      };
    });
