import { readCatalog } from '#adapters/catalog.ts';
import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { githubApp } from '#adapters/github-app.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { createMeasures } from '#adapters/measures.ts';
import { pseudonymFromSecret } from '#adapters/pseudonyms.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { notifyInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import { environment } from './env.ts';
import { findMaintainer } from './find-maintainer.ts';
import { notifyMaintainers } from './notify-maintainers.ts';

const log = createLog();

export const handler = lambda({
  schema: notifyInput,
  log,
  failed: messages.taskFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const settings = readSettings(import.meta.url);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    const github = githubApp({ settings, secretArn: env.GITHUB_SECRET_ARN });
    const pseudonym = pseudonymFromSecret(env.PSEUDONYM_SECRET_ARN);
    const find = findMaintainer({ store, github, readCatalog, pseudonym });
    const commit = commitCommand({ store, clock, settings, measure: createMeasures() });
    return notifyMaintainers({ store, github, find, commit, log });
  },
});
