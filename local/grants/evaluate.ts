import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { projectRoot } from '../emulator/environment.ts';
import { defaultVenv, prepareVenv } from '../emulator/venv.ts';

/** Where the emulator tests leave what was asked of IAM while they ran. */
export const requestsFolder = join(projectRoot, '.desk', 'requests');

const grant = z.object({
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

/**
 * Takes each grant of a stack away in turn and has the emulator's own evaluator answer again what was asked in a
 * run (`emulator/requests` of the desk's folder).
 * @throws Error when nothing was kept there, or the evaluator does not run
 */
export async function evaluateGrants(folder: string, stackName: string): Promise<Evaluation> {
  const python = await prepareVenv(defaultVenv);
  const script = join(projectRoot, 'local', 'emulator', 'grants.py');
  const { stdout } = await promisify(execFile)(python, ['-I', '-B', script, folder, stackName], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return evaluation.parse(JSON.parse(stdout));
}
