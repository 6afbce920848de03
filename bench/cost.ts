import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandLine } from '../local/command-line.ts';
import { costReport } from './cost/report.ts';

const usage = `npm run cost -- [options]
  What a month costs: from the counts of bench/lifecycle.ts --save, what the template has, and list prices.
  --config FILE  another configuration than desk.config.ts
  --write        put the table into docs/cost.md, where a test keeps it`;

const root = resolve(import.meta.dirname, '..');
const { values } = commandLine(usage, { config: { type: 'string' }, write: { type: 'boolean' } });
const module: { default?: unknown } = await import(
  pathToFileURL(resolve(root, values.config ?? 'desk.config.ts')).href
);
const report = await costReport(module.default);
process.stdout.write(`${report}\n`);
if (values.write) {
  const file = join(root, 'docs', 'cost.md');
  const between = /(<!-- npm run cost -->\n)[\s\S]*?(<!-- \/npm run cost -->)/;
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(between, (_, before, after) => `${before}\n${report}\n\n${after}`),
  );
}
