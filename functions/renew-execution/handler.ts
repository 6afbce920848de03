import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { taskInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import { environment } from './env.ts';
import { renewExecution } from './renew-execution.ts';

export const handler = lambda({
  schema: taskInput,
  log: createLog(),
  failed: messages.taskFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    const commit = commitCommand({ store, clock, settings: readSettings(import.meta.url) });
    return renewExecution({
      commit,
      currentGeneration: async (id) => (await store.disclosure(id))?.generation,
    });
  },
});
