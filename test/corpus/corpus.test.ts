import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parser } from '../receive-mail/mail-room.ts';
import { hostileMails } from '../support/hostile-mails.ts';
import { type CorpusMail, kindWorld, type Label, runCorpus, unkindWorld } from './run-corpus.ts';

afterAll(() => parser.close());

const fixtures = resolve(import.meta.dirname, '../fixtures');
const labels = JSON.parse(readFileSync(`${fixtures}/labels.json`, 'utf8')) as Record<string, Label>;
const genuine: readonly CorpusMail[] = readdirSync(`${fixtures}/genuine`).map((file) => ({
  file,
  raw: new Uint8Array(readFileSync(`${fixtures}/genuine/${file}`)),
}));
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
    const { results, summary } = await runCorpus(genuine, labels);

    expect(results.filter(({ label }) => label !== 'genuine')).toEqual([]);
    expect(results.filter(({ disposition }) => disposition !== 'opened')).toEqual([]);
    expect(summary).toMatchObject({ lost: 0, doubled: 0, acksToSuppressed: 0 });
    // Each of these carries a sign of the mail rules for which nothing may be answered.
    const silent = results
      .filter(({ acknowledged }) => !acknowledged)
      .map(({ file, suppressed }) => [file, suppressed]);
    expect(silent).toEqual([
      ['group-not-rewritten.eml', 'precedence'],
      ['group-rewritten.eml', 'precedence'],
      ['no-reply-sender-platform.eml', 'machine-sender'],
      ['outlook-auto-response-suppress.eml', 'auto-response-suppress'],
    ]);
  });
});

describe('an unkind world: dropped, doubled, shuffled notifications, every call may fail before or after', () => {
  test.each([1, 2])('seed %i: nothing lost, nothing doubled', { timeout: 120_000 }, async (seed) => {
    const mails = [...genuine, ...hostile()];

    const { summary } = await runCorpus(mails, labels, unkindWorld(seed));

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
