import { type LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';

/** Holds single functions of a stack, so that what they would do stays undone. */
export interface Holding {
  hold(name: string): Promise<void>;
}

export const holdingOf = (lambda: LambdaClient, stackName: string): Holding => ({
  async hold(name) {
    const FunctionName = `${stackName}-${name}`;
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  },
});
