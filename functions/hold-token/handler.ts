import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { lambda } from '#adapters/lambda.ts';
import { createTokenResolver } from '#adapters/lifecycle-runner.ts';
import { createLog } from '#adapters/logger.ts';
import { holdInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import { environment } from './env.ts';
import { holdToken } from './hold-token.ts';

const log = createLog();

export const handler = lambda({
  schema: holdInput,
  log,
  failed: messages.taskFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    return holdToken({ store, runner: { resolve: createTokenResolver() }, clock, log });
  },
});
