import { afterAll, describe, expect, test } from 'vitest';
import { createMailParser } from '#adapters/mail-parser.ts';
import { type MailParser, Unparsable } from '#contracts/mail-parts.ts';
import { rawMail, parser as real } from './mail-room.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const opened: MailParser[] = [real];
afterAll(() => Promise.all(opened.map((each) => each.close())));

describe('a parser that goes wrong ends its thread and nothing else', () => {
  const stubborn = createMailParser({
    worker: new URL('../support/stubborn-worker.ts', import.meta.url),
    timeoutMs: 1500,
    memoryMb: 64,
  });
  opened.push(stubborn);

  test.each([
    ['loops', 'l', 'time'],
    ['eats memory', 'm', 'memory'],
    ['crashes', 'c', 'crash'],
    ['leaves', 'x', 'crash'],
  ])(
    'one that %s → Unparsable, and the next mail is read',
    { timeout: 20_000 },
    async (_what, wish, reason) => {
      const failed = stubborn.parse(bytes(wish));
      const next = stubborn.parse(bytes('ok'));

      const error: Unparsable = await failed.then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      expect(error).toBeInstanceOf(Unparsable);
      expect(error.reason).toBe(reason);
      expect(error.message).not.toContain('CANARY');
      expect((await next).text).toBe('o');
    },
  );

  test('more than SES takes is not even tried', async () => {
    await expect(stubborn.parse(new Uint8Array(40 * 1024 * 1024 + 1))).rejects.toMatchObject({
      reason: 'too-large',
    });
  });
});

describe('what a page shows of a mail', () => {
  const mixed = (...parts: readonly string[]) =>
    rawMail(
      { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' },
      `${parts.map((part) => `--b\n${part}\n`).join('')}--b--\n`,
    );

  test('text, and attachments by sanitised name, type, size and sha256; one is extracted by its index', async () => {
    const mail = () =>
      mixed(
        'Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\u0007',
        'Content-Type: text/html; name="a.html"\nContent-Disposition: attachment; filename="../a.html"\n\n<script>',
        'Content-Type: application/zip\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="b.zip"\n\nUEsFBg==',
      );

    const parts = await real.parse(mail());

    expect(parts.text.trim()).toBe('Grüße');
    expect(parts.attachments.map(({ index, name, type, size }) => [index, name, type, size])).toEqual([
      [0, 'a.html', 'text/html', 8],
      [1, 'b.zip', 'application/zip', 4],
    ]);
    const { name, content } = await real.extract(mail(), 1);
    expect([name, ...content]).toEqual(['b.zip', 0x50, 0x4b, 5, 6]);
    await expect(real.extract(mail(), 2)).rejects.toMatchObject({ reason: 'no-such-attachment' });
  });

  test('HTML alone becomes text', async () => {
    const parts = await real.parse(
      rawMail({ 'Content-Type': 'text/html; charset=utf-8' }, '<p>One</p><script>two</script><p>Three</p>'),
    );

    expect(parts).toMatchObject({ text: 'One\n\nThree', fromHtml: true });
  });

  test('100 attachments are listed, the rest are counted', async () => {
    const part = 'Content-Disposition: attachment; filename=x.txt\n\nx';

    const { attachments, unlisted } = await real.parse(mixed(...Array.from({ length: 130 }, () => part)));

    expect([attachments.length, unlisted]).toEqual([100, 30]);
  });

  test('PGP parts are kept as they are', async () => {
    const { attachments, text } = await real.parse(
      rawMail(
        { 'Content-Type': 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b' },
        '--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----\n--b--\n',
      ),
    );

    expect(text).toBe('');
    expect(attachments.map(({ type }) => type)).toEqual([
      'application/pgp-encrypted',
      'application/octet-stream',
    ]);
  });

  test('equal bodies have equal hashes, whatever their headers and boundaries; none has none', async () => {
    const hash = (raw: Uint8Array) => real.fingerprint(raw);
    const same = await hash(rawMail({ Subject: 'a' }, 'body'));

    expect(await hash(rawMail({ Subject: 'b', From: 'x@y.example' }, 'body'))).toBe(same);
    expect(await hash(rawMail({}, 'other'))).not.toBe(same);
    expect(await hash(rawMail({}, ' \n'))).toBeUndefined();
  });
});
