import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { cleanEnvironment, localCredentials, localRegion, projectRoot, toolsFolder } from './environment.ts';
import { isErrno } from './ports.ts';

export interface DeployOptions {
  /** The emulator's address; must be loopback. */
  readonly endpoint: string;
  /** The CloudFormation stack to deploy. */
  readonly stackName: string;
  /** CDK context, such as `{ local: 'true' }`. */
  readonly context: Readonly<Record<string, string>>;
  /** Folder of this desk's state: keeps the assembly, the log and the fingerprint of what was deployed. */
  readonly folder: string;
  /** Receives one line for each step. */
  readonly progress?: (line: string) => void;
  /** The command that runs the CDK app in the project's root; that of cdk.json by default. */
  readonly app?: string;
  /** Aborting it ends the deployment's processes; `deploy` then rejects. */
  readonly signal?: AbortSignal;
}

export interface Deployment {
  /** The stack's outputs by their names. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly stackId: string;
  /** False when the emulator already held exactly this. */
  readonly changed: boolean;
}

const recordSchema = z.object({ fingerprint: z.string(), sources: z.string(), stackId: z.string() });
const refused = 'http://127.0.0.1:1';

/**
 * Brings the stack onto the emulator: synthesises the app, and runs the real `cdk bootstrap` and `cdk deploy`
 * unless the emulator already holds what the assembly says (same templates, same assets, same stack).
 * No connection leaves this machine: the children know one endpoint, no proxy and none of the shell's credentials.
 * @throws Error with the end of the CLI's output (the whole is in `<folder>/deploy.log`)
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const folder = resolve(options.folder);
  const progress = options.progress ?? (() => {});
  mkdirSync(folder, { recursive: true });
  const assembly = join(folder, 'cdk.out');
  const context = Object.entries(options.context).flatMap(([name, value]) => [
    '--context',
    `${name}=${value}`,
  ]);
  const cdk = (args: readonly string[]) =>
    runCdk({ args, folder, endpoint: options.endpoint, signal: options.signal });

  const client = cloudFormation(options.endpoint);
  try {
    // Another app than the project's own is made from files that nobody named here.
    const sources = options.app === undefined ? await sourcesOf(context) : '';
    const before = await findStack(client, options.stackName);
    if (sources && before !== undefined && (await isDeployed(folder, { sources }, before)))
      return { ...describe(before), changed: false };
    progress('synthesising the template and bundling the functions');
    const app = options.app === undefined ? [] : ['--app', options.app];
    await cdk(['synth', '--quiet', ...app, '--output', assembly, ...context, options.stackName]);
    const fingerprint = await fingerprintOf(assembly);

    const standing = await findStack(client, options.stackName);
    if (standing !== undefined && (await isDeployed(folder, { fingerprint }, standing))) {
      return { ...describe(standing), changed: false };
    }
    if ((await findStack(client, 'CDKToolkit')) === undefined) {
      progress('cdk bootstrap');
      // With the assembly at hand the CLI does not synthesise the app once more.
      await cdk(['bootstrap', '--app', assembly, `aws://000000000000/${localRegion}`]);
    }
    progress('cdk deploy');
    // By UpdateStack: the emulator's change sets miss a change of outputs alone.
    const how = ['--require-approval', 'never', '--progress', 'events', '--method', 'direct'];
    await cdk(['deploy', '--app', assembly, ...how, options.stackName]);
    const stack = await findStack(client, options.stackName);
    if (stack === undefined) throw new Error(`cdk deploy left no stack ${options.stackName}`);
    const deployment = { ...describe(stack), changed: true };
    await writeFile(recordOf(folder), JSON.stringify({ fingerprint, sources, stackId: deployment.stackId }));
    return deployment;
  } finally {
    client.destroy();
  }
}

const recordOf = (folder: string) => join(folder, 'deployed.json');

function cloudFormation(endpoint: string): CloudFormationClient {
  return new CloudFormationClient({ endpoint, region: localRegion, credentials: localCredentials });
}

async function findStack(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks?.find((stack) => stack.StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError') return undefined;
    throw error;
  }
}

function describe(stack: Stack): { outputs: Record<string, string>; stackId: string } {
  const outputs = (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [
    OutputKey ?? '',
    OutputValue ?? '',
  ]);
  return { outputs: Object.fromEntries(outputs), stackId: stack.StackId ?? '' };
}

/** What a deployment is made from; synthesising takes longer than reading it. */
const sourceFolders = ['bin', 'lib', 'functions', 'statemachines'];
const sourceFiles = ['cdk.json', 'desk.config.ts', 'package-lock.json'];

