import type { CommitCommand } from '#commit/commit-command.ts';
import type { TaskInput } from '#contracts/machine.ts';

/**
 * A wait outlived its execution, or its definition: the next generation goes on at the stored stage. An execution
 * that is no longer the current one renews nothing.
 */
export const renewExecution =
  (deps: {
    readonly commit: CommitCommand;
    readonly currentGeneration: (disclosure: string) => Promise<number | undefined>;
  }) =>
  async ({ disclosure, generation }: TaskInput): Promise<void> => {
    if ((await deps.currentGeneration(disclosure)) !== generation) return;
    await deps.commit({
      disclosure,
      command: { name: 'begin-generation', because: 'timed-out' },
      actor: { kind: 'desk' },
      cause: `renew:g${generation}`,
    });
  };
