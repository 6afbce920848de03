import { recordedState, referenceLine, seeAdvisory } from '#commit/see-advisory.ts';
import type { AdvisoryView, GithubPort } from '#contracts/github-port.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import {
  type Advisory,
  type Disclosure,
  type Entry,
  openEntries,
  type Severity,
} from '#domain/disclosure.ts';
import { reached } from '#domain/lifecycle.ts';
import { InvalidVectorError, severityOf } from '#domain/severity.ts';
import type { ObserveGithubDeps } from './observe-github.ts';

/** Looks at each advisory of a disclosure that is not published yet, and records what GitHub shows. */
export async function lookAtAdvisories(deps: ObserveGithubDeps, disclosure: Disclosure): Promise<void> {
  if (!deps.github || !reached(disclosure.stage, 'triaged')) return;
  const waiting = openEntries(disclosure).filter(({ advisory }) => advisory?.state !== 'published');
  if (waiting.length === 0) return;
  const github = await deps.github();
  for (const entry of waiting) {
    const { advisory } = entry;
    if (advisory) await look(deps, github, disclosure, entry, advisory);
    else if (entry.handOff) await lookForHandOpened(deps, github, disclosure, entry);
  }
}

async function look(
  deps: ObserveGithubDeps,
  github: GithubPort,
  disclosure: Disclosure,
  entry: Entry,
  advisory: Advisory,
): Promise<void> {
  const view = await github.getAdvisory(entry.repository, advisory.ghsa);
  if (!view) return;
  if (recordedState(view.state) !== advisory.state)
    await seeAdvisory(deps.commit, disclosure.id, { ...view, repository: entry.repository });
  if (view.state === 'draft' || view.state === 'triage') await adoptSeverity(deps, disclosure, entry, view);
}

/** A person opened the draft by hand and has not pressed "done": its reference line says whose it is. */
async function lookForHandOpened(
  deps: ObserveGithubDeps,
  github: GithubPort,
  disclosure: Disclosure,
  { repository }: Entry,
): Promise<void> {
  const line = referenceLine(disclosure.id);
  const all = await github.listAdvisories(repository);
  const view = all.find(({ description }) => description.split(/\r?\n/).some((each) => each.trim() === line));
  if (!view) return;
  await deps.commit({
    disclosure: disclosure.id,
    command: {
      name: 'record-advisory',
      repository,
      advisory: { ghsa: view.ghsaId, url: view.url, state: 'draft' },
    },
    actor: { kind: 'github' },
    cause: `advisory-found:${view.ghsaId}`,
  });
  if (view.state !== 'draft') await seeAdvisory(deps.commit, disclosure.id, { ...view, repository });
}

/**
 * A severity changed in GitHub's UI is adopted provisionally; who made it, a maintainer confirms (policy,
 * "Adjudication without a vector"). What GitHub still shows because our own change did not reach it is no change:
 * a maintainer's adjudication always wins (OEP-60 R7).
 */
async function adoptSeverity(
  deps: ObserveGithubDeps,
  disclosure: Disclosure,
  entry: Entry,
  view: AdvisoryView,
): Promise<void> {
  const shown = shownSeverity(view);
  if (!shown || equal(shown, entry.severity)) return;
  if (isStale(shown, entry, await deps.store.events(`DISC#${disclosure.id}`))) return;
  await deps.commit({
    disclosure: disclosure.id,
    command: { name: 'adopt-severity', repository: entry.repository, severity: shown },
    actor: { kind: 'github' },
    cause: `severity:${view.ghsaId}:${shown.vector ?? shown.rating}:${view.updatedAt ?? ''}`,
  });
}

/** What GitHub shows, in our terms; a vector of another version counts by its label alone. */
function shownSeverity({ vector, severity }: AdvisoryView): Severity | undefined {
  const label = severity ? { rating: severity } : undefined;
  if (!vector) return label;
  try {
    const { vector: canonical, score, rating } = severityOf(vector);
    return { vector: canonical, score, rating };
  } catch (error) {
    if (error instanceof InvalidVectorError) return label;
    throw error;
  }
}

const equal = (a: Severity, b: Severity): boolean =>
  a.vector !== undefined || b.vector !== undefined
    ? a.vector === b.vector || (a.vector === undefined && a.rating === b.rating)
    : a.rating === b.rating;

/** Does GitHub show what was in force before an adjudication that has not reached it? */
function isStale(shown: Severity, { repository }: Entry, events: readonly StoredEvent[]): boolean {
  const last = events.findLast(({ type, data }) => type === 'adjudicate' && data.repository === repository);
  if (!last) return false;
  const at = last.signals.findIndex(({ kind }) => kind === 'update-advisory');
  if (last.delivery[`S${at}`]?.state === 'sent') return false;
  return equal(shown, last.data.before as Severity);
}
