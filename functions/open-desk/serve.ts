import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import type { Settings } from '#contracts/settings.ts';
import { openDesk } from './open-desk.ts';
import { wire } from './wiring.ts';

/** Answers HTTP API events with the app over freshly keyed dependencies. */
export function serve(settings: Settings) {
  const depsNow = wire(settings);
  return async (event: APIGatewayProxyEventV2, context: Context) =>
    // The same shape; hono's type says nothing of members that are undefined.
    handle(openDesk(await depsNow()))(event as unknown as LambdaEvent, context);
}
