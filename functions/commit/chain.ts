import { createHash } from 'node:crypto';
import type { DeskEvent, NewEvent } from '#contracts/ports.ts';

/** A value as JSON with sorted keys and without undefined members: the same value has the same bytes everywhere. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 (hex) over the canonical JSON of an event without its hash. */
export function hashOf({ hash: _, ...event }: Omit<DeskEvent, 'hash'> & { readonly hash?: string }): string {
  return createHash('sha256').update(canonicalJson(event)).digest('hex');
}

/** Puts an event at its place in the chain of its partition. `prev` is the hash before it, empty for the first. */
export function chained(event: NewEvent, seq: number, prev: string): DeskEvent {
  const placed = { ...event, seq, prev };
  return { ...placed, hash: hashOf(placed) };
}

/** Position of the first event whose hash or link to the one before is wrong; undefined for a whole chain. */
export function firstBreak(events: readonly DeskEvent[]): number | undefined {
  const found = events.findIndex(
    ({ partition, cause, seq, type, actor, at, data, letters, signals, prev, hash, correlation }, index) =>
      prev !== (index === 0 ? '' : events[index - 1]?.hash) ||
      hash !== hashOf({ partition, cause, seq, type, actor, at, data, letters, signals, prev, correlation }),
  );
  return found === -1 ? undefined : found;
}
