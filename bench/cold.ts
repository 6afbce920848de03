import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionName } from '../lib/functions.ts';
import { emptyHandler, environmentOf, withBundles } from './bundles.ts';
import { median } from './report.ts';

/** One way to start: a function, and the request that it answers first. Without one it is only imported. */
export interface Start {
  readonly name: FunctionName;
  readonly request?: { readonly method: string; readonly path: string };
  /** The status that the answer must have; none where the request ends with AWS’s refusal. */
  readonly status?: number;
}

/** AWS, as it refuses every call: in a process of its own, since the measuring one waits for what it measures. */
const refusing = `
import { createServer } from 'node:http';
const server = createServer((request, answer) => {
  request.resume().on('end', () => {
    answer.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    answer.end('{"__type":"AccessDeniedException","message":"refused"}');
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** Imports a handler, has it answer, ends: everything that is timed. */
const runner = `
const [file, request, status] = process.argv.slice(2);
const { handler } = await import(file);
if (typeof handler !== 'function') process.exit(2);
if (request) {
  const { method, path } = JSON.parse(request);
  const event = { version: '2.0', rawPath: path, rawQueryString: '', headers: { host: 'desk.example', origin: 'https://desk.example' },
    requestContext: { http: { method, path }, domainName: 'desk.example' }, isBase64Encoded: false };
  const answer = await handler(event, {}).catch((error) => error);
  if (status ? String(answer.statusCode) !== status : answer.name !== 'AccessDeniedException') process.exit(3);
}
process.exit(0);
`;

/** Median of a start divided by the median of the empty handler, and both in milliseconds. */
export interface Cold {
  readonly start: Start;
  readonly ratio: number;
  readonly ms: number;
  readonly emptyMs: number;
}

/**
 * Starts each function as often as `rounds` says, each time in a fresh Node process, the empty handler in every round
 * beside it, so that all of them see the same machine. Wall time from before the process begins until it has ended.
 */
export const coldStarts = (
  starts: readonly Start[],
  rounds: number,
  within = withBundles,
): Promise<readonly Cold[]> =>
  within(async (bundles, folder) => {
    const run = join(folder, 'run.mjs');
    writeFileSync(run, runner);
    const empty = emptyHandler(folder);
    writeFileSync(join(folder, 'refusing.mjs'), refusing);
    const aws = spawn(process.execPath, [join(folder, 'refusing.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = await once(aws.stdout, 'data');
    const endpoint = { AWS_ENDPOINT_URL: `http://127.0.0.1:${String(port).trim()}` };
    const environments = new Map(
      await Promise.all(starts.map(async ({ name }) => [name, await environmentOf(name)] as const)),
    );
    const time = ({ name, request, status }: Start, file: string): number => {
      const began = performance.now();
      const ended = spawnSync(
        process.execPath,
        [run, file, request ? JSON.stringify(request) : '', status ? String(status) : ''],
        { env: { ...environments.get(name), ...endpoint }, stdio: ['ignore', 'ignore', 'pipe'] },
      );
      const ms = performance.now() - began;
      if (ended.status !== 0) throw new Error(`${name} did not start (${ended.status}): ${ended.stderr}`);
      return ms;
    };
    const handlerOf = ({ name }: Start): string => join(bundles(name), 'handler.mjs');
    const bare: number[] = [];
    const times = starts.map((): number[] => []);
    try {
      for (const start of starts) time(start, handlerOf(start));
      for (let round = 0; round < rounds; round++) {
        const first = starts[0];
        if (first)
          bare.push(time({ name: first.name, request: { method: 'GET', path: '/a' }, status: 200 }, empty));
        for (const [at, start] of starts.entries()) times[at]?.push(time(start, handlerOf(start)));
      }
    } finally {
      aws.kill();
    }
    const emptyMs = median(bare);
    return starts.map((start, at) => {
      const ms = median(times[at] ?? []);
      return { start, ms, emptyMs, ratio: ms / emptyMs };
    });
  });
