import { createServer, request } from 'node:http';

/** The stable address of the pages. */
export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * One stable address for the pages, which only forwards: the emulator's own host names do not resolve everywhere.
 * What API Gateway adds or refuses, it does behind this door.
 */
export async function startFront(options: {
  readonly port: number;
  /** Where the API answers; known only after the deployment. */
  readonly target: () => URL | undefined;
}): Promise<Front> {
  const server = createServer((incoming, outgoing) => {
    const target = options.target();
    if (!target) {
      outgoing
        .writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' })
        .end('The desk is starting.\n');
      return;
    }
    const forwarded = request(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: `${target.pathname.replace(/\/$/, '')}${incoming.url}`,
        headers: { ...incoming.headers, 'x-forwarded-for': '127.0.0.1' },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => {
      if (!outgoing.headersSent) outgoing.writeHead(502, { 'content-type': 'text/plain' });
      outgoing.end('The desk did not answer.\n');
    });
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
