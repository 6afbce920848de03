import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** JSON as a description or a schema holds it. */
export type Json = { readonly [key: string]: unknown };

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** An operation of the published description that a request meets. */
export interface Operation {
  readonly id: string;
  readonly method: Method;
  /** The path as the description writes it, `/repos/{owner}/{repo}`. */
  readonly template: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a request brings; `query` as parsed, repeated names as lists. */
export interface ObservedRequest {
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** Parsed JSON; undefined where nothing was sent. */
  readonly body: unknown;
}

interface Route {
  readonly id: string;
  readonly method: Method;
  readonly template: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly weight: number;
  readonly description: Json;
}

const methods: readonly Method[] = ['get', 'post', 'put', 'patch', 'delete'];

/** Keywords of a description that are no JSON Schema, or only document it. */
const silent = new Set([
  'description',
  'example',
  'examples',
  'readOnly',
  'writeOnly',
  'deprecated',
  'xml',
  'externalDocs',
  'discriminator',
  'title',
  'default',
]);

/**
 * Checks requests and answers against an OpenAPI description (3.0 or 3.1), compiling only what is met.
 * Objects are closed: a property that the description does not name is a violation, in requests because a
 * server ignores or refuses it, in answers because a stand-in must not invent what the real one does not say.
 */
export class Contract {
  readonly #document: Json;
  readonly #routes: readonly Route[];
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: Json) {
    this.#document = document;
    this.#routes = routesOf(document);
  }

