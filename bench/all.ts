import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { commandLine } from '../local/command-line.ts';

const usage = `npm run bench -- [options]
  Every bench in a process of its own, one after the other, so that none hears another.
  --json  one line of JSON a figure: {"bench","value","unit","bar","pass"}
Exit code 1 where a bar is missed or a bench did not come to a figure.`;

const { values } = commandLine(usage, { json: { type: 'boolean' } });

/** In the order of their bars, P1 to P8. */
const benches = [
  'cold-page',
  'cold-worst',
  'bundle-bytes',
  'intake',
  'sweep',
  'lifecycle',
  'flood',
  'suite',
] as const;

const missed = benches.filter((bench) => {
  const file = join(import.meta.dirname, `${bench}.ts`);
  const { status } = spawnSync(process.execPath, [file, ...(values.json ? ['--json'] : [])], {
    stdio: 'inherit',
  });
  return status !== 0;
});
if (missed.length > 0) {
  process.stderr.write(`bars missed: ${missed.join(', ')}\n`);
  process.exitCode = 1;
}
