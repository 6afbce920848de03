import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { ReleaseScheduler } from '#contracts/ports.ts';

/** One-time EventBridge schedules of one group and one target, by deterministic name; each deletes itself. */
export function createReleaseScheduler(config: {
  readonly group: string;
  readonly target: string;
  readonly role: string;
  /** Queue for what could not be delivered. */
  readonly deadLetters: string;
  readonly client?: SchedulerClient;
}): ReleaseScheduler {
  const scheduler = config.client ?? new SchedulerClient({});
  return {
    async set(name, at, input) {
      const schedule = {
        Name: name,
        GroupName: config.group,
        // Seconds are the finest that `at()` takes; the rules look at the clock again when it fires.
        ScheduleExpression: `at(${at.slice(0, 19)})`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' as const },
        ActionAfterCompletion: 'DELETE' as const,
        Target: {
          Arn: config.target,
          RoleArn: config.role,
          Input: JSON.stringify(input),
          DeadLetterConfig: { Arn: config.deadLetters },
        },
      };
      try {
        await scheduler.send(new CreateScheduleCommand(schedule));
      } catch (error) {
        if (!(error instanceof ConflictException)) throw error;
        await scheduler.send(new UpdateScheduleCommand(schedule));
      }
    },
    async clear(name) {
      try {
        await scheduler.send(new DeleteScheduleCommand({ Name: name, GroupName: config.group }));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      }
    },
  };
}
