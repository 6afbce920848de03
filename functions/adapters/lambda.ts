import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Log, LogMessage } from '#contracts/log.ts';

/** Anything that can check an event at the edge: a zod schema. */
interface Schema<T> {
  parse(value: unknown): T;
}

/** The id that leads from line to line, where the input has one: a task of the state machine, or a deadline. */
function correlationIn(event: unknown): string | undefined {
  const { correlation, disclosure } = (event ?? {}) as { correlation?: unknown; disclosure?: unknown };
  return [correlation, disclosure].find((value) => typeof value === 'string') as string | undefined;
}

/**
 * The outer ring of a Lambda: the event is parsed (what matches nothing throws), the use case is built once per
 * cold start, and what it throws is logged by its name and thrown on, for Step Functions or the caller to see.
 */
export function lambda<I, O>(options: {
  readonly schema: Schema<I>;
  readonly useCase: () => (input: I) => Promise<O>;
  readonly log: Log;
  readonly failed: LogMessage;
}) {
  let built: ((input: I) => Promise<O>) | undefined;
  return middy<unknown, O, Error, Context>(async (event: unknown) => {
    built ??= options.useCase();
    return built(options.schema.parse(event));
  }).onError(({ error, event }) => {
    options.log(options.failed, {
      error: error?.name ?? 'unknown',
      why: error?.message.slice(0, 300) ?? '',
      correlation: correlationIn(event),
    });
  });
}
