import { afterAll, describe, expect, test } from 'vitest';
import { parser } from '../receive-mail/mail-room.ts';
import { fates, services } from '../support/unkind-aws.ts';
import { labels, ownMails } from './own-mails.ts';
import { runOnUnkindAws } from './run-on-unkind-aws.ts';

afterAll(() => parser.close());

describe('crash between any two steps (threat table): DynamoDB, S3, SES and Step Functions throttle, break, and lose answers', () => {
  // A part of the mails: the soak takes them all, under twenty seeds. Where adapters try again they wait before it.
  test.each([
    { seed: 1, attempts: 1, each: 3 },
    { seed: 2, attempts: 2, each: 8 },
  ])(
    'seed $seed, $attempts attempts a call: nothing lost, nothing doubled',
    { timeout: 120_000 },
    async ({ each, ...how }) => {
      const mails = ownMails.filter((_, at) => at % each === 0);

      const { met, crashes, ...run } = await runOnUnkindAws(mails, labels, how);

      expect(crashes).toEqual([]);
      expect(run).toMatchObject({ mails: mails.length, lost: 0, doubled: 0, acksToSuppressed: 0 });
      expect(run.disclosures).toBeGreaterThanOrEqual(7);
      expect(run.letters).toBeGreaterThanOrEqual(run.disclosures * 1.5);
      const unmet = services.flatMap((service) =>
        fates.flatMap((fate) => (met[service][fate] === 0 ? `${service} ${fate}` : [])),
      );
      expect(each === 3 ? unmet : []).toEqual([]);
    },
  );
});