  /** The operation of a method and a path (without the query), or undefined where the description has none. */
  operation(method: string, path: string): Operation | undefined {
    let best: { route: Route; found: RegExpExecArray } | undefined;
    for (const route of this.#routes) {
      if (route.method !== method.toLowerCase()) continue;
      const found = route.pattern.exec(path);
      if (found && (!best || route.weight > best.route.weight)) best = { route, found };
    }
    if (!best) return undefined;
    const { route, found } = best;
    const parameters = Object.fromEntries(
      route.names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]),
    );
    return { id: route.id, method: route.method, template: route.template, parameters };
  }

  /** What is wrong with a request: unknown or malformed parameters, a body that the description refuses. */
  requestProblems(operation: Operation, request: ObservedRequest): string[] {
    const description = this.#description(operation);
    return [
      ...this.#parameterProblems(description, 'path', operation.parameters, operation),
      ...this.#parameterProblems(description, 'query', request.query, operation),
      ...this.#bodyProblems(description, request.body, operation),
    ];
  }

  /** What is wrong with an answer; `version` (`2026-03-10`) applies the breaking changes up to it. */
  answerProblems(operation: Operation, status: number, body: unknown, version = ''): string[] {
    const responses = record(this.#description(operation).responses);
    const found = responses[String(status)];
    if (found === undefined) return [`${operation.id} does not describe an answer ${status}`];
    const schema = jsonSchemaOf(this.#resolve(found));
    if (!schema) return [];
    return this.#check(`${operation.id} ${status} ${version}`, schema, body, version, false);
  }

  /** What is wrong with the body of a webhook that the description names (`repository-advisory-published`). */
  webhookProblems(name: string, body: unknown): string[] {
    const webhooks = record(this.#document.webhooks ?? this.#document['x-webhooks']);
    const post = record(record(webhooks[name]).post);
    const schema = jsonSchemaOf(this.#resolve(post.requestBody));
    if (!schema) return [`no webhook ${name} is described`];
    return this.#check(`webhook ${name}`, schema, body, '', false);
  }

  /** An example value that the description gives (`full-repository`), as a fresh copy. */
  example(name: string): unknown {
    const found = record(record(record(this.#document.components).examples)[name]);
    if (!('value' in found)) throw new Error(`the description has no example ${name}`);
    return structuredClone(found.value);
  }

  #description(operation: Operation): Json {
    return record(record(record(this.#document.paths)[operation.template])[operation.method]);
  }

  #parameterProblems(
    description: Json,
    place: 'path' | 'query',
    given: Readonly<Record<string, unknown>>,
    operation: Operation,
  ): string[] {
    const described = list(description.parameters)
      .map((parameter) => this.#resolve(parameter))
      .filter((parameter) => parameter.in === place);
    const schema = {
      type: 'object',
      properties: Object.fromEntries(described.map((each) => [String(each.name), each.schema ?? {}])),
      required: described.filter((each) => each.required === true).map((each) => each.name),
      additionalProperties: false,
    };
    return this.#check(`${operation.id} ${place}`, schema, structuredClone(given), '', true).map(
      (problem) => `${place} ${problem}`,
    );
  }

  #bodyProblems(description: Json, body: unknown, operation: Operation): string[] {
    const described = description.requestBody;
    if (described === undefined) {
      return body === undefined || isEmpty(body) ? [] : [`${operation.id} takes no body`];
    }
    const resolved = this.#resolve(described);
    if (body === undefined) return resolved.required === true ? ['the body is missing'] : [];
    const schema = jsonSchemaOf(resolved);
    if (!schema) return [];
    return this.#check(`${operation.id} body`, schema, body, '', false).map((problem) => `body ${problem}`);
  }

  #check(key: string, schema: Json, value: unknown, version: string, coerce: boolean): string[] {
    let validate = this.#compiled.get(key);
    if (!validate) {
      validate = compile(toJsonSchema(schema, this.#document, version), coerce);
      this.#compiled.set(key, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => {
      const extra = error.params.additionalProperty ?? error.params.unevaluatedProperty;
      return `${error.instancePath || '/'} ${error.message}${extra === undefined ? '' : ` (${extra})`}`;
    });
  }

  #resolve(node: unknown): Json {
    const found = record(node);
    return typeof found.$ref === 'string' ? this.#resolve(pointer(this.#document, found.$ref)) : found;
  }
}

/** One checker for all schemas of a kind: making one costs more than compiling most of them. */
const checkers = new Map<boolean, Ajv2020>();

function checker(coerce: boolean): Ajv2020 {
  const held = checkers.get(coerce);
  if (held) return held;
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    coerceTypes: coerce ? 'array' : false,
    logger: false,
    // The descriptions are published ones; a pass over the made code takes longer than it saves.
    validateSchema: false,
    code: { optimize: false },
  });
  (addFormats as unknown as { default: (to: Ajv2020) => void } & ((to: Ajv2020) => void))(ajv);
  ajv.addFormat('uri-template', true);
  checkers.set(coerce, ajv);
  return ajv;
}

const compile = (schema: Json, coerce: boolean): ValidateFunction => checker(coerce).compile(schema);

function routesOf(document: Json): Route[] {
  const routes: Route[] = [];
  for (const [template, operations] of Object.entries(record(document.paths))) {
    for (const method of methods) {
      const description = record(operations)[method];
      if (description === undefined) continue;
      routes.push({
        method,
        template,
        ...patternOf(template, record(description)),
        description: record(description),
        id: String(record(description).operationId ?? `${method} ${template}`),
      });
    }
  }
  return routes;
}

/** A template as an expression; only parameters marked `x-multi-segment` may hold slashes. */
function patternOf(template: string, description: Json): Pick<Route, 'pattern' | 'names' | 'weight'> {
  const names: string[] = [];
  const multiple = new Set(
    list(description.parameters)
      .map(record)
      .filter((each) => each['x-multi-segment'] === true)
      .map((each) => String(each.name)),
  );
  // A branch is described by reference, and its name may hold slashes (release/teak).
  for (const name of ['branch', 'ref']) multiple.add(name);
  const source = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return multiple.has(name) ? '(.+)' : '([^/]+)';
  });
  const segments = template.split('/');
  const weight = segments.length * 100 + segments.filter((segment) => !segment.includes('{')).length;
  return { pattern: new RegExp(`^${source}$`), names, weight };
}

/** A schema of the description, with everything it refers to, as closed JSON Schema 2020-12. */
function toJsonSchema(schema: Json, document: Json, version: string): Json {
  const definitions: Record<string, unknown> = {};
  const convert = (node: unknown, open = false): unknown => {
    if (Array.isArray(node)) return node.map((each) => convert(each, open));
    if (node === null || typeof node !== 'object') return node;
    const source = patched(node as Json, version);
    if (typeof source.$ref === 'string') {
      const name = source.$ref.replaceAll('/', '.').slice(2) + (open ? '.open' : '');
      if (!(name in definitions)) {
        definitions[name] = true;
        definitions[name] = convert(pointer(document, source.$ref), open);
      }
      return { $ref: `#/$defs/${name}` };
    }
    return nullable(source, closed(convertEach(source, convert), open));
  };
  const converted = convert(schema);
  return { allOf: [converted], $defs: definitions };
}

function convertEach(
  source: Json,
  convert: (node: unknown, open?: boolean) => unknown,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source)) {
    if (key === 'nullable' || key.startsWith('x-') || silent.has(key)) continue;
    if (key === 'properties') {
      result[key] = Object.fromEntries(
        Object.entries(record(value)).map(([name, each]) => [name, convert(each)]),
      );
    } else if (key === 'allOf') {
      // Parts of one object must not each forbid the others' properties.
      result[key] = convert(value, list(value).length > 1);
    } else if (key === 'enum' || key === 'required' || key === 'const') result[key] = value;
    else result[key] = convert(value);
  }
  return result;
}

/** An object with named properties is closed, unless the description leaves it open by a schema of its own. */
function closed(schema: Record<string, unknown>, open: boolean): Json {
  if (open || schema.properties === undefined || 'additionalProperties' in schema) return schema;
  if (schema.anyOf !== undefined || schema.oneOf !== undefined || schema.allOf !== undefined) return schema;
  return { ...schema, additionalProperties: false };
}

/** OpenAPI 3.0's `nullable` in JSON Schema's words. */
function nullable(source: Json, schema: Json): Json {
  return source.nullable === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
}

/** The breaking changes (JSON merge patches) that an API version brings to a schema. */
function patched(schema: Json, version: string): Json {
  let result = schema;
  for (const change of list(schema['x-github-breaking-changes']).map(record)) {
    if (version !== '' && String(change.version) <= version) result = record(merge(result, change.patch));
  }
  return result;
}

/** JSON merge patch (RFC 7396). */
function merge(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...record(target) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

function pointer(document: Json, reference: string): unknown {
  const found = reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => record(node)[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  if (found === undefined) throw new Error(`the description has no ${reference}`);
  return found;
}

function jsonSchemaOf(message: Json): Json | undefined {
  const schema = record(record(message.content)['application/json']).schema;
  return schema === undefined ? undefined : record(schema);
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
