import { assetAt } from '#pages/assets.ts';
import { landingPage } from '#pages/entry-pages.ts';
import { strictHeaders } from '#pages/headers.ts';
import type { PageContext } from '#pages/html.ts';

/** An answer of an HTTP API's function (payload 2.0). */
export interface PlainAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What needs no record, no key and no SDK: the landing page, and files under /assets. A person waits for the first;
 * it is answered before anything else is loaded. Undefined for every other request.
 */
export function staticAnswer(
  method: string,
  path: string,
  context: () => PageContext,
): PlainAnswer | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const body = (text: string) => (method === 'HEAD' ? '' : text);
  if (path === '/a') {
    const headers = { ...strictHeaders, 'content-type': 'text/html; charset=utf-8' };
    return { statusCode: 200, headers, body: body(String(landingPage(context()))) };
  }
  const found = assetAt(path);
  if (!found) return undefined;
  // The name changes with the content: it may be kept for a year. Nothing in it is anybody's.
  const caching = { 'cache-control': 'public, max-age=31536000, immutable' };
  return {
    statusCode: 200,
    headers: { ...strictHeaders, ...caching, 'content-type': found.type },
    body: body(found.body),
  };
}
