import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyringError, makeLinkSigner } from '#adapters/link-signer.ts';
import type { LinkClaims } from '#contracts/ports.ts';
import { findToken } from '#pages/token.ts';

const key = (fill: string) => Buffer.alloc(32, fill).toString('base64url');
const signer = (current = 'k2', kids = ['k1', 'k2'], now = '2026-03-01T09:00:00.000Z') =>
  makeLinkSigner({
    keyring: { current, keys: Object.fromEntries(kids.map((kid) => [kid, key(kid)])) },
    pseudonymKey: key('p'),
    clock: { now: () => now },
  });

const claims: LinkClaims = {
  purpose: 'link',
  about: 'EDX-2026-0001',
  person: 'p-abcdefghijklmnopqrstuvwx',
  role: 'maintainer',
  epoch: 3,
  expires: '2026-03-08T09:00:00.000Z',
  jti: '8f14e45f-ceea-467f-a9d1-0b1a6f2c7a11',
};

describe('signed links (mail rules, Signed links 4 and 7)', () => {
  it('come back as they were made', () => {
    const token = signer().mint(claims);
    expect(signer().check(token)).toEqual({ claims, expired: false });
    expect(token.length).toBeLessThan(400);
  });

  it('expire at their instant, and say so', () => {
    const token = signer().mint(claims);
    expect(signer('k2', ['k2'], '2026-03-08T08:59:59.999Z').check(token)?.expired).toBe(false);
    expect(signer('k2', ['k2'], '2026-03-08T09:00:00.000Z').check(token)?.expired).toBe(true);
  });

  it('are accepted under a previous key and die when their kid is removed', () => {
    const token = signer('k1').mint(claims);
    expect(signer('k2').check(token)?.claims.jti).toBe(claims.jti);
    expect(signer('k2', ['k2']).check(token)).toBeUndefined();
  });

  it('are no sessions, and sessions no links: the domains are apart', () => {
    const link = signer().mint(claims);
    const session = signer().mint({ ...claims, purpose: 'session', from: claims.jti });
    expect(signer().check(link)?.claims.purpose).toBe('link');
    expect(signer().check(session)?.claims).toMatchObject({ purpose: 'session', from: claims.jti });
    const [version, kid, , mac] = link.split('.');
    const payload = session.split('.')[2];
    expect(signer().check([version, kid, payload, mac].join('.'))).toBeUndefined();
  });

  it('accept none of 10,000 mutations', () => {
    const token = signer().mint(claims);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=>';
    const position = fc.integer({ min: 0, max: token.length - 1 });
    const letter = fc.constantFrom(...letters);
    const mutation = fc.oneof(
      fc.tuple(position, letter).map(([at, by]) => token.slice(0, at) + by + token.slice(at + 1)),
      position.map((at) => token.slice(0, at) + token.slice(at + 1)),
      fc.tuple(position, letter).map(([at, by]) => token.slice(0, at) + by + token.slice(at)),
      fc.tuple(position, position).map(([a, b]) => token.slice(0, a) + token.slice(b)),
    );
    const check = signer().check;
    fc.assert(
      fc.property(mutation, (mutated) => mutated === token || check(mutated) === undefined),
      { numRuns: 10_000 },
    );
  });

  it('change with every bit of the mac, the spare ones of base64 included', () => {
    const token = signer().mint(claims);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = [...letters].map((last) => token.slice(0, -1) + last).filter((other) => other !== token);
    expect(others.filter((other) => signer().check(other))).toEqual([]);
  });

  it('refuse a keyring that cannot sign, without naming a key', () => {
    expect(() => signer('k9')).toThrow(KeyringError);
    const short = () =>
      makeLinkSigner({
        keyring: { current: 'a', keys: { a: 'c2hvcnQ' } },
        pseudonymKey: key('p'),
        clock: { now: () => '' },
      });
    expect(short).toThrow(/shorter than 32 bytes/);
    expect(short).not.toThrow(/c2hvcnQ/);
  });
});

describe('pseudonyms and reply addresses', () => {
  it('are one per address, whatever its case, and do not show it', () => {
    const one = signer().pseudonym('Ana@Example.org ');
    expect(one).toMatch(/^p-[a-z2-7]{24}$/);
    expect(signer().pseudonym('ana@example.org')).toBe(one);
    expect(signer().pseudonym('ann@example.org')).not.toBe(one);
  });

  it('outlive the link keys', () => {
    expect(signer('k1', ['k1']).replyToken('EDX-2026-0001', 'p-a')).toBe(
      signer('k2', ['k2']).replyToken('EDX-2026-0001', 'p-a'),
    );
  });

  it('give each correspondent of each case a token of at least 80 bits', () => {
    const token = signer().replyToken('EDX-2026-0001', 'p-a');
    expect(token).toMatch(/^[a-z2-7]{20}$/);
    expect(signer().replyToken('EDX-2026-0001', 'p-b')).not.toBe(token);
    expect(signer().replyToken('EDX-2026-0002', 'p-a')).not.toBe(token);
  });
});

describe('mangled links (mail rules, Signed links 11)', () => {
  const token = signer().mint(claims);
  const link = `https://desk.example.org/a#t=${token}`;
  const wrapped = `https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(link)}&data=05%7C01&reserved=0`;
  it.each([
    ['as it was', link],
    ['bare', token],
    ['with what stood around it', `<${link}>`],
    ['with a trailing "="', `${link}=`],
    ['wrapped by SafeLinks', wrapped],
    ['wrapped twice', `https://urldefense.example/v3/?u=${encodeURIComponent(wrapped)}`],
    ['broken over lines by quoted-printable', `${link.slice(0, 60)}=\r\n${link.slice(60)}`],
  ])('give their token back %s', (_, text) => {
    expect(signer().check(findToken(text) ?? '')?.claims).toEqual(claims);
  });

  it('give nothing where there is nothing', () => {
    expect(findToken('https://desk.example.org/a')).toBeUndefined();
    expect(findToken('%E0%A4%A')).toBeUndefined();
  });
});
