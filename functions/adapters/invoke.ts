import { type AwsTarget, awsService, strictly } from './aws.ts';
import { jsonError } from './aws-json.ts';

/** What an invoked function answered: its result as JSON, and whether it is the function's own failure. */
export interface Invoked {
  readonly failure: string | undefined;
  readonly payload: Buffer;
}

/** Invokes functions by name: to wait for the answer, or (`Event`) for Lambda to have taken it. */
export function createInvoke(target?: AwsTarget) {
  const { call } = awsService({ service: 'lambda' }, jsonError, target);
  return async (name: string, type: 'RequestResponse' | 'Event', payload: unknown): Promise<Invoked> => {
    const { headers, body } = await call({
      method: 'POST',
      path: `/2015-03-31/functions/${strictly(name)}/invocations`,
      headers: { 'content-type': 'application/octet-stream', 'x-amz-invocation-type': type },
      body: JSON.stringify(payload),
    });
    return { failure: headers['x-amz-function-error'], payload: body };
  };
}
