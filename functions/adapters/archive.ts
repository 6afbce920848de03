import { createHash } from 'node:crypto';
import type { Archive } from '#contracts/ports.ts';
import { archiveKey, inbox } from '#domain/intake.ts';
import { type AwsService, type AwsTarget, awsService, type ErrorOf, strictly } from './aws.ts';
import { documentOf, listOf, refusalIn, textOf, within, xmlError } from './aws-xml.ts';

const textPrefix = 'text/';
const derivedPrefix = 'derived/';
const downloadSeconds = 300;

const named = (error: unknown, ...names: readonly string[]): boolean =>
  names.includes((error as { name?: string }).name ?? '');
const missing = (error: unknown): boolean => named(error, 'NoSuchKey', 'NotFound');

const pathOf = (key: string): string => `/${key.split('/').map(strictly).join('/')}`;

const service: AwsService = { service: 's3', signsPathAsSent: true };

/** S3 may say 200 and in the body that it could not copy after all: as good as 503, and tried again. */
const copyError: ErrorOf = (answer) =>
  xmlError(answer) ??
  (within(documentOf(answer), 'Error') === undefined
    ? undefined
    : refusalIn(documentOf(answer), { ...answer, status: 503 }));

/** Quotes a file name for a Content-Disposition header; anything that could end the value is replaced. */
const dispositionOf = (fileName: string): string => {
  const safe = fileName.replace(/[^\w .()-]/g, '_').slice(0, 120) || 'download';
  return `attachment; filename="${safe}"; filename*=UTF-8''${encodeURIComponent(fileName.slice(0, 120))}`;
};

/** The bucket of raw mails, texts and derived downloads. */
export function createArchive(config: { readonly bucket: string; readonly aws?: AwsTarget }): Archive {
  const { bucket } = config;
  const s3 = awsService(service, xmlError, config.aws, bucket);
  const copied = awsService(service, copyError, config.aws, bucket);

  async function read(key: string, maxBytes?: number): Promise<Uint8Array | undefined> {
    try {
      const { body } = await s3.call({
        method: 'GET',
        path: pathOf(key),
        headers: maxBytes ? { range: `bytes=0-${maxBytes - 1}` } : {},
      });
      return new Uint8Array(body);
    } catch (error) {
      if (missing(error)) return undefined;
      // A range of an empty object cannot be satisfied: it has no bytes.
      if (named(error, 'InvalidRange')) return new Uint8Array();
      throw error;
    }
  }

  async function put(key: string, body: Uint8Array, contentType: string): Promise<void> {
    await s3.call({ method: 'PUT', path: pathOf(key), headers: { 'content-type': contentType }, body });
  }

  async function remove(key: string): Promise<void> {
    await s3.call({ method: 'DELETE', path: pathOf(key) });
  }

  async function copy(from: string, to: string): Promise<void> {
    await copied.call({
      method: 'PUT',
      path: pathOf(to),
      headers: { 'x-amz-copy-source': `${bucket}${pathOf(from)}` },
    });
  }

  return {
    rawMail: read,
    async file(key, receivedAt) {
      const to = archiveKey(key.slice(key.lastIndexOf('/') + 1), receivedAt);
      if (key === to) return to;
      try {
        await copy(key, to);
      } catch (error) {
        // Filed before by an earlier delivery of the same notification.
        if (missing(error) && (await read(to, 1)) !== undefined) return to;
        throw error;
      }
      await remove(key);
      return to;
    },
    async remove(keys) {
      for (const key of keys) await remove(key);
    },
    async inbox(limit) {
      const query = { 'list-type': '2', 'max-keys': String(limit), prefix: inbox };
      const listing = documentOf(await s3.call({ method: 'GET', path: '/', query }));
      return listOf(within(listing, 'ListBucketResult', 'Contents')).map((each) => ({
        key: textOf(within(each, 'Key')) ?? '',
        at: new Date(textOf(within(each, 'LastModified')) ?? 0).toISOString(),
        size: Number(textOf(within(each, 'Size')) ?? 0),
      }));
    },
    async putText(text) {
      const body = new TextEncoder().encode(text);
      const sha256 = createHash('sha256').update(body).digest('hex');
      const key = `${textPrefix}${sha256}`;
      await put(key, body, 'text/plain; charset=utf-8');
      return { key, sha256 };
    },
    async text(ref) {
      const body = await read(ref.key);
      return body && new TextDecoder().decode(body);
    },
    async putDerived(name, body, contentType) {
      const key = `${derivedPrefix}${name}`;
      await put(key, body, contentType);
      return key;
    },
    downloadUrl: (key, fileName) =>
      s3.presign(
        {
          method: 'GET',
          path: pathOf(key),
          query: {
            'x-id': 'GetObject',
            'response-content-disposition': dispositionOf(fileName),
            'response-content-type': 'application/octet-stream',
          },
        },
        downloadSeconds,
      ),
  };
}
