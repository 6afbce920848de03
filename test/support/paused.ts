import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { Desk } from '../../local/desk.ts';
import { localCredentials, localRegion } from '../../local/emulator/environment.ts';

/** Does something while a function hears nothing of its queues and streams; then it goes on from where it was. */
export async function whilePaused<T>(desk: Desk, name: string, act: () => Promise<T>): Promise<T> {
  const { endpoint, stack } = desk.addresses;
  const lambda = new LambdaClient({ endpoint, region: localRegion, credentials: localCredentials });
  const { EventSourceMappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: `${stack}-${name}` }),
  );
  if (EventSourceMappings.length === 0) throw new Error(`${name} listens to nothing`);
  const listen = async (Enabled: boolean): Promise<void> => {
    for (const { UUID } of EventSourceMappings)
      await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
  };
  await desk.quiet();
  await listen(false);
  try {
    return await act();
  } finally {
    await listen(true);
    lambda.destroy();
  }
}
