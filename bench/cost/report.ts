import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deploymentOf } from '../../lib/config.ts';
import { parseDeskConfig } from '../../lib/desk-config.ts';
import { countsSchema, monthlyCost } from './model.ts';
import { resourcesOf } from './resources.ts';

/** Reports in a month: none, and three sizes of project. */
const months = [0, 5, 50, 500];

const read = (file: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'));

const dollars = (usd: number): string => (usd > 0 && usd < 0.005 ? '<0.01' : usd.toFixed(2));

/** The table of docs/cost.md, for the configuration given: what a month costs, line by line. */
export async function costReport(config: unknown): Promise<string> {
  const prices = read('prices.json') as { usd: Record<string, number>; source: string; asOf: string };
  const assumptions = read('assumptions.json') as Record<string, number>;
  const counts = countsSchema.parse(read('measured.json'));
  const resources = await resourcesOf(deploymentOf(parseDeskConfig(config)));
  const model = { counts, resources, prices: prices.usd, assumptions };
  const columns = months.map((reports) => monthlyCost(reports, model));
  const rows = (columns[0] ?? []).map(({ what }, at) => [
    what,
    ...columns.map((lines) => dollars(lines[at]?.usd ?? 0)),
  ]);
  const sums = columns.map((lines) => lines.reduce((all, { usd }) => all + usd, 0));
  const each = ((sums.at(-1) ?? 0) - (sums[0] ?? 0)) / (months.at(-1) ?? 1);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const invoked = Object.values(counts.invocations).reduce((all, times) => all + times, 0);
  return [
    row(['US dollars a month', 'idle', ...months.slice(1).map((reports) => `${reports} reports`)]),
    row(['---', ...months.map(() => '---:')]),
    ...rows.map(row),
    row(['**sum**', ...sums.map((usd) => `**${usd.toFixed(2)}**`)]),
    '',
    `One more report costs ${each.toFixed(3)} dollars at 500 a month. Counted of one disclosure: ${counts.writeUnits} write units, ${counts.transitions} transitions, ${invoked} invocations, ${counts.letters} letters, ${counts.requests} requests. Counted in the template: ${resources.alarms} alarms, ${resources.secrets} secrets, ${resources.keys} key, ${Math.round(resources.schedules.reduce((all, { runs }) => all + runs, 0))} scheduled runs a month.`,
    '',
    `Prices: ${prices.source}, ${prices.asOf}.`,
  ].join('\n');
}
