import type { CommitCommand } from '#commit/commit-command.ts';
import { referenceLine, seeAdvisory } from '#commit/see-advisory.ts';
import {
  type Ecosystem,
  GithubHandOff,
  type GithubPort,
  type NewAdvisory,
  type OpenedAdvisory,
} from '#contracts/github-port.ts';
import type { Log } from '#contracts/log.ts';
import type { RepositoryInput } from '#contracts/machine.ts';
import * as messages from '#contracts/messages.ts';
import type { Archive, DeskStore } from '#contracts/ports.ts';
import type { Disclosure, Entry } from '#domain/disclosure.ts';
import { entryOf, isOpen } from '#domain/disclosure.ts';
import type { HandOffWhat } from '#domain/letter.ts';

export interface OpenAdvisoriesDeps {
  readonly store: Pick<DeskStore, 'disclosure' | 'people'>;
  readonly archive: Pick<Archive, 'text'>;
  /** Undefined where the configuration has no GitHub App. */
  readonly github: (() => Promise<GithubPort>) | undefined;
  readonly commit: CommitCommand;
  readonly log: Log;
  /** Milliseconds of real time before steps that GitHub did not answer are tried once more. */
  readonly pause?: number | undefined;
}

/**
 * Opens the draft advisory of one repository (OEP-60 R5), with private fork (R12) and CVE request (policy A7), and
 * no credit (A6). What GitHub refuses becomes a hand-off. Throws GithubUnavailable, which the state machine retries.
 */
export const openAdvisories =
  (deps: OpenAdvisoriesDeps) =>
  async ({ disclosure: id, repository, generation, correlation }: RepositoryInput): Promise<void> => {
    const disclosure = await deps.store.disclosure(id);
    if (!disclosure) throw new RangeError(`there is no disclosure ${id}`);
    const entry = entryOf(disclosure, repository);
    const settled = !entry || entry.advisory || entry.handOff || entry.closed;
    if (settled || !isOpen(disclosure) || generation < disclosure.generation) return;
    const handOff = async (why: string): Promise<void> => {
      await deps.commit({
        disclosure: id,
        command: { name: 'hand-off-advisory', repository, why },
        actor: { kind: 'desk' },
        cause: `advisory-refused:${repository}:g${generation}`,
      });
      deps.log(messages.advisoryHandedOff, { disclosure: id, repository, correlation });
    };
    if (!deps.github) return handOff('The desk has no access to GitHub: no GitHub App is configured.');
    const github = await deps.github();
    try {
      const opened = await openOrAdopt(deps, github, disclosure, entry);
      await record(deps, github, disclosure, entry, opened, generation);
      deps.log(messages.advisoryOpened, {
        disclosure: id,
        repository,
        ghsa: opened.ghsaId,
        existed: opened.existed,
        correlation,
      });
    } catch (error) {
      if (!(error instanceof GithubHandOff)) throw error;
      await handOff(`GitHub refused (${error.status}). By hand: ${error.todo}: ${error.link}`);
    }
  };

/** A private report filed on GitHub is an advisory already: it becomes the draft, and no second one is opened. */
async function openOrAdopt(
  deps: OpenAdvisoriesDeps,
  github: GithubPort,
  disclosure: Disclosure,
  entry: Entry,
): Promise<OpenedAdvisory> {
  const advisory = await newAdvisory(deps, disclosure, entry);
  const report = disclosure.githubReport;
  if (report?.repository === entry.repository) {
    await github.adoptReport(report.repository, report.ghsa, advisory.reference);
    const { vector, severity } = advisory;
    if (vector || severity) await github.updateAdvisory(report.repository, report.ghsa, { vector, severity });
  }
  const opened = await github.openAdvisory(advisory);
  if (!Object.values(opened.steps).some(({ outcome }) => outcome === 'unavailable')) return opened;
  // Opening again finds the draft and resumes its steps; what then still fails, a person does.
  await new Promise((wake) => setTimeout(wake, deps.pause ?? 2000));
  return { ...(await github.openAdvisory(advisory)), existed: opened.existed };
}

async function newAdvisory(
  deps: OpenAdvisoriesDeps,
  disclosure: Disclosure,
  entry: Entry,
): Promise<NewAdvisory> {
  const summary = disclosure.title ?? disclosure.id;
  const text = disclosure.description && (await deps.archive.text(disclosure.description));
  const people = entry.maintainer ? await deps.store.people(entry.maintainer.people) : [];
  const users = people.flatMap(({ github }) => github ?? []);
  const { vector, rating } = entry.severity;
  return {
    repository: entry.repository,
    reference: referenceLine(disclosure.id),
    summary: summary.slice(0, 1024),
    // GitHub takes 65,535 characters, the reference line among them.
    description: (text ?? summary).slice(0, 65_000),
    // A label alone keeps the label: no vector is invented for it. GitHub knows no label for 0.0.
    ...(vector ? { vector } : rating === 'none' ? {} : { severity: rating }),
    packages: [
      {
        ecosystem: ecosystemOf(entry.ecosystem),
        ...(entry.package && { name: entry.package }),
        ...(entry.affected && { affected: entry.affected }),
        ...(entry.fixed && { fixed: entry.fixed }),
      },
    ],
    ...(disclosure.cwes && { cweIds: disclosure.cwes }),
    ...(users.length > 0 && { collaborators: { users, teams: [] } }),
  };
}

const ecosystems: readonly string[] = [
  'rubygems',
  'npm',
  'pip',
  'maven',
  'nuget',
  'composer',
  'go',
  'rust',
  'erlang',
  'actions',
  'pub',
  'other',
  'swift',
] satisfies readonly Ecosystem[];

const ecosystemOf = (name: string): Ecosystem => (ecosystems.includes(name) ? (name as Ecosystem) : 'other');

/** Which hand-off each step of opening becomes, where GitHub did not take it. */
const stepHandOffs = {
  collaborators: 'add-collaborators',
  fork: 'private-fork',
  cve: 'request-cve',
} as const satisfies Record<keyof OpenedAdvisory['steps'], HandOffWhat>;

const stepNames = Object.keys(stepHandOffs) as (keyof typeof stepHandOffs)[];

/** Records the advisory, and what people still have to do for it. */
async function record(
  deps: OpenAdvisoriesDeps,
  github: GithubPort,
  disclosure: Disclosure,
  entry: Entry,
  opened: OpenedAdvisory,
  generation: number,
): Promise<void> {
  const { repository } = entry;
  const shown = opened.existed ? await github.getAdvisory(repository, opened.ghsaId) : null;
  const handOffs = stepNames.flatMap((step) => {
    const { outcome, detail } = opened.steps[step];
    const why = outcome === 'unavailable' ? 'GitHub did not answer' : 'GitHub refused';
    return outcome === 'done' ? [] : [{ what: stepHandOffs[step], why: detail ? `${why}. ${detail}` : why }];
  });
  await deps.commit({
    disclosure: disclosure.id,
    command: {
      name: 'record-advisory',
      repository,
      advisory: { ghsa: opened.ghsaId, url: opened.url, state: 'draft' },
      handOffs,
    },
    actor: { kind: 'desk' },
    cause: `advisory:${repository}:g${generation}`,
  });
  // Somebody published or closed it before we recorded it: that is a fact of its own, with all that follows.
  if (shown && shown.state !== 'draft') await seeAdvisory(deps.commit, disclosure.id, shown);
}
