import { createTableReader } from '#adapters/table-reader.ts';
import type { Settings } from '#contracts/settings.ts';
import type { DeskDeps } from '#web/deps.ts';
import { wire } from '#web/wiring.ts';

/** What the pages need of the world to be read; of the record the reading half alone. */
export function wirePages(settings: Settings): () => Promise<DeskDeps> {
  const { fixed, signerNow } = wire(settings, (config) => createTableReader(config).reads);
  return async () => ({ ...fixed, signer: await signerNow() });
}
