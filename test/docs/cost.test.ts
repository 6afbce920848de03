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
  alarms: 12,
  polledQueues: 2,
  dashboards: 1,
  keys: 1,
  secrets: 2,
  metrics: { idle: 0, busy: 8 },
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
    freeTier: read('prices.json').freeEachMonth,
    assumptions,
    ...change,
  });
  return Object.fromEntries(lines.map(({ what, ...usd }) => [what, usd]));
}

test('each line is what its count costs at its list price', () => {
  const cost = costOf(1000);

  expect(cost['CloudWatch alarms']?.usd).toBeCloseTo(1.2);
  // Five pollers of each queue, each asking every 20 seconds, and three requests of each mail.
  expect(cost.SQS?.usd).toBeCloseTo((2 * 5 * 131_400 + 3000 * 3) * 0.0000004);
  expect(cost['CloudWatch dashboard']?.usd).toBeCloseTo(3);
  expect(cost['Step Functions']?.usd).toBeCloseTo(10 * 1000 * 0.000025);
  expect(cost['SES, letters']?.usd).toBeCloseTo(30 * 0.1);
  expect(cost['API Gateway']?.usd).toBeCloseTo(0.02);
  // 3,000 sweeps of half a GB for a second, and 4,000 mails of one GB.
  expect(cost.Lambda?.usd).toBeCloseTo((1500 + 4000) * 0.0000133334 + 0.007 * 0.2);
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
    expect(idle[line]?.usd).toBeCloseTo(0);
  expect(idle['CloudWatch metrics of our own']?.usd).toBeCloseTo(0);
});

test('what the free tier has is taken off, line by line, and never more than there is', () => {
  const cost = costOf(1000);

  expect(cost['CloudWatch alarms']?.usdBesideFreeTier).toBeCloseTo(0.2);
  expect(cost['CloudWatch dashboard']?.usdBesideFreeTier).toBe(0);
  // A key is not free, 20,000 requests are: 7,000 invocations make 21,000.
  expect(cost.KMS?.usdBesideFreeTier).toBeCloseTo(1 + 0.1 * 0.03);
  expect(cost['Step Functions']?.usdBesideFreeTier).toBeCloseTo((10_000 - 4000) * 0.000025);
  expect(cost['SES, letters']?.usdBesideFreeTier).toBe(cost['SES, letters']?.usd);
});

test('a price or an assumption that nobody entered is an error, not nothing', () => {
  const model = { counts, resources, prices: {}, freeTier: {}, assumptions: {} };

  expect(() => monthlyCost(1, model)).toThrow(RangeError);
});
