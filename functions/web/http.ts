import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Html } from '#pages/html.ts';

/*
 * A request of an HTTP API (payload 2.0) and its answer, as plain objects. The web's own `Request` and `Response`
 * load undici: half again of what a start costs that a person waits for (docs/adr/0025).
 */

/** What is read of a request. Names of headers are in lower case; of a query's values the first counts. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  header(name: string): string | undefined;
  query(name: string): string | undefined;
  /** A part of the path by its name in the route; decoded. Empty where the route has no such name. */
  param(name: string): string;
  body(): Buffer;
}

/** An answer in the shape of payload 2.0. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** One request on its way to its answer: what was asked, and the ways to answer. */
export interface Context {
  readonly req: Asked;
  /** Sets a header of whatever is answered. `set-cookie` adds a cookie. */
  header(name: string, value: string): void;
  html(page: Html, status?: number): Promise<Answer>;
  text(body: string, type: string): Answer;
  redirect(to: string, status: 302 | 303): Answer;
}

/** Answers one request, with what it needs of the world. */
export type Handler<Deps> = (deps: Deps, c: Context) => Answer | Promise<Answer>;

interface Route<Deps> {
  readonly methods: readonly string[];
  readonly parts: readonly string[];
  readonly handle: Handler<Deps>;
}

/** The values of a pattern's `:names` in a path; undefined where the path is another. */
function paramsOf(parts: readonly string[], path: string): Readonly<Record<string, string>> | undefined {
  const given = path.split('/');
  if (given.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const value = given[at] ?? '';
    if (!part.startsWith(':')) {
      if (part !== value) return undefined;
    } else if (value === '') return undefined;
    else params[part.slice(1)] = decoded(value);
  }
  return params;
}

/** A part that is no percent-encoding stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Answers requests by method and path; the first route that fits counts. HEAD is a GET without its body. */
export class Routes<Deps> {
  readonly #routes: Route<Deps>[] = [];

  on(methods: readonly ('GET' | 'POST')[], path: string, handle: Handler<Deps>): this {
    this.#routes.push({ methods, parts: path.split('/'), handle });
    return this;
  }

  get(path: string, handle: Handler<Deps>): this {
    return this.on(['GET'], path, handle);
  }

  post(path: string, handle: Handler<Deps>): this {
    return this.on(['POST'], path, handle);
  }

  /** The handler of a request and what its path names; undefined where no route fits. */
  find(method: string, path: string) {
    const asked = method === 'HEAD' ? 'GET' : method;
    for (const { methods, parts, handle } of this.#routes) {
      const params = methods.includes(asked) ? paramsOf(parts, path) : undefined;
      if (params) return { handle, params };
    }
    return undefined;
  }
}

/** The events of an HTTP API, as far as a page looks at them. */
export type HttpEvent = Pick<
  APIGatewayProxyEventV2,
  'rawPath' | 'rawQueryString' | 'headers' | 'cookies' | 'body' | 'isBase64Encoded'
> & { readonly requestContext: { readonly http: { readonly method: string } } };

/** A context over one event; `params` are what its route names. */
export function contextOf(
  event: HttpEvent,
  strict: Readonly<Record<string, string>>,
  params: Readonly<Record<string, string>>,
): Context {
  const { method } = event.requestContext.http;
  const headers: Record<string, string> = { ...strict };
  const cookies: string[] = [];
  const query = new URLSearchParams(event.rawQueryString);
  const answer = (statusCode: number, body: string, type?: string): Answer => ({
    statusCode,
    headers: { ...headers, ...(type && { 'content-type': type }) },
    cookies,
    body: method === 'HEAD' ? '' : body,
  });
  return {
    req: {
      method,
      path: event.rawPath,
      // The API hands cookies over by themselves.
      header: (name) => (name === 'cookie' ? event.cookies?.join('; ') : undefined) ?? event.headers[name],
      query: (name) => query.get(name) ?? undefined,
      param: (name) => params[name] ?? '',
      body: () => Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    },
    header: (name, value) => {
      if (name === 'set-cookie') cookies.push(value);
      else headers[name] = value;
    },
    html: async (page, status = 200) => answer(status, String(await page), 'text/html; charset=utf-8'),
    text: (body, type) => answer(200, body, type),
    redirect: (to, status) => {
      headers.location = to;
      return answer(status, '');
    },
  };
}
