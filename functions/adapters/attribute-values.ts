/** A value as DynamoDB's JSON has it, of the types that the desk stores. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Attributes };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A type that the desk stores nothing of: sets, functions, numbers that lose digits. */
export class NoAttribute extends TypeError {
  override readonly name = 'NoAttribute';
}

/**
 * A plain value → DynamoDB's. Members that are undefined are left out; bytes become base64.
 * @throws {NoAttribute} for what the desk stores nothing of; the message names the type, never the value
 */
export function attributeOf(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return { N: String(value) };
  if (value instanceof Uint8Array) return { B: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { L: value.filter((each) => each !== undefined).map(attributeOf) };
  const plain = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (plain !== Object.prototype && plain !== null)
    throw new NoAttribute(`nothing is stored as ${typeof value}`);
  return { M: attributesOf(value as object) };
}

/** An item of plain values → DynamoDB's. */
export const attributesOf = (item: object): Attributes =>
  Object.fromEntries(
    Object.entries(item)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, attributeOf(value)]),
  );

/** DynamoDB's value → a plain one. @throws {NoAttribute} for a type that the desk stores nothing of */
export function plainOf(attribute: AttributeValue): unknown {
  if ('S' in attribute) return attribute.S;
  if ('N' in attribute) return Number(attribute.N);
  if ('BOOL' in attribute) return attribute.BOOL;
  if ('M' in attribute) return valuesOf(attribute.M);
  if ('L' in attribute) return attribute.L.map(plainOf);
  if ('B' in attribute) return Buffer.from(attribute.B, 'base64');
  if ('NULL' in attribute) return null;
  throw new NoAttribute(`nothing is stored as ${Object.keys(attribute).join()}`);
}

/** An item as DynamoDB has it → plain values. */
export const valuesOf = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, plainOf(value)]));
