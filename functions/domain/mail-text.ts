import { decodeBytes, type HeaderScan, parseContentType } from './header-scan.ts';

/** So much of a text part is read by the rules: what a mail is shows at its start. */
const longestText = 24_000;
const deepest = 4;

interface Part {
  readonly contentType: HeaderScan['contentType'];
  readonly encoding: string;
  readonly body: string;
}

/**
 * The start of a mail's first text part as its reader sees it, transfer encoding and charset undone; bounded, and for
 * rules alone: what is shown comes from the parser. Without any text part: what stands there.
 */
export function textStart({ contentType, fields, bodyStart }: HeaderScan): string {
  const encoding = fields.find(({ name }) => name === 'content-transfer-encoding')?.value ?? '';
  const part = firstText({ contentType, encoding, body: bodyStart }, deepest);
  return part ? textOf(part) : bodyStart.slice(0, longestText);
}

/** What its sender wrote above a mail that is quoted, passed on or given back. */
export function ownWords(text: string): string {
  const quoted =
    /^(>|[ \t]*[-=_*]{2,}.{0,60}\b(original|forwarded|weitergeleitete|transféré|returned|enclosed|copy|below|transcript|follow)|begin forwarded|.{0,120} (wrote|schrieb|écrit|escribió):?[ \t]*$|(from|von|de|from :|return-path|received|reporting-mta|final-recipient): )/im;
  const at = text.search(quoted);
  return at === -1 ? text : text.slice(0, at);
}

function firstText(part: Part, depth: number): Part | undefined {
  const { type, parameters } = part.contentType;
  if (type === '' || type.startsWith('text/')) return part;
  if (!type.startsWith('multipart/') || !parameters.boundary || depth === 0) return undefined;
  for (const raw of part.body.split(`--${parameters.boundary}`, 6).slice(1)) {
    const found = firstText(partOf(raw), depth - 1);
    if (found) return found;
  }
  return undefined;
}

/** A part of a multipart body, its few header fields read. What follows the boundary on its line says nothing. */
function partOf(raw: string): Part {
  const lines = raw.slice(raw.indexOf('\n') + 1);
  const empty = /^\r?\n/.exec(lines);
  const end = empty ? 0 : lines.search(/\r?\n\r?\n/);
  const head = end === -1 ? '' : lines.slice(0, end);
  const field = (name: string): string =>
    new RegExp(`^${name}:[ \\t]*((?:[^\\r\\n]|\\r?\\n[ \\t]){1,400})`, 'im')
      .exec(head)?.[1]
      ?.replace(/\s+/g, ' ') ?? '';
  return {
    contentType: parseContentType(field('content-type')),
    encoding: field('content-transfer-encoding'),
    body: end === -1 ? lines : lines.slice(end).replace(/^(\r?\n){1,2}/, ''),
  };
}

function textOf({ contentType, encoding, body }: Part): string {
  const raw = body.slice(0, longestText);
  const bytes = Buffer.from(decoded(encoding.trim().toLowerCase(), raw), 'latin1');
  const text = characters(contentType.parameters.charset ?? 'utf-8', bytes);
  return contentType.type === 'text/html' ? text.replace(/<[^<>]{0,500}>/g, ' ') : text;
}

/** A character that the end of what is read cuts in two does not matter here. */
function characters(charset: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return decodeBytes(bytes);
  }
}

/** One character a byte, before and after. */
function decoded(encoding: string, raw: string): string {
  if (encoding === 'quoted-printable')
    return raw
      .replace(/=[ \t]*\r?\n/g, '')
      .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (encoding !== 'base64') return raw;
  const clean = raw.split('=', 1)[0]?.replace(/[^A-Za-z0-9+/]/g, '') ?? '';
  return atob(clean.length % 4 === 1 ? clean.slice(0, -1) : clean);
}
