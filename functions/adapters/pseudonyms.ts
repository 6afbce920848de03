import type { LinkSigner } from '#contracts/ports.ts';
import { makeLinkSigner } from './link-signer.ts';
import { readSecret } from './secrets.ts';

/**
 * The pseudonym of an address, for functions that may read the pseudonym key and no link key. That key is never
 * rotated, so it is read once.
 */
export function pseudonymFromSecret(secretArn: string): () => Promise<LinkSigner['pseudonym']> {
  let held: Promise<LinkSigner['pseudonym']> | undefined;
  const read = async (): Promise<LinkSigner['pseudonym']> => {
    const pseudonymKey = await readSecret(secretArn);
    // Nothing is ever minted or checked with this keyring: the signer does not leave this function.
    const keyring = { current: 'none', keys: { none: pseudonymKey } };
    const signer = makeLinkSigner({ keyring, pseudonymKey, clock: { now: () => '' } });
    return (address) => signer.pseudonym(address);
  };
  return () => {
    held ??= read().catch((error: unknown) => {
      held = undefined;
      throw error;
    });
    return held;
  };
}
