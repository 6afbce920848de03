import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Log, LogMessage } from '#contracts/log.ts';

/** Anything that can check an event at the edge: a zod schema. */
interface Schema<T> {
  parse(value: unknown): T;
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
  }).onError(({ error }) => {
    options.log(options.failed, { error: error?.name ?? 'unknown', why: error?.message.slice(0, 300) ?? '' });
  });
}
