import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/*
 * `npm run bench` (`-- --json`): every bench in a process of its own, one after the other, so that none hears another.
 * Ends with 1 where a bar is missed or a bench did not come to a figure.
 */

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
  const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], { stdio: 'inherit' });
  return status !== 0;
});
if (missed.length > 0) {
  process.stderr.write(`bars missed: ${missed.join(', ')}\n`);
  process.exitCode = 1;
}
