import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { taskInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import { closeDisclosure } from './close-disclosure.ts';
import { environment } from './env.ts';

const log = createLog();

export const handler = lambda({
  schema: taskInput,
  log,
  failed: messages.taskFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const store = createDeskStore({ table: env.TABLE_NAME, clock: createClock(env.CLOCK_OFFSET_FILE) });
    return closeDisclosure({ store, log });
  },
});
