import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { htmlToText, sanitiseFileName, sanitiseLine, sanitiseText, shownBytes } from '#domain/sanitise.ts';

const biting = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;
const anyText = fc.string({ unit: 'binary', maxLength: 2000 });

describe('text for showing', () => {
  test('holds nothing that bites, is NFC, whole characters, and within its bound, whatever comes', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 3000 }), (input, most) => {
        const { text } = sanitiseText(input, most);
        expect(text).not.toMatch(biting);
        expect(text).toBe(text.normalize('NFC'));
        expect(text.isWellFormed()).toBe(true);
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('256 KB are shown and what is cut is said', () => {
    expect(sanitiseText('a'.repeat(shownBytes))).toEqual({ text: 'a'.repeat(shownBytes), cut: false });
    const { text, cut } = sanitiseText('ü'.repeat(shownBytes));
    expect([new TextEncoder().encode(text).length, cut]).toEqual([shownBytes, true]);
    expect(sanitiseText('\0'.repeat(10 * shownBytes)).cut).toBe(true);
  });

  test('line ends are one, tabs stay', () => {
    expect(sanitiseText('a\r\nb\rc\u2028d\te').text).toBe('a\nb\nc\nd\te');
  });

  test('a line is one line', () => {
    expect(sanitiseLine('  a\r\n\tb\u202ec\0 ', 50)).toBe('a bc');
    expect(sanitiseLine('😀'.repeat(300), 200)).toBe(`${'😀'.repeat(199)}…`);
  });
});

describe('file names', () => {
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\fakepath\\poc.html', 'poc.html'],
    ['..', 'attachment-3'],
    ['.htaccess', 'htaccess'],
    ['a\u202egpj.exe', 'agpj.exe'],
    ['nul.txt', '_nul.txt'],
    ['a"b\r\nc.txt', 'a_b c.txt'],
    [undefined, 'attachment-3'],
    [`${'n'.repeat(300)}.tar.gz`, `${'n'.repeat(117)}.gz`],
  ])('%j → %j', (name, safe) => {
    expect(sanitiseFileName(name, 2)).toBe(safe);
  });

  test('never a path, never empty, never long', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const safe = sanitiseFileName(name, 0);
        expect(safe).not.toMatch(/[\\/:*?"<>|]|^\.|^$/);
        expect(safe).not.toMatch(biting);
        expect([...safe].length).toBeLessThanOrEqual(121);
      }),
    );
  });
});

describe('HTML is never rendered: bounded HTML→text', () => {
  test.each([
    ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
    ['a<br>b', 'a\nb'],
    ['<ul><li>a</li><li>b</li></ul>', '- a\n\n- b'],
    ['<style>p{color:red}</style><script>alert(1)</script>x', 'x'],
    ['<head><title>t</title></head>body', 'body'],
    ['&lt;script&gt; &amp;amp; &#65;&#x42; &nbsp;&bogus;', '<script> &amp; AB  &bogus;'],
    ['<a href="https://evil.example/x">click</a>', 'click <https://evil.example/x>'],
    ['<a href="https://x.example">https://x.example</a>', 'https://x.example'],
    ['<a href="javascript:alert(1)">click</a>', 'click'],
    ['<img src="http://t.example/p.png" alt="a picture">', '[a picture]'],
    ['1 < 2 and <unclosed', '1 < 2 and <unclosed'],
    ['<!-- hidden --> seen', 'seen'],
    ['<td>a</td><td>b</td>', 'a\tb'],
  ])('%s → %j', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  test('never throws and never takes long, whatever comes', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</',
      '<!--',
      '-->',
      '"',
      "'",
      '=',
      '&#',
      ';',
      'a',
      ' ',
      '<a href="',
      '<script',
      '</script>',
      '<div>',
      '&lt;',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 400 }), (pieces) => {
        expect(typeof htmlToText(pieces.join(''))).toBe('string');
      }),
    );
  });

  test.each([
    ['unclosed attributes', '<a href="'],
    ['unclosed tags', '<div '],
    ['comments', '<!--'],
    ['scripts', '<script>'],
    ['entities', '&#x110000;'],
    ['quotes', "<a x='"],
    ['closing scripts', '<script></script '],
  ])('2 MB of %s in linear time', (_what, piece) => {
    const started = performance.now();

    htmlToText(piece.repeat(Math.ceil((2 * 1024 * 1024) / piece.length)));

    // A square of 2 MB would take hours.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  const payloads = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg/onload=alert(1)>',
    '<iframe srcdoc="<script>alert(1)</script>">',
    '<style>@import "//x"</style>',
    '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
    '<a href="javascript:alert(1)">x</a>',
    '<object data=//x></object>',
    '<template><script>alert(1)</script></template>',
    '<body onload=alert(1)>',
  ];
  const wraps = [
    (x: string) => x,
    (x: string) => x.toUpperCase(),
    (x: string) => `<div>${x}</div>`,
    (x: string) => `<p title="">${x}`,
    (x: string) => `<!-- -->${x}`,
    (x: string) => `a${x}b`,
    (x: string) => x.replaceAll(' ', '\n'),
    (x: string) => x.replaceAll('=', ' = '),
    (x: string) => `${x}${x}`,
    (x: string) => `<table><tr><td>${x}</td></tr></table>`,
  ];

  test('tags of payloads are gone, not shown and not fetched', () => {
    for (const payload of payloads)
      for (const wrap of wraps)
        expect(htmlToText(wrap(payload))).not.toMatch(/<(script|img|svg|iframe|style|object|body|template)/i);
  });
});
