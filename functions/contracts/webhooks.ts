import * as z from 'zod/mini';

/**
 * What GitHub and Discourse post to us, through API Gateway's HTTP API (payload format 2.0). Only what the desk reads
 * is asked for; unknown fields are dropped, what is missing or of a wrong type throws.
 */

/** A request as API Gateway hands it to a function. */
export const hookRequest = z.object({
  requestContext: z.object({}),
  headers: z.record(z.string(), z.string()),
  body: z.optional(z.string()),
  isBase64Encoded: z.optional(z.boolean()),
});
export type HookRequest = z.infer<typeof hookRequest>;

/** What wakes an observer: a webhook, or its own schedule, whose input is empty or says `poll`. */
export const observerEvent = z.union([hookRequest, z.strictObject({ poll: z.optional(z.literal(true)) })]);
export type ObserverEvent = z.infer<typeof observerEvent>;

export const isHook = (event: ObserverEvent): event is HookRequest => 'requestContext' in event;

/** API Gateway's answer. */
export interface HookAnswer {
  readonly statusCode: number;
}

/** The bytes that were signed: a base64 body is decoded first. */
export const rawBodyOf = ({ body = '', isBase64Encoded }: HookRequest): Uint8Array =>
  Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

/** A header, whatever its case. */
export const headerOf = ({ headers }: HookRequest, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];

/** A body as JSON; undefined for what is none, which no schema takes. */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

const ghsa = z.string().check(z.regex(/^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/));
const repository = z.object({ full_name: z.string() });
const instant = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text))));

/**
 * X-GitHub-Event: repository_advisory. There are hooks for published and reported alone.
 * @example { "action": "published", "repository": { "full_name": "openedx/x" }, "repository_advisory": { … } }
 */
export const advisoryHook = z.object({
  action: z.string(),
  repository,
  repository_advisory: z.object({
    ghsa_id: ghsa,
    html_url: z.url(),
    summary: z.string(),
    description: z.nullable(z.string()),
    state: z.string(),
    published_at: z.nullish(instant),
    updated_at: z.nullish(instant),
  }),
});
export type AdvisoryHook = z.infer<typeof advisoryHook>;

/** X-GitHub-Event: push. */
export const pushHook = z.object({
  ref: z.string(),
  repository,
  commits: z.array(z.object({ id: z.string().check(z.regex(/^[0-9a-f]{40}$/)), message: z.string() })),
});
export type PushHook = z.infer<typeof pushHook>;
