import type { AdvisoryView } from '#contracts/github-port.ts';
import type { Advisory } from '#domain/disclosure.ts';
import type { CommitCommand } from './commit-command.ts';

/** The line in a draft's description by which it is found again, and never opened twice. */
export const referenceLine = (disclosure: string): string => `Disclosure: ${disclosure}`;

/** GitHub withdraws only what was published: such an advisory stays published in the record. */
export const recordedState = (state: AdvisoryView['state']): Advisory['state'] =>
  state === 'withdrawn' ? 'published' : state;

/**
 * Records what GitHub shows of an advisory: a fact (policy, "Claim and fact"). Publication happens once, whoever
 * sees it first: the webhook, the poll, or we who published it.
 */
export async function seeAdvisory(
  commit: CommitCommand,
  disclosure: string,
  view: Pick<AdvisoryView, 'repository' | 'ghsaId' | 'state' | 'publishedAt' | 'updatedAt'>,
): Promise<void> {
  const state = recordedState(view.state);
  await commit({
    disclosure,
    command: {
      name: 'see-advisory',
      repository: view.repository,
      state,
      ...(view.publishedAt && { publishedAt: inMilliseconds(view.publishedAt) }),
    },
    actor: { kind: 'github' },
    cause:
      state === 'published'
        ? `advisory-published:${view.ghsaId}`
        : `advisory-${state}:${view.ghsaId}:${view.updatedAt ?? ''}`,
  });
}

/** GitHub tells instants in whole seconds; the record keeps milliseconds. */
export const inMilliseconds = (at: string): string => new Date(at).toISOString();
