import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HookAnswer, HookRequest } from '#contracts/webhooks.ts';

/** A door for webhooks that hands each request on as API Gateway's HTTP API does, by turns as text and as base64. */
export async function hookServer(take: (request: HookRequest) => Promise<HookAnswer>) {
  const answers: number[] = [];
  let turn = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const isBase64Encoded = turn++ % 2 === 1;
      const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
      const body = Buffer.concat(parts).toString(isBase64Encoded ? 'base64' : 'utf8');
      take({ requestContext: {}, headers, body, isBase64Encoded }).then(
        ({ statusCode }) => {
          answers.push(statusCode);
          response.writeHead(statusCode).end();
        },
        () => {
          answers.push(500);
          response.writeHead(500).end();
        },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}/hooks`, answers, close };
}
