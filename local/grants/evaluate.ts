import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { projectRoot } from '../emulator/environment.ts';
import { defaultVenv, prepareVenv } from '../emulator/venv.ts';

/** Where the emulator tests leave what was asked of IAM while they ran: a folder for each desk. */
export const requestsFolder = join(projectRoot, '.desk', 'requests');

const grant = z.object({
  /** Tells it from the others; the same for every desk of a template. */
  key: z.string(),
  /** Logical id of the policy, role, key or permission in the template. */
  where: z.string(),
  statement: z.string().nullable(),
  /** AWS service or account that a resource's own policy lets in; null in a role's policy. */
  principal: z.unknown(),
  action: z.string(),
  resource: z.string(),
  /** A request that is refused without this grant; null where none was seen. */
  needed: z.string().nullable(),
});

const evaluation = z.object({
  grants: z.array(grant),
  /** What a role or service of the desk asked for and was refused. */
  denied: z.array(z.object({ who: z.string(), action: z.string(), resource: z.string() })),
  /** Requests that were allowed and are still under the policies as they stand. */
  asked: z.number(),
  /** Requests that were allowed under policies that have changed since, and prove nothing. */
  outdated: z.number(),
});

export type Grant = z.infer<typeof grant>;
export type Evaluation = z.infer<typeof evaluation>;

/** Keeps what was asked of IAM in a desk's folder for {@link evaluateGrants}, under a name. */
export function keepRequests(deskFolder: string, name: string): void {
  cpSync(join(deskFolder, 'emulator', 'requests'), join(requestsFolder, name), { recursive: true });
}

/**
 * Takes each grant of a stack away in turn and has the emulator's own evaluator answer again what was asked: by
 * several desks of the same template, each in a folder below this one.
 * @throws Error when nothing was kept there, or the evaluator does not run
 */
export async function evaluateGrants(folder: string, stackName: string): Promise<Evaluation> {
  const desks = (await readdir(folder)).sort();
  const all = await Promise.all(desks.map((name) => evaluateDesk(join(folder, name), stackName)));
  const [first, ...others] = all;
  if (first === undefined) throw new Error(`nothing was kept in ${folder}: run the emulator tests first`);
  const keys = first.grants.map(({ key }) => key).join();
  if (others.some(({ grants }) => grants.map(({ key }) => key).join() !== keys))
    throw new Error(`the desks in ${folder} were deployed from different templates`);
  return {
    grants: first.grants.map((each, index) => ({
      ...each,
      needed:
        all.map(({ grants }) => grants[index]?.needed ?? null).find((needed) => needed !== null) ?? null,
    })),
    denied: all.flatMap(({ denied }) => denied),
    asked: all.reduce((sum, { asked }) => sum + asked, 0),
    outdated: all.reduce((sum, { outdated }) => sum + outdated, 0),
  };
}

async function evaluateDesk(folder: string, stackName: string): Promise<Evaluation> {
  const python = await prepareVenv(defaultVenv);
  const script = join(projectRoot, 'local', 'emulator', 'grants.py');
  const { stdout } = await promisify(execFile)(python, ['-I', '-B', script, folder, stackName], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return evaluation.parse(JSON.parse(stdout));
}
