import type { Archive } from '#contracts/ports.ts';
import { type AwsService, type AwsTarget, awsService, strictly } from './aws.ts';
import { xmlError } from './aws-xml.ts';

const downloadSeconds = 300;

const named = (error: unknown, ...names: readonly string[]): boolean =>
  names.includes((error as { name?: string }).name ?? '');
export const missing = (error: unknown): boolean => named(error, 'NoSuchKey', 'NotFound');

export const pathOf = (key: string): string => `/${key.split('/').map(strictly).join('/')}`;

export const s3Service: AwsService = { service: 's3', signsPathAsSent: true };

/** Quotes a file name for a Content-Disposition header; anything that could end the value is replaced. */
const dispositionOf = (fileName: string): string => {
  const safe = fileName.replace(/[^\w .()-]/g, '_').slice(0, 120) || 'download';
  return `attachment; filename="${safe}"; filename*=UTF-8''${encodeURIComponent(fileName.slice(0, 120))}`;
};

export interface BucketConfig {
  readonly bucket: string;
  readonly aws?: AwsTarget;
}

/** What is read of the bucket of raw mails, texts and derived downloads. */
export type ArchiveReads = Pick<Archive, 'rawMail' | 'text' | 'downloadUrl'>;

/** The reading half of the bucket. */
export function createArchiveReader({ bucket, aws }: BucketConfig) {
  const s3 = awsService(s3Service, xmlError, aws, bucket);

  async function read(key: string, maxBytes?: number): Promise<Uint8Array | undefined> {
    try {
      const { body } = await s3.call({
        method: 'GET',
        path: pathOf(key),
        headers: maxBytes ? { range: `bytes=0-${maxBytes - 1}` } : {},
      });
      // The answer's own memory where it is all of it: whoever parses it may move it to the parser's thread.
      return body.byteLength === body.buffer.byteLength ? new Uint8Array(body.buffer) : new Uint8Array(body);
    } catch (error) {
      if (missing(error)) return undefined;
      // A range of an empty object cannot be satisfied: it has no bytes.
      if (named(error, 'InvalidRange')) return new Uint8Array();
      throw error;
    }
  }

  const reads: ArchiveReads = {
    rawMail: read,
    async text(ref) {
      const body = await read(ref.key);
      return body && new TextDecoder().decode(body);
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
  return { reads, s3 };
}
