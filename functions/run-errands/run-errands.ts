import { deliverLeased, type PartOutcome } from '#commit/leased-parts.ts';
import { DiscourseHandOff } from '#contracts/discourse-port.ts';
import { GithubHandOff } from '#contracts/github-port.ts';
import * as messages from '#contracts/messages.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import { entryOf } from '#domain/disclosure.ts';
import { Refused } from '#domain/errors.ts';
import { errandKinds } from '#domain/letter.ts';
import {
  ByHand,
  type Errand,
  type ErrandDeps,
  type ErrandOutcome,
  type ErrandSignal,
  handOffOf,
} from './errand.ts';
import { postAnnouncement, postReply } from './forum-errands.ts';
import { publishAdvisory, updateAdvisory } from './github-errands.ts';

/** Below the stream's eleven tries, which come within about ten minutes: the last word is a person's, not a queue's. */
const mostAttempts = 8;

/**
 * Does at GitHub and Discourse what an event asks for. What is refused, or not answered for long, becomes a letter
 * that says what to do by hand; nothing of it ever fails the disclosure.
 * Throws DeliveryIncomplete where another try helps, so that the stream brings the event again.
 */
export const runErrands =
  (deps: ErrandDeps) =>
  async (given: StoredEvent, options: { readonly again?: boolean } = {}): Promise<void> => {
    // The stream shows the event as it was written; how often it was tried stands beside it now.
    const event = (await deps.store.event(given.partition, given.cause)) ?? given;
    const parts = partsOf(event);
    if (parts.size === 0) return;
    await deliverLeased(deps, event, parts, { again: options.again }, (name, signal, attempts) =>
      runOne(deps, event, name, signal, attempts),
    );
  };

/** Errands alone; letters and signals to the state machine are another function's. */
const partsOf = (event: StoredEvent): Map<string, ErrandSignal> =>
  new Map(
    event.signals.flatMap((signal, at): [string, ErrandSignal][] =>
      errandKinds.includes(signal.kind) ? [[`S${at}`, signal as ErrandSignal]] : [],
    ),
  );

async function runOne(
  deps: ErrandDeps,
  event: StoredEvent,
  name: string,
  signal: ErrandSignal,
  attempts: number,
): Promise<PartOutcome> {
  const id = event.partition.slice('DISC#'.length);
  const at = deps.clock.now();
  const fields = { disclosure: id, errand: handOffOf(signal), attempts, correlation: event.correlation };
  const cause = `errand:${event.hash.slice(0, 24)}:${name}`;
  const doubtful = event.delivery[name]?.state === 'leased';
  try {
    const disclosure = await deps.store.disclosure(id);
    if (!disclosure) return { state: 'skipped', at, why: 'no disclosure' };
    const outcome = await act(deps, { signal, disclosure, attempts, doubtful, cause });
    deps.log(messages.errandDone, { ...fields, outcome });
    return outcome === 'done'
      ? { state: 'sent', at }
      : { state: 'skipped', at, why: 'not asked for any more' };
  } catch (error) {
    // The record moved on while we acted: what it refuses needs nobody.
    if (error instanceof Refused) return { state: 'skipped', at, why: error.rule };
    const byHand = handedOff(error, attempts);
    if (!byHand) return { state: 'withheld', at, why: (error as Error).name };
    await handOff(deps, id, signal, byHand, cause);
    deps.log(messages.errandHandedOff, { ...fields, why: (error as Error).name });
    return { state: 'failed', at, why: (error as Error).name };
  }
}

function act(deps: ErrandDeps, errand: Errand): Promise<ErrandOutcome> {
  const { signal } = errand;
  if (signal.kind === 'update-advisory') return updateAdvisory(deps, { ...errand, signal });
  if (signal.kind === 'publish-advisory') return publishAdvisory(deps, { ...errand, signal });
  return signal.kind === 'post-announcement' ? postAnnouncement(deps, errand) : postReply(deps, errand);
}

interface Reason {
  readonly why: string;
  readonly url?: string | undefined;
}

/** Why a person has to do it; undefined while another try of ours may help. */
function handedOff(error: unknown, attempts: number): Reason | undefined {
  if (error instanceof ByHand) return { why: error.message, url: error.link };
  if (error instanceof GithubHandOff)
    return { why: `GitHub refused (${error.status}): ${error.todo}`, url: error.link };
  if (error instanceof DiscourseHandOff)
    return { why: `The forum refused (${error.status}).`, url: error.link };
  if (attempts < mostAttempts) return undefined;
  return { why: `It failed ${attempts} times (${(error as Error).name}).` };
}

async function handOff(
  deps: ErrandDeps,
  id: string,
  signal: ErrandSignal,
  reason: Reason,
  cause: string,
): Promise<void> {
  const repository = 'repository' in signal ? signal.repository : undefined;
  const disclosure = repository ? await deps.store.disclosure(id) : undefined;
  const url = reason.url ?? (disclosure && repository && entryOf(disclosure, repository)?.advisory?.url);
  await deps.commit({
    disclosure: id,
    command: {
      name: 'hand-off',
      what: handOffOf(signal),
      why: reason.why,
      ...(repository && { repository }),
      ...(url && { url }),
    },
    actor: { kind: 'desk' },
    cause: `${cause}:by-hand`,
  });
}
