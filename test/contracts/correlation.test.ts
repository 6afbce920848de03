import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Lines that are about no case: a sweep or a poll as a whole, a webhook before anybody knows what it concerns, the
 * table's seeding, and a page, which the browser's own request leads to.
 */
const aboutNoCase = [
  'swept',
  'reconciled',
  'polled',
  'webhookRejected',
  'webhookSeen',
  'seeded',
  'pageFailed',
];

const functions = resolve(import.meta.dirname, '../../functions');

interface Line {
  readonly file: string;
  readonly message: string;
  readonly fields: string;
}

/** Every call of a log in the functions, with the source of its fields. */
function logLines(): readonly Line[] {
  return readdirSync(functions, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(functions, file), 'utf8');
      return [...source.matchAll(/\blog\(\s*(known \? )?messages\.(\w+)/g)].map((call) => ({
        file,
        message: call[2] ?? '',
        fields: throughClosing(source, call.index + call[0].indexOf('(')) + fieldsNamed(source),
      }));
    });
}

/** From an opening bracket to the one that closes it. */
function throughClosing(source: string, from: number): string {
  for (let at = from, open = 0; at < source.length; at++) {
    if (source[at] === '(') open++;
    if (source[at] === ')' && --open === 0) return source.slice(from, at + 1);
  }
  throw new Error('a bracket is never closed');
}

/** Fields that several lines of a file share. */
const fieldsNamed = (source: string): string => /const fields = \{[^}]*\}/.exec(source)?.[0] ?? '';

describe('one id leads from the mail to the advisory', () => {
  const lines = logLines();

  test('every line about a case carries its correlation', () => {
    const without = lines.filter(
      ({ message, fields }) => !aboutNoCase.includes(message) && !/\bcorrelation\b/.test(fields),
    );

    expect(lines.length).toBeGreaterThan(25);
    expect(without).toEqual([]);
  });
});
