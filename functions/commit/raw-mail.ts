import type { Archive } from '#contracts/ports.ts';
import { hasMail, type Intake, inboxKey } from '#domain/intake.ts';

/**
 * The raw mail of an intake and the key under which it lies: filed, or still in the inbox, where it stays until it is
 * filed and for good if it cannot be. Undefined once it is purged, and of a report that is none.
 * @param maxBytes reads no more than so many bytes of it
 */
export async function rawMailOf(
  archive: Pick<Archive, 'rawMail'>,
  { mailKey, objectKey }: Pick<Intake, 'mailKey' | 'objectKey'>,
  maxBytes?: number,
): Promise<{ readonly key: string; readonly bytes: Uint8Array } | undefined> {
  if (!hasMail({ objectKey })) return undefined;
  for (const key of [objectKey, inboxKey(mailKey)]) {
    const bytes = await archive.rawMail(key, maxBytes);
    if (bytes) return { key, bytes };
  }
  return undefined;
}
