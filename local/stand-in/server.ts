import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { Contract, Operation } from './contract.ts';

/** A request as the handlers of a stand-in see it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:port`, to build addresses from. */
  readonly base: string;
}

/** What a handler answers. `html` and `body` exclude each other. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request of ours, or an answer of the stand-in, that the published description refuses. */
export interface Violation {
  readonly side: 'request' | 'answer' | 'webhook';
  readonly operation: string;
  readonly problems: readonly string[];
}

/** A failure that was ordered for the next matching requests. */
export interface Fault {
  /** Only this method; any where it is missing. */
  readonly method?: string;
  /** Expression over the path; any where it is missing. */
  readonly path?: string;
  /** How many requests it meets; 1 where it is missing. */
  readonly times?: number;
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds of real time before anything is answered. */
  readonly delay?: number;
  /** Breaks the connection instead of answering. */
  readonly drop?: boolean;
  /** The request takes effect first: an answer lost afterwards. */
  readonly effect?: boolean;
}

/** Where webhooks go, and the secret they are signed with. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
  /** Nothing is delivered while true; the deliveries are still listed. */
  readonly drop?: boolean;
}

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  /** The status the receiver answered; null where it was dropped or not reached. */
  readonly status: number | null;
}

export interface Options<State> {
  readonly port: number;
  readonly host?: string;
  readonly stateFile?: string;
  readonly log?: (line: string) => void;
  readonly contract: Contract;
  readonly initial: () => State;
  /** Where webhooks go; without them, where the kept state says. */
  readonly webhooks?: readonly WebhookTarget[];
}

/** What a stand-in of one system adds to the common server. */
export interface StandIn<State> {
  /** Handlers by the operation id of the description. */
  readonly handlers: Readonly<Record<string, (call: Call, state: State) => Answer>>;
  /** Before a handler: authentication, permission, rate limit. An answer ends the request. */
  readonly guard: (call: Call, operation: Operation, state: State) => Answer | undefined;
  /** Headers of every answer. */
  readonly headers: (call: Call, state: State) => Record<string, string>;
  /** The answer to a request that breaks the contract. */
  readonly refused: (problems: readonly string[], operation: Operation | undefined) => Answer;
  /** Pages for people and whatever the description does not know; undefined where it is not theirs. */
  readonly pages: (call: Call, state: State) => Answer | undefined;
  /** Acts of people and of operators of the stand-in: `/_control/<name>`. */
  readonly control: Readonly<
    Record<string, (body: Record<string, unknown>, state: State, call: Call) => unknown>
  >;
  /** An answer as an older or newer version of the API would give it. */
  readonly adapted?: (answer: Answer, call: Call) => Answer;
  /** Answers that the description leaves out although the real system gives them. */
  readonly undescribed?: (operation: Operation, answer: Answer) => boolean;
  /** The headers of a webhook with this body. */
  readonly webhookHeaders: (
    event: string,
    id: string,
    signature: string,
    base: string,
  ) => Record<string, string>;
}

/** What handlers and controls may use of the server around them. */
export interface Surroundings<State> {
  readonly state: State;
  readonly webhook: (event: string, described: string | undefined, body: unknown) => void;
  readonly violate: (violation: Violation) => void;
}

