import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Received {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Counts connections: the same number, the same socket. */
  readonly connection: number;
}

export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'drop';

export const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG',
  sessionToken: 't',
};
export const region = 'us-east-1';

/** Stands where a service of AWS would be: keeps what it was asked, and answers in turn; the last answer stays. */
export async function awsStandIn(...answers: readonly Answer[]) {
  const received: Received[] = [];
  let connections = 0;
  const numbers = new WeakMap<object, number>();
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { method = '', url = '', headers, socket } = request;
      received.push({ method, url, headers, body, connection: numbers.get(socket) ?? 0 });
      reply(response, answers[Math.min(received.length, answers.length) - 1] ?? {});
    });
  });
  server.on('connection', (socket) => numbers.set(socket, ++connections));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    target: { endpoint: `http://127.0.0.1:${port}`, region, credentials },
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer === 'drop') response.destroy();
  else response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? '');
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** The signature that a request ought to have, by the letter of AWS's description of Signature Version 4. */
export function expectedSignature({ method, url, headers, body }: Received): string {
  const [, date = '', service = '', signedHeaders = ''] =
    /Credential=[^/]+\/(\d+)\/[^/]+\/([^/]+)\/aws4_request, SignedHeaders=([^,]+)/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const [path = '', query = ''] = url.split('?');
  const canonicalPath = service === 's3' ? path : path.split('/').map(encodeURIComponent).join('/');
  const canonical = [
    method,
    canonicalPath,
    query.split('&').sort().join('&'),
    ...signedHeaders.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders,
    sha256(body),
  ].join('\n');
  const at = String(headers['x-amz-date']);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  );
  return hmac(key as Buffer, ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')).toString('hex');
}
