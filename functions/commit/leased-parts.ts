import type { Clock, Delivery, DeskStore, StoredEvent } from '#contracts/ports.ts';
import { instant, ms } from '#domain/instant.ts';

/** A lapsed lease is taken up again after this long: until then SES's Send event may still tell (mail rules, Outbound). */
const leaseMs = 15 * 60_000;

/** Some parts of an event could not be delivered and are tried again. */
export class DeliveryIncomplete extends Error {
  override readonly name = 'DeliveryIncomplete';
}

/** What became of one part. `leased`: the outcome is not known, the lease stays and lapses; `withheld`: tried again. */
export type PartOutcome = Omit<Delivery, 'attempts'>;

const final = new Set<Delivery['state']>([
  'sent',
  'delivered',
  'bounced',
  'complained',
  'skipped',
  'failed',
  'unknown',
]);

/**
 * Delivers parts of one event: a lease, then the effect, then its outcome. A part that is leased by another, or was
 * left leased by a crash, is not touched before the lease lapses, and then only when the event is taken up `again`.
 * `alone` says that the event has no parts besides these. `deliver` is told how often the part was tried, this time
 * included. Throws DeliveryIncomplete when a part was surely not delivered, so that the stream brings the event again.
 */
export async function deliverLeased<P>(
  deps: { readonly store: DeskStore; readonly clock: Clock },
  event: StoredEvent,
  parts: ReadonlyMap<string, P>,
  options: { readonly again?: boolean | undefined; readonly alone: boolean },
  deliver: (name: string, part: P, attempts: number) => Promise<PartOutcome>,
): Promise<void> {
  const now = deps.clock.now();
  const lapsesBefore = options.again ? instant(ms(now) - leaseMs) : '';
  const taken = await deps.store.lease(event.partition, event.cause, [...parts.keys()], now, lapsesBefore);
  const outcomes: Record<string, Delivery> = {};
  for (const name of taken) {
    const part = parts.get(name);
    const attempts = (event.delivery[name]?.attempts ?? 0) + 1;
    if (part !== undefined) outcomes[name] = { ...(await deliver(name, part, attempts)), attempts };
  }
  const known = Object.fromEntries(Object.entries(outcomes).filter(([, { state }]) => state !== 'leased'));
  const all = Object.values(outcomes);
  const done = taken.length === parts.size && options.alone && all.every(({ state }) => final.has(state));
  if (Object.keys(known).length > 0 || parts.size === 0)
    await deps.store.recordDelivery(event.partition, event.cause, known, done);
  const again = all.filter(({ state }) => state === 'withheld');
  if (again.length > 0)
    throw new DeliveryIncomplete(`${again.length} parts of ${event.cause} are tried again`);
}