export interface Running<State> {
  readonly url: string;
  readonly port: number;
  readonly state: State;
  readonly violations: readonly Violation[];
  readonly deliveries: readonly Delivery[];
  readonly requests: readonly string[];
  /** Resolves when every webhook under way has been answered. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Requests larger than this are no API calls. */
const bodyLimit = 5_000_000;

/**
 * A stateful server on the loopback that checks everything against a published description, fails on command
 * and keeps its state in a file. State is plain JSON; it is written after each request that may change it.
 */
export async function startStandIn<State extends object>(
  options: Options<State>,
  build: (around: Surroundings<State>) => StandIn<State>,
): Promise<Running<State>> {
  const { contract } = options;
  const host = options.host ?? '127.0.0.1';
  const log = options.log ?? (() => {});
  const kept = load<{ state: State; webhooks: WebhookTarget[] }>(options.stateFile);
  const state = kept?.state ?? options.initial();
  const webhooks: WebhookTarget[] = options.webhooks ? [...options.webhooks] : (kept?.webhooks ?? []);
  const violations: Violation[] = [];
  const deliveries: Delivery[] = [];
  const requests: string[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const underway = new Set<Promise<unknown>>();
  let base = '';

  const violate = (violation: Violation): void => {
    violations.push(violation);
    log(`contract violation: ${JSON.stringify(violation)}`);
  };
  const deliver = async (target: WebhookTarget, event: string, body: string, id: string): Promise<void> => {
    const signature = `sha256=${createHmac('sha256', target.secret).update(body).digest('hex')}`;
    const headers = {
      'content-type': 'application/json',
      ...standIn.webhookHeaders(event, id, signature, base),
    };
    const status = target.drop
      ? null
      : await fetch(target.url, { method: 'POST', body, headers, signal: AbortSignal.timeout(30_000) }).then(
          async (response) => {
            await response.arrayBuffer();
            return response.status;
          },
          () => null,
        );
    deliveries.push({ id, event, body, status });
    log(`webhook ${event} ${id}: ${status ?? 'not delivered'}`);
  };
  const track = (work: Promise<unknown>): void => {
    underway.add(work);
    void work.finally(() => underway.delete(work));
  };
  const standIn = build({
    state,
    violate,
    webhook(event, described, body) {
      const problems = described === undefined ? [] : contract.webhookProblems(described, body);
      if (problems.length > 0) violate({ side: 'webhook', operation: described ?? event, problems });
      for (const target of webhooks) track(deliver(target, event, JSON.stringify(body), randomUUID()));
    },
  });

  const save = (): void => {
    if (!options.stateFile) return;
    mkdirSync(dirname(options.stateFile), { recursive: true });
    writeFileSync(`${options.stateFile}.new`, JSON.stringify({ state, webhooks }));
    renameSync(`${options.stateFile}.new`, options.stateFile);
  };

  const perform = (call: Call): Answer => {
    const operation = contract.operation(call.method, call.path);
    if (!operation) {
      return (
        standIn.pages(call, state) ??
        unknown(call, [`${call.method} ${call.path} is not described`], undefined)
      );
    }
    const problems = contract.requestProblems(operation, call);
    if (problems.length > 0) return unknown(call, problems, operation);
    const bound = { ...call, parameters: operation.parameters };
    const guarded = standIn.guard(bound, operation, state);
    const handler = standIn.handlers[operation.id];
    if (!guarded && !handler) return unknown(call, [`${operation.id} is not stood in`], operation);
    const given = guarded ?? handler?.(bound, state) ?? { status: 500 };
    const answer = standIn.adapted?.(given, call) ?? given;
    if (!guarded && !standIn.undescribed?.(operation, answer)) {
      const wrong = contract.answerProblems(
        operation,
        answer.status,
        answer.body,
        call.headers['x-github-api-version'],
      );
      if (wrong.length > 0) violate({ side: 'answer', operation: operation.id, problems: wrong });
    }
    return answer;
  };
  const unknown = (call: Call, problems: string[], operation: Operation | undefined): Answer => {
    violate({ side: 'request', operation: operation?.id ?? `${call.method} ${call.path}`, problems });
    return standIn.refused(problems, operation);
  };

  const common: Record<string, (body: Record<string, unknown>) => unknown> = {
    violations: () => violations,
    requests: () => requests,
    deliveries: () => deliveries,
    state: () => state,
    fail: (body) => {
      const fault = body as Fault;
      faults.push({ fault, left: fault.times ?? 1 });
      return { ordered: fault };
    },
    recover: () => ({ forgotten: faults.splice(0).length }),
    webhooks: (body) => {
      if (typeof body.url === 'string') {
        const target = {
          url: body.url,
          secret: String(body.secret ?? ''),
          drop: body.drop === true,
        };
        webhooks.splice(0, webhooks.length, target);
      }
      return { webhooks: webhooks.map(({ url, drop }) => ({ url, drop })) };
    },
    redeliver: (body) => {
      const found = deliveries.find((delivery) => delivery.id === body.id);
      if (!found) throw new ControlError(`no delivery ${String(body.id)}`);
      for (const target of webhooks) track(deliver(target, found.event, found.body, found.id));
      return { redelivered: found.id };
    },
  };
  const control = (call: Call): Answer => {
    const origin = call.headers.origin;
    // A page of another origin must not press buttons here, local as this is.
    if (origin !== undefined && origin !== base && origin !== 'null')
      return { status: 403, body: { message: 'foreign origin' } };
    const name = call.path.slice('/_control/'.length);
    const act = standIn.control[name];
    const shared = common[name];
    const body = (call.body ?? {}) as Record<string, unknown>;
    try {
      if (!act && !shared) throw new ControlError(`no control ${name}`);
      const result = (act ? act(body, state, call) : shared?.(body)) ?? {};
      const there = body.back ?? (result as { location?: unknown }).location;
      // Only an own path: a form sends its person back to the page they came from, or to what they made.
      if (typeof there === 'string' && /^\/(?!\/)/.test(there))
        return { status: 303, headers: { location: there } };
      return { status: 200, body: result };
    } catch (error) {
      if (error instanceof ControlError) return { status: 400, body: { message: error.message } };
      throw error;
    }
  };

  const take = (call: Call): Fault | undefined => {
    const found = faults.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.method === undefined || fault.method.toUpperCase() === call.method) &&
        (fault.path === undefined || new RegExp(fault.path).test(call.path)),
    );
    if (found) found.left -= 1;
    return found?.fault;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await read(request, base);
    if (call.path.startsWith('/_control/')) {
      const result = control(call);
      if (call.method !== 'GET') save();
      return send(response, result, {});
    }
    requests.push(`${call.method} ${call.path}`);
    const fault = take(call);
    if (fault?.delay) await new Promise((resolve) => setTimeout(resolve, fault.delay));
    const failing = fault && (fault.drop === true || fault.status !== undefined);
    const result = failing && !fault.effect ? undefined : perform(call);
    if (call.method !== 'GET') save();
    if (fault?.drop) return void request.socket.destroy();
    const headers = standIn.headers(call, state);
    if (failing) return send(response, faulty(fault), headers);
    log(`${call.method} ${call.path} ${result?.status}`);
    return send(response, result ?? { status: 500 }, headers);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      violate({ side: 'answer', operation: `${request.method} ${request.url}`, problems: [message] });
      if (!response.headersSent)
        send(response, { status: error instanceof BadBody ? 400 : 500, body: { message } }, {});
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  base = `http://${host}:${port}`;
  const settled = async (): Promise<void> => {
    while (underway.size > 0) await Promise.allSettled([...underway]);
  };
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    save();
  };
  return { url: base, port, state, violations, deliveries, requests, settled, close };
}

