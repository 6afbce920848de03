import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createArchive } from '#adapters/archive.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createLifecycleRunner } from '#adapters/lifecycle-runner.ts';
import type { Archive, DeskStore, LifecycleRunner } from '#contracts/ports.ts';
import { type DeskConfig, parseDeskConfig } from '../lib/desk-config.ts';
import { type LocalClock, openClock } from './clock.ts';
import { startConsole } from './console/console.ts';
import { type RunningDiscourse, startDiscourse } from './discourse/server.ts';
import { deploy } from './emulator/deploy.ts';
import { localCredentials, localRegion, projectRoot } from './emulator/environment.ts';
import { assertLoopback, startEmulator } from './emulator/ministack.ts';
import { claimPort } from './emulator/ports.ts';
import { defaultVenv } from './emulator/venv.ts';
import { startFront } from './front.ts';
import { type RunningGithub, startGithub } from './github/server.ts';
import { type MailGateway, startMailGateway } from './mail-gateway/gateway.ts';
import type { Inbound } from './mail-gateway/inbound.ts';
import { quietly } from './quiet.ts';
import { invoke, timeTravel } from './time-travel.ts';
import { discourseSeed, githubSeed, loadSecrets, storeSecrets } from './world.ts';

export interface Ports {
  readonly console: number;
  readonly desk: number;
  readonly smtp: number;
  readonly relay: number;
  readonly emulator: number;
  readonly github: number;
  readonly discourse: number;
}

/** Where `npm start` listens; each has an option of its name. 0 takes a free port. */
export const usualPorts: Ports = {
  console: 8800,
  desk: 8801,
  smtp: 2525,
  relay: 2526,
  emulator: 4566,
  github: 8802,
  discourse: 8803,
};

