import http from 'node:http';
import https from 'node:https';
import { buildQueryString, type HttpRequest, HttpResponse } from '@smithy/core/protocols';

/** What carries a signed request; the body of its answer is a stream. */
export interface Transport {
  handle(request: HttpRequest): Promise<{ readonly response: HttpResponse }>;
}

/** Waits for a connection as long as the SDK's `standard` mode does; an answer may take as long as the function has. */
const connectionTimeout = 3100;

/** As many connections to one host as the SDK keeps. */
const kept = { keepAlive: true, maxSockets: 50 };

/** A connection that did not come about; by this name the SDK's retries know that it may be tried again. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Requests by Node's own modules over connections that are kept, as the SDK's handler makes them; what that has
 * besides (HTTP/2, streams to send, aborting, proxies) no call of the desk uses.
 */
export function createTransport(connectWithinMs = connectionTimeout): Transport {
  let plain: http.Agent | undefined;
  let secure: https.Agent | undefined;

  function open(request: HttpRequest, answered: (answer: http.IncomingMessage) => void): http.ClientRequest {
    const query = buildQueryString(request.query);
    const options = {
      host: request.hostname,
      port: request.port,
      method: request.method,
      path: query ? `${request.path}?${query}` : request.path,
      headers: request.headers,
    };
    if (request.protocol === 'http:') {
      plain ??= new http.Agent(kept);
      return http.request({ ...options, agent: plain }, answered);
    }
    secure ??= new https.Agent(kept);
    return https.request({ ...options, agent: secure }, answered);
  }

  return {
    handle: (request) =>
      new Promise((resolve, reject) => {
        const sent = open(request, (answer) => {
          const headers = Object.fromEntries(
            Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
          );
          resolve({
            response: new HttpResponse({ statusCode: answer.statusCode ?? 0, headers, body: answer }),
          });
        });
        const late = setTimeout(() => {
          sent.destroy(new TimeoutError(`no connection to ${request.hostname} within ${connectWithinMs} ms`));
        }, connectWithinMs);
        const connected = () => clearTimeout(late);
        sent.on('socket', (socket) => {
          if (socket.connecting) socket.once('connect', connected);
          else connected();
        });
        sent.on('close', connected);
        sent.on('error', reject);
        sent.end(request.body);
      }),
  };
}
