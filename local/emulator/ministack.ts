import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanEnvironment, localRegion, projectRoot } from './environment.ts';
import { claimPort } from './ports.ts';
import { defaultVenv, prepareVenv } from './venv.ts';

/** How the emulator's process ended: an exit code or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running emulator of AWS. */
export interface Emulator {
  /** `http://127.0.0.1:<port>`, for every AWS client. */
  readonly endpoint: string;
  /** Saves the state and stops the emulator and its Lambda workers; resolves when none of them is left. */
  close(): Promise<void>;
  /** Resolves when the emulator has ended, asked or not. */
  readonly exited: Promise<Exit>;
}

export interface EmulatorOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Folder of this desk's state (made if missing): `aws/` is what survives a restart, `emulator.log` the output, `requests/` what was asked of IAM. */
  readonly folder: string;
  /** The SMTP server that takes what SES sends. */
  readonly smtpRelay: { readonly host: string; readonly port: number };
  /** Receives one line for each step that takes time. */
  readonly log?: (line: string) => void;
  /** The private Python environment; shared by all desks of a checkout by default. */
  readonly venv?: string;
  /** The command-line option that chooses the port, for messages. */
  readonly portOption?: string;
}

/** MiniStack answers within a second on an idle machine; a loaded one gets thirty. */
const startLimitMs = 30_000;
/** A stop saves the state (measured: 1.5 s with a deployed desk); after this the group is killed. */
const stopLimitMs = 20_000;

/** An endpoint that is not this machine: the local desk never talks to real AWS. */
export class NotLoopback extends Error {
  override readonly name = 'NotLoopback';
}

/**
 * Answers the endpoint without a trailing slash if it is an http(s) URL of this machine
 * (127.0.0.0/8, ::1 or `localhost`).
 * @throws NotLoopback otherwise
 */
export function assertLoopback(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const local = url !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (!local || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new NotLoopback(
      `AWS_ENDPOINT_URL is ${JSON.stringify(endpoint)}. The local desk runs on this machine only: ` +
        'unset it, or give an address such as http://127.0.0.1:4566.',
    );
  }
  return url.origin;
}

/**
 * Starts MiniStack on 127.0.0.1 with IAM enforced and its state kept in `folder`, and waits until it answers.
 * @throws PortTaken, PythonMissing, or an Error with the end of its log when it does not come up
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const log = options.log ?? (() => {});
  const port = await claimPort(options.port, options.portOption ?? '--emulator-port');
  const python = await prepareVenv(options.venv ?? defaultVenv, log);
  const folder = resolve(options.folder);
  const logFile = join(folder, 'emulator.log');
  // Code folders of Lambda workers that a kill left behind.
  rmSync(join(folder, 'tmp'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const child = launch(python, logFile, emulatorEnvironment(folder, port, options.smtpRelay));
  const exited = new Promise<Exit>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
    child.once('error', () => done({ code: null, signal: null }));
  });
  const close = closer(child, exited);
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilReady(endpoint, exited);
  } catch (cause) {
    await close();
    const output = await readFile(logFile, 'utf8').catch(() => '');
    throw new Error(
      `MiniStack did not start: ${output.trim().split('\n').slice(-5).join('\n')}\n(${logFile})`,
      { cause },
    );
  }
  return { endpoint, close, exited };
}

/** MiniStack's settings, all by environment (read in its source, version 1.5.33). */
function emulatorEnvironment(
  folder: string,
  port: number,
  relay: { readonly host: string; readonly port: number },
): Record<string, string> {
  const state = join(folder, 'aws');
  return cleanEnvironment(folder, {
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    MINISTACK_REGION: localRegion,
    // Its own credentials file lookups find nothing: the shell's profile has no business here.
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
    AUTH: 'true',
    PERSIST_STATE: '1',
    STATE_DIR: join(state, 'state'),
    S3_PERSIST: '1',
    S3_DATA_DIR: join(state, 's3'),
    REQUESTS_DIR: join(folder, 'requests'),
    SMTP_HOST: `${relay.host}:${relay.port}`,
    LAMBDA_EXECUTOR: 'local',
    // Listeners nobody here needs, on fixed ports of their own.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    // A path without a socket: a Docker daemon of this machine is left alone.
    DOCKER_HOST: `unix://${join(folder, 'no-docker.sock')}`,
  });
}

/** A process group of its own, so that Ctrl-C reaches the desk first and a kill reaches the Lambda workers too. */
function launch(python: string, logFile: string, env: Record<string, string>): ChildProcess {
  const output = openSync(logFile, 'a');
  try {
    return spawn(python, ['-I', join(projectRoot, 'local', 'emulator', 'launch.py')], {
      env,
      detached: true,
      stdio: ['pipe', output, output],
    });
  } finally {
    closeSync(output);
  }
}

/** @throws Error when the process ends first or nothing answers in time */
async function untilReady(endpoint: string, exited: Promise<Exit>): Promise<void> {
  let ended: Exit | undefined;
  void exited.then((exit) => {
    ended = exit;
  });
  const limit = performance.now() + startLimitMs;
  while (performance.now() < limit) {
    if (ended !== undefined) throw new Error(`it ended with ${ended.signal ?? `code ${ended.code}`}`);
    const answer = await fetch(`${endpoint}/_ministack/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await pause(50);
  }
  throw new Error(`no answer within ${startLimitMs / 1000} s`);
}

/** SIGTERM makes MiniStack save its state; whatever of the group is left then is killed. */
function closer(child: ChildProcess, exited: Promise<Exit>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const stop = async () => {
    if (child.pid === undefined) return;
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = new AbortController();
    await Promise.race([exited, pause(stopLimitMs, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
    killGroup(child.pid);
    await exited;
  };
  return () => {
    closing ??= stop();
    return closing;
  };
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // ESRCH: nobody of the group is left.
  }
}
