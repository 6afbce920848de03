import {
  CopyObjectCommand,
  CreateBucketCommand,
  type DeleteMarkerEntry,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Instant } from '#domain/instant.ts';
import { type Copy, planBucket, type Version } from './versions.ts';

export interface BucketRestored {
  readonly objects: number;
  readonly toInbox: number;
}

/**
 * Brings a bucket's objects back as they lay at an instant, from their versions: in place, or into another bucket,
 * which is made like it where it does not exist. Nothing is deleted: what came later stays beside it, and mails that
 * came later are put into the inbox.
 */
export async function restoreBucket(
  client: S3Client,
  { from, to, at }: { readonly from: string; readonly to: string; readonly at: Instant },
): Promise<BucketRestored> {
  if (to !== from) await makeLike(client, from, to);
  const versions = await versionsOf(client, from);
  const { restored, inbox } = planBucket(versions, at);
  const present = new Set(
    versions.filter(({ latest, deleted }) => latest && !deleted).map(({ key, id }) => `${key} ${id}`),
  );
  const needed = to === from ? restored.filter(({ key, id }) => !present.has(`${key} ${id}`)) : restored;
  for (const copy of [...needed, ...inbox]) await copyVersion(client, from, to, copy);
  return { objects: needed.length, toInbox: inbox.length };
}

async function copyVersion(
  client: S3Client,
  from: string,
  to: string,
  { key, id, to: Key }: Copy,
): Promise<void> {
  const source = `${from}/${encodeURIComponent(key).replaceAll('%2F', '/')}?versionId=${encodeURIComponent(id)}`;
  await client.send(new CopyObjectCommand({ Bucket: to, Key, CopySource: source }));
}

/** Every version of every object, with the markers of deletions. */
export async function versionsOf(client: S3Client, bucket: string): Promise<readonly Version[]> {
  const found: Version[] = [];
  let from = {};
  for (;;) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, ...from }));
    found.push(...(page.Versions ?? []).map((each) => versionOf(each, false)));
    found.push(...(page.DeleteMarkers ?? []).map((each) => versionOf(each, true)));
    if (!page.IsTruncated) return found;
    from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

const versionOf = (
  { Key = '', VersionId = '', LastModified, IsLatest }: DeleteMarkerEntry,
  deleted: boolean,
): Version => ({
  key: Key,
  id: VersionId,
  at: (LastModified ?? new Date(0)).toISOString(),
  latest: IsLatest === true,
  deleted,
});

/** A private, versioned bucket under the same key and lifecycle (`lib/mail-intake.ts`). */
async function makeLike(client: S3Client, from: string, Bucket: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
    return;
  } catch (error) {
    if ((error as Error).name !== 'NotFound') throw error;
  }
  const region = await client.config.region();
  const LocationConstraint = region as 'eu-west-1';
  await client.send(
    new CreateBucketCommand({
      Bucket,
      // The first region of S3 is named by naming none.
      ...(region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint } }),
    }),
  );
  const all = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  await client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: all }));
  await client.send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const { ServerSideEncryptionConfiguration } = await client.send(
    new GetBucketEncryptionCommand({ Bucket: from }),
  );
  await client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
  const rules = await client
    .send(new GetBucketLifecycleConfigurationCommand({ Bucket: from }))
    .catch((error: Error) => {
      if (error.name !== 'NoSuchLifecycleConfiguration') throw error;
    });
  if (!rules?.Rules) return;
  const LifecycleConfiguration = { Rules: rules.Rules };
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
}
