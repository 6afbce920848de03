import type { Partition } from './ports.ts';

/**
 * The outbox id of one part of an event, as SES's message tag (letters, digits, `-` and `_`, ≤256 characters):
 * SES's own events bring it back, so that no letter has to be looked up by SES's id.
 */
export const outboxTag = (partition: Partition, cause: string, part: string): string =>
  Buffer.from(JSON.stringify([partition, cause, part])).toString('base64url');

/** Undefined for a tag that is not one of ours. */
export function readOutboxTag(
  tag: string,
): { readonly partition: Partition; readonly cause: string; readonly part: string } | undefined {
  try {
    const fields: unknown = JSON.parse(Buffer.from(tag, 'base64url').toString());
    if (!Array.isArray(fields)) return undefined;
    const [partition, cause, part] = fields as unknown[];
    if (typeof partition !== 'string' || typeof cause !== 'string' || typeof part !== 'string')
      return undefined;
    return { partition: partition as Partition, cause, part };
  } catch {
    return undefined;
  }
}
