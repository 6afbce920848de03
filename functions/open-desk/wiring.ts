import { createClock } from '#adapters/clock.ts';
import { signerFromSecrets } from '#adapters/desk-keys.ts';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { prefilledIn } from '#adapters/forum-links.ts';
import { createLog } from '#adapters/logger.ts';
import type { CommitCommand } from '#commit/commit-command.ts';
import type { ShowMailRequest } from '#contracts/mail-show.ts';
import type { Settings } from '#contracts/settings.ts';
import type { OpenDeskDeps } from './deps.ts';
import { environment } from './env.ts';
import { mailReader } from './mail-reader.ts';

/** What is made on first use, and then kept: many pages need neither files, nor a parser, nor the forum. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let held: Promise<T> | undefined;
  return () => {
    held ??= make();
    return held;
  };
}

/** The bucket, its SDK loaded by the first page that shows a text or a file. */
function lazyArchive(bucket: string): OpenDeskDeps['archive'] {
  const archive = once(async () => (await import('#adapters/archive.ts')).createArchive({ bucket }));
  return {
    rawMail: async (...mail) => (await archive()).rawMail(...mail),
    putText: async (text) => (await archive()).putText(text),
    text: async (ref) => (await archive()).text(ref),
    putDerived: async (...file) => (await archive()).putDerived(...file),
    downloadUrl: async (...file) => (await archive()).downloadUrl(...file),
  };
}

function lazyForum({ discourse }: Settings): OpenDeskDeps['forum'] {
  if (!discourse) return undefined;
  const config = { baseUrl: discourse.base, category: { id: discourse.categoryId, slug: 'security' } };
  const forum = once(async () => (await import('#adapters/discourse.ts')).createDiscourse(config));
  return { getTopic: async (url) => (await forum()).getTopic(url), prefillUrl: prefilledIn(config) };
}

/** Everything of the world that the pages need, made once per cold start. The keys are read anew every few minutes. */
export function wire(settings: Settings): () => Promise<OpenDeskDeps> {
  const env = environment.parse(process.env);
  const clock = createClock(env.CLOCK_OFFSET_FILE);
  const store = createDeskStore({ table: env.TABLE_NAME, clock });
  const committing = once(async () =>
    (await import('#commit/commit-command.ts')).commitCommand({ store, clock, settings }),
  );
  const commit: CommitCommand = async (input) => (await committing())(input);
  const signerNow = signerFromSecrets({
    keysSecret: env.KEYS_SECRET_ARN,
    pseudonymSecret: env.PSEUDONYM_SECRET_ARN,
    clock,
  });
  const asked = once(async () =>
    (await import('#adapters/mail-reader.ts')).askReceiveMail(env.RECEIVE_MAIL_FUNCTION),
  );
  const fixed = {
    settings,
    linkBase: env.LINK_BASE,
    clock,
    store,
    commit,
    archive: lazyArchive(env.BUCKET_NAME),
    mails: mailReader(async (request: ShowMailRequest) => (await asked())(request)),
    forum: lazyForum(settings),
    random: () => crypto.randomUUID(),
    log: createLog(),
  };
  return async () => {
    const signer = await signerNow();
    const deps = { store, clock, settings, signer, commit };
    const commits = () => import('./commits.ts');
    return {
      ...fixed,
      signer,
      decideIntake: async (input) => (await commits()).commitIntakeDecision(deps)(input),
      write: async (input) => (await commits()).commitLetter(deps)(input),
      enrol: async (...person) => (await commits()).enrolPerson(deps)(...person),
      rota: async (input) => (await import('#commit/rota.ts')).commitRota(deps)(input),
      membership: async (input) => (await import('#commit/people.ts')).commitMembership(deps)(input),
      batch: async (input) => (await import('#commit/postpone.ts')).commitBatch(deps)(input),
    };
  };
}
