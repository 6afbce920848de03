import type { Context } from './http.ts';
import { tooLarge, wrongOrigin } from './page-errors.ts';

/** A form as it was sent. */
export interface SentForm {
  readonly values: Readonly<Record<string, string>>;
  readonly file?: File | undefined;
  /** Its text is larger than a form may be: to be shown again, and never acted on. */
  readonly over?: true;
}

export const smallForm = 4 * 1024;
export const textForm = 256 * 1024;
/** A text that is too large is still read up to here, for its writer to have it back and shorten it. */
const givenBack = 1024 * 1024;
/** The largest file, and what stands around it (mail rules, Limits). */
const uploadForm = (4 * 1024 + 64) * 1024;

const sizes: Readonly<Record<number, string>> = {
  [smallForm]: '4 KB',
  [textForm]: '256 KB',
  [uploadForm]: '4 MB',
};

/**
 * Refuses a POST that was not sent by one of our own pages. Our pages send no referrer, for which browsers send
 * `Origin: null`: then the browser's own word counts, that the request came from the same origin.
 */
export function requireOwnOrigin(c: Context, linkBase: string): void {
  const origin = c.req.header('origin');
  if (origin === new URL(linkBase).origin) return;
  if ((origin === undefined || origin === 'null') && c.req.header('sec-fetch-site') === 'same-origin') return;
  throw wrongOrigin();
}

function bounded(c: Context, most: number): Buffer {
  if (Number(c.req.header('content-length') ?? 0) > most) throw tooLarge(sizes[most] ?? `${most} bytes`);
  const body = c.req.body();
  if (body.byteLength > most) throw tooLarge(sizes[most] ?? `${most} bytes`);
  return body;
}

/**
 * Reads a form within its limit. The first value of a name counts. A text form beyond its limit, up to 1 MB, comes
 * back as `over`.
 * @throws {PageError} for what is larger
 */
export async function sentForm(c: Context, most: number, upload = false): Promise<SentForm> {
  const type = c.req.header('content-type') ?? '';
  if (upload && type.startsWith('multipart/form-data')) {
    const body = bounded(c, uploadForm);
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    const values: Record<string, string> = {};
    for (const [name, value] of form) if (typeof value === 'string') values[name] ??= value;
    const file = form.get('file');
    return { values, ...(file instanceof File && file.size > 0 && { file }) };
  }
  const body = c.req.body();
  const over = most === textForm && body.byteLength > most && body.byteLength <= givenBack;
  const fields = new URLSearchParams(new TextDecoder().decode(over ? body : bounded(c, most)));
  const values: Record<string, string> = {};
  for (const [name, value] of fields) values[name] ??= value;
  return { values, ...(over && { over }) };
}
