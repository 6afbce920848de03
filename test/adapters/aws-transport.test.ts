import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { HttpRequest } from '@smithy/core/protocols';
import { afterEach, expect, test } from 'vitest';
import { createTransport } from '#adapters/aws-transport.ts';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

async function serving(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  ended.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const requestTo = (port: number, more: Partial<HttpRequest> = {}) =>
  new HttpRequest({
    protocol: 'http:',
    hostname: '127.0.0.1',
    port,
    method: 'POST',
    path: '/',
    headers: {},
    ...more,
  });

test('method, path, query, headers and body arrive; status, headers and body come back', async () => {
  const port = await serving(async (request, answer) => {
    answer.writeHead(201, { 'x-amz-request-id': 'r-1' });
    answer.end(`${request.method} ${request.url} ${request.headers['x-a']} ${await text(request)}`);
  });
  const request = requestTo(port, {
    method: 'PUT',
    path: '/a%20b',
    query: { c: 'd e' },
    headers: { 'x-a': '1' },
    body: 'words',
  });

  const { response } = await createTransport().handle(request);

  expect([response.statusCode, response.headers['x-amz-request-id']]).toEqual([201, 'r-1']);
  expect(await text(response.body)).toBe('PUT /a%20b?c=d%20e 1 words');
});

test('an answer may take longer than a connection', async () => {
  const port = await serving((_, answer) => void setTimeout(() => answer.end('late'), 150));

  const { response } = await createTransport(50).handle(requestTo(port));

  expect(await text(response.body)).toBe('late');
});

test('an address that refuses is an error by its code', async () => {
  const port = await serving(() => {});
  for (const end of ended.splice(0)) end();

  await expect(createTransport().handle(requestTo(port))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

/** A port whose queue of connections is full: its process sleeps, and the next connection is never answered. */
async function deafPort(): Promise<number> {
  const script = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    process.stdout.write(String(server.address().port), () =>
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`;
  const child: ChildProcess = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ended.push(() => child.kill('SIGKILL'));
  const [said] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  const port = Number(said);
  const waiting: Socket[] = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  ended.push(() => {
    for (const socket of waiting) socket.destroy();
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  return port;
}

test('a connection that does not come about ends, by the name that the retries know', async () => {
  const port = await deafPort();

  await expect(createTransport(200).handle(requestTo(port))).rejects.toMatchObject({ name: 'TimeoutError' });
});
