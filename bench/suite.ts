import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Findings, main } from './report.ts';

/*
 * P8: a developer's loop. Wall time of the unit suite ÷ the same runner on 100 files of one empty test, with the same
 * pool and as many threads. The runner before and after the suite; the mean of the two.
 */

const root = resolve(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Seconds of one run. @throws Error when a test fails: a red suite has no speed. */
function seconds(folder: string, args: readonly string[]): number {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: '1' },
  });
  if (status !== 0) throw new Error(`the suite is red:\n${`${stdout}\n${stderr}`.slice(-4000)}`);
  return (performance.now() - began) / 1000;
}

interface TestReport {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
  }[];
}

/** A project with 100 test files that do nothing. */
function emptyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'desk-suite-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    "export default { test: { include: ['*.test.ts'], pool: 'threads', maxWorkers: '100%' } };",
  );
  for (let number = 0; number < 100; number++)
    writeFileSync(
      join(folder, `empty-${number}.test.ts`),
      "import { test } from 'vitest';\ntest('nothing', () => {});\n",
    );
  return folder;
}

async function measure(): Promise<Findings> {
  const folder = emptyProject();
  try {
    const file = join(folder, 'report.json');
    const unit = ['--project', 'unit', '--reporter=json', `--outputFile=${file}`];
    const before = seconds(folder, []);
    const wall = seconds(root, unit);
    const mean = (before + seconds(folder, [])) / 2;
    const { default: report } = (await import(file, { with: { type: 'json' } })) as { default: TestReport };
    const slowest = report.testResults
      .map(({ name, startTime, endTime }) => ({ name, took: (endTime - startTime) / 1000 }))
      .toSorted((a, b) => b.took - a.took)
      .slice(0, 10)
      .map(({ name, took }) => `${took.toFixed(1)} s ${name.slice(root.length + 1)}`);
    return {
      figures: [
        {
          bench: 'suite',
          value: wall / mean,
          unit: 'wall of the unit suite ÷ the runner on 100 empty files',
          bar: 3,
          kind: 'time',
        },
      ],
      notes: [
        `${wall.toFixed(1)} s for ${report.numTotalTests} tests, ${mean.toFixed(1)} s for 100 empty files`,
        `slowest: ${slowest.join(', ')}`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main(measure);
