import { createArchive } from '#adapters/archive.ts';
import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createIntakeQueue } from '#adapters/intake-queue.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLifecycleRunner } from '#adapters/lifecycle-runner.ts';
import { createLog } from '#adapters/logger.ts';
import { createMeasures } from '#adapters/measures.ts';
import { createRedelivery } from '#adapters/redelivery.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import * as messages from '#contracts/messages.ts';
import { environment, input } from './env.ts';
import { reconcile } from './reconcile.ts';

const log = createLog();

export const handler = lambda({
  schema: input,
  log,
  failed: messages.sweepFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    const settings = readSettings(import.meta.url);
    return reconcile({
      retentionDays: settings.retentionDays,
      store,
      archive: createArchive({ bucket: env.BUCKET_NAME }),
      runner: createLifecycleRunner({ stateMachineArn: env.STATE_MACHINE_ARN }),
      commit: commitCommand({ store, clock, settings }),
      replay: createIntakeQueue({ url: env.INTAKE_QUEUE_URL }),
      redeliver: createRedelivery({ functions: [env.DELIVER_FUNCTION_NAME, env.RUN_ERRANDS_FUNCTION_NAME] }),
      measure: createMeasures(),
      clock,
      realNow: Date.now,
      log,
    });
  },
});
