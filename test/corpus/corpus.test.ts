import { afterAll, describe, expect, test } from 'vitest';
import { parser } from '../receive-mail/mail-room.ts';
import { hostileMails } from '../support/hostile-mails.ts';
import type { CorpusMail } from './corpus-result.ts';
import { automatic, genuine, labels } from './own-mails.ts';
import { kindWorld, runCorpus, unkindWorld } from './run-corpus.ts';

afterAll(() => parser.close());

const hostile = (): readonly CorpusMail[] =>
  hostileMails
    // The two that are tens of megabytes are read in their own test; a seed is run many times.
    .filter(({ name }) => !/5mb|10mb|20mb/.test(name))
    .map(({ name, raw }) => ({ file: name, raw: raw() }));

describe('the project’s own genuine reports', () => {
  test('there are as many as promised, each labelled', () => {
    expect(genuine.length).toBeGreaterThanOrEqual(40);
    expect(Object.keys(labels).length).toBeGreaterThanOrEqual(300);
  });

  test('R1: every one becomes a disclosure; every authenticated one is acknowledged unless it asks not to be', async () => {
    const { results, summary, crashes } = await runCorpus(genuine, labels);

    expect(crashes).toEqual([]);
    expect(results.filter(({ label }) => label !== 'genuine')).toEqual([]);
    expect(results.filter(({ disposition }) => disposition !== 'opened')).toEqual([]);
    expect(summary).toMatchObject({ lost: 0, doubled: 0, acksToSuppressed: 0 });
    // Each of these carries a sign of the mail rules for which nothing may be answered.
    const silent = results
      .filter(({ acknowledged }) => !acknowledged)
      .map(({ file, suppressed }) => [file, suppressed]);
    expect(silent).toEqual([
      ['attaches-a-delivery-report.eml', 'report-part'],
      ['away-feature.eml', 'notice-subject'],
      ['forwards-its-own-bounce.eml', 'notice-subject'],
      ['group-not-rewritten.eml', 'precedence'],
      ['group-rewritten.eml', 'precedence'],
      ['no-reply-sender-platform.eml', 'machine-sender'],
      ['outlook-auto-response-suppress.eml', 'auto-response-suppress'],
      ['postmaster-person.eml', 'machine-sender'],
      ['response-team-ticket-system.eml', 'precedence'],
      ['subject-undeliverable-feature.eml', 'notice-subject'],
    ]);
  });
});

describe('the project’s own bounces, automatic replies and list mail', () => {
  test('R1: none opens a disclosure, none is answered, each is what its folder says or waits for a member', async () => {
    const { results, summary } = await runCorpus(automatic, labels);

    expect(summary).toMatchObject({ mails: automatic.length, disclosures: 0, lost: 0, acksToSuppressed: 0 });
    expect(automatic.length).toBeGreaterThanOrEqual(40);
    for (const { file, label, disposition, acknowledged } of results) {
      expect.soft([file, label]).toEqual([file, file.split('/')[0]]);
      expect.soft([file, acknowledged]).toEqual([file, false]);
      expect.soft([file, [label, 'recorded']]).toEqual([file, expect.arrayContaining([disposition])]);
    }
    // What carries no sign that a person's mail could not have is seen by a member.
    const waiting = results.filter(({ disposition }) => disposition === 'recorded');
    expect(waiting.map(({ file, why }) => [file, why])).toEqual([
      ['bounce/french-non-remis.eml', 'passed-on'],
      ['auto-reply/calendar-accepted.eml', 'calendar-answer'],
      ['auto-reply/challenge-allowed-list.eml', 'challenge'],
      ['auto-reply/challenge-response.eml', 'challenge'],
      ['auto-reply/google-calendar-declined.eml', 'calendar-answer'],
      ['auto-reply/jira-service-management.eml', 'default'],
      ['auto-reply/lotus-notes.eml', 'away-subject'],
      ['auto-reply/out-of-office-without-mark.eml', 'away-subject'],
      ['auto-reply/zendesk-ticket.eml', 'default'],
    ]);
  });
});

describe('an unkind world: dropped, doubled, shuffled notifications, every call may fail before or after', () => {
  test.each([1, 2])('seed %i: nothing lost, nothing doubled', { timeout: 120_000 }, async (seed) => {
    const mails = [...genuine, ...automatic, ...hostile()];

    const { summary, crashes } = await runCorpus(mails, labels, unkindWorld(seed));

    expect(crashes).toEqual([]);
    expect(summary).toMatchObject({ mails: mails.length, lost: 0, doubled: 0, acksToSuppressed: 0 });
  });

  test('an outage of everything: what no notification brought in, the sweep does', async () => {
    const { summary } = await runCorpus(genuine.slice(0, 5), labels, {
      ...kindWorld,
      seed: 1,
      fail: 1,
    });

    // Every call fails for five sweeps; then the sweep takes them from the inbox.
    expect(summary.lost).toBe(0);
    expect(summary.disclosures).toBe(5);
  });
});

describe('duplicate, late, reordered trigger (threat table): one case', () => {
  test('each mail told of two to five times, shuffled, 50 in parallel', { timeout: 120_000 }, async () => {
    const mails = [...genuine, ...automatic, ...hostile()];

    const { results, summary, crashes } = await runCorpus(mails, labels, {
      ...kindWorld,
      ...{ seed: 50, atLeast: 2, duplicates: 5, atOnce: 50 },
    });

    expect(crashes).toEqual([]);
    expect(summary).toMatchObject({ mails: mails.length, lost: 0, doubled: 0, acksToSuppressed: 0 });
    const opened = results.filter(({ disposition }) => disposition === 'opened');
    expect(new Set(opened.map(({ disclosure }) => disclosure)).size).toBe(opened.length);
  });
});
