import type * as sdk from '@aws-sdk/client-sfn';
import type { LifecycleRunner } from '#contracts/ports.ts';
import { AwsError, type AwsTarget } from './aws.ts';
import { awsJson } from './aws-json.ts';

interface Executions {
  readonly executions?: readonly { readonly name?: string; readonly stopDate?: number }[];
  readonly nextToken?: string;
}

// A type, not an interface: it stands for a record of operations.
type Operations = {
  readonly StartExecution: readonly [sdk.StartExecutionInput, object];
  readonly SendTaskSuccess: readonly [sdk.SendTaskSuccessInput, object];
  readonly DescribeExecution: readonly [
    sdk.DescribeExecutionInput,
    { readonly status?: sdk.ExecutionStatus },
  ];
  readonly ListExecutions: readonly [sdk.ListExecutionsInput, Executions];
};

const stepFunctions = (target?: AwsTarget) =>
  awsJson<Operations>({ service: 'states', target: 'AWSStepFunctions', version: '1.0' }, target);

const refusedAs = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof AwsError && names.includes(error.name);

/** `disc-EDX-2026-0001-g1`: one execution per generation, by name. */
export const executionName = (disclosure: string, generation: number): string =>
  `disc-${disclosure}-g${generation}`;

const nameShape = /^disc-(.+)-g(\d+)$/;

/** Answers a task token; one that nothing waits for any more is stale, not an error. */
export function createTokenResolver(call = stepFunctions()): LifecycleRunner['resolve'] {
  return async (token, output) => {
    try {
      await call('SendTaskSuccess', { taskToken: token, output: JSON.stringify(output) });
      return 'resolved';
    } catch (error) {
      if (refusedAs(error, 'TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken')) return 'stale';
      throw error;
    }
  };
}

/** Step Functions over its API. Every effect is idempotent by name or by token. */
export function createLifecycleRunner(config: {
  readonly stateMachineArn: string;
  readonly aws?: AwsTarget;
}): LifecycleRunner {
  const { stateMachineArn } = config;
  const call = stepFunctions(config.aws);
  const resolve = createTokenResolver(call);
  const arnOf = (name: string): string =>
    `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

  return {
    async start(input) {
      const name = executionName(input.disclosure, input.generation);
      try {
        await call('StartExecution', { stateMachineArn, name, input: JSON.stringify(input) });
        return 'started';
      } catch (error) {
        if (refusedAs(error, 'ExecutionAlreadyExists')) return 'exists';
        throw error;
      }
    },
    resolve,
    async status(disclosure, generation) {
      try {
        const { status } = await call('DescribeExecution', {
          executionArn: arnOf(executionName(disclosure, generation)),
        });
        return status === undefined || status === 'PENDING_REDRIVE' ? 'FAILED' : status;
      } catch (error) {
        if (refusedAs(error, 'ExecutionDoesNotExist')) return 'MISSING';
        throw error;
      }
    },
    async ended(since) {
      const lists = await Promise.all(
        (['FAILED', 'TIMED_OUT', 'ABORTED'] as const).map(async (statusFilter) => {
          const found: { name: string; stopped: string }[] = [];
          let nextToken: string | undefined;
          do {
            const page: Executions = await call('ListExecutions', {
              stateMachineArn,
              statusFilter,
              maxResults: 200,
              ...(nextToken && { nextToken }),
            });
            for (const { name = '', stopDate } of page.executions ?? [])
              found.push({ name, stopped: new Date((stopDate ?? Date.now() / 1000) * 1000).toISOString() });
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
