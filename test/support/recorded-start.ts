import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Ports } from '../../local/desk.ts';
import { projectRoot } from '../../local/emulator/environment.ts';

/** One connection, datagram or name lookup of a Node process of a desk. */
export interface Noted {
  readonly pid: number;
  readonly program: string;
  readonly how: string;
  readonly to: string;
}

/** `npm start` as a process of its own. */
export interface RecordedStart {
  /** Resolves with what `--json` printed, or throws with the end of what it said instead. */
  readonly ready: Promise<Readonly<Record<string, string>>>;
  /** Resolves with its exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** What it told on standard error so far. */
  said(): string;
  interrupt(): void;
}

/** Credentials, profile and proxy of a shell that must not matter. */
const foreignShell = {
  AWS_ACCESS_KEY_ID: 'AKIACANARY0000000000',
  AWS_SECRET_ACCESS_KEY: 'canary',
  AWS_PROFILE: 'canary',
  AWS_ENDPOINT_URL_S3: 'https://s3.canary.test',
  HTTPS_PROXY: 'http://proxy.canary.test:3128',
  GITHUB_TOKEN: 'canary',
};

const recorder = join(import.meta.dirname, 'record-connections.ts');

/** The file in which the desk of a folder notes its connections. */
export const recordOf = (folder: string): string => join(folder, 'connections.jsonl');

/** Starts the desk as `npm start -- --json` does, with every connection of its Node processes noted. */
export function startRecorded(options: {
  readonly folder: string;
  readonly ports: Partial<Ports>;
  readonly environment?: Readonly<Record<string, string>>;
}): RecordedStart {
  const ports = Object.entries(options.ports).flatMap(([name, port]) => [`--${name}-port`, String(port)]);
  const child = spawn(
    join(projectRoot, 'node_modules', '.bin', 'node'),
    [
      `--import=${pathToFileURL(recorder)}`,
      join(projectRoot, 'local', 'start.ts'),
      '--json',
      '--folder',
      options.folder,
      ...ports,
    ],
    {
      cwd: projectRoot,
      env: {
        ...withoutAws(process.env),
        ...foreignShell,
        RECORD_CONNECTIONS: recordOf(options.folder),
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  const ready = readyLine(child, ended, () => errors);
  // Whoever waits for the end only is told by it.
  ready.catch(() => {});
  return { ready, ended, said: () => errors, interrupt: () => void child.kill('SIGINT') };
}

function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')));
}

async function readyLine(
  child: ChildProcess,
  ended: Promise<number | null>,
  errors: () => string,
): Promise<Readonly<Record<string, string>>> {
  let output = '';
  const line = new Promise<string>((done) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) done(output.split('\n')[0] ?? '');
    });
  });
  const first = await Promise.race([line, ended]);
  if (typeof first !== 'string')
    throw new Error(`the desk ended with ${first} before it was ready:\n${errors().slice(-3000)}`);
  return JSON.parse(first);
}

/** What a desk's processes connected to so far. */
export const notedIn = (folder: string): readonly Noted[] =>
  existsSync(recordOf(folder))
    ? readFileSync(recordOf(folder), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Noted)
    : [];

/** Living processes that were started with a desk's folder: by their command line or their environment. */
export function processesOf(folder: string): readonly string[] {
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return found.flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const there = line.includes(folder) || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
      return there ? [`${pid} ${line.replaceAll('\0', ' ').slice(0, 120)}`] : [];
    } catch {
      // It ended meanwhile, or belongs to somebody else.
      return [];
    }
  });
}
