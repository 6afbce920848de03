import { type AddressList, type Mailbox, parseAddresses } from './addresses.ts';
import { sanitiseLine } from './sanitise.ts';

/** Where the header scan ends (mail rules, Case before parse): no header block of a person's mail is as long. */
export const scanBytes = 256 * 1024;

/** Fields beyond this are counted, not kept. */
const mostFields = 2000;
const longestValue = 16_384;
const longestSubject = 200;
const mostReferences = 20;

export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** Unfolded; encoded words stand as written. */
  readonly value: string;
}

/** What the first bytes of a mail say, and nothing that needs a parser. Never a promise: anyone can write them. */
export interface HeaderScan {
  /** What SES itself put on top; empty where SES put nothing there. */
  readonly receipt: readonly HeaderField[];
  /** The sender's own header fields, without SES's block. What they say of verdicts is forged. */
  readonly fields: readonly HeaderField[];
  /** The header block did not end within the bound, or had more fields than are kept. */
  readonly truncated: boolean;
  /** The one mailbox of the one From field; undefined = unidentified sender. */
  readonly from: Mailbox | undefined;
  /** How many From fields and mailboxes there were, for the reason why. */
  readonly fromFields: number;
  readonly replyTo: AddressList;
  /** Decoded and cleaned, at most 200 characters. */
  readonly subject: string;
  readonly messageId: string | undefined;
  /** In-Reply-To first, then References: the first 20 ids. */
  readonly references: readonly string[];
  readonly contentType: { readonly type: string; readonly parameters: Readonly<Record<string, string>> };
  /** Start of the body as it lies in the raw mail, one character a byte, within the scan. */
  readonly bodyStart: string;
}

/** All values of a field, in the order of the mail. */
export const valuesOf = (fields: readonly HeaderField[], name: string): readonly string[] =>
  fields.filter((field) => field.name === name).map(({ value }) => value);

/** The first value of a field. */
export const firstOf = (fields: readonly HeaderField[], name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value;

/**
 * Reads the header of a raw mail: at most the first 256 KB, in one pass, whatever the bytes are. Never throws.
 * @param raw the mail, or its first bytes
 */
export function scanHeader(raw: Uint8Array): HeaderScan {
  const bytes = withLineFeeds(raw.subarray(0, scanBytes));
  const { head, body, ended } = splitHead(bytes);
  const { fields: all, dropped } = fieldsOf(decodeBytes(bytes.subarray(0, head)));
  const { receipt, fields } = splitReceipt(all);
  const from = sender(fields);
  return {
    receipt,
    fields,
    truncated: (!ended && raw.length > scanBytes) || dropped,
    from: from.mailbox,
    fromFields: from.count,
    replyTo: parseAddresses(firstOf(fields, 'reply-to') ?? ''),
    subject: sanitiseLine(decodeWords(firstOf(fields, 'subject') ?? ''), longestSubject),
    messageId: idsIn(firstOf(fields, 'message-id') ?? '')[0],
    references: referencesOf(fields),
    contentType: parseContentType(firstOf(fields, 'content-type') ?? ''),
    bodyStart: latin1(bytes.subarray(body)),
  };
}

const lineFeed = 10;
const carriageReturn = 13;

const receiptEnd = new TextEncoder().encode('\nX-SES-RECEIPT:');

/**
 * A mail with lone carriage returns as its only line ends has line feeds after all once SES has put its block on
 * top: below the block they are made line feeds too. Nothing below can become a part of the block by that.
 */
function withLineFeeds(bytes: Uint8Array): Uint8Array {
  const below = endOfReceipt(bytes);
  if (below === 0 || below === bytes.length || bytes.indexOf(lineFeed, below) !== -1) return bytes;
  return Uint8Array.from(bytes, (byte, index) =>
    index >= below && byte === carriageReturn ? lineFeed : byte,
  );
}

/** Behind the line with which SES's block ends; 0 where there is none. */
function endOfReceipt(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1))
    // Most lines begin otherwise: one look at their first byte.
    if (bytes[at + 1] === receiptEnd[1] && receiptEnd.every((byte, index) => bytes[at + index] === byte))
      return bytes.indexOf(lineFeed, at + 1) + 1;
  return 0;
}

