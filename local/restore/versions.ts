import { type Instant, ms } from '#domain/instant.ts';

/** One version of an object, or the marker that its deletion left. */
export interface Version {
  readonly key: string;
  readonly id: string;
  readonly at: Instant;
  readonly deleted: boolean;
  readonly latest: boolean;
}

/** What is brought back, version by version: from `key` (in that version) to `to`. */
export interface Copy {
  readonly key: string;
  readonly id: string;
  readonly to: string;
}

export interface BucketPlan {
  /** Objects as they lay at the instant. */
  readonly restored: readonly Copy[];
  /** Mails that came after it: no intake of the restored record knows them, so they go through the inbox once more. */
  readonly inbox: readonly Copy[];
}

const inbox = 'in/';
const archive = 'mail/';
/** Extracted downloads expire in a day and are made anew on demand. */
const passing = 'derived/';

/** S3 dates versions by the second: within one the present version is newest, and a mail is rather kept than lost. */
const newestFirst = (a: Version, b: Version): number =>
  ms(b.at) - ms(a.at) || Number(b.latest) - Number(a.latest) || Number(a.deleted) - Number(b.deleted);

const mailOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
const isMail = (key: string): boolean => key.startsWith(inbox) || key.startsWith(archive);

/**
 * What a bucket's versions say it held at an instant, and which mails came later. `present` is the version of each key
 * that needs no copy where the bucket is restored in place.
 */
export function planBucket(versions: readonly Version[], at: Instant): BucketPlan {
  const byKey = Map.groupBy(
    versions.filter(({ key }) => !key.startsWith(passing)),
    ({ key }) => key,
  );
  const restored: Copy[] = [];
  const known = new Set<string>();
  const later = new Map<string, Version>();
  for (const [key, all] of byKey) {
    const sorted = all.toSorted(newestFirst);
    const then = sorted.find((version) => version.at <= at);
    if (then && isMail(key)) known.add(mailOf(key));
    if (then && !then.deleted) restored.push({ key, id: then.id, to: key });
    const arrived = sorted.find(({ deleted }) => !deleted);
    if (!then && arrived && isMail(key)) later.set(mailOf(key), arrived);
  }
  return {
    restored,
    inbox: [...later]
      .filter(([mail]) => !known.has(mail))
      .toSorted(([, a], [, b]) => ms(a.at) - ms(b.at))
      .map(([mail, { key, id }]) => ({ key, id, to: `${inbox}${mail}` })),
  };
}
