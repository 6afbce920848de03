import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
import { packed } from '#adapters/packed-item.ts';
import { readItems } from '../../local/read-items.ts';

test('what the command line of AWS answers is shown with unpacked bodies', () => {
  const item = { id: 'EDX-2026-0001', title: 'x'.repeat(600) };
  const { z } = packed(item) as { z: Uint8Array };
  const bytes = (value: Uint8Array) => ({ B: Buffer.from(value).toString('base64') });
  const stored = {
    ...marshall({ pk: 'DISC#EDX-2026-0001', v: 3 }),
    head: bytes(Buffer.of(1, 255)),
    z: bytes(z),
  };
  const plain = { pk: 'PERSON#p-1', item: { id: 'p-1' } };

  const shown = readItems(JSON.stringify({ Items: [stored, marshall(plain)] }));

  expect(JSON.parse(shown)).toEqual([{ pk: 'DISC#EDX-2026-0001', v: 3, head: '01ff', item }, plain]);
  expect(JSON.parse(readItems(JSON.stringify({ Item: stored })))).toHaveLength(1);
});
