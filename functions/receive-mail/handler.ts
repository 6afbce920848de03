import { createArchive } from '#adapters/archive.ts';
import { createClock } from '#adapters/clock.ts';
import { signerFromSecrets } from '#adapters/desk-keys.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createLog } from '#adapters/logger.ts';
import { createMailParser, parseWorkerBeside } from '#adapters/mail-parser.ts';
import { createMeasures } from '#adapters/measures.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { environment } from './env.ts';
import { mailFunction } from './mail-function.ts';

const env = environment.parse(process.env);
const settings = readSettings(import.meta.url);
const clock = createClock(env.CLOCK_OFFSET_FILE);
const store = createDeskStore({ table: env.TABLE_NAME, clock });
const keys = { keysSecret: env.KEYS_SECRET_ARN, pseudonymSecret: env.PSEUDONYM_SECRET_ARN };

/** SQS: notifications of SES's S3 action and replays of `reconcile`. Asked directly: what a page shows of a mail. */
export const handler = mailFunction({
  ...{ store, clock, settings },
  archive: createArchive({ bucket: env.BUCKET_NAME }),
  signer: signerFromSecrets({ ...keys, clock }),
  parser: createMailParser({ worker: parseWorkerBeside(import.meta.url) }),
  commit: commitCommand({ store, clock, settings }),
  log: createLog(),
  measure: createMeasures(),
});
