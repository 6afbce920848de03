import { randomUUID } from 'node:crypto';
import { createArchiveReader } from '#adapters/archive-reader.ts';
import { createClock } from '#adapters/clock.ts';
import { signerFromSecrets } from '#adapters/desk-keys.ts';
import { prefilledIn } from '#adapters/forum-links.ts';
import { createLog } from '#adapters/logger.ts';
import { askReceiveMail } from '#adapters/mail-reader.ts';
import type { Clock } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { DeskDeps } from './deps.ts';
import { environment } from './env.ts';
import { mailReader } from './mail-reader.ts';

/** The category of the forum where posts are prefilled; undefined where no forum is configured. */
export const forumOf = ({ discourse }: Settings) =>
  discourse && { baseUrl: discourse.base, category: { id: discourse.categoryId, slug: 'security' } };

/** What reading takes of the world, but for the keys, and with the adapters that acting goes on with. */
export interface Wired<Store> {
  readonly fixed: Omit<DeskDeps, 'signer'> & { readonly store: Store };
  readonly bucket: string;
  /** The link signer; its keys are read anew every few minutes. */
  readonly signerNow: () => Promise<DeskDeps['signer']>;
}

/**
 * Everything of the world that pages need to be read, made once per cold start. The store is the caller's: whoever
 * only reads has none that could write.
 */
export function wire<Store extends DeskDeps['store']>(
  settings: Settings,
  storeOf: (config: { readonly table: string; readonly clock: Clock }) => Store,
): Wired<Store> {
  const env = environment.parse(process.env);
  const clock = createClock(env.CLOCK_OFFSET_FILE);
  const forum = forumOf(settings);
  return {
    bucket: env.BUCKET_NAME,
    signerNow: signerFromSecrets({
      keysSecret: env.KEYS_SECRET_ARN,
      pseudonymSecret: env.PSEUDONYM_SECRET_ARN,
      clock,
    }),
    fixed: {
      settings,
      linkBase: env.LINK_BASE,
      clock,
      store: storeOf({ table: env.TABLE_NAME, clock }),
      archive: createArchiveReader({ bucket: env.BUCKET_NAME }).reads,
      mails: mailReader(askReceiveMail(env.RECEIVE_MAIL_FUNCTION)),
      forum: forum && { prefillUrl: prefilledIn(forum) },
      random: () => randomUUID(),
      log: createLog(),
    },
  };
}
