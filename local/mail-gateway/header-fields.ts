/** One header field as it stands in a message. */
export interface HeaderField {
  readonly name: string;
  /** Unfolded, outer white space removed; bytes beyond ASCII read as UTF-8. */
  readonly value: string;
  /** The lines as they are, folded, without the last line break; one character a byte. */
  readonly line: string;
}

export interface SplitMessage {
  readonly fields: readonly HeaderField[];
  /** Everything after the empty line. */
  readonly body: Buffer;
}

/** No header worth reading is longer; what follows counts as body. */
const headerLimit = 1024 * 1024;

/** Splits a raw message at its first empty line. A line that is no field continues the field above it. */
export function splitMessage(raw: Buffer): SplitMessage {
  const head = raw.subarray(0, headerLimit);
  const end = endOfHeader(head);
  const fields: HeaderField[] = [];
  let lines: string[] = [];
  const finish = () => {
    const field = toField(lines.join('\r\n'));
    if (field) fields.push(field);
    lines = [];
  };
  for (const line of head.subarray(0, end.at).toString('latin1').split(/\r?\n/)) {
    if (/^[!-9;-~]+[ \t]*:/.test(line)) finish();
    if (line !== '') lines.push(line);
  }
  finish();
  return { fields, body: raw.subarray(end.after) };
}

function toField(line: string): HeaderField | undefined {
  const colon = line.indexOf(':');
  if (colon < 1) return undefined;
  const value = Buffer.from(line.slice(colon + 1), 'latin1').toString('utf8');
  return { name: line.slice(0, colon).trimEnd(), value: value.replace(/\r?\n(?=[ \t])/g, '').trim(), line };
}

/** Where the header ends, and where the body begins. */
function endOfHeader(head: Buffer): { at: number; after: number } {
  const ends = [
    { at: head.indexOf('\r\n\r\n'), length: 4 },
    { at: head.indexOf('\n\n'), length: 2 },
  ].filter(({ at }) => at >= 0);
  const first = ends.sort((a, b) => a.at - b.at)[0];
  return first ? { at: first.at, after: first.at + first.length } : { at: head.length, after: head.length };
}

/** The value of the first field of that name. */
export function firstValue(fields: readonly HeaderField[], name: string): string | undefined {
  return fields.find((field) => field.name.toLowerCase() === name.toLowerCase())?.value;
}
