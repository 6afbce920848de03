/*
 * Preloaded into every Node process of a desk that a test starts: notes each connection, datagram and name lookup in
 * the file that RECORD_CONNECTIONS names, and passes itself on to each child, whatever environment that one is given.
 * With DENY_CONNECTIONS each of them fails besides.
 */
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const file = process.env.RECORD_CONNECTIONS ?? '';
const preload = `--import=${pathToFileURL(import.meta.filename)}`;

function note(how: string, to: unknown): void {
  const program = process.argv[1] ?? '(worker)';
  const thread = isMainThread ? 'main' : 'worker';
  appendFileSync(file, `${JSON.stringify({ pid: process.pid, thread, program, how, to: String(to) })}\n`);
  if (how !== 'started' && process.env.DENY_CONNECTIONS) throw new Error(`denied: ${how} to ${String(to)}`);
}

type Anything = (this: unknown, ...args: unknown[]) => unknown;

/** Puts `before` in front of a function of a module. */
function wrap(target: object, name: string, before: (args: unknown[]) => void): void {
  const holder = target as Record<string, Anything>;
  const original = holder[name];
  if (!original) return;
  holder[name] = function (this: unknown, ...args: unknown[]) {
    before(args);
    return original.apply(this, args);
  };
}

/** Where `connect` leads: its arguments are a port and a host, options, or a list of both from `net.connect`. */
function destination(args: unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { host?: string; path?: string };
    return path ? `unix:${path}` : (host ?? 'localhost');
  }
  return typeof second === 'string' ? second : 'localhost';
}

/** Children inherit no variable of ours where they are given an environment of their own: this one goes along. */
function passOn(args: unknown[]): void {
  const options = args.find((each) => typeof each === 'object' && each !== null && !Array.isArray(each)) as
    | { env?: Record<string, string> }
    | undefined;
  if (options?.env) options.env = { ...options.env, NODE_OPTIONS: preload, RECORD_CONNECTIONS: file };
}

if (file) {
  process.env.NODE_OPTIONS = preload;
  note('started', 'localhost');
  wrap(net.Socket.prototype, 'connect', (args) => note('connect', destination(args)));
  wrap(dgram.Socket.prototype, 'connect', ([, host]) => note('datagram', host ?? 'localhost'));
  wrap(dgram.Socket.prototype, 'send', (args) =>
    note('datagram', args.findLast((each) => typeof each === 'string') ?? 'localhost'),
  );
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveTxt', 'resolveMx', 'reverse'])
    for (const holder of [dns, dns.promises]) wrap(holder, name, ([host]) => note('lookup', host));
  for (const name of ['spawn', 'execFile', 'exec', 'fork']) wrap(childProcess, name, passOn);
  syncBuiltinESMExports();
}
