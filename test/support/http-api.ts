import { changingRoutes, enteringRoute } from '../../functions/contracts/routes.ts';
import type { Answer, HttpEvent } from '../../functions/web/http.ts';

/*
 * What API Gateway does between a browser and the functions behind the pages.
 */

/** Does a path fit a route's, and is it one that ends in `{proxy+}`? */
function fits(route: string, path: string): 'in full' | 'greedily' | undefined {
  const shape = route.replace(/\{proxy\+\}/, '.+').replace(/\{\w+\}/g, '[^/]+');
  if (!new RegExp(`^${shape}$`).test(path)) return undefined;
  return route.endsWith('{proxy+}') ? 'greedily' : 'in full';
}

/** Does a request go to `change-desk`? A route in full goes before a greedy one, and that before the default. */
export function changes(method: string, path: string): boolean {
  const routes = [
    { ...enteringRoute, changing: false },
    ...changingRoutes.map((route) => ({ ...route, changing: true })),
  ].filter(({ methods }) => (methods as readonly string[]).includes(method));
  const found = (how: 'in full' | 'greedily') => routes.find((route) => fits(route.path, path) === how);
  return (found('in full') ?? found('greedily'))?.changing ?? false;
}

/** A request as an event of payload 2.0: cookies by themselves, the body in base64. */
export async function eventOf(request: Request): Promise<HttpEvent> {
  const { pathname, search } = new URL(request.url);
  const { cookie, ...headers } = Object.fromEntries(request.headers);
  const body = Buffer.from(await request.arrayBuffer());
  return {
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers,
    ...(cookie && { cookies: cookie.split('; ') }),
    requestContext: { http: { method: request.method } },
    ...(body.length > 0 && { body: body.toString('base64') }),
    isBase64Encoded: body.length > 0,
  };
}

/** An answer of payload 2.0 as a browser gets it. */
export function responseOf({ statusCode, headers, cookies, body }: Answer): Response {
  const response = new Response(body, { status: statusCode, headers });
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
