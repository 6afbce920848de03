/** The most text of a mail that is ever shown, in UTF-8 bytes (mail rules, Limits). */
export const shownBytes = 256 * 1024;

/** C0 and C1 controls other than tab and line feed, and the byte order mark. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]/g;
/** Explicit direction marks, embeddings, overrides and isolates: they make text read otherwise than it is. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Interlinear annotations, tags and other invisible carriers of text. */
const invisible = /[\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** Half a surrogate pair is no character. */
const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const clean = (text: string): string =>
  text
    .replace(loneSurrogates, '\ufffd')
    .replace(controls, '')
    .replace(directions, '')
    .replace(invisible, '')
    .normalize('NFC');

/**
 * Any text of a mail → what may be shown of it: line ends as `\n`; NUL, control and direction characters gone;
 * NFC; at most 256 KB, cut at a character. Answers whether something was cut.
 */
export function sanitiseText(
  text: string,
  most = shownBytes,
): { readonly text: string; readonly cut: boolean } {
  // Nothing of what lies far beyond the bound can still be within it after cleaning: it is not even looked at.
  const enough = text.slice(0, 4 * most);
  const cleaned = clean(enough.replace(/\r\n?|\u2028|\u2029/g, '\n'));
  const shown = cutBytes(cleaned, most);
  return { text: shown, cut: shown.length < cleaned.length || enough.length < text.length };
}

function cutBytes(text: string, most: number): string {
  if (text.length * 3 <= most) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most));
  return text.slice(0, read);
}

/** One line of a header for showing: as `sanitiseText`, white space collapsed, at most so many characters. */
export function sanitiseLine(text: string, most: number): string {
  const line = clean(text.slice(0, 4 * most + 1000).replace(/[\r\n\t\u2028\u2029]+/g, ' '))
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : line;
}

/** Names that Windows reserves for devices. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The file name of an attachment → one that is harmless on any system, at most 120 characters: no path, no
 * leading dot, nothing reserved. The ending stays, since it says what the file claims to be.
 */
export function sanitiseFileName(name: string | undefined, index: number): string {
  const base = sanitiseLine((name ?? '').replace(/[\\/]/g, '/').split('/').at(-1) ?? '', 400)
    .replace(/[<>:"|?*\x00-\x1f]/g, '_')
    .replace(/^[. ]+|[. ]+$/g, '');
  if (base === '') return `attachment-${index + 1}`;
  const safe = devices.test(base) ? `_${base}` : base;
  const characters = [...safe];
  if (characters.length <= 120) return safe;
  const ending = /\.[^.]{1,12}$/.exec(safe)?.[0] ?? '';
  return `${characters.slice(0, 120 - [...ending].length).join('')}${ending}`;
}

/** How much HTML is looked at: what is shown is bounded anyway. */
const mostHtml = 2 * 1024 * 1024;

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  euro: '€',
  zwnj: '',
  zwj: '',
  shy: '',
};

const entity = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));?/gi;

const decodeEntities = (text: string): string =>
  text.replace(entity, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name) return named[name.toLowerCase()] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      ? String.fromCodePoint(code)
      : '\ufffd';
  });

const hidden: ReadonlySet<string> = new Set([
  'script',
  'style',
  'head',
  'title',
  'template',
  'noscript',
  'svg',
  'object',
]);
const blocks: ReadonlySet<string> = new Set(
  'address article aside blockquote dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul'.split(
    ' ',
  ),
);

/**
 * HTML → text in one linear pass over at most 2 MB: no tree, so that nesting costs nothing; nothing is fetched;
 * the target of a link stands behind its words when it is another than they say. Never throws.
 */
export function htmlToText(html: string): string {
  const source = html.slice(0, mostHtml);
  // What is read in vain for the end of a tag is paid from here, so that thousands of unclosed ones cost no square.
  const budget = { left: 2 * mostHtml };
  const out: string[] = [];
  let at = 0;
  let link: { target: string; from: number } | undefined;
  while (at < source.length) {
    const open = source.indexOf('<', at);
    if (open === -1) break;
    pushText(out, source.slice(at, open));
    const tag = readTag(source, open, budget);
    if (!tag) {
      // `<` of a text, or a tag that never ends.
      out.push('<');
      at = open + 1;
      continue;
    }
    at = tag.next;
    if (!tag.closing && hidden.has(tag.name)) {
      at = skipHidden(source, tag.next, tag.name);
    } else if (tag.name === 'br') out.push('\n');
    else if (tag.name === 'td' || tag.name === 'th') out.push(tag.closing ? '\t' : '');
    else if (tag.name === 'li' && !tag.closing) out.push('\n- ');
    else if (blocks.has(tag.name)) out.push('\n');
    else if (tag.name === 'a') {
      if (tag.closing && link) pushTarget(out, link);
      const target = tag.closing ? undefined : attribute(source.slice(open, tag.next), 'href');
      link = target ? { target, from: out.length } : undefined;
    } else if (tag.name === 'img') {
      const alt = attribute(source.slice(open, tag.next), 'alt');
      if (alt) out.push(`[${decodeEntities(alt)}]`);
    }
  }
  pushText(out, source.slice(at));
  return out
    .join('')
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const pushText = (out: string[], text: string): void => {
  if (text !== '') out.push(decodeEntities(text.replace(/[\s\u00a0]+/g, ' ')));
};

function pushTarget(out: string[], link: { target: string; from: number }): void {
  const words = out.slice(link.from).join('').trim();
  const target = decodeEntities(link.target).trim().slice(0, 2000);
  if (/^(https?|mailto|ftp):/i.test(target) && target.replace(/^mailto:/i, '') !== words)
    out.push(` <${target}>`);
}

/** The tag or comment that begins at `open`; undefined where it is none. Quotes in attributes may hold `>`. */
function readTag(
  source: string,
  open: number,
  budget: { left: number },
): { name: string; closing: boolean; next: number } | undefined {
  if (source.startsWith('<!--', open)) {
    const end = source.indexOf('-->', open + 4);
    return { name: '!', closing: false, next: end === -1 ? source.length : end + 3 };
  }
  const start = /<(\/?)([a-z][a-z0-9:-]{0,40}|[!?])/iy;
  start.lastIndex = open;
  const [whole, slash = '', name = ''] = start.exec(source) ?? [];
  if (!whole) return undefined;
  // A tag of more than 64 KB is none.
  const most = Math.min(source.length, open + 65_536, open + budget.left);
  let quote = '';
  for (let at = open + whole.length; at < most; at++) {
    const character = source[at] ?? '';
    if (quote) quote = character === quote ? '' : quote;
    else if (character === '>') return { name: name.toLowerCase(), closing: slash !== '', next: at + 1 };
    else if ((character === '"' || character === "'") && source[at - 1] === '=') quote = character;
  }
  budget.left -= most - open;
  return undefined;
}

function skipHidden(source: string, from: number, name: string): number {
  const end = new RegExp(`</${name}[^>]{0,100}>`, 'gi');
  end.lastIndex = from;
  return end.exec(source) ? end.lastIndex : source.length;
}

function attribute(tag: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s{0,9}=\\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(
    tag.slice(0, 8192),
  );
  return match?.[1] ?? match?.[2] ?? match?.[3];
}
