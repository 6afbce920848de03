import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Archive } from '#contracts/ports.ts';
import { archiveKey, inbox } from '#domain/intake.ts';

const textPrefix = 'text/';
const derivedPrefix = 'derived/';
const downloadSeconds = 300;

const missing = (error: unknown): boolean =>
  error instanceof NoSuchKey || (error as { name?: string }).name === 'NotFound';

/** Quotes a file name for a Content-Disposition header; anything that could end the value is replaced. */
const dispositionOf = (fileName: string): string => {
  const safe = fileName.replace(/[^\w .()-]/g, '_').slice(0, 120) || 'download';
  return `attachment; filename="${safe}"; filename*=UTF-8''${encodeURIComponent(fileName.slice(0, 120))}`;
};

/** The bucket of raw mails, texts and derived downloads. */
export function createArchive(config: { readonly bucket: string; readonly client?: S3Client }): Archive {
  const { bucket } = config;
  const s3 = config.client ?? new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });

  async function read(key: string, maxBytes?: number): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await s3.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          ...(maxBytes && { Range: `bytes=0-${maxBytes - 1}` }),
        }),
      );
      return await Body?.transformToByteArray();
    } catch (error) {
      if (missing(error)) return undefined;
      // A range of an empty object cannot be satisfied: it has no bytes.
      if ((error as { name?: string }).name === 'InvalidRange') return new Uint8Array();
      throw error;
    }
  }

  return {
    rawMail: read,
    async file(key, receivedAt) {
      const to = archiveKey(key.slice(key.lastIndexOf('/') + 1), receivedAt);
      if (key === to) return to;
      try {
        await s3.send(
          new CopyObjectCommand({
            Bucket: bucket,
            Key: to,
            CopySource: `${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
          }),
        );
      } catch (error) {
        // Filed before by an earlier delivery of the same notification.
        if (missing(error) && (await read(to, 1)) !== undefined) return to;
        throw error;
      }
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      return to;
    },
    async remove(keys) {
      for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    },
    async inbox(limit) {
      const { Contents } = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: inbox, MaxKeys: limit }),
      );
      return (Contents ?? []).map(({ Key = '', LastModified, Size = 0 }) => ({
        key: Key,
        at: (LastModified ?? new Date(0)).toISOString(),
        size: Size,
      }));
    },
    async putText(text) {
      const body = new TextEncoder().encode(text);
      const sha256 = createHash('sha256').update(body).digest('hex');
      const key = `${textPrefix}${sha256}`;
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          ContentType: 'text/plain; charset=utf-8',
        }),
      );
      return { key, sha256 };
    },
    async text(ref) {
      const body = await read(ref.key);
      return body && new TextDecoder().decode(body);
    },
    async putDerived(name, body, contentType) {
      const key = `${derivedPrefix}${name}`;
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }));
      return key;
    },
    downloadUrl: (key, fileName) =>
      getSignedUrl(
        s3,
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          ResponseContentDisposition: dispositionOf(fileName),
          ResponseContentType: 'application/octet-stream',
        }),
        { expiresIn: downloadSeconds },
      ),
  };
}
