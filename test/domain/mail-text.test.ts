import { describe, expect, test } from 'vitest';
import { scanHeader } from '#domain/header-scan.ts';
import { ownWords, textStart } from '#domain/mail-text.ts';

const textOf = (fields: string, body: string): string =>
  textStart(scanHeader(new TextEncoder().encode(`${fields}\r\n\r\n${body}`)));
const base64 = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('base64').replace(/.{20}/g, '$&\r\n');

describe('the start of a mail’s text, for rules', () => {
  test.each([
    ['plain', 'Content-Type: text/plain', 'Hello', 'Hello'],
    ['no type', 'X: y', 'Hello', 'Hello'],
    [
      'base64',
      'Content-Transfer-Encoding: base64',
      base64('Sicherheitslücke, hier'),
      'Sicherheitslücke, hier',
    ],
    ['quoted-printable', 'Content-Transfer-Encoding: Quoted-Printable', 'L=C3=BC=\r\ncke', 'Lücke'],
    [
      'a charset of its own',
      'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64',
      base64('Lücke', 'latin1'),
      'Lücke',
    ],
    ['HTML', 'Content-Type: text/html', '<p>a <b>XSS</b>', ' a  XSS '],
    [
      'the first text of nested parts',
      'Content-Type: multipart/mixed; boundary=a',
      `--a\r\nContent-Type: image/png\r\n\r\nx\r\n--a\r\nContent-Type: multipart/alternative;\r\n boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64('inside')}\r\n--b--`,
      'inside',
    ],
    [
      'a part without header',
      'Content-Type: multipart/mixed; boundary=a',
      '--a\r\n\r\nHello\r\n--a--',
      'Hello',
    ],
  ])('%s', (_what, fields, body, text) => {
    expect(textOf(fields, body).trimEnd()).toBe(text.trimEnd());
  });

  test.each([
    ['an unknown charset', 'Content-Type: text/plain; charset=x-none', 'h\u00e9'],
    ['broken base64', 'Content-Transfer-Encoding: base64', '=A!=='],
    ['no boundary', 'Content-Type: multipart/mixed', '--b'],
    [
      'no end of a part’s header',
      'Content-Type: multipart/mixed; boundary=b',
      '--b\r\nContent-Type: text/plain',
    ],
  ])('%s never throws', (_what, fields, body) => {
    expect(typeof textOf(fields, body)).toBe('string');
  });

  test('its cost is bounded, whatever stands there', () => {
    const started = performance.now();

    for (const line of [
      ' ',
      '--b\r\n',
      '<',
      '\r\n',
      '--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n',
      '-= ',
    ])
      ownWords(
        textOf('Content-Type: multipart/mixed; boundary=b', `--b\r\n${line.repeat(250_000 / line.length)}`),
      );

    expect(performance.now() - started).toBeLessThan(2000);
  });
});

test.each([
  ['Mine.\r\n> theirs', 'Mine.\r\n'],
  ['Mine.\nOn Mon, 2 Mar 2026, Ada <a@b.example> wrote:\ntheirs', 'Mine.\n'],
  ['Mine.\r\n-----Original Message-----\r\ntheirs', 'Mine.\r\n'],
  ['Mine.\r\n---------- Forwarded message ---------\r\ntheirs', 'Mine.\r\n'],
  ['Mine.\r\nBegin forwarded message:\r\ntheirs', 'Mine.\r\n'],
  ['Mine.\r\n--- Below this line is a copy of the message.\r\ntheirs', 'Mine.\r\n'],
  ['Mine: from here -- to there.', 'Mine: from here -- to there.'],
])('own words of %j', (text, own) => {
  expect(ownWords(text)).toBe(own);
});
