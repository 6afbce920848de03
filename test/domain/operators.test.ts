import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalHost, hostsIn, hostsOf } from '#domain/operators.ts';

const domains = ['courses.university.example', 'university-mooc.example'];
const named = (text: string) => hostsOf(hostsIn(text), domains);

describe('R3: a report is an operator’s by its domain', () => {
  test.each([
    'https://courses.university.example/login',
    'see courses.university.example.',
    '<http://COURSES.University.Example:8000/x?y=1>',
    'On studio.courses.university.example/home the form reflects input',
    '(https://courses.university.example)',
    'hxxps://courses[.]university[.]example/x',
    'https://courses.university.example./trailing',
    'university-mooc.example',
  ])('%s', (text) => {
    expect(named(text)).toHaveLength(1);
  });

  test('each host once, and only those of its own', () => {
    expect(hostsIn('a.example b.example https://a.example/ docs.openedx.example')).toEqual([
      'a.example',
      'b.example',
      'docs.openedx.example',
    ]);
    expect(hostsOf(['a.example', 'x.b.example'], ['b.example'])).toEqual(['x.b.example']);
  });
});

describe('R3: never a guess: what only looks like the domain is nobody’s', () => {
  test.each([
    ['a suffix of our own', 'https://courses.university.example.evil.test/'],
    ['the domain as a user', 'https://courses.university.example@evil.test/'],
    ['the domain as user and password', 'https://courses.university.example:443@evil.test/'],
    ['the domain in a path', 'https://evil.test/courses.university.example'],
    ['the domain in a query', 'https://evil.test/?next=https://courses.university.example/'],
    ['the domain in a fragment', 'https://evil.test/#courses.university.example'],
    ['a backslash that browsers read as a slash', 'https://evil.test\\.courses.university.example/'],
    ['no dot before it', 'https://evilcourses.university.example/'],
    ['a hyphen for the dot', 'https://courses-university.example/'],
    ['a label in between', 'https://courses.evil.university.example.test/'],
    ['the parent domain, which others share', 'https://university.example/'],
    ['another top-level domain', 'https://courses.university.examples/'],
    ['a Cyrillic а', 'https://courses.university.ex\u0430mple/'],
    ['a Cyrillic о', 'https://c\u043eurses.university.example/'],
    ['its punycode', `https://${new URL('https://c\u043eurses.university.example').hostname}/`],
    ['a digit for a letter', 'https://c0urses.university.example/'],
    ['rn for m', 'https://courses.university.exarnple/'],
    ['a dotless ı', 'https://courses.un\u0131versity.example/'],
    ['a Greek ο', 'https://c\u03bfurses.university.example/'],
    ['a combining mark', 'https://courses\u0301.university.example/'],
    ['another separator', 'https://courses.university\u2024example.evil.test/'],
    ['a mail address', 'I am admin@courses.university.example'],
  ])('%s', (_trick, text) => {
    expect(named(text)).toEqual([]);
  });

  test('what name servers hold for the same name is the same: full-width letters, an ideographic full stop', () => {
    expect(canonicalHost('ｃourses。university.example')).toBe('courses.university.example');
  });

  test('whatever is put before or after the domain, it matches only as a whole name or with labels before it', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{0,8}$/);
    fc.assert(
      fc.property(label, label, (before, after) => {
        const host = `${before}courses.university.example${after}`;
        expect(named(`https://${host}/`).length > 0).toBe(host === 'courses.university.example');
      }),
      { seed: 21 },
    );
  });

  test('no text makes it fail or take long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(Array.isArray(named(text))).toBe(true);
      }),
      { seed: 22 },
    );
    const began = performance.now();
    named('.'.repeat(300_000));
    named('a.b/'.repeat(100_000));
    named('http://a.b?'.repeat(50_000));
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