export interface DeskOptions {
  /** Everything the desk keeps lies here: the emulator's state, the mailbox, the stand-ins, the clock. */
  readonly folder: string;
  readonly ports: Ports;
  /** Begins anew: forgets the state, keeps the virtual environment. */
  readonly fresh?: boolean;
  /** Another configuration file than desk.config.ts. */
  readonly configFile?: string | undefined;
  /** An emulator that already runs on this machine. */
  readonly endpoint?: string | undefined;
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The addresses that `npm start` prints. */
export interface Addresses {
  readonly console: string;
  readonly desk: string;
  readonly smtp: string;
  readonly endpoint: string;
  readonly stack: string;
  readonly github: string;
  readonly discourse: string;
  readonly securityAddress: string;
}

/** A running desk, with what tests and the demonstration look at from outside. */
export interface Desk {
  readonly addresses: Addresses;
  readonly outputs: Readonly<Record<string, string>>;
  readonly config: DeskConfig;
  readonly clock: LocalClock;
  readonly store: DeskStore;
  readonly archive: Archive;
  readonly runner: LifecycleRunner;
  readonly gateway: MailGateway;
  readonly inbound: Inbound;
  readonly github: RunningGithub;
  readonly discourse: RunningDiscourse;
  readonly travel: ReturnType<typeof timeTravel>;
  /** Waits until nothing is under way; throws where something stays. */
  quiet(): Promise<void>;
  /** Invokes a function of the deployment by its folder's name. */
  invoke(name: string, input?: unknown): Promise<void>;
  /** Resolves when the emulator ends by itself. */
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

/** Loads and checks the deployment's configuration file. */
export async function loadConfig(file = 'desk.config.ts'): Promise<DeskConfig> {
  const module: { default?: unknown } = await import(resolve(projectRoot, file));
  return parseDeskConfig(module.default, file);
}

/**
 * Starts the whole desk on this machine: mail gateway, emulator, stand-ins, the real `cdk deploy`, front, console.
 * What was started is stopped again when a later step fails, or on `close`.
 */
export async function startDesk(options: DeskOptions): Promise<Desk> {
  const folder = resolve(options.folder);
  const progress = options.progress ?? (() => {});
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of closers.splice(0).reverse())
      await stop().catch((error: Error) => progress(`stopping: ${error.message}`));
  };
  try {
    return await bringUp({ ...options, folder }, progress, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Two desks on one folder would move each other's clock. A lock whose process is gone is no lock. */
function lock(folder: string): () => Promise<void> {
  const file = join(folder, 'desk.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (pid && pid !== process.pid && runs(pid))
    throw new Error(
      `A desk already runs on ${folder} (process ${pid}). Stop it, or choose another folder with --folder.`,
    );
  writeFileSync(file, String(process.pid));
  return async () => rmSync(file, { force: true });
}

/** The emulator keeps its own address inside what it keeps (queues): a kept state goes on only at the same port. */
function requireSamePort(folder: string, { ports, endpoint, fresh }: DeskOptions): void {
  const file = join(folder, 'emulator-port');
  const kept = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  if (!fresh && kept !== undefined && !endpoint && ports.emulator !== 0 && ports.emulator !== kept)
    throw new Error(
      `The state in ${folder} belongs to an emulator at port ${kept}. Use --emulator-port ${kept}, or begin anew with --fresh.`,
    );
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a fresh start forgets; the virtual environment is no state. */
const stateFolders = [
  'emulator-port',
  'state',
  'emulator',
  'mail',
  'world',
  'clock.json',
  'desk.json',
  'deploy',
];

async function bringUp(
  options: DeskOptions,
  progress: (line: string) => void,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Desk> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  closers.push(lock(folder));
  requireSamePort(folder, options);
  if (options.fresh)
    for (const name of stateFolders) rmSync(join(folder, name), { recursive: true, force: true });
  const config = await loadConfig(options.configFile);
  const clock = openClock(join(folder, 'clock.json'));
  const ports = await claimAll(options, keptPort(options));
  const secrets = loadSecrets(join(folder, 'world'));

  progress('starting the mail gateway');
  const gateway = await startMailGateway({ folder, relayPort: ports.relay, now: clock.now });
  closers.push(() => gateway.close());

  const { endpoint, ended } = await emulatorOf(options, ports, gateway, progress, closers);
  const aws = { endpoint, region: localRegion, credentials: localCredentials };

  progress('starting the stand-ins of GitHub and Discourse');
  let target: URL | undefined;
  const front = await startFront({ port: ports.desk, target: () => target });
  closers.push(() => front.close());
  const now = (): number => Date.parse(clock.now());
  const github = await startGithub({
    port: ports.github,
    now,
    seed: githubSeed(config, secrets),
    stateFile: join(folder, 'world', 'github.json'),
    webhook: { url: `${front.url}/hooks/github`, secret: secrets.githubWebhook },
  });
  closers.push(() => github.close());
  const discourse = await startDiscourse({
    port: ports.discourse,
    now,
    seed: discourseSeed(config, secrets),
    stateFile: join(folder, 'world', 'discourse.json'),
    webhook: { url: `${front.url}/hooks/discourse`, secret: secrets.discourseWebhook },
    // As docs/deploy.md tells the forum's owner.
    subscribed: ['post'],
  });
  closers.push(() => discourse.close());
  await storeSecrets(endpoint, config, secrets);

  const deployment = await deploy({
    endpoint,
    stackName: config.stackName,
    folder: join(folder, 'deploy'),
    context: {
      local: 'true',
      ...(options.configFile && { config: resolve(options.configFile) }),
      clockOffsetFile: clock.file,
      linkBase: front.url,
      githubBase: github.url,
      discourseBase: discourse.url,
    },
    progress,
    ...(options.signal && { signal: options.signal }),
  });
  const { outputs } = deployment;
  target = new URL(`${endpoint}/_aws/execute-api/${outputs.ApiId}/$default`);

  progress('opening the mail gateway to the desk');
  const inbound = await gateway.open({
    endpoint,
    bucket: outputs.BucketName ?? '',
    inboundTopicArn: outputs.IntakeTopicArn ?? '',
    eventsTopicArn: outputs.LetterEventsTopicArn ?? '',
    securityAddress: config.mail.securityAddress,
    replyDomain: config.mail.replyDomain,
    port: ports.smtp,
  });

  const store = createDeskStore({ table: outputs.TableName ?? '', clock, aws });
  const archive = createArchive({
    bucket: outputs.BucketName ?? '',
    aws,
  });
  const runner = createLifecycleRunner({
    stateMachineArn: outputs.StateMachineArn ?? '',
    aws,
  });
  const lambda = new LambdaClient({ ...aws, requestHandler: { requestTimeout: 600_000 } });
  const nameOf = (name: string): string => `${config.stackName}-${name}`;
  const calm = quietly({
    store,
    sqs: new SQSClient(aws),
    queueUrl: outputs.QueueUrl ?? '',
    settled: async () => {
      await Promise.all([github.settled(), discourse.settled()]);
    },
  });
  const quiet = async (): Promise<void> => {
    const busy = await calm();
    if (busy) throw new Error(`the desk did not come to rest within a minute: ${busy}`);
  };
  const travel = timeTravel({
    clock,
    scheduler: new SchedulerClient(aws),
    lambda,
    store,
    group: outputs.ScheduleGroup ?? '',
    sweep: nameOf('remind-maintainers'),
    afterwards: [nameOf('observe-github'), nameOf('observe-discourse'), nameOf('reconcile')],
    quiet,
  });
  const invokeByName = (name: string, input: unknown = {}): Promise<void> =>
    invoke(lambda, nameOf(name), JSON.stringify(input));

  progress('reconciling what the last run left');
  // Streams begin anew with the emulator: what was committed before they listened is taken up by the next round.
  for (let round = 0; round < 4; round++) {
    await invokeByName('reconcile', { full: true });
    if ((await calm(5000)) === undefined) break;
  }

  const addresses: Addresses = {
    console: `http://127.0.0.1:${ports.console}`,
    desk: front.url,
    smtp: `127.0.0.1:${inbound.port}`,
    endpoint,
    stack: config.stackName,
    github: github.url,
    discourse: discourse.url,
    securityAddress: config.mail.securityAddress,
  };
  const desk: Desk = {
    addresses,
    outputs,
    config,
    clock,
    store,
    archive,
    runner,
    gateway,
    inbound,
    github,
    discourse,
    travel,
    quiet,
    invoke: invokeByName,
    ended,
    close,
  };
  const consoleServer = await startConsole(desk, ports.console);
  closers.push(() => consoleServer.close());
  writeFileSync(join(folder, 'desk.json'), `${JSON.stringify({ ...addresses, outputs }, null, 2)}\n`);
  closers.push(async () => rmSync(join(folder, 'desk.json'), { force: true }));
  return desk;
}

/** The port of the kept state, where any free one was asked for. */
function keptPort({ folder, ports, fresh }: DeskOptions): number {
  const file = join(folder, 'emulator-port');
  return ports.emulator === 0 && !fresh && existsSync(file)
    ? Number(readFileSync(file, 'utf8'))
    : ports.emulator;
}

async function claimAll({ ports, endpoint }: DeskOptions, emulatorPort: number): Promise<Ports> {
  const claimed: Partial<Record<keyof Ports, number>> = {};
  for (const name of Object.keys(ports) as (keyof Ports)[])
    claimed[name] =
      name === 'emulator' && endpoint
        ? ports[name]
        : await claimPort(name === 'emulator' ? emulatorPort : ports[name], `--${name}-port`);
  return claimed as Ports;
}

async function emulatorOf(
  options: DeskOptions,
  ports: Ports,
  gateway: MailGateway,
  progress: (line: string) => void,
  closers: (() => Promise<unknown>)[],
): Promise<{ endpoint: string; ended: Promise<unknown> }> {
  if (options.endpoint) {
    assertLoopback(options.endpoint);
    progress(`using the emulator at ${options.endpoint}`);
    return { endpoint: options.endpoint, ended: new Promise(() => {}) };
  }
  const { folder } = options;
  progress(existsSync(defaultVenv) ? 'starting the emulator' : 'installing and starting the emulator');
  const emulator = await startEmulator({
    port: ports.emulator,
    folder: join(folder, 'emulator'),
    smtpRelay: gateway.relay,
    log: progress,
  });
  closers.push(() => emulator.close());
  writeFileSync(join(folder, 'emulator-port'), new URL(emulator.endpoint).port);
  return { endpoint: emulator.endpoint, ended: emulator.exited };
}
