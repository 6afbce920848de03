import { pathToFileURL } from 'node:url';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createArchive } from '#adapters/archive.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { instant } from '#domain/instant.ts';
import { commandLine, wrongCall } from './command-line.ts';
import { loadConfig } from './desk.ts';
import { targetOf } from './doctor/aws.ts';
import { restoreBucket } from './restore/bucket.ts';
import { holdLetters } from './restore/outbox.ts';
import { existingOf, goOn, stopDesk } from './restore/stack.ts';
import { equipTable, restoreTable } from './restore/table.ts';
import { verifyRecord } from './restore/verify.ts';

const usage = `npm run restore -- <step> [options]      docs/restore.md leads through the steps
  existing                                 what "existing" in desk.config.ts is for the record of a stack
  stop | go                                hold every function of the stack, or let them run again
  table  --from TABLE --to TABLE [--at T]  restore a table beside the old one, as it was at T (default: the latest)
  equip  --table TABLE                     switch on stream, TTL, backups and protection of a restored table
  bucket --from BUCKET [--to BUCKET] --at T   bring objects back as they lay at T; later mails go into the inbox
  outbox --table TABLE --at T              hold letters that waited at T, as their outcome is not known
  verify --table TABLE --bucket BUCKET     follow every chain, look for every mail and text
  --stack NAME      another stack than desk.config.ts names
  T is an instant such as 2026-11-25T10:00:00Z`;

type Given = Readonly<Record<string, string | undefined>>;

async function step(name: string, given: Given): Promise<unknown> {
  const config = await loadConfig();
  const endpoint = process.env.AWS_ENDPOINT_URL;
  const place = { region: config.region, ...(endpoint && { endpoint }) };
  const stack = given.stack ?? config.stackName;
  const formation = new CloudFormationClient(place);
  const dynamo = new DynamoDBClient(place);
  const s3 = new S3Client({ ...place, forcePathStyle: endpoint !== undefined });
  const needed = (option: string): string => {
    const value = given[option];
    return value ?? wrongCall(usage, `${name} needs --${option}.`);
  };
  const at = () => instant(Date.parse(needed('at')));
  const storeOf = (table: string) =>
    createDeskStore({ table, aws: targetOf(place), clock: { now: () => instant(Date.now()) } });
  switch (name) {
    case 'existing':
      return existingOf({ formation, dynamo, secrets: new SecretsManagerClient(place) }, stack);
    case 'stop':
      return { stopped: await stopDesk(formation, new LambdaClient(place), stack) };
    case 'go':
      return { running: await goOn(formation, new LambdaClient(place), stack, config.concurrency.reserved) };
    case 'table':
      await restoreTable(dynamo, {
        from: needed('from'),
        to: needed('to'),
        at: given.at === undefined ? undefined : at(),
      });
      return equipTable(dynamo, needed('to'));
    case 'equip':
      return equipTable(dynamo, needed('table'));
    case 'bucket':
      return restoreBucket(s3, { from: needed('from'), to: given.to ?? needed('from'), at: at() });
    case 'outbox':
      return { held: await holdLetters(storeOf(needed('table')), at()) };
    case 'verify':
      return verifyRecord({
        client: dynamo,
        table: needed('table'),
        store: storeOf(needed('table')),
        archive: createArchive({ bucket: needed('bucket'), aws: targetOf(place) }),
      });
    default:
      return wrongCall(usage, name === '' ? 'Name a step.' : `There is no step ${name}.`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const text = { type: 'string' } as const;
  const options = { stack: text, from: text, to: text, at: text, table: text, bucket: text };
  try {
    const { values, positionals } = commandLine(usage, options, { positionals: true });
    const found = await step(positionals[0] ?? '', values);
    process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
    const { problems = [] } = found as { problems?: readonly string[] };
    process.exitCode = problems.length > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
