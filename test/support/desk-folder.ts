import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Ports, usualPorts } from '../../local/desk.ts';
import { projectRoot } from '../../local/emulator/environment.ts';
import { freePort } from '../../local/emulator/ports.ts';
import { defaultVenv, prepareVenv } from '../../local/emulator/venv.ts';
import { keepRequests, requestsFolder } from '../../local/grants/evaluate.ts';
import { processesOf, startRecorded } from './recorded-start.ts';

/** Where the desk of one test run keeps its state and listens. */
export interface DeskPlace {
  readonly folder: string;
  readonly ports: Ports;
}

/** How the first start of a run went, which deployed the desk: for the tests of starting and stopping. */
export interface FirstStart {
  /** What `--json` printed. */
  readonly ready: Readonly<Record<string, string>>;
  readonly exitCode: number | null;
  /** Processes that were still there after its end. */
  readonly leftBehind: readonly string[];
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly deskPlace: DeskPlace;
    readonly firstStart: FirstStart;
  }
}

/** Free ports, fixed for one run: a desk that starts again at the same addresses need not be deployed again. */
export async function freePorts(): Promise<Ports> {
  const found: [string, number][] = [];
  for (const name of Object.keys(usualPorts)) {
    let port = await freePort();
    while (found.some(([, taken]) => taken === port)) port = await freePort();
    found.push([name, port]);
  }
  return Object.fromEntries(found) as unknown as Ports;
}

/**
 * One folder and one set of ports for all test files of a run. `npm start` itself deploys the desk there and is
 * interrupted; each file then starts it again, as the one before left it.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  mkdirSync(join(projectRoot, '.desk'), { recursive: true });
  const folder = mkdtempSync(join(projectRoot, '.desk', 'test-'));
  rmSync(requestsFolder, { recursive: true, force: true });
  // The start that is recorded has a shell that leads nowhere: what PyPI brings has to be there before.
  await prepareVenv(defaultVenv, () => {});
  const place = { folder, ports: await freePorts() };
  const start = startRecorded(place);
  try {
    const ready = await start.ready;
    start.interrupt();
    const exitCode = await start.ended;
    project.provide('deskPlace', place);
    project.provide('firstStart', { ready, exitCode, leftBehind: processesOf(folder) });
  } catch (error) {
    start.interrupt();
    await start.ended;
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return () => {
    // What was asked of IAM in all files of the run: `node local/grants.ts` looks for grants that nothing asked for.
    keepRequests(folder, 'shared');
    rmSync(folder, { recursive: true, force: true });
  };
}
