import { setTimeout as pause } from 'node:timers/promises';
import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { createMeasures } from '#adapters/measures.ts';
import { readSettings } from '#adapters/settings.ts';
import * as messages from '#contracts/messages.ts';
import { environment } from './env.ts';
import { deadlineInput, releaseDeadline } from './release-deadline.ts';

const log = createLog();

export const handler = lambda({
  schema: deadlineInput,
  log,
  failed: messages.sweepFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    const settings = readSettings(import.meta.url);
    return releaseDeadline({ store, clock, settings, log, pause, measure: createMeasures() });
  },
});
