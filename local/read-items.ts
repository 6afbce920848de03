import { text } from 'node:stream/consumers';
import { hex } from '#adapters/packed-item.ts';
import { readable } from './table-items.ts';

/*
 * Items of the table as a person reads them: what `aws dynamodb get-item` or `query` answered comes in by standard
 * input, JSON with unpacked bodies goes out (ADR 0020).
 *
 *   aws dynamodb query --table-name TABLE --key-condition-expression 'pk = :pk' \
 *     --expression-attribute-values '{":pk": {"S": "DISC#EDX-2026-0001"}}' | node local/read-items.ts
 */

interface Answer {
  readonly Item?: object;
  readonly Items?: readonly object[];
}

/** Answers one line-broken JSON array; bytes that are no body, such as the chain's head, are shown in hex. */
export function readItems(answer: string): string {
  const { Item, Items } = JSON.parse(answer) as Answer;
  const items = [...(Item ? [Item] : []), ...(Items ?? [])].map((stored) =>
    Object.fromEntries(
      Object.entries(readable(stored)).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? hex(value) : value,
      ]),
    ),
  );
  return JSON.stringify(items, undefined, 2);
}

if (import.meta.main) process.stdout.write(`${readItems(await text(process.stdin))}\n`);
