import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { dictionaries } from './packed-words.ts';

/**
 * The body of an item as it lies in the table: `item`, readable, while it is short, and `z`, packed, from then on.
 * A transaction costs two write units an item and KB, so that a disclosure and its event are to fit one KB each
 * (ADR 0020). `local/read-items.ts` shows packed items as JSON.
 */
export type Body = { readonly item: unknown } | { readonly z: Uint8Array };

/** Bytes of JSON up to which a body stays readable: half of the KB, as keys and delivery state lie beside it. */
const readableBytes = 512;

/** The dictionary that is packed with now. */
const current = 1;

/** A body for the table. `z` is the dictionary's number in one byte, then raw DEFLATE of the JSON. */
export function packed(item: unknown): Body {
  const json = Buffer.from(JSON.stringify(item));
  if (json.length <= readableBytes) return { item };
  const dictionary = dictionaries[current];
  return { z: Buffer.concat([Buffer.of(current), deflateRawSync(json, { level: 9, dictionary })]) };
}

/**
 * The body of an item from the table, packed or not.
 * @throws {RangeError} when it was packed with a dictionary of a later version
 */
export function unpacked({ item, z }: Readonly<Record<string, unknown>>): unknown {
  if (z === undefined) return item;
  const bytes = Buffer.from(z as Uint8Array);
  const dictionary = dictionaries[bytes[0] ?? 0];
  if (!dictionary) throw new RangeError(`an item was packed with dictionary ${bytes[0]}, which is not known`);
  return JSON.parse(inflateRawSync(bytes.subarray(1), { dictionary }).toString());
}

/** A hash as the table holds it, in hex: it lies there as bytes; former versions wrote hex. */
export const hex = (hash: unknown): string =>
  typeof hash === 'string' ? hash : Buffer.from(hash as Uint8Array).toString('hex');
