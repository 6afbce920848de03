import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deploymentOf } from '../../lib/config.ts';
import { parseDeskConfig } from '../../lib/desk-config.ts';
import {
  type Assumptions,
  type CostLine,
  countsSchema,
  type FreeTier,
  monthlyCost,
  type Prices,
} from './model.ts';
import { resourcesOf } from './resources.ts';

interface PriceList {
  readonly source: string;
  readonly asOf: string;
  readonly usd: Prices;
  readonly freeSource: string;
  readonly freeEachMonth: FreeTier;
}

/** Reports in a month: none, and three sizes of project. */
const months = [0, 5, 50, 500];

const read = (file: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'));

const dollars = (usd: number): string => (usd > 0 && usd < 0.005 ? '<0.01' : usd.toFixed(2));

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** One table: a line for each service, a column for each size of month, and the sums. */
function table(
  columns: readonly (readonly CostLine[])[],
  usdOf: (line: CostLine) => number,
): readonly string[] {
  const sums = columns.map((lines) => lines.reduce((all, line) => all + usdOf(line), 0));
  return [
    row(['US dollars a month', 'idle', ...months.slice(1).map((reports) => `${reports} reports`)]),
    row(['---', ...months.map(() => '---:')]),
    ...(columns[0] ?? []).map(({ what }, at) =>
      row([
        what,
        ...columns.map((lines) => {
          const line = lines[at];
          return dollars(line ? usdOf(line) : 0);
        }),
      ]),
    ),
    row(['**sum**', ...sums.map((usd) => `**${usd.toFixed(2)}**`)]),
  ];
}

const unitsOf = (free: FreeTier): string =>
  [
    `${free.alarmMonth} alarms`,
    `${free.dashboardMonth} dashboards`,
    `${free.metricMonth} metrics`,
    `${free.logsGb} GB of logs`,
    `${((free.kmsTenThousandRequests ?? 0) * 10_000).toLocaleString('en')} requests of KMS`,
    `${free.lambdaMillionRequests} million requests and ${free.lambdaArmGbSecond?.toLocaleString('en')} GB-seconds of Lambda`,
    `${free.schedulerMillion} million schedules`,
    `${free.sqsMillionRequests} million requests of SQS`,
    `${free.snsMillionPublishes} million of SNS`,
    `${((free.statesMillionTransitions ?? 0) * 1_000_000).toLocaleString('en')} transitions`,
    `${free.dynamodbGbMonth} GB in DynamoDB`,
  ].join(', ');

/** The tables of docs/cost.md, for the configuration given: what a month costs, line by line, without and with the free tier. */
export async function costReport(config: unknown): Promise<string> {
  const { usd: prices, freeEachMonth: freeTier, ...said } = read('prices.json') as PriceList;
  const assumptions = read('assumptions.json') as Assumptions;
  const counts = countsSchema.parse(read('measured.json'));
  const resources = await resourcesOf(deploymentOf(parseDeskConfig(config)));
  const columns = months.map((reports) =>
    monthlyCost(reports, { counts, resources, prices, freeTier, assumptions }),
  );
  const sums = columns.map((lines) => lines.reduce((all, { usd }) => all + usd, 0));
  const each = ((sums.at(-1) ?? 0) - (sums[0] ?? 0)) / (months.at(-1) ?? 1);
  const invoked = Object.values(counts.invocations).reduce((all, times) => all + times, 0);
  return [
    'At list prices, nothing free:',
    '',
    ...table(columns, ({ usd }) => usd),
    '',
    'In an account that uses its free tier for nothing else:',
    '',
    ...table(columns, ({ usdBesideFreeTier }) => usdBesideFreeTier),
    '',
    `One more report costs ${each.toFixed(3)} dollars at 500 a month. Counted of one disclosure: ${counts.writeUnits} write units, ${counts.transitions} transitions, ${invoked} invocations, ${counts.letters} letters, ${counts.requests} requests. Counted in the template: ${resources.alarms} alarms of one metric each, ${resources.dashboards} dashboard, ${resources.secrets} secrets, ${resources.keys} key, ${resources.polledQueues} queues that are polled, ${Math.round(resources.schedules.reduce((all, { runs }) => all + runs, 0))} scheduled runs a month.`,
    '',
    `Prices: ${said.source}, ${said.asOf}. Free each month: ${unitsOf(freeTier)}; ${said.freeSource}.`,
  ].join('\n');
}
