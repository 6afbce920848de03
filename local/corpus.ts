import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type CorpusMail,
  type CorpusRun,
  isWronglyAnswered,
  type Labels,
} from '../test/corpus/corpus-result.ts';
import { kindWorld, runCorpus, unkindWorld } from '../test/corpus/run-corpus.ts';
import type { AwsRun } from '../test/corpus/run-on-unkind-aws.ts';
import { parser } from '../test/receive-mail/mail-room.ts';
import { hostileMails } from '../test/support/hostile-mails.ts';
import { commandLine, wholeNumber, wrongCall } from './command-line.ts';
import { mailsBelow } from './corpus-files.ts';
import type { Ports } from './desk.ts';
import { projectRoot } from './emulator/environment.ts';

const usage = `npm run test:corpus -- [DIR…] [options]
  DIR         folders or files of raw mails, searched through; every file is a mail, whatever its name.
              The project's own reports, bounces and automatic mails without any
  --json      nothing but JSON on stdout: one line a run, {"mails","disclosures","dispositions","lost","doubled",
              "acksToSuppressed","seconds"}
  --each      before it one line a mail, with its kind and why
  --hostile   the project's own hostile mails besides
  --seeds N   further runs in which notifications are dropped, doubled and shuffled and calls of every port fail
  --aws       of the seeds, each a further run on the desk's own adapters: DynamoDB, S3, SES and Step Functions
              throttle, break and lose answers; with --json one line a run with what each service did
  --emulator  not on ports in memory: through the deployed desk on the emulator, by S3, SNS, SQS and Lambda
Exit code 1 when a mail was lost, doubled or wrongly answered, or something broke; 2 when the call is wrong.`;

const fixtures = resolve(import.meta.dirname, '../test/fixtures');
const usualFolders = [`${fixtures}/genuine`, `${fixtures}/automatic`];
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const fail = (message: string): never => wrongCall(usage, message);

