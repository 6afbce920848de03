import type { SMTPServer } from 'smtp-server';
import { claimPort } from '../emulator/ports.ts';

/** Listens on 127.0.0.1 and answers the port. @throws PortTaken, naming `option` */
export async function listening(server: SMTPServer, wanted: number, option: string): Promise<number> {
  const port = wanted === 0 ? 0 : await claimPort(wanted, option);
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      done();
    });
  });
  const address = server.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the SMTP server has no port');
  return address.port;
}

/** Stops taking mail; connections that stay idle are cut after the server's `closeTimeout`. */
export const stopped = (server: SMTPServer): Promise<void> =>
  new Promise((done) => server.close(() => done()));
