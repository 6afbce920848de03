import type { Disclosure } from './disclosure.ts';
import type { PersonId } from './people.ts';

/** A reply address taken apart: which disclosure it speaks of, and the token that has to prove it. */
export interface ReplyAddress {
  /** Absent in an address that carries the token alone: other signs say where it might belong, the token decides. */
  readonly disclosure?: string;
  readonly token: string;
}

/** `case+edx-2026-0001.<token>`: lower case throughout, since mail systems lower local parts. */
const local = /^case\+(?:([a-z][a-z0-9]{1,9}-\d{4}-\d{4,9})\.)?([a-z2-7]{16,40})$/;

/**
 * The address under which one correspondent of one disclosure is answered (mail rules, Threading).
 * @param token `LinkSigner.replyToken` of the disclosure and the person: ≥80 bits, theirs alone
 */
export const replyAddress = (disclosure: string, token: string, replyDomain: string): string =>
  `case+${disclosure.toLowerCase()}.${token}@${replyDomain}`;

/** Takes a recipient apart; undefined for anything that is not a reply address of ours. */
export function parseReplyAddress(recipient: string, replyDomain: string): ReplyAddress | undefined {
  const address = recipient.trim().toLowerCase().replace(/^<|>$/g, '');
  const at = address.lastIndexOf('@');
  if (address.slice(at + 1) !== replyDomain.toLowerCase()) return undefined;
  const [, disclosure, token] = local.exec(address.slice(0, at)) ?? [];
  return token ? { ...(disclosure && { disclosure: disclosure.toUpperCase() }), token } : undefined;
}

/** Who may have been given a reply address: reporters, maintainers with their delegates, operators. */
export const participantsOf = (disclosure: Disclosure): readonly PersonId[] => [
  ...new Set([
    ...disclosure.reporters,
    ...disclosure.entries.flatMap(({ maintainer, delegates }) => [
      ...(maintainer?.people ?? []),
      ...delegates,
    ]),
    ...(disclosure.operators ?? []),
  ]),
];

/** What a mail to a reply address is. */
export type Threading =
  /** The right token, from the participant it was given to, who is authenticated: it joins by itself. */
  | { readonly kind: 'attach'; readonly person: PersonId; readonly asReporter: boolean }
  /** The right token from anybody else, or not authenticated: a member says whether it belongs there. */
  | { readonly kind: 'hold' }
  /** No token of this disclosure: as if it had come to the security address. */
  | { readonly kind: 'none' };

/**
 * Judges a mail by the reply address it came to. References, subjects and Cc play no part in it.
 * @param tokenOf the token that a person was given for this disclosure
 */
export function threadOf(input: {
  readonly disclosure: Disclosure;
  readonly token: string;
  readonly sender: PersonId | undefined;
  readonly authenticated: boolean;
  readonly tokenOf: (person: PersonId) => string;
}): Threading {
  const participants = participantsOf(input.disclosure);
  const given = participants.find((person) => input.tokenOf(person) === input.token);
  if (given === undefined) return { kind: 'none' };
  if (given !== input.sender || !input.authenticated) return { kind: 'hold' };
  return { kind: 'attach', person: given, asReporter: input.disclosure.reporters.includes(given) };
}

/** References of disclosures in a text (`EDX-2026-0001`), for "possibly related" alone; the first five. */
export const referencesIn = (text: string, prefix: string): readonly string[] =>
  [
    ...new Set(
      [...text.matchAll(new RegExp(`\\b${prefix}-\\d{4}-\\d{4,9}\\b`, 'gi'))].map(([found]) =>
        found.toUpperCase(),
      ),
    ),
  ].slice(0, 5);
