import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createLog } from '#adapters/logger.ts';
import { createMeasures } from '#adapters/measures.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { environment } from './env.ts';
import { observeBatch } from './observe-batch.ts';
import { observeLetters } from './observe-letters.ts';

const log = createLog();
const env = environment.parse(process.env);
const clock = createClock(env.CLOCK_OFFSET_FILE);
const store = createDeskStore({ table: env.TABLE_NAME, clock });
const commit = commitCommand({ store, clock, settings: readSettings(import.meta.url) });
const observe = observeLetters({ store, commit, clock, log, measure: createMeasures() });

/** What SES's configuration set publishes, as it gathers in the queue. */
export const handler = observeBatch({ observe, log });
