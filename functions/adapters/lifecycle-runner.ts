import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { LifecycleRunner } from '#contracts/ports.ts';

/** `disc-EDX-2026-0001-g1`: one execution per generation, by name. */
export const executionName = (disclosure: string, generation: number): string =>
  `disc-${disclosure}-g${generation}`;

const nameShape = /^disc-(.+)-g(\d+)$/;

/** Answers a task token; one that nothing waits for any more is stale, not an error. */
export function createTokenResolver(sfn: SFNClient = new SFNClient({})): LifecycleRunner['resolve'] {
  return async (token, output) => {
    try {
      await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) }));
      return 'resolved';
    } catch (error) {
      if (error instanceof TaskDoesNotExist || error instanceof TaskTimedOut || error instanceof InvalidToken)
        return 'stale';
      throw error;
    }
  };
}

/** Step Functions over its API. Every effect is idempotent by name or by token. */
export function createLifecycleRunner(config: {
  readonly stateMachineArn: string;
  readonly client?: SFNClient;
}): LifecycleRunner {
  const { stateMachineArn } = config;
  const sfn = config.client ?? new SFNClient({});
  const resolve = createTokenResolver(sfn);
  const arnOf = (name: string): string =>
    `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

  return {
    async start(input) {
      const name = executionName(input.disclosure, input.generation);
      try {
        await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
        return 'started';
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return 'exists';
        throw error;
      }
    },
    resolve,
    async status(disclosure, generation) {
      try {
        const { status } = await sfn.send(
          new DescribeExecutionCommand({ executionArn: arnOf(executionName(disclosure, generation)) }),
        );
        return status === undefined || status === 'PENDING_REDRIVE' ? 'FAILED' : status;
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return 'MISSING';
        throw error;
      }
    },
    async ended(since) {
      const lists = await Promise.all(
        (['FAILED', 'TIMED_OUT', 'ABORTED'] as const).map(async (statusFilter) => {
          const found: { name: string; stopped: string }[] = [];
          let nextToken: string | undefined;
          do {
            const page = await sfn.send(
              new ListExecutionsCommand({
                stateMachineArn,
                statusFilter,
                maxResults: 200,
                ...(nextToken && { nextToken }),
              }),
            );
            for (const { name = '', stopDate } of page.executions ?? [])
              found.push({ name, stopped: (stopDate ?? new Date()).toISOString() });
            // Newest first: what is older than asked for ends the listing.
            nextToken = found.some(({ stopped }) => stopped < since) ? undefined : page.nextToken;
          } while (nextToken);
          return found.filter(({ stopped }) => stopped >= since);
        }),
      );
      return lists.flat().flatMap(({ name }) => {
        const [, disclosure, generation] = nameShape.exec(name) ?? [];
        return disclosure && generation ? [{ disclosure, generation: Number(generation) }] : [];
      });
    },
  };
}
