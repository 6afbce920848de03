import type { Disclosure, Entry } from '#domain/disclosure.ts';
import { day, type Instant, ms } from '#domain/instant.ts';
import type { ReminderLine } from '#domain/letter.ts';
import { nextOfEntry } from '#domain/next-step.ts';

/** One line of a reminder sent at an instant (OEP-60 R10): the mail and its preview are made from the same. */
export const reminderLine = (
  disclosure: Disclosure,
  entry: Entry,
  notifiedAt: Instant,
  sentAt: Instant,
): ReminderLine => ({
  reference: disclosure.id,
  repository: entry.repository,
  rating: entry.severity.rating,
  ...(entry.severity.score !== undefined && { score: entry.severity.score }),
  stage: disclosure.stage,
  ageDays: Math.floor((ms(sentAt) - ms(notifiedAt)) / day),
  next: nextOfEntry(disclosure, entry),
});
