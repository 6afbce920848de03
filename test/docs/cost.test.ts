import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type Assumptions, type Counts, monthlyCost, type Resources } from '../../bench/cost/model.ts';
import { costReport } from '../../bench/cost/report.ts';
import example from '../../desk.config.ts';

process.env.CDK_VALIDATION = 'false';

test('docs/cost.md has the table that npm run cost prints: npm run cost -- --write puts it there', async () => {
  const docs = readFileSync(resolve(import.meta.dirname, '../../docs/cost.md'), 'utf8');
  const [, table = ''] = /<!-- npm run cost -->\n\n([\s\S]*)\n\n<!-- \/npm run cost -->/.exec(docs) ?? [];

  expect(table).toBe(await costReport(example));
  expect(table).toMatch(/\| idle \| 5 reports \| 50 reports \| 500 reports \|/);
});

const resources: Resources = {
  functions: { 'receive-mail': { memoryMb: 1024, secrets: 2 }, reconcile: { memoryMb: 512, secrets: 0 } },
  schedules: [{ calls: 'reconcile', runs: 3000 }],
  alarms: 10,
  dashboards: 1,
  keys: 1,
  secrets: 2,
  metrics: { idle: 1, busy: 8 },
};
const counts: Counts = {
  writeUnits: 100,
  transitions: 10,
  invocations: { 'receive-mail': 4 },
  requests: 20,
  letters: 30,
};

function costOf(reports: number, change: Partial<{ resources: Resources; counts: Counts }> = {}) {
  const read = (file: string) =>
    JSON.parse(readFileSync(resolve(import.meta.dirname, '../../bench/cost', file), 'utf8'));
  const assumptions: Assumptions = read('assumptions.json');
  const lines = monthlyCost(reports, {
    counts,
    resources,
    prices: read('prices.json').usd,
    assumptions,
    ...change,
  });
  return Object.fromEntries(lines.map(({ what, usd }) => [what, usd]));
}

test('each line is what its count costs at its list price', () => {
  const cost = costOf(1000);

  expect(cost['CloudWatch alarms']).toBeCloseTo(1);
  expect(cost['CloudWatch dashboard']).toBeCloseTo(3);
  expect(cost['Step Functions']).toBeCloseTo(10 * 1000 * 0.000025);
  expect(cost['SES, letters']).toBeCloseTo(30 * 0.1);
  expect(cost['API Gateway']).toBeCloseTo(0.02);
  // 3,000 sweeps of half a GB for a second, and 4,000 mails of one GB.
  expect(cost.Lambda).toBeCloseTo((1500 + 4000) * 0.0000133334 + 0.007 * 0.2);
});

test('an idle month pays for nothing that only a report causes', () => {
  const idle = costOf(0);

  for (const line of [
    'Step Functions',
    'SES, letters',
    'SES, mails received',
    'S3',
    'API Gateway',
    'DynamoDB',
  ])
    expect(idle[line]).toBeCloseTo(0);
  expect(idle['CloudWatch metrics of our own']).toBeCloseTo(0.3);
});

test('a price or an assumption that nobody entered is an error, not nothing', () => {
  const model = { counts, resources, prices: {}, assumptions: {} };

  expect(() => monthlyCost(1, model)).toThrow(RangeError);
});
