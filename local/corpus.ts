import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type CorpusMail,
  type CorpusRun,
  kindWorld,
  type Label,
  runCorpus,
  unkindWorld,
} from '../test/corpus/run-corpus.ts';
import { parser } from '../test/receive-mail/mail-room.ts';
import { hostileMails } from '../test/support/hostile-mails.ts';

const usage = `npm run test:corpus -- DIR… [--json] [--each] [--seeds N] [--hostile]
  DIR        folders or files of raw mails, searched through; the project's own genuine reports without any
  --json     one line of JSON a run at the end: {"mails","disclosures","dispositions","lost","doubled",…}
  --each     one line a mail before it, with its kind and why
  --seeds N  further runs in which notifications are dropped, doubled and shuffled and calls of every port fail
  --hostile  the project's own hostile mails besides`;

const labelFile = resolve(import.meta.dirname, '../test/fixtures/labels.json');
const genuine = resolve(import.meta.dirname, '../test/fixtures/genuine');

/** All files below a path, in order of their names; hidden ones are left out. */
async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
  return (await Promise.all(names.map((name) => filesBelow(join(path, name))))).flat();
}

async function mailsOf(paths: readonly string[], withHostile: boolean): Promise<CorpusMail[]> {
  const files = (await Promise.all(paths.map(filesBelow))).flat();
  const mails = await Promise.all(
    files.map(async (file) => ({ file, raw: new Uint8Array(await readFile(file)) })),
  );
  const hostile = withHostile
    ? hostileMails.map(({ name, raw }) => ({ file: `hostile:${name}`, raw: raw() }))
    : [];
  return [...mails, ...hostile];
}

function show(run: CorpusRun, options: { json: boolean; each: boolean }): void {
  const { summary, results } = run;
  if (options.each)
    for (const result of results)
      console.log(
        options.json
          ? JSON.stringify(result)
          : `${result.disposition}\t${result.kind} (${result.why})\t${result.suppressed ?? (result.acknowledged ? 'acknowledged' : 'not answered')}\t${result.file}`,
      );
  if (options.json) {
    console.log(JSON.stringify(summary));
    return;
  }
  console.table(summary.dispositions);
  const { mails, disclosures, lost, doubled, acksToSuppressed, seconds } = summary;
  console.log(
    `${mails} mails, ${disclosures} disclosures, ${lost} lost, ${doubled} doubled, ${acksToSuppressed} acknowledgements to suppressed mail, ${seconds} s`,
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    each: { type: 'boolean', default: false },
    hostile: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const seeds = Number(values.seeds);
if (!Number.isInteger(seeds) || seeds < 0) {
  console.error(`--seeds takes a whole number, not ${values.seeds}\n${usage}`);
  process.exit(2);
}
const labels = JSON.parse(await readFile(labelFile, 'utf8')) as Record<string, Label>;
const mails = await mailsOf(positionals.length > 0 ? positionals : [genuine], values.hostile);
const runs = [
  await runCorpus(mails, labels, kindWorld),
  ...(await Array.from({ length: seeds }).reduce<Promise<CorpusRun[]>>(
    async (before, _, at) => [...(await before), await runCorpus(mails, labels, unkindWorld(at + 1))],
    Promise.resolve([]),
  )),
];
for (const run of runs) show(run, { json: values.json, each: values.each && run === runs[0] });
await parser.close();
const broken = runs.some(({ summary }) => summary.lost + summary.doubled + summary.acksToSuppressed > 0);
process.exitCode = broken ? 1 : 0;
