import type { CommitCommand } from '#commit/commit-command.ts';
import {
  GithubHandOff,
  GithubMalformed,
  type GithubPort,
  GithubUnavailable,
} from '#contracts/github-port.ts';
import type { Log } from '#contracts/log.ts';
import type { NotifyInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import type { DeskStore } from '#contracts/ports.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { type Disclosure, type Entry, entryOf, isOpen, openEntries } from '#domain/disclosure.ts';
import { endOfGeneration, type MachineInput, machineInputOf } from '#domain/machine.ts';
import type { PersonId } from '#domain/people.ts';
import { type Found, loginsOf } from './find-maintainer.ts';

export interface NotifyMaintainersDeps {
  readonly store: Pick<DeskStore, 'disclosure' | 'people' | 'peopleOf'>;
  readonly github: (() => Promise<GithubPort>) | undefined;
  readonly find: (repository: string, options: { readonly silent: boolean }) => Promise<Found>;
  readonly commit: CommitCommand;
  readonly log: Log;
}

/** The state machine's last try of an unanswered GitHub: then nobody waits for it any longer. */
export const lastRetry = 3;

/** How often a notification is decided anew because somebody else changed the disclosure meanwhile. */
const attempts = 5;

/**
 * Tells the maintainer of each open repository entry score and rating (OEP-60 R6); to the working group in the
 * place of one that cannot be found. A repository that GitHub does not answer for holds up none of the others.
 * Throws GithubUnavailable, which the state machine retries; on the last try the sources that GitHub does not show
 * are done without.
 */
export const notifyMaintainers =
  (deps: NotifyMaintainersDeps) =>
  async ({ disclosure: id, generation, correlation, retries = 0 }: NotifyInput): Promise<MachineInput> => {
    const disclosure = await load(deps, id);
    if (generation < disclosure.generation) return endOfGeneration(disclosure, generation);
    const find = (repository: string) => deps.find(repository, { silent: retries >= lastRetry });
    let unanswered: GithubUnavailable | undefined;
    for (const { repository } of openEntries(disclosure)) {
      try {
        await notifyOne({ ...deps, find }, id, repository, correlation);
      } catch (error) {
        if (!(error instanceof GithubUnavailable)) throw error;
        unanswered = error;
      }
    }
    if (unanswered) throw unanswered;
    return machineInputOf(await load(deps, id));
  };

async function load(deps: Pick<NotifyMaintainersDeps, 'store'>, id: string): Promise<Disclosure> {
  const disclosure = await deps.store.disclosure(id);
  if (!disclosure) throw new RangeError(`there is no disclosure ${id}`);
  return disclosure;
}

/** People whom this maintainer named delegates for good (R29). */
async function delegatesOf(
  { store }: Pick<NotifyMaintainersDeps, 'store'>,
  maintainer: string,
): Promise<readonly PersonId[]> {
  const people = await store.peopleOf('maintainer');
  return people.filter(({ delegateFor }) => delegateFor?.includes(maintainer)).map(({ id }) => id);
}

/**
 * Notifies the maintainer of one repository, once for each time that somebody has to be told: the commit stands on
 * the version that was read, so that neither a retry nor another execution tells them twice.
 */
async function notifyOne(
  deps: Omit<NotifyMaintainersDeps, 'find'> & { readonly find: (repository: string) => Promise<Found> },
  id: string,
  repository: string,
  correlation: string,
): Promise<void> {
  let found: Found | undefined;
  for (let attempt = 1; ; attempt++) {
    const disclosure = await load(deps, id);
    const entry = entryOf(disclosure, repository);
    if (!isOpen(disclosure) || !entry || entry.closed || entry.notifiedAt) return;
    found = entry.maintainer ? await named(deps, entry.maintainer) : (found ?? (await deps.find(repository)));
    const { maintainer, passedOver } = found;
    const delegates = await delegatesOf(deps, maintainer.id);
    try {
      await deps.commit({
        disclosure: id,
        command: {
          name: 'notify-maintainer',
          repository,
          maintainer,
          ...(delegates.length > 0 && { delegates }),
          ...(passedOver.length > 0 && { passedOver }),
        },
        actor: { kind: 'desk' },
        cause: `notify:${repository}:v${disclosure.version}`,
        expectVersion: disclosure.version,
      });
    } catch (error) {
      if (error instanceof VersionConflict && attempt < attempts) continue;
      throw error;
    }
    const { source } = maintainer;
    deps.log(messages.maintainerNotified, { disclosure: id, repository, source, correlation });
    return letIn(deps, disclosure, entry, found);
  }
}

/** Whom a member named is kept; nothing is looked up. */
async function named(
  deps: Pick<NotifyMaintainersDeps, 'store'>,
  maintainer: NonNullable<Entry['maintainer']>,
): Promise<Found> {
  const people = await deps.store.people(maintainer.people);
  const users = await loginsOf(deps.store, people);
  return { maintainer, passedOver: [], collaborators: { users, teams: [] } };
}

/** Makes the maintainer a collaborator of the advisory; where GitHub does not, a person does. */
async function letIn(
  deps: Pick<NotifyMaintainersDeps, 'github' | 'commit'>,
  disclosure: Disclosure,
  entry: Entry,
  { collaborators }: Found,
): Promise<void> {
  const { advisory, repository } = entry;
  if (!advisory || advisory.state === 'published' || advisory.state === 'closed' || !deps.github) return;
  if (collaborators.users.length + collaborators.teams.length === 0) return;
  try {
    const github = await deps.github();
    await github.updateAdvisory(repository, advisory.ghsa, { collaborators });
  } catch (error) {
    const why = refusal(error);
    if (why === undefined) throw error;
    await deps.commit({
      disclosure: disclosure.id,
      command: { name: 'hand-off', what: 'add-collaborators', why, repository, url: advisory.url },
      actor: { kind: 'desk' },
      cause: `collaborators:${repository}:v${disclosure.version}`,
    });
  }
}

/** Why GitHub did not do it, for the person who does it by hand; undefined for errors of our own. */
function refusal(error: unknown): string | undefined {
  if (error instanceof GithubHandOff) return `GitHub refused (${error.status}).`;
  if (error instanceof GithubUnavailable || error instanceof GithubMalformed) return 'GitHub did not answer.';
  return undefined;
}
