import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { parentPort } from 'node:worker_threads';
import { MailParser as Parser } from 'mailparser';
import type { MailAttachment, MailParts } from '#contracts/mail-parts.ts';
import { htmlToText, sanitiseFileName, sanitiseLine, sanitiseText } from '#domain/sanitise.ts';

/** What the worker is asked of a mail: its fingerprint, what a page shows, or one attachment by its index. */
export interface ParseRequest {
  readonly id: number;
  readonly raw: Uint8Array<ArrayBuffer>;
  readonly wanted: 'fingerprint' | 'parts' | { readonly attachment: number };
}

export type ParseAnswer = { readonly id: number } & (
  | { readonly fingerprint: string | undefined }
  | { readonly parts: MailParts }
  | { readonly name: string; readonly content: Uint8Array }
  | { readonly failed: 'malformed' | 'no-such-attachment'; readonly why: string }
);

/** Attachments that are listed; a mail with more is kept whole all the same (mail rules, Limits). */
const mostListed = 100;

/** Nothing is converted, linked or inlined: half the time, and nothing that a sender could aim at. */
export const lean = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  checksumAlgo: 'sha256',
};

type Part = Text | Attachment;
interface Text {
  readonly type: 'text';
  readonly text?: string;
  readonly html?: string | false;
}
interface Attachment {
  readonly type: 'attachment';
  readonly filename?: string;
  readonly contentType?: string;
  readonly content: Readable;
  /** Both once the content was read to its end. */
  readonly checksum: string;
  readonly size: number;
  release(): void;
}

/** The parts of a mail as the parser comes to them; it goes on when an attachment has been read. */
async function* partsOf(raw: Uint8Array, options: { readonly textTypes?: [] } = {}): AsyncGenerator<Part> {
  const parser = new Parser(lean as ConstructorParameters<typeof Parser>[0]);
  Object.assign(parser, options);
  parser.end(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  for await (const part of parser) yield part as unknown as Part;
}

/** Reads an attachment to its end, after which its checksum and size are known. */
async function drain(part: Attachment, take: (chunk: Buffer) => void): Promise<void> {
  part.content.on('data', take);
  await finished(part.content, { writable: false });
  part.release();
}

/** Has the chunk a byte that is neither white space nor a control? */
function isInked(chunk: Uint8Array): boolean {
  for (const byte of chunk) if (byte > 32) return true;
  return false;
}

/**
 * With no type that the parser takes for text every leaf is streamed past its checksum as an attachment is: nothing
 * is put together or decoded into strings, so that a mail of megabytes leaves no garbage of megabytes.
 */
async function fingerprint(raw: Uint8Array): Promise<string | undefined> {
  const body = createHash('sha256');
  let inked = false;
  for await (const part of partsOf(raw, { textTypes: [] })) {
    if (part.type === 'text') continue;
    await drain(part, (chunk) => {
      inked ||= isInked(chunk);
    });
    body.update(part.checksum);
  }
  return inked ? body.digest('hex') : undefined;
}

async function parse(raw: Uint8Array): Promise<MailParts> {
  const attachments: MailAttachment[] = [];
  let text = '';
  let html = '';
  let count = 0;
  for await (const part of partsOf(raw)) {
    if (part.type === 'text') {
      text = part.text ?? '';
      html = part.html || '';
      continue;
    }
    await drain(part, () => {});
    if (count < mostListed)
      attachments.push({
        index: count,
        name: sanitiseFileName(part.filename, count),
        type: sanitiseLine(part.contentType ?? 'application/octet-stream', 120).toLowerCase(),
        size: part.size,
        sha256: part.checksum,
      });
    count++;
  }
  const fromHtml = text.trim() === '' && html !== '';
  const shown = sanitiseText(fromHtml ? htmlToText(html) : text);
  return { ...shown, fromHtml, attachments, unlisted: Math.max(0, count - mostListed) };
}

async function extract(raw: Uint8Array, index: number) {
  let count = 0;
  for await (const part of partsOf(raw)) {
    if (part.type === 'text' || index >= mostListed) continue;
    const chunks: Buffer[] = [];
    const wanted = count++ === index;
    await drain(part, (chunk) => {
      if (wanted) chunks.push(chunk);
    });
    if (wanted)
      return { name: sanitiseFileName(part.filename, index), content: new Uint8Array(Buffer.concat(chunks)) };
  }
  return undefined;
}

async function answer({ id, raw, wanted }: ParseRequest): Promise<ParseAnswer> {
  try {
    if (wanted === 'fingerprint') return { id, fingerprint: await fingerprint(raw) };
    if (wanted === 'parts') return { id, parts: await parse(raw) };
    const found = await extract(raw, wanted.attachment);
    return found ? { id, ...found } : { id, failed: 'no-such-attachment', why: '' };
  } catch (error) {
    return { id, failed: 'malformed', why: (error as Error).name };
  }
}

parentPort?.on('message', async (request: ParseRequest) => {
  const answered = await answer(request);
  // What was read to its end is not needed again: its memory is free at once, not when garbage is collected.
  if (!('failed' in answered)) request.raw.buffer.transfer(0);
  parentPort?.postMessage(answered, 'content' in answered ? [answered.content.buffer as ArrayBuffer] : []);
});
