import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddresses } from '#domain/addresses.ts';
import { decodeWords, firstOf, scanBytes, scanHeader } from '#domain/header-scan.ts';

const scan = (text: string) => scanHeader(new TextEncoder().encode(text));
const from = (field: string) => scan(`From: ${field}\r\n\r\n`).from?.address;

describe('case before parse: a bounded scan that no bytes can break', () => {
  test('never throws, and never keeps more than its bounds, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
        const { subject, references, from: sender } = scanHeader(bytes);
        expect([...subject].length).toBeLessThanOrEqual(200);
        expect(references.length).toBeLessThanOrEqual(20);
        if (sender) expect(sender.address).toMatch(/^[^\s]+@[^\s@]+$/);
      }),
    );
  });

  test('never throws on bytes that look like a header', () => {
    const piece = fc.constantFrom(
      'From',
      ':',
      ' ',
      '\r\n',
      '\n',
      '\r',
      '\t',
      '"',
      '<',
      '>',
      '@',
      '(',
      ')',
      ',',
      ';',
      '=?utf-8?B?',
      '=?x?Q?',
      '?=',
      '\\',
      'a',
      'ü',
      '\0',
      'Subject',
      'X-SES-RECEIPT',
      'Return-Path',
      '=',
      '&',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        expect(() => scan(pieces.join(''))).not.toThrow();
      }),
    );
  });

  test('unfolds, trims, decodes and skips lines that are no field', () => {
    const found = scan(
      'From x Mon Mar 2\r\nSubject: one\r\n two\r\n\tthree\r\ngarbage\r\n more\r\nTo :a@b.example\r\n\r\nbody',
    );

    expect(found.subject).toBe('one two three');
    expect(firstOf(found.fields, 'to')).toBe('a@b.example');
    expect(found.fields).toHaveLength(2);
    expect(found.bodyStart).toBe('body');
  });

  test.each([['\n'], ['\r\n'], ['\r']])('reads line ends %j', (eol) => {
    const found = scan(`From: a@b.example${eol}Subject: s${eol}${eol}body`);

    expect([found.from?.address, found.subject, found.bodyStart]).toEqual(['a@b.example', 's', 'body']);
  });

  test('says when the header goes on beyond the bound', () => {
    expect(scan(`X: y\r\n`.repeat(scanBytes)).truncated).toBe(true);
    expect(scan('From: a@b.example\r\n\r\n'.padEnd(scanBytes * 2, 'x')).truncated).toBe(false);
  });
});

describe('what SES put on top, and nothing below it', () => {
  const block =
    'Return-Path: <a@b.example>\r\nReceived: from x\r\nAuthentication-Results: amazonses.com; dmarc=pass\r\nX-SES-RECEIPT: AEFB\r\n';

  test('the block is taken apart from the sender’s own fields', () => {
    const found = scan(`${block}From: a@b.example\r\nAuthentication-Results: forged\r\n\r\n`);

    expect(found.receipt.map(({ name }) => name)).toEqual([
      'return-path',
      'received',
      'authentication-results',
      'x-ses-receipt',
    ]);
    expect(firstOf(found.fields, 'authentication-results')).toBe('forged');
  });

  test.each([
    ['below a field of the sender', `From: a@b.example\r\n${block}\r\n`],
    ['with a field of the sender inside', block.replace('Received', 'Subject')],
    ['a second time, below the real one', ''],
  ])('a block %s is the sender’s', (_where, text) => {
    const found = text ? scan(`${text}\r\n`) : scan(`${block}${block}From: a@b.example\r\n\r\n`);

    expect(found.receipt.length).toBe(text ? 0 : 4);
  });
});

