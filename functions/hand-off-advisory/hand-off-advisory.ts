import type { CommitCommand } from '#commit/commit-command.ts';
import type { RepositoryInput } from '#contracts/machine.ts';

/** GitHub did not answer as often as it was asked: a person opens the advisory by hand, the disclosure goes on. */
export const handOffAdvisory =
  (deps: { readonly commit: CommitCommand }) =>
  async ({ disclosure, repository, generation }: RepositoryInput): Promise<void> => {
    await deps.commit({
      disclosure,
      command: {
        name: 'hand-off-advisory',
        repository,
        why: 'GitHub did not answer, although asked again and again.',
      },
      actor: { kind: 'desk' },
      cause: `hand-off:${repository}:g${generation}`,
    });
  };
