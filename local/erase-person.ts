import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createArchive } from '#adapters/archive.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { commitCommand } from '#commit/commit-command.ts';
import { erasePerson } from '#commit/erase-person.ts';
import type { Clock } from '#contracts/ports.ts';
import { Refused } from '#domain/errors.ts';
import { instant } from '#domain/instant.ts';
import { deploymentOf, settingsOf } from '../lib/config.ts';
import { openClock } from './clock.ts';
import { commandLine, wrongCall } from './command-line.ts';
import { loadConfig } from './desk.ts';
import { targetOf } from './doctor/aws.ts';
import { type Reach, reachAws, reachLocal, worldOf } from './doctor.ts';
import { projectRoot } from './emulator/environment.ts';
import { createPersonSearch } from './person-search.ts';

const usage = `npm run erase-person -- --address NAME@EXAMPLE.ORG [options]
  Erases one person's record on their request (policy A8). The audit trail stays.
  --id p-…        instead of an address: for another run, when the address is gone already
  --yes           do not ask
  --local         on the desk that runs on this machine
  --folder DIR    where that desk keeps its state (default: .desk)`;

/**
 * Erases the person of an address, or of an id, on a deployed desk, and says what that came to.
 * @throws Error where there is none
 */
async function erase(
  reach: Pick<Reach, 'config' | 'place'>,
  outputs: Readonly<Record<string, string>>,
  whom: string,
  clock: Clock,
): Promise<readonly string[]> {
  const { config, place } = reach;
  const aws = targetOf(place);
  const table = outputs.TableName ?? '';
  const store = createDeskStore({ table, clock, aws });
  const archive = createArchive({
    bucket: outputs.BucketName ?? '',
    aws,
  });
  const search = createPersonSearch({ table, client: new DynamoDBClient(place) });
  const ids = whom.includes('@') ? await search.byAddress(whom) : [whom];
  if (ids.length === 0) throw new Error(`Nobody is recorded with the address ${whom}.`);
  const lines: string[] = [];
  for (const id of ids) {
    const settings = settingsOf(deploymentOf(config), '');
    const { disclosures, mails, kept } = await erasePerson(
      { store, archive, clock, commit: commitCommand({ store, clock, settings }), tracesOf: search.tracesOf },
      id,
    );
    lines.push(`Erased ${id}: ${mails} mails, ${disclosures} disclosures.`);
    if (kept.length > 0)
      lines.push(
        `Still open, so that the report itself is kept until the end: ${kept.join(', ')}. Run this again then, with --id ${id}.`,
      );
  }
  lines.push('Backups and former versions of deleted mails are gone in 35 days.');
  if (JSON.stringify(config).toLowerCase().includes(whom.toLowerCase()))
    lines.push('desk.config.ts still names the address: take it out, and deploy.');
  return lines;
}

async function confirmed(whom: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await terminal.question(`This cannot be undone. Type ${whom} to erase them: `);
  terminal.close();
  return typed.trim() === whom;
}

async function main(): Promise<void> {
  const { values } = commandLine(usage, {
    address: { type: 'string' },
    id: { type: 'string' },
    yes: { type: 'boolean' },
    local: { type: 'boolean' },
    folder: { type: 'string' },
  });
  const whom = values.address ?? values.id ?? wrongCall(usage, 'Say whom: --address, or --id.');
  const config = await loadConfig();
  const folder = resolve(values.folder ?? resolve(projectRoot, '.desk'));
  const reach = values.local ? reachLocal(config, folder) : reachAws(config);
  const clock = values.local ? openClock(resolve(folder, 'clock.json')) : { now: () => instant(Date.now()) };
  const stack = await worldOf(reach).aws.stack(config.stackName);
  if (!stack) throw new Error(`There is no stack ${config.stackName} in ${config.region}.`);
  if (!values.yes && !(await confirmed(whom))) throw new Error('Nothing was erased.');
  for (const line of await erase(reach, stack.outputs, whom, clock)) console.log(line);
}

if (import.meta.main)
  await main().catch((error: Error) => {
    console.error(error instanceof Refused ? `${error.message} ${error.remedy}` : error.message);
    process.exitCode = 1;
  });
