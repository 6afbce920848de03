/** One mailbox of an address field. `address` has its domain in lower case; the local part stands as written. */
export interface Mailbox {
  readonly address: string;
  /** The display name as written, encoded words and all; empty where there is none. */
  readonly name: string;
}

export interface AddressList {
  readonly mailboxes: readonly Mailbox[];
  /** False when any part of the field is not what RFC 5322 allows: then no mailbox of it may be trusted. */
  readonly wellFormed: boolean;
}

/** An address field longer than this is not read: no person's mail has one. */
const longestField = 8192;

type Token =
  | { readonly kind: 'special'; readonly text: string }
  | { readonly kind: 'word' | 'quoted' | 'comment'; readonly text: string };

/** RFC 5322 lexical tokens in one pass; undefined where a quote, comment or bracket does not end. */
function tokens(field: string): Token[] | undefined {
  const found: Token[] = [];
  let at = 0;
  while (at < field.length) {
    const character = field[at] ?? '';
    if (character === ' ' || character === '\t') at++;
    else if ('<>,:;@'.includes(character)) {
      found.push({ kind: 'special', text: character });
      at++;
    } else if (character === '"' || character === '(') {
      const read = character === '"' ? readQuoted(field, at) : readComment(field, at);
      if (!read) return undefined;
      found.push({ kind: character === '"' ? 'quoted' : 'comment', text: read.text });
      at = read.next;
    } else {
      const word = /[^\s<>,:;@"()]+/y;
      word.lastIndex = at;
      const text = word.exec(field)?.[0];
      // Control characters and other white space have no place in an address field.
      if (!text || /[\x00-\x1f\x7f]/.test(text)) return undefined;
      found.push({ kind: 'word', text });
      at += text.length;
    }
  }
  return found;
}

function readQuoted(field: string, from: number): { text: string; next: number } | undefined {
  let text = '';
  for (let at = from + 1; at < field.length; at++) {
    const character = field[at] ?? '';
    if (character === '"') return { text, next: at + 1 };
    text += character === '\\' ? (field[++at] ?? '') : character;
  }
  return undefined;
}

function readComment(field: string, from: number): { text: string; next: number } | undefined {
  let depth = 0;
  for (let at = from; at < field.length; at++) {
    if (field[at] === '\\') at++;
    else if (field[at] === '(') depth++;
    else if (field[at] === ')' && --depth === 0) return { text: field.slice(from + 1, at), next: at + 1 };
  }
  return undefined;
}

/**
 * The mailboxes of a From, Reply-To or similar field (RFC 5322 address-list, groups opened). Strict, so that no
 * reader of the same field sees another sender than we do: a field with anything unclear in it is not well formed.
 */
export function parseAddresses(field: string): AddressList {
  const all = field.length <= longestField ? tokens(field) : undefined;
  if (!all) return { mailboxes: [], wellFormed: false };
  const mailboxes: Mailbox[] = [];
  let wellFormed = true;
  let part: Token[] = [];
  let inGroup = false;
  const finish = () => {
    const mailbox = part.some(({ kind }) => kind !== 'comment') ? mailboxOf(part) : null;
    if (mailbox) mailboxes.push(mailbox);
    else if (mailbox === undefined) wellFormed = false;
    part = [];
  };
  let inAngle = false;
  for (const token of all) {
    const special = token.kind === 'special' ? token.text : '';
    if (special === '<' || special === '>') inAngle = special === '<';
    if (inAngle || !',:;'.includes(special) || special === '') part.push(token);
    else if (special === ':') {
      if (inGroup) wellFormed = false;
      inGroup = true;
      part = [];
    } else {
      finish();
      if (special === ';') {
        if (!inGroup) wellFormed = false;
        inGroup = false;
      }
    }
  }
  finish();
  return { mailboxes, wellFormed: wellFormed && !inGroup };
}

/** `name <address>` or a bare address; undefined for anything else. */
function mailboxOf(part: readonly Token[]): Mailbox | undefined {
  const open = part.findIndex(({ kind, text }) => kind === 'special' && text === '<');
  const comments = part.filter(({ kind }) => kind === 'comment').map(({ text }) => text);
  const solid = (list: readonly Token[]) => list.filter(({ kind }) => kind !== 'comment');
  if (open === -1) {
    const address = addressOf(solid(part));
    return address === undefined ? undefined : { address, name: comments[0]?.trim() ?? '' };
  }
  const close = part.findIndex(({ kind, text }) => kind === 'special' && text === '>');
  if (close < open || solid(part.slice(close + 1)).length > 0) return undefined;
  const address = addressOf(solid(part.slice(open + 1, close)));
  if (address === undefined) return undefined;
  const phrase = solid(part.slice(0, open));
  const bare = addressOf(phrase);
  // `a@x.org <a@x.org>` is common though not allowed; two different addresses are a trick.
  if (phrase.some(({ kind, text }) => kind === 'special' && text === '@') && bare !== address)
    return undefined;
  if (bare === undefined && phrase.some(({ kind }) => kind === 'special')) return undefined;
  return { address, name: phrase.map(({ text }) => text).join(bare === undefined ? ' ' : '') };
}

const atom = /^[^\s<>,:;@"()[\]\\\x00-\x1f\x7f]+$/;
const label = /^[\p{L}\p{N}]([\p{L}\p{N}\p{M}_-]{0,61}[\p{L}\p{N}\p{M}])?$/u;

/** local part, `@`, domain; undefined where it is no address of the public mail system. */
function addressOf(part: readonly Token[]): string | undefined {
  const at = part.findIndex(({ kind, text }) => kind === 'special' && text === '@');
  if (at !== 1 || part.length !== 3) return undefined;
  const [local, , domain] = part;
  if (!local || domain?.kind !== 'word') return undefined;
  if (local.kind === 'quoted' ? local.text.length === 0 : !isDotAtom(local.text)) return undefined;
  // An encoded word inside an address decodes to another address in some readers.
  if (local.text.length > 64 || local.text.includes('=?')) return undefined;
  const name = domain.text.toLowerCase();
  const labels = name.split('.');
  if (name.length > 253 || labels.length < 2 || !labels.every((each) => label.test(each))) return undefined;
  const quoted = local.kind === 'quoted' && !isDotAtom(local.text);
  return `${quoted ? `"${local.text.replace(/["\\]/g, '\\$&')}"` : local.text}@${name}`;
}

const isDotAtom = (text: string): boolean =>
  text.length > 0 && text.split('.').every((each) => each.length > 0 && atom.test(each));

/** The domain of an address, in lower case; empty where there is none. */
export const domainOf = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** The local part of an address, in lower case. */
export const localOf = (address: string): string => address.slice(0, address.lastIndexOf('@')).toLowerCase();

/** Same address, as mail systems deliver it: case does not tell mailboxes apart. */
export const sameAddress = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Does a domain that passed SPF or DKIM speak for the domain of From? The same, or one above the other
 * (RFC 7489's relaxed alignment without a list of public suffixes, so a lone top-level domain never counts).
 */
export function aligned(passed: string, from: string): boolean {
  const [a, b] = [passed.toLowerCase(), from.toLowerCase()];
  if (a === '' || !a.includes('.') || !b.includes('.')) return false;
  return a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);
}
