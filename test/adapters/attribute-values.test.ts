import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributesOf, NoAttribute, valuesOf } from '#adapters/attribute-values.ts';

const number = fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, min: -1e15, max: 1e15 }));

/** Items of every type that the desk stores, under names of one kind. */
const itemsOf = (name: fc.Arbitrary<string>) => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'binary' }),
      number,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  }));
  return fc.dictionary(name, value);
};

test('values become what the SDK makes of them', () => {
  // The SDK asks an object for its constructor: one that has a member of that name is none to it.
  const usual = itemsOf(fc.string().filter((name) => !(name in Object.prototype)));
  fc.assert(
    fc.property(usual, (plain) => {
      const attributes = attributesOf(plain);

      expect(attributes).toEqual(marshall(plain, { removeUndefinedValues: true }));
      expect(valuesOf(attributes)).toEqual(unmarshall(attributes as Parameters<typeof unmarshall>[0]));
    }),
  );
});

test('values come back as they were, whatever their members are called', () => {
  const odd = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'S', 'M');
  fc.assert(
    fc.property(itemsOf(fc.oneof(fc.string(), odd)), (plain) => {
      const json = (item: unknown) => JSON.stringify(item);

      expect(json(valuesOf(attributesOf(plain)))).toBe(json(plain));
    }),
  );
});

test('bytes are base64 on the way, wherever they lie', () => {
  const plain = { head: Buffer.from([0, 255, 7]), in: [{ z: new Uint8Array([1, 2]) }] };

  const attributes = attributesOf(plain);

  expect(attributes).toEqual({ head: { B: 'AP8H' }, in: { L: [{ M: { z: { B: 'AQI=' } } }] } });
  expect(valuesOf(attributes)).toEqual({ head: plain.head, in: [{ z: Buffer.from([1, 2]) }] });
});

test('what is undefined is left out, of members and of lists', () => {
  expect(attributesOf({ a: undefined, b: [1, undefined, 2] })).toEqual({
    b: { L: [{ N: '1' }, { N: '2' }] },
  });
});

test('what the desk stores nothing of is refused, and the message keeps the value to itself', () => {
  for (const odd of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 60,
    12n,
    new Set(['secret']),
    new Date(),
    () => 1,
  ])
    expect(() => attributesOf({ odd })).toThrow(NoAttribute);
  expect(() => attributesOf({ odd: new Set(['secret']) })).not.toThrow(/secret/);
  expect(() => valuesOf({ odd: { SS: ['a'] } } as never)).toThrow(NoAttribute);
});
