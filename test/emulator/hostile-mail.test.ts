import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Desk } from '../../local/desk.ts';
import type { CorpusMail, Labels } from '../corpus/corpus-result.ts';
import { runOnDesk } from '../corpus/run-on-desk.ts';
import { hostileMails } from '../support/hostile-mails.ts';
import { startRunningDesk } from '../support/running-desk.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures');
const labels = JSON.parse(readFileSync(`${fixtures}/labels.json`, 'utf8')) as Labels;
/** A few of each sort beside the hostile ones, so that answers are at stake. */
const mailsOf = (folder: string, count: number): readonly CorpusMail[] =>
  readdirSync(`${fixtures}/${folder}`)
    .slice(0, count)
    .map((file) => ({ file, raw: new Uint8Array(readFileSync(`${fixtures}/${folder}/${file}`)) }));

let desk: Desk;
beforeAll(async () => {
  desk = await startRunningDesk();
});
afterAll(async () => {
  await desk?.close();
});

test('hostile mails by S3, SNS, SQS and the deployed function: each an intake, none crashes it, no machine is answered', {
  timeout: 180_000,
}, async () => {
  const hostile = hostileMails.map(({ name, raw }) => ({ file: name, raw }));
  const mails = [
    ...hostile,
    ...['genuine', 'automatic/bounce', 'automatic/list'].flatMap((name) => mailsOf(name, 3)),
  ];

  const { summary, results, crashes } = await runOnDesk(desk, mails, labels);

  expect(crashes).toEqual([]);
  expect(results.filter(({ disposition }) => disposition === 'lost')).toEqual([]);
  expect(summary).toMatchObject({ mails: mails.length, lost: 0, doubled: 0, acksToSuppressed: 0 });
  expect(results.filter(({ label, disposition }) => label === 'genuine' && disposition !== 'opened')).toEqual(
    [],
  );
});
