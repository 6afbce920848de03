import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { parentPort } from 'node:worker_threads';
import { MailParser as Parser } from 'mailparser';
import type { MailAttachment, MailParts } from '#contracts/mail-parts.ts';
import { htmlToText, sanitiseFileName, sanitiseLine, sanitiseText } from '#domain/sanitise.ts';

/** What the worker is asked: all of the mail, or one attachment of it. */
export interface ParseRequest {
  readonly id: number;
  readonly raw: Uint8Array;
  readonly extract?: number | undefined;
}

export type ParseAnswer = { readonly id: number } & (
  | { readonly parts: MailParts }
  | { readonly content: Uint8Array }
  | { readonly failed: 'malformed' | 'no-such-attachment'; readonly why: string }
);

/** Attachments that are listed; a mail with more is kept whole all the same (mail rules, Limits). */
const mostListed = 100;

/** Nothing is converted, linked or inlined: half the time, and nothing that a sender could aim at. */
const lean = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  checksumAlgo: 'sha256',
};

interface Part {
  readonly type: 'attachment' | 'text';
  readonly text?: string;
  readonly html?: string | false;
  readonly filename?: string;
  readonly contentType?: string;
  readonly content: Readable;
  release(): void;
}

async function drain(content: Readable, take: (chunk: Buffer) => void): Promise<void> {
  for await (const chunk of content) take(chunk as Buffer);
}

async function parse(raw: Uint8Array): Promise<MailParts> {
  const attachments: MailAttachment[] = [];
  const body = createHash('sha256');
  let hasContent = false;
  let text = '';
  let html = '';
  let count = 0;
  for await (const part of partsOf(raw)) {
    if (part.type === 'text') {
      text = part.text ?? '';
      html = part.html || '';
      continue;
    }
    const hash = createHash('sha256');
    let size = 0;
    await drain(part.content, (chunk) => {
      hash.update(chunk);
      size += chunk.length;
    });
    part.release();
    const sha256 = hash.digest('hex');
    body.update(sha256);
    hasContent = true;
    if (count < mostListed)
      attachments.push({
        index: count,
        name: sanitiseFileName(part.filename, count),
        type: sanitiseLine(part.contentType ?? 'application/octet-stream', 120).toLowerCase(),
        size,
        sha256,
      });
    count++;
  }
  const fromHtml = text.trim() === '' && html !== '';
  const shown = sanitiseText(fromHtml ? htmlToText(html) : text);
  hasContent ||= `${text}${html}`.trim() !== '';
  body.update(`\0${text}\0${html}`);
  return {
    ...shown,
    fromHtml,
    attachments,
    unlisted: Math.max(0, count - mostListed),
    bodySha256: hasContent ? body.digest('hex') : undefined,
  };
}

async function extract(raw: Uint8Array, index: number): Promise<Uint8Array | undefined> {
  let count = 0;
  for await (const part of partsOf(raw)) {
    if (part.type !== 'attachment') continue;
    const chunks: Buffer[] = [];
    const wanted = count++ === index;
    await drain(part.content, (chunk) => {
      if (wanted) chunks.push(chunk);
    });
    part.release();
    if (wanted) return new Uint8Array(Buffer.concat(chunks));
  }
  return undefined;
}

/** The parts of a mail as the parser comes to them; it goes on when a part has been read. */
async function* partsOf(raw: Uint8Array): AsyncGenerator<Part> {
  const parser = new Parser(lean as ConstructorParameters<typeof Parser>[0]);
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  parser.end(bytes);
  for await (const part of parser) yield part as unknown as Part;
}

async function answer({ id, raw, extract: index }: ParseRequest): Promise<ParseAnswer> {
  try {
    if (index === undefined) return { id, parts: await parse(raw) };
    const content = await extract(raw, index);
    return content ? { id, content } : { id, failed: 'no-such-attachment', why: '' };
  } catch (error) {
    return { id, failed: 'malformed', why: (error as Error).name };
  }
}

parentPort?.on('message', async (request: ParseRequest) => {
  const answered = await answer(request);
  parentPort?.postMessage(answered, 'content' in answered ? [answered.content.buffer as ArrayBuffer] : []);
});
