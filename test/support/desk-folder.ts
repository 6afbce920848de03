import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Ports, usualPorts } from '../../local/desk.ts';
import { projectRoot } from '../../local/emulator/environment.ts';
import { freePort } from '../../local/emulator/ports.ts';

/** Where the desk of one test run keeps its state and listens. */
export interface DeskPlace {
  readonly folder: string;
  readonly ports: Ports;
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly deskPlace: DeskPlace;
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
 * One folder and one set of ports for all test files of a run: the first one that starts the desk deploys it, each
 * later one finds it as the one before left it.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  mkdirSync(join(projectRoot, '.desk'), { recursive: true });
  const folder = mkdtempSync(join(projectRoot, '.desk', 'test-'));
  project.provide('deskPlace', { folder, ports: await freePorts() });
  return () => rmSync(folder, { recursive: true, force: true });
}
