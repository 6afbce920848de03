import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { createClock } from '#adapters/clock.ts';
import { readSettings } from '#adapters/settings.ts';
import { pageContext } from '#web/context.ts';
import { staticAnswer } from './landing.ts';

const settings = readSettings(import.meta.url);

/** The pages with the record behind them: loaded by the first request that needs more than a static page. */
const loadApp = async () => (await import('./serve.ts')).serve(settings);
let app: ReturnType<typeof loadApp> | undefined;

/** The pages behind links, on an HTTP API (payload 2.0). */
export const handler = async (event: APIGatewayProxyEventV2) => {
  const { method, path } = event.requestContext.http;
  const clock = createClock(process.env.CLOCK_OFFSET_FILE);
  const found = staticAnswer(method, path, () => pageContext({ settings, clock }), event.rawQueryString);
  if (found) return found;
  app ??= loadApp();
  return (await app)(event);
};
