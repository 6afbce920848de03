import type { SQSEvent } from 'aws-lambda';
import { createArchive } from '#adapters/archive.ts';
import { createClock } from '#adapters/clock.ts';
import { signerFromSecrets } from '#adapters/desk-keys.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createLog } from '#adapters/logger.ts';
import { createMailParser, parseWorkerBeside } from '#adapters/mail-parser.ts';
import { readSettings } from '#adapters/settings.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { showMailRequest } from '#contracts/mail-show.ts';
import { environment } from './env.ts';
import { receiveBatch } from './receive-batch.ts';
import { receiveMail } from './receive-mail.ts';
import { showMail } from './show-mail.ts';

const log = createLog();
const env = environment.parse(process.env);
const settings = readSettings(import.meta.url);
const clock = createClock(env.CLOCK_OFFSET_FILE);
const store = createDeskStore({ table: env.TABLE_NAME, clock });
const keys = { keysSecret: env.KEYS_SECRET_ARN, pseudonymSecret: env.PSEUDONYM_SECRET_ARN };

const archive = createArchive({ bucket: env.BUCKET_NAME });
const parser = createMailParser({ worker: parseWorkerBeside(import.meta.url) });
const commit = commitCommand({ store, clock, settings });
const signer = signerFromSecrets({ ...keys, clock });

const receive = receiveBatch({
  receive: receiveMail({ store, archive, signer, parser, commit, clock, settings, log }),
  log,
});
const show = showMail({ archive, parser });

/** SQS: notifications of SES's S3 action and replays of `reconcile`. Asked directly: what a page shows of a mail. */
export const handler = (event: SQSEvent) =>
  'Records' in event ? receive(event) : show(showMailRequest.parse(event));