/** A control that was told something it cannot do; answered 400. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

class BadBody extends Error {
  override readonly name = 'BadBody';
}

function faulty(fault: Fault): Answer {
  const status = fault.status ?? 500;
  return {
    status,
    body: fault.body ?? { message: `ordered failure ${status}` },
    ...(fault.headers ? { headers: fault.headers } : {}),
  };
}

function load<Kept>(file: string | undefined): Kept | undefined {
  if (!file) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`cannot read the state kept in ${file}`, { cause: error });
  }
}

async function read(request: IncomingMessage, base: string): Promise<Call> {
  const url = new URL(request.url ?? '/', base);
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length > 1 || name.endsWith('[]') ? values : (values[0] ?? '');
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
  );
  const text = await bodyOf(request);
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    parameters: {},
    query,
    headers,
    base,
    body: parse(text, headers['content-type'] ?? ''),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > bodyLimit) throw new BadBody('the body is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string, type: string): unknown {
  if (text === '') return undefined;
  if (type.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadBody('Problems parsing JSON', { cause: error });
  }
}

function send(response: ServerResponse, answer: Answer, headers: Record<string, string>): void {
  const html = answer.html !== undefined;
  const text = html ? answer.html : answer.body === undefined ? '' : JSON.stringify(answer.body);
  const type = html ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8';
  response.writeHead(answer.status, { 'content-type': type, ...headers, ...answer.headers });
  response.end(text);
}