/** Where the header ends and the body begins: the first empty line. Without any, all of it is header. */
function splitHead(bytes: Uint8Array): { head: number; body: number; ended: boolean } {
  if (bytes[0] === lineFeed) return { head: 0, body: 1, ended: true };
  if (bytes[0] === carriageReturn && bytes[1] === lineFeed) return { head: 0, body: 2, ended: true };
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at + 1] === lineFeed) return { head: at, body: at + 2, ended: true };
    if (bytes[at + 1] === carriageReturn && bytes[at + 2] === lineFeed)
      return { head: at, body: at + 3, ended: true };
  }
  // Some systems store lone carriage returns as line ends; they count only where no line feed is at all.
  if (!bytes.includes(lineFeed))
    for (let at = 0; at + 1 < bytes.length; at++)
      if (bytes[at] === carriageReturn && bytes[at + 1] === carriageReturn)
        return { head: at, body: at + 2, ended: true };
  return { head: bytes.length, body: bytes.length, ended: false };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');

/** Bytes without a stated charset: UTF-8 where they are that, else windows-1252, in which every byte is something. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return windows1252.decode(bytes);
  }
}

/** One character a byte, without a copy of the bytes. */
const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

function fieldsOf(head: string): { fields: HeaderField[]; dropped: boolean } {
  const lines = head.includes('\n') ? head.split(/\r?\n/) : head.split('\r');
  const fields: { name: string; parts: string[]; length: number }[] = [];
  let dropped = false;
  let current: (typeof fields)[number] | undefined;
  for (const line of lines) {
    const first = line.charCodeAt(0);
    if (first === 32 || first === 9) {
      if (current && current.length + line.length <= longestValue) {
        current.parts.push(line.replace(/^[ \t]+/, ' '));
        current.length += line.length;
      }
      continue;
    }
    const colon = line.indexOf(':');
    const name = colon > 0 ? line.slice(0, colon).trimEnd() : '';
    // A line that is no field (an mbox separator, garbage) says nothing; its continuation neither.
    current = undefined;
    if (!/^[\x21-\x39\x3b-\x7e]{1,200}$/.test(name)) continue;
    if (fields.length >= mostFields) {
      dropped = true;
      continue;
    }
    const value = line.slice(colon + 1, colon + 1 + longestValue);
    current = { name: name.toLowerCase(), parts: [value], length: value.length };
    fields.push(current);
  }
  return { fields: fields.map(({ name, parts }) => ({ name, value: parts.join('').trim() })), dropped };
}

const receiptNames: ReadonlySet<string> = new Set([
  'return-path',
  'received',
  'received-spf',
  'authentication-results',
  'x-ses-spam-verdict',
  'x-ses-virus-verdict',
  'x-ses-receipt',
  'x-ses-dkim-signature',
]);

/**
 * SES puts `Return-Path` first and `X-SES-RECEIPT` last, with nothing of the sender's between; what stands below
 * may look the same and is the sender's own.
 */
function splitReceipt(all: readonly HeaderField[]): { receipt: HeaderField[]; fields: HeaderField[] } {
  const end = all.findIndex(({ name }) => name === 'x-ses-receipt');
  const top = all.slice(0, end + 1);
  const isSes =
    top[0]?.name === 'return-path' &&
    top.every(({ name }) => receiptNames.has(name)) &&
    valuesOf(top, 'received').length === 1;
  if (!isSes) return { receipt: [], fields: [...all] };
  const after = all[end + 1]?.name === 'x-ses-dkim-signature' ? end + 2 : end + 1;
  return { receipt: all.slice(0, after), fields: all.slice(after) };
}

