import { createArchive } from '#adapters/archive.ts';
import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { githubApp } from '#adapters/github-app.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { createMeasures } from '#adapters/measures.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { repositoryInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import { environment } from './env.ts';
import { openAdvisories } from './open-advisories.ts';

const log = createLog();

export const handler = lambda({
  schema: repositoryInput,
  log,
  failed: messages.taskFailed,
  useCase: () => {
    const env = environment.parse(process.env);
    const settings = readSettings(import.meta.url);
    const clock = createClock(env.CLOCK_OFFSET_FILE);
    const store = createDeskStore({ table: env.TABLE_NAME, clock });
    const archive = createArchive({ bucket: env.BUCKET_NAME });
    const github = githubApp({ settings, secretArn: env.GITHUB_SECRET_ARN });
    const commit = commitCommand({ store, clock, settings, measure: createMeasures() });
    return openAdvisories({ store, archive, github, commit, log });
  },
});
