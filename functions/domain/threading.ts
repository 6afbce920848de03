import type { Disclosure } from './disclosure.ts';
import { type Instant, instant, ms } from './instant.ts';
import type { PersonId } from './people.ts';
import type { Frequency } from './rating.ts';

/** Which mail of a reminder group a reply answers: that group's frequency, and what its event is found by. */
export interface ReminderBatch {
  readonly frequency: Frequency;
  /** The earliest due instant of its entries. */
  readonly due: Instant;
  /** The group's version when it was sent. */
  readonly version: number;
}

/** A reply address taken apart: which disclosure it speaks of, and the token that has to prove it. */
export interface ReplyAddress {
  /** Absent in an address that carries the token alone: other signs say where it might belong, the token decides. */
  readonly disclosure?: string;
  readonly token: string;
  /** Whose reply address names it answers a reminder of several disclosures. Proven by nothing, and it opens nothing. */
  readonly batch?: ReminderBatch;
}

/** `case+edx-2026-0001.<token>`: lower case throughout, since mail systems lower local parts. */
const local =
  /^case\+(?:([a-z][a-z0-9]{1,9}-\d{4}-\d{4,9})\.)?([a-z2-7]{16,40})(?:\.([wmqh])([0-9a-z]{8,9})-([0-9a-z]{1,5}))?$/;

const letterOf = { weekly: 'w', monthly: 'm', quarterly: 'q', 'half-yearly': 'h' } as const;
const frequencies = Object.keys(letterOf) as Frequency[];

/** `.m1n4k8xq0-1c`: the frequency’s letter, the due instant and the version in base 36: a local part has 64 characters. */
const batchMark = ({ frequency, due, version }: ReminderBatch): string =>
  `.${letterOf[frequency]}${ms(due).toString(36)}-${version.toString(36)}`;

function batchOf(letter = '', due = '', version = ''): ReminderBatch | undefined {
  const frequency = frequencies.find((each) => letterOf[each] === letter);
  const at = Number.parseInt(due, 36);
  // The latest instant there is.
  if (!frequency || !(at <= 8_640_000_000_000_000)) return undefined;
  return { frequency, due: instant(at), version: Number.parseInt(version, 36) };
}

/**
 * The address under which one correspondent of one disclosure is answered (mail rules, Threading).
 * @param token `LinkSigner.replyToken` of the disclosure and the person: ≥80 bits, theirs alone
 * @param batch of a reminder that lists several disclosures: a reply is an answer on each
 */
export const replyAddress = (
  disclosure: string,
  token: string,
  replyDomain: string,
  batch?: ReminderBatch,
): string => `case+${disclosure.toLowerCase()}.${token}${batch ? batchMark(batch) : ''}@${replyDomain}`;

/** Takes a recipient apart; undefined for anything that is not a reply address of ours. */
export function parseReplyAddress(recipient: string, replyDomain: string): ReplyAddress | undefined {
  const address = recipient.trim().toLowerCase().replace(/^<|>$/g, '');
  const at = address.lastIndexOf('@');
  if (address.slice(at + 1) !== replyDomain.toLowerCase()) return undefined;
  const [, disclosure, token, ...mark] = local.exec(address.slice(0, at)) ?? [];
  if (!token) return undefined;
  const batch = batchOf(...mark);
  return { ...(disclosure && { disclosure: disclosure.toUpperCase() }), token, ...(batch && { batch }) };
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
  /**
   * The right token, from the participant it was given to or a recorded person of that group, who is authenticated: it
   * joins by itself.
   */
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
  /** Group addresses of the disclosure that the sender is a recorded person of. */
  readonly standsFor?: readonly PersonId[];
  readonly tokenOf: (person: PersonId) => string;
}): Threading {
  const participants = participantsOf(input.disclosure);
  const given = participants.find((person) => input.tokenOf(person) === input.token);
  if (given === undefined) return { kind: 'none' };
  const { sender, standsFor = [] } = input;
  const theirs = sender !== undefined && (given === sender || standsFor.includes(given));
  if (!theirs || !input.authenticated) return { kind: 'hold' };
  return { kind: 'attach', person: sender, asReporter: input.disclosure.reporters.includes(given) };
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
