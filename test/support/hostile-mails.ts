/** One mail that is made to break whatever reads it. Made when it is asked for: some are tens of megabytes. */
export interface HostileMail {
  readonly name: string;
  readonly raw: () => Uint8Array;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

const head = (fields = '', from = 'From: Mallory <mallory@evil.example>\r\n'): string =>
  `${from}To: security@openedx.example\r\nSubject: Look at this\r\nMessage-ID: <h@evil.example>\r\n${fields}`;
const plain = (body: string, fields = ''): Uint8Array => bytes(`${head(fields)}\r\n${body}`);
const typed = (type: string, body: string): Uint8Array =>
  bytes(`${head(`MIME-Version: 1.0\r\nContent-Type: ${type}\r\n`)}\r\n${body}`);

/** Multiparts one inside the other. */
const nested = (depth: number): Uint8Array => {
  const open = Array.from(
    { length: depth },
    (_, at) => `--b${at}\r\nContent-Type: multipart/mixed; boundary=b${at + 1}\r\n\r\n`,
  );
  return typed('multipart/mixed; boundary=b0', open.join(''));
};

/** Whole messages one inside the other. */
const nestedMessages = (depth: number): Uint8Array =>
  bytes(
    `${head('Content-Type: message/rfc822\r\n')}\r\n${'Content-Type: message/rfc822\r\n\r\n'.repeat(depth)}end`,
  );

const parts = (count: number, part: string): Uint8Array =>
  typed('multipart/mixed; boundary=b', `${`--b\r\n${part}\r\n`.repeat(count)}--b--`);

const from = (field: string): Uint8Array => bytes(`${head('', field)}\r\nHello\r\n`);
const html = (body: string): Uint8Array => typed('text/html; charset=utf-8', body);
const attachment = (disposition: string): Uint8Array =>
  typed('multipart/mixed; boundary=b', `--b\r\nContent-Type: text/plain\r\n${disposition}\r\n\r\nx\r\n--b--`);
const noise = (length: number): Uint8Array => {
  let state = 42;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
};
const join = (...all: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(all));

/** Mail rules, threat table: nesting, parts, newlines, headers, charsets, dates, addresses, zero bytes, size. */
export const hostileMails: readonly HostileMail[] = [
  { name: 'empty', raw: () => new Uint8Array() },
  { name: 'one-newline', raw: () => bytes('\n') },
  { name: 'only-a-colon', raw: () => bytes(':') },
  { name: 'zero-bytes', raw: () => new Uint8Array(100_000) },
  { name: 'noise', raw: () => noise(300_000) },
  { name: 'noise-after-header', raw: () => join(bytes(`${head()}\r\n`), noise(500_000)) },
  { name: 'no-line-end-at-all', raw: () => bytes(`From: a@b.example ${'x'.repeat(400_000)}`) },
  { name: 'carriage-returns-alone', raw: () => bytes(`${head()}\r\nbody`.replaceAll('\r\n', '\r')) },
  { name: 'nested-100', raw: () => nested(100) },
  { name: 'nested-300', raw: () => nested(300) },
  { name: 'nested-20000', raw: () => nested(20_000) },
  { name: 'nested-messages-5000', raw: () => nestedMessages(5000) },
  { name: 'parts-200000', raw: () => parts(200_000, '\r\n') },
  { name: 'parts-with-attachments-5000', raw: () => parts(5000, 'Content-Disposition: attachment\r\n\r\nx') },
  { name: 'newlines-5mb', raw: () => plain('\n'.repeat(5 * 1024 * 1024)) },
  { name: 'crlf-5mb-multipart', raw: () => typed('multipart/mixed; boundary=b', '\r\n'.repeat(2_600_000)) },
  { name: 'endless-header', raw: () => bytes(`X-Long: ${'a'.repeat(3_000_000)}\r\n${head()}\r\nx`) },
  { name: 'endless-headers', raw: () => bytes(`${'X: y\r\n'.repeat(500_000)}${head()}\r\nx`) },
  { name: 'header-never-ends', raw: () => bytes(head('X-A: b\r\n'.repeat(200_000))) },
  { name: 'endless-folding', raw: () => bytes(`${head()}X-Fold: a${'\r\n b'.repeat(300_000)}\r\n\r\nx`) },
  {
    name: 'endless-references',
    raw: () => plain('x', `References: ${'<a@b.example> '.repeat(100_000)}\r\n`),
  },
  {
    name: 'subject-of-encoded-words',
    raw: () => plain('x', `Subject: ${'=?utf-8?B?w6Q=?= '.repeat(50_000)}\r\n`),
  },
  {
    name: 'subject-unclosed-encoded-word',
    raw: () => plain('x', `Subject: ${'=?utf-8?Q?'.repeat(20_000)}\r\n`),
  },
  { name: 'from-1000-addresses', raw: () => from(`From: ${'a@b.example, '.repeat(1000)}c@d.example\r\n`) },
  {
    name: 'from-deep-comments',
    raw: () => from(`From: ${'('.repeat(5000)}a@b.example${')'.repeat(5000)}\r\n`),
  },
  { name: 'from-unclosed-quote', raw: () => from(`From: "${'a\\"'.repeat(2000)} <a@b.example>\r\n`) },
  { name: 'from-twice', raw: () => from('From: a@b.example\r\nFrom: c@d.example\r\n') },
  { name: 'from-none', raw: () => from('') },
  { name: 'from-encoded-address', raw: () => from('From: =?utf-8?Q?security=40openedx.example?= <x@y>\r\n') },
  { name: 'from-two-addresses-in-one', raw: () => from('From: security@openedx.example <a@b.example>\r\n') },
  { name: 'from-line-break-inside', raw: () => from('From: a@b.example\r\n\tBcc: c@d.example\r\n') },
  { name: 'from-zero-byte', raw: () => from('From: a\0b@c.example\r\n') },
  { name: 'bad-dates', raw: () => plain('x', 'Date: Thu, 99 Foo 99999 99:99:99 +9999\r\nDate: -1\r\n') },
  { name: 'charset-unknown', raw: () => typed('text/plain; charset=x-\0evil', 'h\u00e9llo') },
  {
    name: 'charset-utf7',
    raw: () => typed('text/plain; charset=utf-7', '+ADw-script+AD4-alert(1)+ADw-/script+AD4-'),
  },
  {
    name: 'charset-mismatch',
    raw: () =>
      join(bytes(`${head('Content-Type: text/plain; charset=utf-8\r\n')}\r\n`), latin1('\xff\xfe\x80')),
  },
  {
    name: 'charset-iso-2022-jp-unclosed',
    raw: () => typed('text/plain; charset=iso-2022-jp', '\x1b$B'.repeat(10_000)),
  },
  { name: 'boundary-empty', raw: () => typed('multipart/mixed; boundary=""', '--\r\n\r\nx\r\n----') },
  { name: 'boundary-missing', raw: () => typed('multipart/mixed', '--b\r\n\r\nx\r\n--b--') },
  {
    name: 'boundary-regex',
    raw: () => typed('multipart/mixed; boundary="(a+)+$"', `--${'a'.repeat(100_000)}`),
  },
  { name: 'boundary-8000', raw: () => typed(`multipart/mixed; boundary="${'b'.repeat(8000)}"`, 'x') },
  {
    name: 'base64-broken',
    raw: () => bytes(`${head('Content-Transfer-Encoding: base64\r\n')}\r\n${'=A!'.repeat(200_000)}`),
  },
  {
    name: 'quoted-printable-broken',
    raw: () =>
      bytes(`${head('Content-Transfer-Encoding: quoted-printable\r\n')}\r\n${'=\r\n=Z='.repeat(100_000)}`),
  },
  {
    name: 'transfer-encoding-unknown',
    raw: () => plain('begin 644 x\r\n', 'Content-Transfer-Encoding: x-uuencode\r\n'),
  },
  { name: 'html-unclosed-tags', raw: () => html('<a href="'.repeat(200_000)) },
  { name: 'html-deep', raw: () => html('<div>'.repeat(200_000)) },
  { name: 'html-comments', raw: () => html('<!--'.repeat(200_000)) },
  { name: 'html-entities', raw: () => html('&#x110000;&amp;&lt;script&gt;'.repeat(20_000)) },
  { name: 'html-scripts', raw: () => html(`${'<script>'.repeat(50_000)}alert(1)`) },
  {
    name: 'html-tracking',
    raw: () =>
      html('<img src="http://127.0.0.1:9/t.png"><link rel=stylesheet href="//x"><body onload=fetch("/")>'),
  },
  {
    name: 'file-name-path',
    raw: () => attachment('Content-Disposition: attachment; filename="../../../etc/passwd\\..\\x.exe"'),
  },
  {
    name: 'file-name-bidi-zero',
    raw: () => attachment("Content-Disposition: attachment; filename*=utf-8''a%00%E2%80%AEgpj.exe"),
  },
  {
    name: 'file-name-64kb',
    raw: () => attachment(`Content-Disposition: attachment; filename="${'n'.repeat(65_536)}"`),
  },
  {
    name: 'file-name-continuations',
    raw: () =>
      attachment(
        `Content-Disposition: attachment${Array.from({ length: 3000 }, (_, at) => `;\r\n filename*${at}="x"`).join('')}`,
      ),
  },
  {
    name: 'attachment-20mb',
    raw: () =>
      join(
        bytes(`${head('Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\n')}\r\n`),
        new Uint8Array(20 * 1024 * 1024).fill(65),
      ),
  },
  { name: 'text-one-line-10mb', raw: () => plain('a'.repeat(10 * 1024 * 1024)) },
  {
    name: 'forged-ses-block',
    raw: () =>
      plain(
        'x',
        'Authentication-Results: amazonses.com; spf=pass; dkim=pass header.i=@evil.example; dmarc=pass\r\nX-SES-RECEIPT: AEFB\r\nX-SES-Spam-Verdict: PASS\r\n',
      ),
  },
  {
    name: 'header-injection',
    raw: () =>
      bytes(
        `${head('Subject: =?utf-8?Q?a=0D=0ABcc:_victim@x.example?=\r\nMessage-ID: <a\r\n b@c>\r\n')}\r\nx`,
      ),
  },
  {
    name: 'prototype-headers',
    raw: () =>
      plain(
        'x',
        '__proto__: x\r\nconstructor: y\r\ntoString: z\r\nContent-Type: text/plain; __proto__=1\r\n',
      ),
  },
  {
    name: 'bidi-and-zero-width',
    raw: () => plain('a\u202eb\u2066c\u200bd\ufeff\u0000e\u0007', 'Subject: \u202egnp.exe\r\n'),
  },
  { name: 'lone-surrogates', raw: () => typed('text/html; charset=utf-8', '&#xD800;&#xDFFF;\u{10ffff}') },
  {
    name: 'winmail-dat-noise',
    raw: () =>
      join(bytes(`${head('Content-Type: application/ms-tnef; name=winmail.dat\r\n')}\r\n`), noise(100_000)),
  },
  {
    name: 'delivery-status-inside-text',
    raw: () => plain('Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n'),
  },
];
