import type { CommitCommand } from '#commit/commit-command.ts';
import type { DiscoursePort } from '#contracts/discourse-port.ts';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { Clock, DeskStore } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import {
  type HookAnswer,
  type HookRequest,
  headerOf,
  isHook,
  jsonOf,
  type ObserverEvent,
  rawBodyOf,
} from '#contracts/webhooks.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { lookForPosts } from './look-for-posts.ts';

export interface ObserveDiscourseDeps {
  readonly store: Pick<DeskStore, 'listed' | 'disclosure'>;
  readonly settings: Pick<Settings, 'policy'>;
  /** Undefined where the configuration names no forum. `account` is whom we post as, where there is a key. */
  readonly forum:
    | (() => Promise<{ readonly discourse: DiscoursePort; readonly account?: string | undefined }>)
    | undefined;
  /** Is this the signature of these bytes? Never, where there is no secret. */
  readonly verify: (body: Uint8Array, signature: string | undefined) => Promise<boolean>;
  readonly clock: Clock;
  readonly commit: CommitCommand;
  readonly log: Log;
}

/**
 * Looks for announcements and replies that became visible: on a webhook, which only says that something happened and
 * is believed no further, and every 15 minutes.
 */
export const observeDiscourse =
  (deps: ObserveDiscourseDeps) =>
  (event: ObserverEvent): Promise<HookAnswer> =>
    isHook(event) ? takeHook(deps, event) : look(deps);

/** Webhooks that can be about a topic or a reply becoming visible. */
const telling = /^(topic|post)_(created|edited|approved|recovered)$|^reviewable/;

async function takeHook(deps: ObserveDiscourseDeps, request: HookRequest): Promise<HookAnswer> {
  const body = rawBodyOf(request);
  if (!(await deps.verify(body, headerOf(request, 'x-discourse-event-signature')))) {
    deps.log(messages.webhookRejected, { system: 'discourse' });
    return { statusCode: 401 };
  }
  const event = headerOf(request, 'x-discourse-event') ?? '';
  deps.log(messages.webhookSeen, {
    system: 'discourse',
    event,
    delivery: headerOf(request, 'x-discourse-event-id'),
  });
  if (jsonOf(body) === undefined) return { statusCode: 400 };
  return telling.test(event) ? look(deps) : { statusCode: 202 };
}

/** Looks for each open disclosure; the error of one never stops the others. Discourse sends a hook again after a 503. */
async function look(deps: ObserveDiscourseDeps): Promise<HookAnswer> {
  let failed = 0;
  const open = deps.forum ? await deps.store.listed('open') : [];
  for (const id of open) {
    let disclosure: Disclosure | undefined;
    try {
      disclosure = await deps.store.disclosure(id);
      if (disclosure) await lookForPosts(deps, disclosure);
    } catch (error) {
      failed += 1;
      const correlation = disclosure?.intakes[0] ?? id;
      deps.log(messages.sweepFailed, { disclosure: id, error: (error as Error).name, correlation });
    }
  }
  deps.log(messages.polled, { system: 'discourse', open: open.length, failed });
  return { statusCode: failed > 0 ? 503 : 202 };
}
