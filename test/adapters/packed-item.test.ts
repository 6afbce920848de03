import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainItem } from '#adapters/dynamo.ts';
import { packed, unpacked } from '#adapters/packed-item.ts';
import { dictionaries } from '#adapters/packed-words.ts';
import { canonicalJson } from '#commit/chain.ts';
import { Case } from '../support/desk-situation.ts';

const long = { title: 'x'.repeat(600) };
const asStored = (item: unknown) => ({ pk: 'DISC#EDX-2026-0001', ...packed(item) });

test('a short body stays readable, a long one is packed and comes back as it was', () => {
  const short = { id: 'EDX-2026-0001' };

  expect(packed(short)).toEqual({ item: short });
  expect(Object.keys(packed(long))).toEqual(['z']);
  expect(unpacked(asStored(short))).toEqual(short);
  expect(unpacked(asStored(long))).toEqual(long);
});

test('whatever JSON can say survives, with the same canonical form', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (extra) => {
      const item = JSON.parse(JSON.stringify({ ...long, extra }));

      expect(canonicalJson(unpacked(asStored(item)))).toBe(canonicalJson(item));
    }),
  );
});

test('a body as the JSON of DynamoDB and its stream has it, in base64, is read', () => {
  const { z } = packed(long) as { z: Uint8Array };
  const item = plainItem({ pk: { S: 'DISC#EDX-2026-0001' }, z: { B: Buffer.from(z).toString('base64') } });

  expect(unpacked(item)).toEqual(long);
});

test('what an earlier version left unpacked is read, however long it is', () => {
  expect(unpacked({ pk: 'DISC#EDX-2026-0001', item: long })).toEqual(long);
});

test('a dictionary is for good: what was packed with the first is read', () => {
  const z = Buffer.from('AcPRp8D0KCzfVoyCEQeUagE=', 'base64');
  const digest = createHash('sha256')
    .update(dictionaries[1] ?? '')
    .digest('hex');

  expect(unpacked({ z })).toEqual({ id: 'EDX-2026-0001', stage: 'advised', title: 'x'.repeat(500) });
  expect(digest).toBe('b8828cf5439d2bfbba9ebec329c3fe4d3f90737f519cc28c67b5815e060fa68d');
});

test('a dictionary of a later version is refused by its number', () => {
  const z = Buffer.concat([Buffer.of(200), deflateRawSync('{}')]);

  expect(() => unpacked({ z })).toThrow('dictionary 200');
});

test('P6: a disclosure of one repository and its events fit one KB each, with keys and delivery state beside them', () => {
  const whole = new Case().merged();
  const sizes = whole.decisions.map(({ disclosure }) => {
    const body = packed(disclosure);
    return 'z' in body ? body.z.length : JSON.stringify(body.item).length;
  });

  // 190 bytes of keys, version, head and index attributes lie beside a disclosure.
  expect(Math.max(...sizes)).toBeLessThan(1024 - 190);
});
