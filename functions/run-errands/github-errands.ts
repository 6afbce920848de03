import { seeAdvisory } from '#commit/see-advisory.ts';
import {
  type AdvisoryView,
  GithubMalformed,
  type GithubPort,
  GithubUnavailable,
} from '#contracts/github-port.ts';
import { type Advisory, type Disclosure, type Entry, entryOf, isOpen } from '#domain/disclosure.ts';
import { ByHand, type Errand, type ErrandDeps, type ErrandOutcome, type ErrandSignal } from './errand.ts';

type Update = Extract<ErrandSignal, { kind: 'update-advisory' }>;
type Publish = Extract<ErrandSignal, { kind: 'publish-advisory' }>;

async function githubOf(deps: ErrandDeps, link: string): Promise<GithubPort> {
  if (!deps.github) throw new ByHand('The desk has no access to GitHub: no GitHub App is configured.', link);
  return deps.github();
}

/** Brings an advisory in line with the record as it stands now: severity (R7), credit (A6), or closed. */
export async function updateAdvisory(deps: ErrandDeps, errand: Errand<Update>): Promise<ErrandOutcome> {
  const { disclosure, signal } = errand;
  const entry = entryOf(disclosure, signal.repository);
  // Not opened yet: it will be opened with what the record says then.
  if (!entry?.advisory) return 'nothing';
  if (signal.what === 'credit') return setCredit(deps, disclosure, entry, entry.advisory);
  if (signal.what === 'close') return close(deps, disclosure, entry, entry.advisory);
  if (entry.advisory.state === 'closed') return 'nothing';
  const { vector, rating } = entry.severity;
  const { ghsa, url } = entry.advisory;
  if (!vector && rating === 'none') throw new ByHand('GitHub has no rating for a severity of none.', url);
  const github = await githubOf(deps, url);
  const severity = rating === 'none' ? undefined : rating;
  await github.updateAdvisory(entry.repository, ghsa, vector ? { vector } : { severity });
  return 'done';
}

/** GitHub credits accounts alone: a name was handed to a person when it was chosen. */
async function setCredit(
  deps: ErrandDeps,
  disclosure: Disclosure,
  entry: Entry,
  { ghsa, url }: Advisory,
): Promise<ErrandOutcome> {
  const chosen = Object.values(disclosure.credit);
  const logins = chosen.flatMap(({ choice, as }) => (choice === 'login' && as ? [as.replace(/^@/, '')] : []));
  const github = await githubOf(deps, url);
  const credits = logins.map((login) => ({ login, type: 'reporter' as const }));
  await github.updateAdvisory(entry.repository, ghsa, { credits });
  return 'done';
}

async function close(
  deps: ErrandDeps,
  disclosure: Disclosure,
  { repository, closed }: Entry,
  { ghsa, url, state }: Advisory,
): Promise<ErrandOutcome> {
  // Reopened meanwhile, or ended in public: then it is not ours to close.
  if (state === 'closed' || state === 'published' || (isOpen(disclosure) && !closed)) return 'nothing';
  const github = await githubOf(deps, url);
  const shown = await github.getAdvisory(repository, ghsa);
  const still = shown?.state === 'draft' || shown?.state === 'triage';
  const view = still ? await github.closeAdvisory(repository, ghsa) : shown;
  if (view) await seeAdvisory(deps.commit, disclosure.id, view);
  return 'done';
}

/**
 * Publishes on the maintainer's confirmed command, once. An outcome that nobody knows is looked up, and is a
 * person's where looking does not tell: publishing can neither be undone nor guessed.
 */
export async function publishAdvisory(deps: ErrandDeps, errand: Errand<Publish>): Promise<ErrandOutcome> {
  const { disclosure, signal, doubtful } = errand;
  const entry = entryOf(disclosure, signal.repository);
  const commanded = entry?.publicationCommandedAt && !entry.closed && isOpen(disclosure);
  if (!entry || !commanded || entry.advisory?.state === 'published') return 'nothing';
  if (!entry.advisory) throw new ByHand('The record has no advisory of this repository.');
  const { ghsa, url } = entry.advisory;
  const github = await githubOf(deps, url);
  const view = doubtful
    ? await lookFor(github, entry.repository, ghsa, url)
    : await publishOnce(github, entry.repository, ghsa, url);
  await seeAdvisory(deps.commit, disclosure.id, view);
  return 'done';
}

const unknown = 'Nobody knows whether GitHub published it. The desk does not try again: please look.';

async function publishOnce(
  github: GithubPort,
  repository: string,
  ghsa: string,
  url: string,
): Promise<AdvisoryView> {
  try {
    return (await github.publishAdvisory(repository, ghsa)).advisory;
  } catch (error) {
    const lost =
      error instanceof GithubMalformed || (error instanceof GithubUnavailable && error.outcomeUnknown);
    if (lost) throw new ByHand(unknown, url, { cause: error });
    throw error;
  }
}

async function lookFor(
  github: GithubPort,
  repository: string,
  ghsa: string,
  url: string,
): Promise<AdvisoryView> {
  const view = await github.getAdvisory(repository, ghsa);
  if (view?.state === 'published') return view;
  throw new ByHand(unknown, url);
}