describe('exactly one From mailbox, or an unidentified sender', () => {
  test.each([
    ['a@b.example', 'a@b.example'],
    ['"Porter, Rhea" <Rhea@People.Example>', 'Rhea@people.example'],
    ['Rhea (she (her)) <a@b.example>', 'a@b.example'],
    ['=?utf-8?B?UmhlYQ==?= <a@b.example>', 'a@b.example'],
    ['a@b.example <a@b.example>', 'a@b.example'],
    ['Group: a@b.example;', 'a@b.example'],
    ['jürgen@müller.example', 'jürgen@müller.example'],
    ['"odd local"@b.example', '"odd local"@b.example'],
    ['a@b.example, c@d.example', undefined],
    ['ada@x.example <eve@evil.example>', undefined],
    ['a@b.example <', undefined],
    ['<a@b.example> trailing', undefined],
    ['"unclosed <a@b.example>', undefined],
    ['a b@c.example', undefined],
    ['a@localhost', undefined],
    ['a@[192.0.2.1]', undefined],
    ['=?utf-8?Q?a=40b.example?=', undefined],
    ['=?utf-8?Q?a?=@b.example', undefined],
    ['a@b..example', undefined],
    ['.a@b.example', undefined],
    ['a\0b@c.example', undefined],
    ['Group:;', undefined],
    ['', undefined],
  ])('%j → %j', (field, address) => {
    expect(from(field)).toBe(address);
  });

  test('two From fields are no sender', () => {
    const found = scan('From: a@b.example\r\nFrom: c@d.example\r\n\r\n');

    expect([found.from, found.fromFields]).toEqual([undefined, 2]);
  });

  test('any sane mailbox is read back as it was written', () => {
    const word = fc
      .stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}$/)
      .filter((text) => !text.includes('=?'));
    const label = fc.stringMatching(/^[a-z0-9]{1,10}$/);
    fc.assert(
      fc.property(word, label, label, fc.stringMatching(/^[A-Za-z ]{0,20}$/), (local, one, two, name) => {
        const address = `${local}@${one}.${two}`;
        expect(parseAddresses(`"${name}" <${address}>`)).toEqual({
          mailboxes: [{ address, name }],
          wellFormed: true,
        });
        expect(parseAddresses(address).mailboxes[0]?.address).toBe(address);
      }),
    );
  });
});

describe('RFC 2047 words', () => {
  test.each([
    ['=?utf-8?Q?caf=C3=A9_au_lait?=', 'café au lait'],
    ['=?iso-8859-1?Q?J=FCrgen?= x', 'Jürgen x'],
    ['=?utf-8?B?5Zs=?= =?utf-8?B?vQ==?=', '国'],
    ['=?koi8-r?Q?=F5?=', 'У'],
    ['=?x-unknown?Q?=C3=A9?=', 'é'],
    ['=?utf-8?Q?=E9?=', 'é'],
    ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
    ['a =?utf-8?Q?b?= c', 'a b c'],
  ])('%s → %s (charset: label → UTF-8 → windows-1252)', (encoded, text) => {
    expect(decodeWords(encoded)).toBe(text);
  });
});

describe('lone carriage returns below the block of SES', () => {
  const block = 'Return-Path: <a@b.example>\r\nReceived: from b\r\nX-SES-RECEIPT: x\r\n';
  const mail = 'From: MAILER-DAEMON@b.example\rSubject: Returned mail\r\rUser unknown';
  const scan = (text: string) => scanHeader(new TextEncoder().encode(text));

  test('are the line ends of a mail that has no others', () => {
    const found = scan(block + mail);

    expect(found.from?.address).toBe('MAILER-DAEMON@b.example');
    expect(found.subject).toBe('Returned mail');
    expect(found.bodyStart).toBe('User unknown');
    expect(found.receipt.map(({ name }) => name)).toEqual(['return-path', 'received', 'x-ses-receipt']);
  });

  test.each([
    ['a mail with line feeds', `${block}Subject: a\rFrom: b@c.example\r\n\r\nx`],
    ['a block that is not SES’s', `From: a@b.example\r\nX-SES-RECEIPT: x\r\n${mail}`],
  ])('%s gains no field and no block by them', (_what, text) => {
    const found = scan(text);

    expect([found.fields.find(({ value }) => value === 'b@c.example'), found.receipt.length]).toEqual([
      undefined,
      text.startsWith('Return-Path') ? 3 : 0,
    ]);
  });
});
