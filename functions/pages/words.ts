import type { Delivery } from '#contracts/ports.ts';

const states: Readonly<Record<Delivery['state'], string>> = {
  leased: 'being sent',
  sent: 'sent',
  delivered: 'delivered',
  bounced: 'came back: it did not arrive',
  complained: 'delivered, and reported as spam',
  unknown: 'nobody knows whether it went out',
  withheld: 'held back by a cap',
  skipped: 'not sent: the recipient is not written to',
  failed: 'could not be sent',
};

/** How a letter stands, in words (mail rules, Outbound). */
export const deliveryWords = (delivery: Pick<Delivery, 'state'> | undefined): string =>
  delivery ? states[delivery.state] : 'waits to be sent';
