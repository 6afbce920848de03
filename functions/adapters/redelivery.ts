import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Redelivery } from '#contracts/replay.ts';

/** Has the functions that deliver look at waiting events again; each takes up only its own parts. */
export function createRedelivery(config: {
  readonly functions: readonly string[];
  readonly client?: LambdaClient;
}) {
  const lambda = config.client ?? new LambdaClient({});
  return async (events: Redelivery): Promise<void> => {
    for (const FunctionName of config.functions)
      await lambda.send(
        new InvokeCommand({
          FunctionName,
          InvocationType: 'Event',
          Payload: Buffer.from(JSON.stringify(events)),
        }),
      );
  };
}
