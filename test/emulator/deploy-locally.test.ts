import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { deploy } from '../../local/emulator/deploy.ts';
import { localCredentials, localRegion, projectRoot } from '../../local/emulator/environment.ts';
import { type Emulator, startEmulator } from '../../local/emulator/ministack.ts';

/** A stack of one function; it writes down the environment in which it was synthesised. */
const app = `import { writeFileSync } from 'node:fs';
import { App, CfnOutput, CliCredentialsStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
writeFileSync(new URL('environment.json', import.meta.url), JSON.stringify(process.env));
const app = new App();
const env = { account: '000000000000', region: 'us-east-1' };
const stack = new Stack(app, 'Tiny', { env, synthesizer: new CliCredentialsStackSynthesizer() });
const code = Code.fromAsset(new URL('code', import.meta.url).pathname);
const greet = new Function(stack, 'Greet', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code });
new CfnOutput(stack, 'FunctionName', { value: greet.functionName });
new CfnOutput(stack, 'Word', { value: String(app.node.tryGetContext('word')) });
`;
const handler = (word: string) =>
  `export const handler = async () => ({ word: '${word}', node: process.version, environment: process.env });`;

let folder: string;
let emulator: Emulator;

beforeAll(async () => {
  await mkdir(join(projectRoot, '.desk'), { recursive: true });
  // Below the project, so that the app finds its packages.
  folder = await mkdtemp(join(projectRoot, '.desk', 'deploy-test-'));
  await mkdir(join(folder, 'code'));
  await writeFile(join(folder, 'app.ts'), app);
  await writeFile(join(folder, 'code', 'index.mjs'), handler('first'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIACANARY');
  vi.stubEnv('AWS_PROFILE', 'canary');
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', 'https://canary.test');
  vi.stubEnv('HTTPS_PROXY', 'http://canary.test:3128');
  emulator = await startEmulator({ port: 0, folder, smtpRelay: { host: '127.0.0.1', port: 9 } });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

async function deployTiny(word: string) {
  const steps: string[] = [];
  const deployment = await deploy({
    endpoint: emulator.endpoint,
    stackName: 'Tiny',
    context: { word },
    folder,
    app: `node ${join(folder, 'app.ts')}`,
    progress: (line) => steps.push(line),
  });
  return { ...deployment, steps };
}

async function invoke(functionName: string): Promise<Record<string, unknown>> {
  const client = new LambdaClient({
    endpoint: emulator.endpoint,
    region: localRegion,
    credentials: localCredentials,
  });
  const { Payload } = await client.send(new InvokeCommand({ FunctionName: functionName }));
  client.destroy();
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

test('a stack is deployed once, again only when its template or code changed, and stands after a restart', async () => {
  const first = await deployTiny('one');
  const same = await deployTiny('one');
  await emulator.close();
  emulator = await startEmulator({ port: 0, folder, smtpRelay: { host: '127.0.0.1', port: 9 } });
  const restarted = await deployTiny('one');
  const otherTemplate = await deployTiny('two');
  await writeFile(join(folder, 'code', 'index.mjs'), handler('second'));
  const otherCode = await deployTiny('two');

  expect([first, same, restarted, otherTemplate, otherCode].map(({ changed }) => changed)).toEqual([
    true,
    false,
    false,
    true,
    true,
  ]);
  expect(first.steps.slice(1)).toEqual(['cdk bootstrap', 'cdk deploy']);
  expect(restarted.outputs).toEqual(first.outputs);
  expect(otherTemplate.outputs).toEqual({ ...first.outputs, Word: 'two' });
  expect(await invoke(otherCode.outputs.FunctionName ?? '')).toMatchObject({ word: 'second' });
});

test("neither the app nor a function sees the shell's credentials; both run on the pinned Node", async () => {
  const { outputs } = await deployTiny('two');

  const seen = await invoke(outputs.FunctionName ?? '');

  expect(JSON.stringify(seen)).not.toMatch(/canary/i);
  expect(await readFile(join(folder, 'environment.json'), 'utf8')).not.toMatch(/canary/i);
  expect(seen.node).toBe(process.version);
});

test('a failing app says why', async () => {
  const broken = deploy({
    endpoint: emulator.endpoint,
    stackName: 'Tiny',
    context: {},
    folder,
    app: `node -e "throw new Error('no such setting')"`,
  });

  await expect(broken).rejects.toThrow(/cdk synth failed.*no such setting/s);
});

test('a stop leaves no Lambda worker behind', async () => {
  const processes = async () => (await promisify(execFile)('ps', ['-eo', 'args'])).stdout.split('\n');
  const ours = async () => (await processes()).filter((line) => line.includes(join(folder, 'tmp')));
  const before = await ours();

  await emulator.close();

  expect(before).not.toEqual([]);
  expect(await ours()).toEqual([]);
});
