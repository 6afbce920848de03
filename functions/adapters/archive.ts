import { createHash } from 'node:crypto';
import type { Archive } from '#contracts/ports.ts';
import { archiveKey, inbox } from '#domain/intake.ts';
import { type BucketConfig, createArchiveReader, missing, pathOf, s3Service } from './archive-reader.ts';
import { awsService, type ErrorOf } from './aws.ts';
import { documentOf, listOf, refusalIn, textOf, within, xmlError } from './aws-xml.ts';

const textPrefix = 'text/';
const derivedPrefix = 'derived/';
/** S3 may say 200 and in the body that it could not copy after all: as good as 503, and tried again. */
const copyError: ErrorOf = (answer) =>
  xmlError(answer) ??
  (within(documentOf(answer), 'Error') === undefined ? undefined : refusalIn({ ...answer, status: 503 }));

/** The bucket of raw mails, texts and derived downloads. */
export function createArchive(config: BucketConfig): Archive {
  const { bucket } = config;
  const { reads, s3 } = createArchiveReader(config);
  const copied = awsService(s3Service, copyError, config.aws, bucket);

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
    ...reads,
    async file(key, receivedAt) {
      const to = archiveKey(key.slice(key.lastIndexOf('/') + 1), receivedAt);
      if (key === to) return to;
      try {
        await copy(key, to);
      } catch (error) {
        // Filed before by an earlier delivery of the same notification.
        if (missing(error) && (await reads.rawMail(to, 1)) !== undefined) return to;
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
    async putDerived(name, body, contentType) {
      const key = `${derivedPrefix}${name}`;
      await put(key, body, contentType);
      return key;
    },
  };
}
