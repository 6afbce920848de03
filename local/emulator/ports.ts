import { createServer } from 'node:net';

/** A port that something else holds; the message names the option that chooses another. */
export class PortTaken extends Error {
  readonly port: number;
  constructor(port: number, option: string, cause: unknown) {
    super(
      `Port ${port} on 127.0.0.1 is in use. Stop what uses it, or choose another with ${option} <port>.`,
      {
        cause,
      },
    );
    this.name = 'PortTaken';
    this.port = port;
  }
}

/** Listens on 127.0.0.1 for a moment; answers the port (a free one for 0). Throws what `listen` throws. */
function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}

/** A port of 127.0.0.1 that is free now. */
export const freePort = (): Promise<number> => probe(0);

/**
 * Answers `port` if nothing listens there, or a free port for 0.
 * @param option the command-line option that chooses the port, for the message
 * @throws PortTaken
 */
export async function claimPort(port: number, option: string): Promise<number> {
  try {
    return await probe(port);
  } catch (cause) {
    if (isErrno(cause, 'EADDRINUSE') || isErrno(cause, 'EACCES')) throw new PortTaken(port, option, cause);
    throw cause;
  }
}

/** True for a system error of that code, such as `EADDRINUSE`. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