/** SHA-256 over every file that the template and the bundles are made from, and the context. */
async function sourcesOf(context: readonly string[]): Promise<string> {
  const found = await Promise.all(
    sourceFolders.map(async (name) => {
      const entries = await readdir(join(projectRoot, name), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    }),
  );
  const files = [...found.flat(), ...sourceFiles.map((name) => join(projectRoot, name))].sort();
  const hash = createHash('sha256').update(JSON.stringify(context));
  for (const file of files) hash.update(`${file}\n`).update(await readFile(file));
  return hash.digest('hex');
}

/** True if this very stack stands complete and was deployed from the same sources, or the same assembly. */
async function isDeployed(
  folder: string,
  wanted: { readonly fingerprint: string } | { readonly sources: string },
  stack: Stack,
): Promise<boolean> {
  const complete = stack.StackStatus === 'CREATE_COMPLETE' || stack.StackStatus === 'UPDATE_COMPLETE';
  if (!complete) return false;
  try {
    const record = recordSchema.parse(JSON.parse(await readFile(recordOf(folder), 'utf8')));
    const same =
      'sources' in wanted ? record.sources === wanted.sources : record.fingerprint === wanted.fingerprint;
    return same && record.stackId === stack.StackId;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof z.ZodError || error instanceof SyntaxError) return false;
    throw error;
  }
}

/** SHA-256 over the templates and asset manifests; an asset's name there is the hash of its content. */
async function fingerprintOf(assembly: string): Promise<string> {
  const names = (await readdir(assembly)).filter((name) => /\.(template|assets)\.json$/.test(name)).sort();
  if (names.length === 0) throw new Error(`The CDK app made no template in ${assembly}.`);
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\n`).update(await readFile(join(assembly, name)));
  return hash.digest('hex');
}

interface CdkRun {
  readonly args: readonly string[];
  readonly folder: string;
  readonly endpoint: string;
  readonly signal: AbortSignal | undefined;
}

function cdkEnvironment({ folder, endpoint }: CdkRun): Record<string, string> {
  return cleanEnvironment(folder, {
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_REGION: localRegion,
    AWS_DEFAULT_REGION: localRegion,
    AWS_ENDPOINT_URL: endpoint,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    // The CLI's calls home: notices, telemetry, a look for a newer version.
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_HOME: join(folder, 'home', '.cdk'),
    npm_config_registry: refused,
    npm_config_fetch_retries: '0',
    // Costs seconds in each synthesis; the unit tests validate the template once.
    CDK_VALIDATION: 'false',
  });
}

/** Runs the pinned CLI with its output going to deploy.log; rejects with the end of it on failure. */
function runCdk(run: CdkRun): Promise<void> {
  const log = createWriteStream(join(run.folder, 'deploy.log'), { flags: 'a' });
  const quiet = ['--no-notices', '--no-version-reporting', '--no-color', '--ci'];
  const child = spawn(join(toolsFolder, 'cdk'), [...run.args, ...quiet], {
    cwd: projectRoot,
    env: cdkEnvironment(run),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // ESRCH: already ended.
    }
  };
  run.signal?.addEventListener('abort', kill, { once: true });
  const tail: string[] = [];
  const keep = (chunk: Buffer) => {
    log.write(chunk);
    tail.push(chunk.toString());
    if (tail.length > 50) tail.shift();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => {
      log.end();
      run.signal?.removeEventListener('abort', kill);
      if (run.signal?.aborted) fail(run.signal.reason);
      else if (code === 0) done();
      else
        fail(
          new Error(
            `cdk ${run.args[0]} failed (${code}):\n${tail.join('').trim().split('\n').slice(-20).join('\n')}`,
          ),
        );
    });
  });
}
