import type { Delivery } from '#contracts/ports.ts';
import type { AnnouncementState, TwoHourClock } from '#domain/release-window.ts';
import type { CapState, ResponseState } from '#domain/response-target.ts';

const states: Readonly<Record<Delivery['state'], string>> = {
  leased: 'being sent',
  sent: 'sent',
  delivered: 'delivered',
  bounced: 'came back: it did not arrive',
  complained: 'delivered, and reported as spam',
  unknown: 'nobody knows whether it went out',
  withheld: 'not sent yet: it is tried again',
  skipped: 'not sent: the recipient is not written to',
  failed: 'could not be sent',
};

/** How a letter stands, in words (mail rules, Outbound). */
export function deliveryWords(delivery: Pick<Delivery, 'state' | 'why'> | undefined): string {
  if (!delivery) return 'waits to be sent';
  if (delivery.state === 'skipped' && delivery.why === 'cap')
    return 'held back by a cap, until a member releases it';
  return states[delivery.state];
}

/** How a promised first answer stands (policy A1). */
export const responseWords: Readonly<Record<ResponseState, string>> = {
  open: '',
  warned: 'half of the time is over',
  missed: 'missed',
  answered: '',
  'answered-late': '',
};

/** How the embargo's cap stands (policy A2). */
export const capWords: Readonly<Record<CapState, string>> = {
  running: '',
  near: 'near: renew it, or plan the release',
  reached: 'reached: decide whether to renew it',
};

/** How the announcement stands to the release (OEP-60 R15). */
export const announcementWords: Readonly<Record<AnnouncementState, string>> = {
  stands: 'in time',
  awaited: 'there is time',
  asked: 'asked for',
  'too-late': 'too late for this release instant',
};

/** How the two hours stand (OEP-60 R17). */
export const windowWords: Readonly<Record<TwoHourClock['state'], string>> = {
  'not-started': '',
  exposed: 'merges are missing',
  running: 'running',
  met: 'met',
  overdue: 'overdue',
};

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
