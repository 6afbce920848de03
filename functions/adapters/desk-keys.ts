import type { Clock, LinkSigner } from '#contracts/ports.ts';
import { makeLinkSigner } from './link-signer.ts';
import { readSecret, readSecretFields } from './secrets.ts';

/** How long a warm function goes on with the keys it has read: the emergency kill of a kid takes no longer. */
const freshForSeconds = 5 * 60;

/** The link signer over the deployment's secrets, read on first use and again every few minutes. */
export function signerFromSecrets(config: {
  readonly keysSecret: string;
  readonly pseudonymSecret: string;
  readonly clock: Clock;
}): () => Promise<LinkSigner> {
  let held: { readonly signer: Promise<LinkSigner>; readonly at: number } | undefined;
  const read = async (): Promise<LinkSigner> => {
    const [ring, pseudonymKey] = await Promise.all([
      readSecretFields(config.keysSecret),
      readSecret(config.pseudonymSecret),
    ]);
    const { current = '', ...keys } = ring;
    return makeLinkSigner({ keyring: { current, keys }, pseudonymKey, clock: config.clock });
  };
  return () => {
    if (!held || process.uptime() - held.at > freshForSeconds) {
      const signer = read();
      held = { signer, at: process.uptime() };
      signer.catch(() => {
        held = undefined;
      });
    }
    return held.signer;
  };
}