function sender(fields: readonly HeaderField[]): { mailbox: Mailbox | undefined; count: number } {
  const values = valuesOf(fields, 'from');
  const { mailboxes, wellFormed } = parseAddresses(values[0] ?? '');
  const [mailbox] = mailboxes;
  const one = values.length === 1 && wellFormed && mailboxes.length === 1 && mailbox;
  return {
    mailbox: one
      ? { address: mailbox.address, name: sanitiseLine(decodeWords(mailbox.name), 120) }
      : undefined,
    count: values.length,
  };
}

/** Message ids in a field, without their brackets; odd ones are left out. */
const idsIn = (value: string): string[] =>
  [...value.slice(0, longestValue).matchAll(/<([\x21-\x3b\x3d\x3f-\x7e]{3,250})>/g)].map(
    ([, id]) => id ?? '',
  );

function referencesOf(fields: readonly HeaderField[]): readonly string[] {
  const all = [...idsIn(firstOf(fields, 'in-reply-to') ?? ''), ...idsIn(firstOf(fields, 'references') ?? '')];
  return [...new Set(all)].slice(0, mostReferences);
}

/** `type/subtype` in lower case and its parameters, comments and quotes undone; bounded. */
export function parseContentType(value: string): HeaderScan['contentType'] {
  const [first = '', ...rest] = value.slice(0, 2000).split(';');
  const parameters = rest.slice(0, 20).flatMap((each): [string, string][] => {
    const equals = each.indexOf('=');
    if (equals === -1) return [];
    const text = each.slice(equals + 1).trim();
    const bare = text.startsWith('"') ? text.slice(1, text.indexOf('"', 1) >>> 0) : text.split(/[\s(]/)[0];
    return [[each.slice(0, equals).trim().toLowerCase(), bare ?? '']];
  });
  const type = /^[\w.+-]{1,80}\/[\w.+-]{1,80}/.exec(first.trim())?.[0] ?? '';
  return { type: type.toLowerCase(), parameters: Object.fromEntries(parameters) };
}

const word = /=\?([\w.:+-]{1,60})(?:\*[\w-]{0,20})?\?([bq])\?([^?\s]{0,2000})\?=/gi;

/**
 * RFC 2047: encoded words as text. Adjacent words of one charset are decoded together, since senders cut
 * characters in two. What is no encoded word stands as it is.
 */
export function decodeWords(value: string): string {
  const text = value.slice(0, longestValue);
  let out = '';
  let at = 0;
  let pending: { charset: string; bytes: number[] } | undefined;
  const flush = () => {
    if (pending) out += decodeCharset(pending.charset, Uint8Array.from(pending.bytes));
    pending = undefined;
  };
  for (const match of text.matchAll(word)) {
    const between = text.slice(at, match.index);
    // White space between two encoded words is not text.
    if (!pending || between.trim() !== '') {
      flush();
      out += between;
    }
    const [whole, charset = '', encoding = '', encoded = ''] = match;
    const bytes = encoding.toLowerCase() === 'b' ? fromBase64(encoded) : fromQ(encoded);
    if (pending && pending.charset !== charset.toLowerCase()) flush();
    pending ??= { charset: charset.toLowerCase(), bytes: [] };
    for (const byte of bytes) pending.bytes.push(byte);
    at = match.index + whole.length;
  }
  flush();
  return out + text.slice(at);
}

/** Bytes of a stated charset; an unknown label, or bytes that are not of it, → UTF-8 → windows-1252. */
export function decodeCharset(charset: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return decodeBytes(bytes);
  }
}

function fromQ(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = text[at] === '=' ? /^[0-9a-f]{2}/i.exec(text.slice(at + 1, at + 3))?.[0] : undefined;
    if (hex) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else if (text[at] === '_') bytes.push(32);
    else bytes.push(...new TextEncoder().encode(text[at]));
  }
  return Uint8Array.from(bytes);
}

function fromBase64(text: string): Uint8Array {
  const clean = text.replace(/[^A-Za-z0-9+/]/g, '');
  const whole = clean.slice(0, clean.length % 4 === 1 ? -1 : undefined);
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
}
