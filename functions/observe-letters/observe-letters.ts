import type { CommitCommand } from '#commit/commit-command.ts';
import { type Log, messages } from '#contracts/log.ts';
import type { Measure } from '#contracts/metrics.ts';
import { readOutboxTag } from '#contracts/outbox.ts';
import type { Clock, Delivery, DeskStore, StoredEvent } from '#contracts/ports.ts';
import type { SesSendingEvent } from '#contracts/ses-events.ts';
import { CauseTaken, VersionConflict } from '#contracts/store-errors.ts';

/** Later news never turns back what is known: a bounce after a delivery stands, a late "sent" does not. */
const rank: Readonly<Record<Delivery['state'], number>> = {
  leased: 0,
  withheld: 0,
  unknown: 1,
  skipped: 1,
  sent: 2,
  failed: 3,
  delivered: 4,
  bounced: 5,
  complained: 6,
};

const states = {
  Send: 'sent',
  Delivery: 'delivered',
  Bounce: 'bounced',
  Complaint: 'complained',
  Reject: 'failed',
} as const satisfies Record<SesSendingEvent['eventType'], Delivery['state']>;

/**
 * What SES tells of one of our mails, put beside its letter. A letter that did not arrive marks its recipient and
 * is told to the group, once. A transient bounce is no news: SES goes on trying.
 */
export const observeLetters =
  (deps: {
    readonly store: DeskStore;
    readonly commit: CommitCommand;
    readonly clock: Clock;
    readonly log: Log;
    readonly measure: Measure;
  }) =>
  async (news: SesSendingEvent): Promise<void> => {
    const place = readOutboxTag(news.mail.tags.outbox?.[0] ?? '');
    if (!place) return;
    if (news.eventType === 'Bounce' && news.bounce.bounceType === 'Transient') return;
    const state = states[news.eventType];
    const { partition, cause, part } = place;
    const event = await deps.store.event(partition, cause);
    const held = event?.delivery[part];
    if (!event || rank[state] <= rank[held?.state ?? 'leased']) return;
    const at = deps.clock.now();
    const attempts = held?.attempts ?? 1;
    await deps.store.recordDelivery(
      partition,
      cause,
      { [part]: { state, at, attempts, sesId: news.mail.messageId } },
      false,
    );
    deps.log(messages.letterEvent, { cause, part, state, correlation: event.correlation });
    if (state === 'bounced' || state === 'complained' || state === 'failed') {
      deps.measure('LetterFailed', 1);
      await undelivered(deps, event, part, state);
    }
  };

async function undelivered(
  deps: { readonly store: DeskStore; readonly commit: CommitCommand; readonly clock: Clock },
  event: StoredEvent,
  part: string,
  problem: 'bounced' | 'complained' | 'failed',
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
