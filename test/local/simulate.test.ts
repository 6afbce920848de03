import { describe, expect, test } from 'vitest';
import { compare } from '../../local/simulate/mails.ts';
import { expectedMails } from '../../local/simulate/model.ts';
import { planOf } from '../../local/simulate/plan.ts';
import { simulate } from '../../local/simulate/simulate.ts';

const small = { members: 7, maintainers: 10, disclosures: 25, days: 100 };

describe('R8–R10: time travel against a brute-force model of the policy', () => {
  test('mail for mail the same, with sweeps down for three days and run five times over a day', async () => {
    const plan = planOf(60, small);

    const { expected, sent, missing, late, doubled } = await simulate(plan);

    expect(expected).toBeGreaterThan(200);
    expect(sent).toBe(expected);
    expect({ missing, late, doubled }).toEqual({ missing: [], late: [], doubled: [] });
  });

  test('a mail that is missing, doubled or late is found', () => {
    const plan = planOf(60, small);
    const mails = expectedMails(plan);
    const nth = mails.findIndex(
      ({ what, instant }) => what === 'reminder weekly' && instant < plan.outage.from,
    );
    const [mail] = mails.slice(nth, nth + 1);
    const sent = mails.map((each) => ({ ...each, sentAt: each.instant }));
    if (!mail) throw new Error('the plan has no weekly reminder');
    const found = (of: typeof sent) => {
      const { missing, late, doubled } = compare(mails, of, 900_000, plan.outage);
      return [missing.length, late.length, doubled.length];
    };

    expect(found(sent)).toEqual([0, 0, 0]);
    expect(found(sent.toSpliced(nth, 1))).toEqual([1, 0, 0]);
    expect(found([...sent, { ...mail, sentAt: mail.instant }])).toEqual([0, 0, 1]);
    expect(found(sent.with(nth, { ...mail, sentAt: mail.instant + 900_001 }))).toEqual([0, 1, 0]);
    expect(found(sent.with(nth, { ...mail, about: 'another', sentAt: mail.instant }))).toEqual([1, 0, 1]);
  });
});
