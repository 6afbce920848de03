import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { createReleaseScheduler } from '#adapters/scheduler.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { taskInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import { environment } from './env.ts';
import { scheduleRelease } from './schedule-release.ts';

export const handler = lambda({
  schema: taskInput,
  log: createLog(),
  failed: messages.taskFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    const settings = readSettings(import.meta.url);
    const scheduler = createReleaseScheduler({
      group: env.SCHEDULE_GROUP,
      target: env.RELEASE_DEADLINE_ARN,
      role: env.SCHEDULE_ROLE_ARN,
      deadLetters: env.SCHEDULE_DLQ_ARN,
    });
    return scheduleRelease({
      store,
      scheduler,
      commit: commitCommand({ store, clock, settings }),
      clock,
      settings,
    });
  },
});
