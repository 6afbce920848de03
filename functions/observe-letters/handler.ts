import type { SNSEvent } from 'aws-lambda';
import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createLog } from '#adapters/logger.ts';
import { createMeasures } from '#adapters/measures.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { jsonText, sesSendingEvent } from '#contracts/ses-events.ts';
import { environment } from './env.ts';
import { observeLetters } from './observe-letters.ts';

const log = createLog();
const env = environment.parse(process.env);
const clock = createClock(env.CLOCK_OFFSET_FILE);
const store = createDeskStore({ table: env.TABLE_NAME, clock });
const commit = commitCommand({ store, clock, settings: readSettings(import.meta.url) });
const observe = observeLetters({ store, commit, clock, log, measure: createMeasures() });
const message = jsonText(sesSendingEvent);

/** What SES's configuration set publishes through SNS; what is not of its shape throws and goes to the dead letters. */
export async function handler(event: SNSEvent): Promise<void> {
  for (const { Sns } of event.Records) await observe(message.parse(Sns.Message));
}
