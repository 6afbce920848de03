import type { Delivery, DeliveryNews, StoredEvent } from '#contracts/ports.ts';

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

/** Is this something else than what stands, and not older than it? */
export const isNews = (news: DeliveryNews, held: DeliveryNews | undefined): boolean =>
  held === undefined ||
  rank[news.state] > rank[held.state] ||
  // Withheld once more is another try; any other state is told once.
  (rank[news.state] === rank[held.state] && (news.state !== held.state || news.state === 'withheld'));

/** Of the news of an event's parts what is news, as it is to stand beside the event. */
export function newsOf(
  delivery: StoredEvent['delivery'],
  news: Readonly<Record<string, DeliveryNews>>,
): Record<string, Delivery> {
  return Object.fromEntries(
    Object.entries(news).flatMap(([part, told]): [string, Delivery][] => {
      const held = delivery[part];
      if (!isNews(told, held)) return [];
      const sesId = told.sesId ?? held?.sesId;
      const attempts = told.attempts ?? held?.attempts ?? 1;
      const { state, at, why } = told;
      return [[part, { state, at, attempts, ...(sesId && { sesId }), ...(why && { why }) }]];
    }),
  );
}

/** A part that needs nothing more of us. Where nobody knows whether it went out, a person was asked. */
export const isFinal = (held: Delivery | undefined): boolean =>
  held !== undefined && held.state !== 'leased' && held.state !== 'withheld';

/** Does every letter and signal of an event stand finally? */
export function isSettled(
  { letters, signals }: Pick<StoredEvent, 'letters' | 'signals'>,
  delivery: StoredEvent['delivery'],
): boolean {
  const parts = [...letters.map((_, at) => `L${at}`), ...signals.map((_, at) => `S${at}`)];
  return parts.every((part) => isFinal(delivery[part]));
}
