import type { CommitCommand } from '#commit/commit-command.ts';
import { isNews } from '#commit/delivery-state.ts';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { Measure } from '#contracts/metrics.ts';
import { readOutboxTag } from '#contracts/outbox.ts';
import type { Clock, Delivery, DeliveryNews, DeskStore, Partition, StoredEvent } from '#contracts/ports.ts';
import type { SesSendingEvent } from '#contracts/ses-events.ts';
import { CauseTaken, VersionConflict } from '#contracts/store-errors.ts';

const states = {
  Send: 'sent',
  Delivery: 'delivered',
  Bounce: 'bounced',
  Complaint: 'complained',
  Reject: 'failed',
} as const satisfies Record<SesSendingEvent['eventType'], Delivery['state']>;

/** States of a letter that did not arrive: its recipient is marked, and the group is told. */
const problems = ['bounced', 'complained', 'failed'] as const;
type Problem = (typeof problems)[number];
const isProblem = (state: Delivery['state']): state is Problem =>
  (problems as readonly Delivery['state'][]).includes(state);

export interface ObserveDeps {
  readonly store: DeskStore;
  readonly commit: CommitCommand;
  readonly clock: Clock;
  readonly log: Log;
  readonly measure: Measure;
}

/** One thing that SES told, under the id of the message that brought it. */
export interface Told {
  readonly id: string;
  readonly news: SesSendingEvent;
}

/** The news of the letters of one event of the record. */
interface EventNews {
  readonly partition: Partition;
  readonly cause: string;
  readonly parts: Record<string, DeliveryNews>;
  readonly ids: string[];
}

/**
 * What SES tells of our mails, put beside their letters: all news of one event in one write. A letter that did not
 * arrive marks its recipient and is told to the group, once. A transient bounce is no news: SES goes on trying.
 * Answers the ids of messages that could not be recorded and are to come again.
 */
export const observeLetters =
  (deps: ObserveDeps) =>
  async (batch: readonly Told[]): Promise<readonly string[]> => {
    const failed: string[] = [];
    for (const each of byEvent(batch, deps.clock.now())) {
      let event: StoredEvent | undefined;
      try {
        event = await deps.store.event(each.partition, each.cause);
        if (event) await observeEvent(deps, event, each);
      } catch (error) {
        const { cause, ids } = each;
        const correlation = event?.correlation;
        deps.log(messages.letterEventFailed, { cause, error: (error as Error).name, correlation });
        failed.push(...ids);
      }
    }
    return failed;
  };

/** The best news of each part, by the event that it is of. */
function byEvent(batch: readonly Told[], at: string): readonly EventNews[] {
  const events = new Map<string, EventNews>();
  for (const { id, news } of batch) {
    const tag = news.mail.tags.outbox?.[0] ?? '';
    const place = readOutboxTag(tag);
    if (!place || (news.eventType === 'Bounce' && news.bounce.bounceType === 'Transient')) continue;
    const { partition, cause, part } = place;
    const key = JSON.stringify([partition, cause]);
    const event = events.get(key) ?? { partition, cause, parts: {}, ids: [] };
    const told: DeliveryNews = { state: states[news.eventType], at, sesId: news.mail.messageId };
    if (isNews(told, event.parts[part])) event.parts[part] = told;
    event.ids.push(id);
    events.set(key, event);
  }
  return [...events.values()];
}

async function observeEvent(
  deps: ObserveDeps,
  event: StoredEvent,
  { partition, cause, parts }: EventNews,
): Promise<void> {
  const recorded = await deps.store.recordDelivery(partition, cause, parts);
  for (const [part, { state }] of Object.entries(parts)) {
    const isNew = recorded.includes(part);
    if (isNew) deps.log(messages.letterEvent, { cause, part, state, correlation: event.correlation });
    if (!isProblem(state)) continue;
    if (isNew) deps.measure('LetterFailed', 1);
    // Told before, and perhaps cut off then: what follows has its cause, and happens once.
    if (isNew || event.delivery[part]?.state === state) await undelivered(deps, event, part, state);
  }
}

async function undelivered(
  deps: Pick<ObserveDeps, 'store' | 'commit' | 'clock'>,
  event: StoredEvent,
  part: string,
  problem: Problem,
): Promise<void> {
  const letter = event.letters[Number(part.slice(1))];
  if (!letter) return;
  if ('person' in letter.to) await markBounced(deps, letter.to.person, event);
  // What tells of a bounced letter may bounce itself: that is not told again.
  if (event.type === 'note-delivery' || !event.partition.startsWith('DISC#')) return;
  await deps.commit({
    disclosure: event.partition.slice('DISC#'.length),
    command: { name: 'note-delivery', of: event.cause, part, template: letter.template, problem },
    actor: { kind: 'desk' },
    cause: `delivery:${event.hash.slice(0, 24)}:${part}:${problem}`,
  });
}

async function markBounced(
  deps: { readonly store: DeskStore; readonly clock: Clock },
  id: string,
  event: StoredEvent,
): Promise<void> {
  const person = await deps.store.person(id);
  if (!person || person.bouncedAt) return;
  try {
    await deps.store.commit({
      writes: [{ put: 'person', item: { ...person, bouncedAt: deps.clock.now() }, expect: person.version }],
      event: {
        partition: `PERSON#${id}`,
        cause: `bounced:${event.hash.slice(0, 24)}`,
        type: 'mark-bounced',
        actor: 'desk',
        at: deps.clock.now(),
        data: {},
        letters: [],
        signals: [],
        correlation: event.correlation,
      },
    });
  } catch (error) {
    // Somebody changed the person at the same moment: a mark is not worth a fight, the next bounce sets it.
    if (!(error instanceof CauseTaken) && !(error instanceof VersionConflict)) throw error;
  }
}
