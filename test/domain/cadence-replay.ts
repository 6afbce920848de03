import {
  type Batch,
  batch,
  type CadencePolicy,
  changeFrequency,
  dueOf,
  emptyGroup,
  entryIn,
  mustRemind,
  postpone,
  type ReminderGroup,
  reminderDefaults,
  removeEntry,
  scheduleEntry,
} from '#domain/cadence.ts';
import { type Instant, instant, minute, ms } from '#domain/instant.ts';
import { type Frequency, frequencyOf, type Rating } from '#domain/rating.ts';
import type { Span } from '#domain/rota.ts';

/** `2026-03-02 10:00` ↔ instant. */
export const at = (text: string): Instant => `${text.replace(' ', 'T')}:00.000Z`;
const said = (when: Instant) => when.slice(0, 16).replace('T', ' ');
const word = (rating: Rating) => rating.charAt(0).toUpperCase() + rating.slice(1);

/** What happens to entries, in the words of docs/policy.md. */
export type Happening =
  | { at: string; notify: string; rating: Rating; maintainer?: string }
  | { at: string; rate: string; rating: Rating }
  | { at: string; reassign: string; maintainer: string }
  | { at: string; resolve: string }
  | { at: string; defer: string; until: string }
  | { at: string; merge: string }
  | { at: string; postpone: Frequency; until: string };

export interface Scenario {
  zone?: string;
  shifts?: readonly { start: string; end: string }[];
  until: string;
  happenings: readonly Happening[];
}

/** Replays a scenario with a sweep every 15 minutes, and tells what happened as rows of [when, what]. */
export function replay(scenario: Scenario): { rows: [string, string][]; batches: Batch[] } {
  const policy: CadencePolicy = { ...reminderDefaults, sweepMs: 15 * minute, zone: scenario.zone ?? 'UTC' };
  const shifts: Span[] = (scenario.shifts ?? []).map(({ start, end }) => ({
    start: at(start),
    end: at(end),
  }));
  const groups = new Map<string, ReminderGroup>();
  const homes = new Map<string, { maintainer: string; frequency: Frequency }>();
  const rows: [string, string][] = [];
  const batches: Batch[] = [];
  const key = (repository: string) => ({ disclosure: 'EDX-2026-0001', repository });
  const id = (maintainer: string, frequency: Frequency) => `${maintainer}|${frequency}`;
  const group = (maintainer: string, frequency: Frequency) =>
    groups.get(id(maintainer, frequency)) ?? emptyGroup(maintainer, frequency);
  const store = (item: ReminderGroup) => groups.set(id(item.maintainer, item.frequency), item);
  const home = (name: string) => {
    const found = homes.get(name);
    if (!found) throw new Error(`${name} was not notified`);
    return found;
  };
  const start = (name: string, maintainer: string, frequency: Frequency, when: Instant) => {
    homes.set(name, { maintainer, frequency });
    store(scheduleEntry(group(maintainer, frequency), key(name), when, policy));
    return entryIn(group(maintainer, frequency), key(name))?.dueAt ?? '';
  };
  const stop = (name: string) => {
    const { maintainer, frequency } = home(name);
    store(removeEntry(group(maintainer, frequency), key(name)));
  };
  const rate = (name: string, rating: Rating, when: Instant) => {
    const { maintainer, frequency } = home(name);
    const next = frequencyOf(rating, frequency);
    const changed = changeFrequency(
      group(maintainer, frequency),
      group(maintainer, next),
      key(name),
      when,
      policy,
    );
    store(changed.from);
    store(changed.to);
    homes.set(name, { maintainer, frequency: next });
    return entryIn(changed.to, key(name))?.dueAt ?? '';
  };

  const happen = (event: Happening): string => {
    const when = at(event.at);
    if ('notify' in event) {
      start(event.notify, event.maintainer ?? 'team:openedx/lms', frequencyOf(event.rating), when);
      return `${event.notify} notified, ${word(event.rating)}`;
    }
    if ('rate' in event) {
      return `${event.rate} becomes ${word(event.rating)}, due ${said(rate(event.rate, event.rating, when))}`;
    }
    if ('reassign' in event) {
      const { frequency } = home(event.reassign);
      stop(event.reassign);
      return `${event.reassign} reassigned, due ${said(start(event.reassign, event.maintainer, frequency, when))}`;
    }
    if ('resolve' in event) {
      if (!mustRemind({ advisoryPublishedAt: when })) stop(event.resolve);
      return `${event.resolve} resolved`;
    }
    if ('defer' in event) {
      if (!mustRemind({})) stop(event.defer);
      return `${event.defer} deferred until ${event.until}`;
    }
    if ('merge' in event) {
      if (!mustRemind({})) stop(event.merge);
      return `${event.merge} merged`;
    }
    const due = dueOf(group('team:openedx/lms', event.postpone)) ?? '';
    const wish = { until: at(event.until), reason: 'release week', by: 'p-ann' };
    store(postpone(group('team:openedx/lms', event.postpone), wish, when, policy));
    return `batch of ${said(due)} postponed to ${event.until}`;
  };

  const sweep = (now: Instant) => {
    for (const item of [...groups.values()]) {
      let sent = batch(item, { now, shifts }, policy);
      for (; sent; sent = batch(sent.group, { now, shifts }, policy)) {
        store(sent.group);
        batches.push(sent.batch);
        const names = sent.batch.entries.map(({ repository }) => repository).join(', ');
        const duty = sent.batch.nobodyOnDuty ? ' (nobody on duty)' : '';
        rows.push([
          said(sent.batch.sendingInstant),
          `${sent.batch.frequency} reminder${duty}: ${names}; next due ${said(sent.batch.nextDue)}`,
        ]);
      }
    }
  };

  const waiting = scenario.happenings.toSorted((a, b) => a.at.localeCompare(b.at));
  let now = ms(at(waiting[0]?.at ?? scenario.until));
  now -= now % policy.sweepMs;
  for (; now <= ms(at(scenario.until)); now += policy.sweepMs) {
    for (let next = waiting[0]; next && ms(at(next.at)) <= now; next = waiting[0]) {
      rows.push([next.at, happen(next)]);
      waiting.shift();
    }
    sweep(instant(now));
  }
  return { rows, batches };
}
