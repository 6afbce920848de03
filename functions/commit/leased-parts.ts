import type { Clock, DeliveryNews, DeskStore, StoredEvent } from '#contracts/ports.ts';
import { instant, ms } from '#domain/instant.ts';
import { isFinal } from './delivery-state.ts';

/** A lapsed lease is taken up again after this long: until then SES's Send event may still tell (mail rules, Outbound). */
const leaseMs = 15 * 60_000;

/** Some parts of an event could not be delivered and are tried again. */
export class DeliveryIncomplete extends Error {
  override readonly name = 'DeliveryIncomplete';
}

/** What became of one part. `leased`: the outcome is not known, the lease stays and lapses; `withheld`: tried again. */
export type PartOutcome = Omit<DeliveryNews, 'attempts'>;

/**
 * Delivers parts of one event: a lease, then the effect, then its outcome, one write for all leases and one for all
 * outcomes. A part that is leased by another, or was left leased by a crash, is not touched before the lease lapses,
 * and then only when the event is taken up `again`. What may be done twice (`free`) is done without a lease. `deliver`
 * is told how often the part was tried, this time included. Throws DeliveryIncomplete when a part was surely not
 * delivered, so that the stream brings the event again.
 */
export async function deliverLeased<P>(
  deps: { readonly store: DeskStore; readonly clock: Clock },
  event: StoredEvent,
  parts: ReadonlyMap<string, P>,
  options: { readonly again?: boolean | undefined; readonly free?: (part: P) => boolean },
  deliver: (name: string, part: P, attempts: number) => Promise<PartOutcome>,
): Promise<void> {
  const now = deps.clock.now();
  const lapsesBefore = options.again ? instant(ms(now) - leaseMs) : '';
  const isFree = (part: P): boolean => options.free?.(part) === true;
  const held = [...parts].flatMap(([name, part]) => (isFree(part) ? [] : [name]));
  const taken = new Set(
    held.length > 0 ? await deps.store.lease(event.partition, event.cause, held, now, lapsesBefore) : [],
  );
  const outcomes: Record<string, DeliveryNews> = {};
  for (const [name, part] of parts) {
    if (isFree(part) ? isFinal(event.delivery[name]) : !taken.has(name)) continue;
    const attempts = (event.delivery[name]?.attempts ?? 0) + 1;
    outcomes[name] = { ...(await deliver(name, part, attempts)), attempts };
  }
  const known = Object.entries(outcomes).filter(([, { state }]) => state !== 'leased');
  if (known.length > 0)
    await deps.store.recordDelivery(event.partition, event.cause, Object.fromEntries(known));
  const again = known.filter(([, { state }]) => state === 'withheld');
  if (again.length > 0)
    throw new DeliveryIncomplete(`${again.length} parts of ${event.cause} are tried again`);
}
