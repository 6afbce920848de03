import * as z from 'zod/mini';

/** What CloudFormation asks of a custom resource. Its properties are ours to check. */
const requestSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.string(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.record(z.string(), z.unknown()),
});

/** One request of a deployment. */
export interface ResourceRequest {
  readonly type: 'create' | 'update' | 'delete';
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * A Lambda handler that does what a deployment asks and always answers: CloudFormation waits an hour for an answer
 * that does not come. What the use case throws becomes the deployment's error, in the words of its message.
 * @throws Error when the event is no such request, or the answer cannot be handed over
 */
export const customResource =
  (handle: (request: ResourceRequest) => Promise<void>) =>
  async (event: unknown): Promise<void> => {
    const request = requestSchema.parse(event);
    let failure: string | undefined;
    try {
      await handle({
        type: request.RequestType.toLowerCase() as ResourceRequest['type'],
        properties: request.ResourceProperties,
      });
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    const answer = await fetch(request.ResponseURL, {
      method: 'PUT',
      // The presigned address was signed without a content type.
      headers: { 'content-type': '' },
      body: JSON.stringify({
        Status: failure === undefined ? 'SUCCESS' : 'FAILED',
        ...(failure !== undefined && { Reason: failure.slice(0, 1000) }),
        PhysicalResourceId: request.PhysicalResourceId ?? request.LogicalResourceId,
        StackId: request.StackId,
        RequestId: request.RequestId,
        LogicalResourceId: request.LogicalResourceId,
      }),
    });
    if (!answer.ok) throw new Error(`CloudFormation did not take the answer: ${answer.status}`);
  };