function mailsOf(paths: readonly string[], withHostile: boolean): CorpusMail[] {
  const skipped = (file: string, why: string): void => say(`left out: ${file} (${why})`);
  const mails = paths.flatMap((path) => {
    try {
      return mailsBelow(path, skipped);
    } catch (error) {
      return fail(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  });
  const hostile = withHostile
    ? hostileMails.map(({ name, raw }) => ({ file: `hostile:${name}`, raw: raw() }))
    : [];
  return [...mails, ...hostile];
}

function show(run: CorpusRun, options: { json: boolean; each: boolean }): void {
  const { summary, results, crashes } = run;
  for (const crash of crashes) say(`broke: ${crash}`);
  if (options.each)
    for (const result of results)
      console.log(
        options.json
          ? JSON.stringify(result)
          : `${result.disposition}\t${result.kind} (${result.why})\t${result.suppressed ?? (result.acknowledged ? 'acknowledged' : 'not answered')}\t${result.file}`,
      );
  for (const { file } of results.filter(isWronglyAnswered)) say(`wrongly answered: ${file}`);
  for (const { file } of results.filter(({ disposition }) => disposition === 'lost')) say(`lost: ${file}`);
  if (options.json) {
    console.log(JSON.stringify(summary));
    return;
  }
  console.table(summary.dispositions);
  if (results.some(({ label }) => label)) console.table(byLabel(run));
  const { mails, disclosures, lost, doubled, acksToSuppressed, seconds } = summary;
  console.log(
    `${mails} mails, ${disclosures} disclosures, ${lost} lost, ${doubled} doubled, ${acksToSuppressed} acknowledgements to suppressed mail, ${crashes.length} crashes, ${seconds} s`,
  );
}

/** Of the labelled mails: how many opened a disclosure, how many were acknowledged. */
function byLabel({ results }: CorpusRun): Record<string, Record<string, number>> {
  const counts: Record<string, { mails: number; opened: number; acknowledged: number }> = {};
  for (const { label, disposition, acknowledged } of results) {
    if (!label) continue;
    counts[label] ??= { mails: 0, opened: 0, acknowledged: 0 };
    counts[label].mails++;
    if (disposition === 'opened') counts[label].opened++;
    if (acknowledged) counts[label].acknowledged++;
  }
  return counts;
}

/** A desk of its own in a folder of its own, gone afterwards. */
async function onEmulator(mails: readonly CorpusMail[], labels: Labels): Promise<CorpusRun> {
  // A run in memory needs neither; they take longer to load than it takes.
  const { startDesk, usualPorts } = await import('./desk.ts');
  const { runOnDesk } = await import('../test/corpus/run-on-desk.ts');
  const began = performance.now();
  const progress = (line: string): void =>
    say(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  await mkdir(join(projectRoot, '.desk'), { recursive: true });
  const folder = mkdtempSync(join(projectRoot, '.desk', 'corpus-'));
  const ports = Object.fromEntries(Object.keys(usualPorts).map((name) => [name, 0])) as unknown as Ports;
  const desk = await startDesk({ folder, ports, progress });
  try {
    return await runOnDesk(desk, mails, labels, progress);
  } finally {
    await desk.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every fourth seed lets the adapters try again by themselves; they wait before it, so that runs share the time. */
async function onUnkindAws(seeds: number): Promise<readonly AwsRun[]> {
  const { runOnUnkindAws } = await import('../test/corpus/run-on-unkind-aws.ts');
  const { ownMails } = await import('../test/corpus/own-mails.ts');
  const runs: AwsRun[] = [];
  let next = 1;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (next <= seeds) {
        const seed = next++;
        runs.push(await runOnUnkindAws(ownMails, labels, { seed, attempts: seed % 4 === 0 ? 2 : 1 }));
      }
    }),
  );
  return runs.toSorted((a, b) => a.seed - b.seed);
}

function showAws(run: AwsRun, json: boolean): void {
  const { seed, mails, disclosures, lost, doubled, acksToSuppressed, letters, sentAgain, met, crashes } = run;
  for (const crash of crashes) say(`broke: ${crash}`);
  if (json) {
    console.log(
      JSON.stringify({
        aws: seed,
        mails,
        disclosures,
        lost,
        doubled,
        acksToSuppressed,
        letters,
        sentAgain,
        met,
      }),
    );
    return;
  }
  const faults = Object.entries(met)
    .map(
      ([service, { throttled, broken, lost: lostAnswers }]) =>
        `${service} ${throttled}/${broken}/${lostAnswers}`,
    )
    .join(', ');
  console.log(
    `AWS, seed ${seed}: ${mails} mails, ${disclosures} disclosures, ${lost} lost, ${doubled} doubled, ${acksToSuppressed} acknowledgements to suppressed mail, ${crashes.length} crashes, ${letters} letters, ${sentAgain} sent again after an outcome that nobody could know; throttled/broken/lost: ${faults}`,
  );
}

const boolean = { type: 'boolean', default: false } as const;
const { values, positionals } = commandLine(
  usage,
  {
    json: boolean,
    each: boolean,
    hostile: boolean,
    emulator: boolean,
    aws: boolean,
    seeds: { type: 'string', default: '0' },
  },
  { positionals: true },
);
const seeds = wholeNumber(usage, 'seeds', values.seeds);
if (values.aws && seeds === 0) fail('--aws takes its faults from --seeds');
if (values.emulator && seeds > 0) fail('--seeds puts faults between ports in memory, not into the emulator');
const labels = JSON.parse(await readFile(`${fixtures}/labels.json`, 'utf8')) as Labels;
const mails = mailsOf(positionals.length > 0 ? positionals : usualFolders, values.hostile);
const runs = values.emulator
  ? [await onEmulator(mails, labels)]
  : [await runCorpus(mails, labels, kindWorld)];
for (let seed = 1; seed <= seeds; seed++) runs.push(await runCorpus(mails, labels, unkindWorld(seed)));
for (const run of runs) show(run, { json: values.json, each: values.each && run === runs[0] });
const onAws = values.aws ? await onUnkindAws(seeds) : [];
for (const run of onAws) showAws(run, values.json);
await parser.close();
const broken =
  runs.some(
    ({ summary, crashes }) => summary.lost + summary.doubled + summary.acksToSuppressed + crashes.length > 0,
  ) ||
  onAws.some(
    ({ lost, doubled, acksToSuppressed, crashes }) => lost + doubled + acksToSuppressed + crashes.length > 0,
  );
process.exitCode = broken ? 1 : 0;
