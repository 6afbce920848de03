import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { verifyGithubSignature } from '#adapters/github.ts';
import { githubApp } from '#adapters/github-app.ts';
import { lambda } from '#adapters/lambda.ts';
import { createLog } from '#adapters/logger.ts';
import { webhookSecret } from '#adapters/secrets.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import * as messages from '#contracts/messages.ts';
import { observerEvent } from '#contracts/webhooks.ts';
import { environment } from './env.ts';
import { observeGithub } from './observe-github.ts';

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
    const github = githubApp({ settings, secretArn: env.GITHUB_SECRET_ARN });
    const secret = webhookSecret(env.GITHUB_SECRET_ARN);
    const verify = async (body: Uint8Array, signature: string | undefined) =>
      verifyGithubSignature(await secret(), body, signature);
    return observeGithub({ store, clock, settings, github, verify, commit, log });
  },
});
