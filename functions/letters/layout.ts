/** A part of a letter. Text and HTML are made from the same parts, so that they cannot say different things. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [label: string, value: string])[] }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'link'; readonly label: string; readonly url: string }
  /** One case of a batch, with the answers it can be given. */
  | {
      readonly kind: 'case';
      readonly title: string;
      readonly facts: readonly (readonly [label: string, value: string])[];
      readonly answers: readonly { readonly label: string; readonly url: string }[];
    }
  /** Somebody's own words. `plain`: they are the letter itself, and stand as they were written. */
  | {
      readonly kind: 'words';
      readonly title?: string | undefined;
      readonly text: string;
      readonly plain?: true | undefined;
    };

/** A letter before it has a shape. */
export interface Sketch {
  readonly subject: string;
  readonly parts: readonly Part[];
}

/** A header value that could start another header. Never names the value: it may come from outside. */
export class UnsafeHeader extends Error {
  override readonly name = 'UnsafeHeader';
}

/** Refuses CR, LF and NUL in a header value (mail rules, Outbound). */
export function headerValue(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new UnsafeHeader('A header value holds CR, LF or NUL.');
  return text;
}

/** One line of plain words: control and bidi characters gone, bounded. */
export const oneLine = (text: string, limit = 300): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
    .slice(0, limit);

/** Several lines of somebody's words: line breaks stay, other control and bidi characters go. */
export const plainWords = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (found) =>
      found === '\t' ? '\t' : '',
    )
    .trimEnd();

/** Breaks a paragraph at 72 columns; a word longer than that (a link) stays whole. */
function wrapped(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && indent.length + line.length + 1 + word.length > 72) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].map((each, at) => (at === 0 ? each : indent + each)).join('\n');
}

const factLines = (facts: readonly (readonly [string, string])[], indent = '') => {
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  return facts.map(([label, value]) => {
    const head = `${indent}${`${label}:`.padEnd(width)}`;
    return head + wrapped(value, ' '.repeat(head.length));
  });
};

function partText(part: Part): string {
  switch (part.kind) {
    case 'text':
      return wrapped(part.text);
    case 'facts':
      return factLines(part.facts).join('\n');
    case 'list':
      return part.items.map((item) => `- ${wrapped(item, '  ')}`).join('\n');
    case 'link':
      return `${part.label}:\n${part.url}`;
    case 'case':
      return [
        part.title,
        ...factLines(part.facts, '  '),
        ...part.answers.map(({ label, url }) => `  ${label}:\n  ${url}`),
      ].join('\n');
    case 'words':
      if (part.plain) return plainWords(part.text);
      return [
        ...(part.title ? [`${part.title}:`] : []),
        ...plainWords(part.text)
          .split('\n')
          .map((line) => `> ${line}`.trimEnd()),
      ].join('\n');
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replace(/[&<>"']/g, (found) => entities[found] ?? '');

// Inline styles only: mail programs drop style sheets. Colours keep a contrast of 4.5 on white and on black.
const button =
  'display:inline-block;padding:10px 18px;border-radius:6px;background:#1f5fbf;color:#ffffff;text-decoration:none;font-weight:600';

const factRows = (facts: readonly (readonly [string, string])[]) =>
  `<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 16px">${facts
    .map(
      ([label, value]) =>
        `<tr><td style="padding:2px 16px 2px 0;vertical-align:top;opacity:.75">${escaped(label)}:</td><td style="padding:2px 0">${escaped(value)}</td></tr>`,
    )
    .join('')}</table>`;

function partHtml(part: Part): string {
  switch (part.kind) {
    case 'text':
      return `<p style="margin:0 0 16px">${escaped(part.text)}</p>`;
    case 'facts':
      return factRows(part.facts);
    case 'list':
      return `<ul style="margin:0 0 16px;padding-left:20px">${part.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
    case 'link':
      return `<p style="margin:0 0 16px"><a href="${escaped(part.url)}" style="${button}">${escaped(part.label)}</a></p>`;
    case 'case':
      return `<div style="margin:0 0 20px;padding:0 0 0 12px;border-left:3px solid #1f5fbf"><p style="margin:0 0 6px"><strong>${escaped(part.title)}</strong></p>${factRows(part.facts)}<p style="margin:0">${part.answers
        .map(({ label, url }) => `<a href="${escaped(url)}">${escaped(label)}</a>`)
        .join(' &middot; ')}</p></div>`;
    case 'words':
      if (part.plain)
        return `<p style="margin:0 0 16px;white-space:pre-wrap">${escaped(plainWords(part.text))}</p>`;
      return `${part.title ? `<p style="margin:0 0 6px">${escaped(part.title)}:</p>` : ''}<blockquote style="margin:0 0 16px;padding:4px 0 4px 14px;border-left:3px solid #8a8f98;white-space:pre-wrap">${escaped(plainWords(part.text))}</blockquote>`;
  }
}

/** Text and HTML of a letter, from the same parts; signed at the end of both. */
export function shape(sketch: Sketch, signature: string): { subject: string; text: string; html: string } {
  const subject = headerValue(sketch.subject);
  const text = [...sketch.parts.map(partText), `-- \n${signature}`].join('\n\n');
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${escaped(subject)}</title></head><body style="font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;max-width:38em;margin:0;padding:16px">${sketch.parts
    .map(partHtml)
    .join(
      '',
    )}<p style="margin:24px 0 0;opacity:.75">-- <br>${escaped(signature).replace(/\n/g, '<br>')}</p></body></html>`;
  return { subject, text: `${text}\n`, html };
}
