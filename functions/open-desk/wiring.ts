import { createArchive } from '#adapters/archive.ts';
import { createClock } from '#adapters/clock.ts';
import { signerFromSecrets } from '#adapters/desk-keys.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { createDiscourse } from '#adapters/discourse.ts';
import { createLog } from '#adapters/logger.ts';
import { askReceiveMail } from '#adapters/mail-reader.ts';
import { commitCommand } from '#commit/commit-command.ts';
import type { Settings } from '#contracts/settings.ts';
import { commitIntakeDecision, commitLetter, enrolPerson } from './commits.ts';
import type { OpenDeskDeps } from './deps.ts';
import { environment } from './env.ts';
import { mailReader } from './mail-reader.ts';

/** Everything of the world that the pages need, made once per cold start. The keys are read anew every few minutes. */
export function wire(settings: Settings): () => Promise<OpenDeskDeps> {
  const env = environment.parse(process.env);
  const clock = createClock(env.CLOCK_OFFSET_FILE);
  const store = createDeskStore({ table: env.TABLE_NAME, clock });
  const commit = commitCommand({ store, clock, settings });
  const signerNow = signerFromSecrets({
    keysSecret: env.KEYS_SECRET_ARN,
    pseudonymSecret: env.PSEUDONYM_SECRET_ARN,
    clock,
  });
  const { discourse } = settings;
  const fixed = {
    settings,
    linkBase: env.LINK_BASE,
    clock,
    store,
    commit,
    archive: createArchive({ bucket: env.BUCKET_NAME }),
    mails: mailReader(askReceiveMail(env.RECEIVE_MAIL_FUNCTION)),
    forum:
      discourse &&
      createDiscourse({ baseUrl: discourse.base, category: { id: discourse.categoryId, slug: 'security' } }),
    random: () => crypto.randomUUID(),
    log: createLog(),
  };
  return async () => {
    const signer = await signerNow();
    const commits = { store, clock, settings, signer, commit };
    return {
      ...fixed,
      signer,
      decideIntake: commitIntakeDecision(commits),
      write: commitLetter(commits),
      enrol: enrolPerson(commits),
    };
  };
}
