import type { CommitCommand } from '#commit/commit-command.ts';
import type { TaskInput } from '#contracts/machine.ts';
import type { Clock, DeskStore, ReleaseScheduler } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { deadlineKey, deadlinesOf } from '#domain/deadlines.ts';
import { type MachineInput, machineInputOf } from '#domain/machine.ts';
import { scheduleName } from '#domain/release-window.ts';

/**
 * One-time schedules for the release window, by deterministic name: made again they are the same. What is past
 * needs none: the sweep is their backstop.
 */
export const scheduleRelease =
  (deps: {
    readonly store: DeskStore;
    readonly scheduler: ReleaseScheduler;
    readonly commit: CommitCommand;
    readonly clock: Clock;
    readonly settings: Settings;
  }) =>
  async ({ disclosure: id }: TaskInput): Promise<MachineInput> => {
    const disclosure = await deps.store.disclosure(id);
    if (!disclosure) throw new RangeError(`there is no disclosure ${id}`);
    const { release } = disclosure;
    if (!release) return machineInputOf(disclosure);
    const now = deps.clock.now();
    const ahead = deadlinesOf(disclosure, deps.settings.policy).filter(
      (deadline) =>
        deadline.at > now &&
        !disclosure.told.includes(deadlineKey(deadline)) &&
        /^(announcement|release|two-hours)/.test(deadline.name),
    );
    for (const deadline of ahead)
      await deps.scheduler.set(scheduleName(id, deadline), deadline.at, { disclosure: id, ...deadline });
    const { disclosure: after } = await deps.commit({
      disclosure: id,
      command: { name: 'record-schedules', at: release.at },
      actor: { kind: 'desk' },
      cause: `schedules:${release.at}`,
    });
    return machineInputOf(after);
  };
