import { text } from 'node:stream/consumers';
import { plainItem } from '#adapters/dynamo.ts';
import { unpacked } from '#adapters/packed-item.ts';

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
  const items = [...(Item ? [Item] : []), ...(Items ?? [])].map((stored) => {
    const { z, item, ...rest } = plainItem(stored);
    const shown = Object.entries(rest).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]);
    return { ...Object.fromEntries(shown), item: unpacked({ z, item }) };
  });
  return JSON.stringify(items, undefined, 2);
}

if (import.meta.main) process.stdout.write(`${readItems(await text(process.stdin))}\n`);
