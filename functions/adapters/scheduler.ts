import { randomUUID } from 'node:crypto';
import type { CreateScheduleInput } from '@aws-sdk/client-scheduler';
import type { ReleaseScheduler } from '#contracts/ports.ts';
import { AwsError, type AwsRequest, type AwsTarget, awsService, strictly } from './aws.ts';
import { jsonError } from './aws-json.ts';

const refusedAs = (error: unknown, name: string): boolean => error instanceof AwsError && error.name === name;

/** One-time EventBridge schedules of one group and one target, by deterministic name; each deletes itself. */
export function createReleaseScheduler(config: {
  readonly group: string;
  readonly target: string;
  readonly role: string;
  /** Queue for what could not be delivered. */
  readonly deadLetters: string;
  readonly aws?: AwsTarget;
}): ReleaseScheduler {
  const scheduler = awsService({ service: 'scheduler' }, jsonError, config.aws);
  const pathOf = (name: string): string => `/schedules/${strictly(name)}`;

  /** A token for each call, so that a repetition after a lost answer is the same call. */
  const write = async (method: AwsRequest['method'], schedule: CreateScheduleInput): Promise<void> => {
    const { Name = '', ...body } = schedule;
    await scheduler.call({
      method,
      path: pathOf(Name),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ClientToken: randomUUID(), ...body }),
    });
  };

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
        await write('POST', schedule);
      } catch (error) {
        // Its name has the instant in it: the one that stands is the same.
        if (!refusedAs(error, 'ConflictException')) throw error;
      }
    },
  };
}
