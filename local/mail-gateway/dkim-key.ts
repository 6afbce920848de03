import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isErrno } from '../emulator/ports.ts';

/** The key with which the demonstration's domains sign their mail, as one provider for all of them would. */
export interface DkimKey {
  readonly selector: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** The TXT record that publishes the public half (RFC 6376). */
  readonly record: string;
}

const selector = 'demo';

/** A new key of 2,048 bits, the least that SES signs with. */
export async function makeDkimKey(): Promise<DkimKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return describe(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** The key in `folder`, made there at the first call and readable by its owner only. It is never committed. */
export async function loadDkimKey(folder: string): Promise<DkimKey> {
  const file = join(folder, 'dkim-private-key.pem');
  try {
    return describe(await readFile(file, 'utf8'));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, (await makeDkimKey()).privateKey, { mode: 0o600 });
  try {
    // Not a rename: of two desks that start at once, both use the key of the first.
    await link(draft, file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return describe(await readFile(file, 'utf8'));
}

function describe(pem: string): DkimKey {
  const published = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' });
  return { selector, privateKey: pem, record: `v=DKIM1; k=rsa; p=${published.toString('base64')}` };
}
