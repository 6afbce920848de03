import type { DynamoDBStreamEvent } from 'aws-lambda';
import { createArchive } from '#adapters/archive.ts';
import { createClock } from '#adapters/clock.ts';
import { signerFromSecrets } from '#adapters/desk-keys.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createLifecycleRunner } from '#adapters/lifecycle-runner.ts';
import { createLog } from '#adapters/logger.ts';
import { createMailSender } from '#adapters/mail-sender.ts';
import { createMeasures } from '#adapters/measures.ts';
import { readSettings } from '#adapters/settings.ts';
import { isRedelivery, redeliverBatch, streamBatch } from '#adapters/stream-batch.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { mayAcknowledge, withhold } from './acknowledgements.ts';
import { deliver } from './deliver.ts';
import { environment } from './env.ts';

const log = createLog();
const env = environment.parse(process.env);
const settings = readSettings(import.meta.url);
const clock = createClock(env.CLOCK_OFFSET_FILE);
const store = createDeskStore({ table: env.TABLE_NAME, clock });
const keys = { keysSecret: env.KEYS_SECRET_ARN, pseudonymSecret: env.PSEUDONYM_SECRET_ARN };
const deps = { store, clock, settings, log };
const { securityAddress: from } = settings.identity;
const sending = { from, configurationSet: env.CONFIGURATION_SET, maxBytes: settings.mail.maxOutgoingBytes };

const deliverEvent = deliver({
  ...deps,
  archive: createArchive({ bucket: env.BUCKET_NAME }),
  signer: signerFromSecrets({ ...keys, clock }),
  linkBase: settings.identity.linkBase ?? env.LINK_BASE,
  sender: createMailSender(sending),
  runner: createLifecycleRunner({ stateMachineArn: env.STATE_MACHINE_ARN }),
  commit: commitCommand(deps),
  measure: createMeasures(),
  mayAcknowledge: mayAcknowledge(deps),
  withhold: withhold(deps),
});

/** Each new event with letters or signals, or waiting ones from `reconcile`; what fails is brought again, the rest is not. */
export const handler = (batch: DynamoDBStreamEvent) =>
  isRedelivery(batch)
    ? redeliverBatch(batch, store, log, (event) => deliverEvent(event, { again: true }))
    : streamBatch(batch, log, deliverEvent);
