import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Clock, LinkClaims, LinkSigner } from '#contracts/ports.ts';
import { instant, ms } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';

/**
 * The link keys: `current` signs, every key of `keys` is accepted. Removing a kid kills all of its links at once;
 * a previous one stays until its last link has expired. Keys are base64url, 32 bytes or more.
 */
export interface Keyring {
  readonly current: string;
  readonly keys: Readonly<Record<string, string>>;
}

export interface LinkSignerDeps {
  readonly keyring: Keyring;
  /** Base64url, 32 bytes or more. Never rotated: pseudonyms and reply addresses have to outlive every link key. */
  readonly pseudonymKey: string;
  readonly clock: Clock;
}

/** A keyring that cannot sign. The message names kids, never keys. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

type Purpose = LinkClaims['purpose'];
type Domain = Purpose | 'reply-token' | 'pseudonym';

const purposes: readonly Purpose[] = ['link', 'session'];
const roles: readonly LinkClaims['role'][] = ['reporter', 'member', 'maintainer', 'operator', 'volunteer'];
const tokenShape = /^v1\.([a-z0-9-]{1,32})\.([A-Za-z0-9_-]{1,1400})\.([A-Za-z0-9_-]{43})$/;

/** One key per use: a token of one use is never one of another, even under the same kid. */
function subkey(encoded: string, domain: Domain, kid: string): KeyObject {
  const key = Buffer.from(encoded, 'base64url');
  if (key.length < 32) throw new KeyringError(`The key ${kid} is shorter than 32 bytes.`);
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `disclosure-desk/v1/${domain}`, 32)));
}

const macOf = (key: KeyObject, text: string) => createHmac('sha256', key).update(text).digest();

const pack = (claims: LinkClaims): string =>
  Buffer.from(
    JSON.stringify([
      claims.purpose,
      claims.about,
      claims.person,
      claims.role,
      claims.epoch,
      ms(claims.expires),
      claims.jti,
      ...(claims.from ? [claims.from] : []),
    ]),
  ).toString('base64url');

/** Only ever sees a payload whose mac was right: what it finds is what we wrote. */
function unpack(payload: string): LinkClaims | undefined {
  const fields: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  if (!Array.isArray(fields)) return undefined;
  const [purpose, about, person, role, epoch, expires, jti, from] = fields;
  if (!purposes.includes(purpose) || !roles.includes(role)) return undefined;
  return { purpose, about, person, role, epoch, expires: instant(expires), jti, ...(from && { from }) };
}

const letters = 'abcdefghijklmnopqrstuvwxyz234567';

/** The first bits as so many letters, five bits each. */
function base32(bytes: Uint8Array, length: number): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5 && text.length < length; bits -= 5) text += letters[(held >> (bits - 5)) & 31];
  }
  return text;
}

/**
 * Links and sessions as HMAC-SHA-256 tokens `v1.<kid>.<payload>.<mac>` (mail rules, Signed links 4 and 7). The
 * mac covers all that stands before it, is compared in constant time, and nothing is parsed before it was right.
 *
 * @throws {KeyringError} where the current kid has no key, or a key is too short.
 */
export function makeLinkSigner({ keyring, pseudonymKey, clock }: LinkSignerDeps): LinkSigner {
  const keys = new Map(
    Object.entries(keyring.keys).map(([kid, key]) => [
      kid,
      { link: subkey(key, 'link', kid), session: subkey(key, 'session', kid) },
    ]),
  );
  const current = keys.get(keyring.current);
  if (!current) throw new KeyringError(`The keyring has no key for its current kid ${keyring.current}.`);
  const replyKey = subkey(pseudonymKey, 'reply-token', 'pseudonym');
  const personKey = subkey(pseudonymKey, 'pseudonym', 'pseudonym');

  return {
    mint(claims) {
      const head = `v1.${keyring.current}.${pack(claims)}`;
      return `${head}.${macOf(current[claims.purpose], head).toString('base64url')}`;
    },

    check(token) {
      const [, kid = '', payload = '', mac = ''] = tokenShape.exec(token) ?? [];
      const key = keys.get(kid);
      const given = Buffer.from(mac, 'base64url');
      // 43 characters hold two bits more than 32 bytes: only their one canonical spelling counts.
      if (!key || given.toString('base64url') !== mac) return undefined;
      const head = `v1.${kid}.${payload}`;
      const purpose = purposes.find((each) => timingSafeEqual(given, macOf(key[each], head)));
      const claims = purpose && unpack(payload);
      if (!claims || claims.purpose !== purpose) return undefined;
      return { claims, expired: clock.now() >= claims.expires };
    },

    /** 100 bits, in the letters that survive a mail system that lowers the case of a local part. */
    replyToken(caseId: string, person: PersonId) {
      return base32(macOf(replyKey, `${caseId}\n${person}`), 20);
    },

    pseudonym(address: string): PersonId {
      return `p-${base32(macOf(personKey, address.trim().toLowerCase()), 24)}`;
    },
  };
}
