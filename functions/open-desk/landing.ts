import { assetAt } from '#pages/assets.ts';
import { changedLinkPage, landingPage } from '#pages/entry-pages.ts';
import { strictHeaders } from '#pages/headers.ts';
import type { PageContext } from '#pages/html.ts';
import { findToken, isLanding } from '#pages/token.ts';

/** An answer of an HTTP API's function (payload 2.0). */
export interface PlainAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What needs no record, no key and no SDK: the landing page, and files under /assets. A person waits for the first;
 * it is answered before anything else is loaded. Undefined for every other request.
 *
 * A mail program or filter that encodes the "#" sends us the token, in the path or in the query. It may be whole, and
 * would open the page; but then it stands where servers, scanners and proxies on its way write it down (our own
 * access log has neither path nor query). So that copy is not made use of: the page explains, and a fresh link goes
 * to the recorded recipient alone (mail rules, Signed links 1, 6 and 11).
 */
export function staticAnswer(
  method: string,
  path: string,
  context: () => PageContext,
  query = '',
): PlainAnswer | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const body = (text: string) => (method === 'HEAD' ? '' : text);
  if (isLanding(path)) {
    const headers = { ...strictHeaders, 'content-type': 'text/html; charset=utf-8' };
    const token = findToken(path) ?? findToken(query);
    const page = token ? changedLinkPage(context(), token) : landingPage(context());
    return { statusCode: 200, headers, body: body(String(page)) };
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
