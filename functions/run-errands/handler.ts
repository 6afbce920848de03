import type { DynamoDBStreamEvent } from 'aws-lambda';
import { createClock } from '#adapters/clock.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { forumOf } from '#adapters/forum.ts';
import { githubApp } from '#adapters/github-app.ts';
import { createLog } from '#adapters/logger.ts';
import { createMeasures } from '#adapters/measures.ts';
import { readSettings } from '#adapters/settings.ts';
import { isRedelivery, redeliverBatch, streamBatch } from '#adapters/stream-batch.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { environment } from './env.ts';
import { runErrands } from './run-errands.ts';

const log = createLog();
const env = environment.parse(process.env);
const settings = readSettings(import.meta.url);
const clock = createClock(env.CLOCK_OFFSET_FILE);
const store = createDeskStore({ table: env.TABLE_NAME, clock });
const github = githubApp({ settings, secretArn: env.GITHUB_SECRET_ARN });
const forum = forumOf({ settings, secretArn: env.DISCOURSE_SECRET_ARN });
const commit = commitCommand({ store, clock, settings, measure: createMeasures() });
const run = runErrands({ store, clock, github, forum, commit, settings, log });

/** Each new event with errands, or waiting ones from `reconcile`. */
export const handler = (batch: DynamoDBStreamEvent) =>
  isRedelivery(batch)
    ? redeliverBatch(batch, store, log, (event) => run(event, { again: true }))
    : streamBatch(batch, log, run);
