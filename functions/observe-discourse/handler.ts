import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { verifyDiscourseSignature } from '#adapters/discourse.ts';
import { forumOf } from '#adapters/forum.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { webhookSecret } from '#adapters/secrets.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import * as messages from '#contracts/messages.ts';
import { observerEvent } from '#contracts/webhooks.ts';
import { environment } from './env.ts';
import { observeDiscourse } from './observe-discourse.ts';

const log = createLog();

export const handler = lambda({
  schema: observerEvent,
  log,
  failed: messages.sweepFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const settings = readSettings(import.meta.url);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    const commit = commitCommand({ store, clock, settings });
    const forum = forumOf({ settings, secretArn: env.DISCOURSE_SECRET_ARN });
    const secret = webhookSecret(env.DISCOURSE_SECRET_ARN);
    const verify = async (body: Uint8Array, signature: string | undefined) =>
      verifyDiscourseSignature(await secret(), body, signature);
    return observeDiscourse({ store, clock, settings, forum, verify, commit, log });
  },
});
