import * as z from 'zod';

const number = z.number().nonnegative();

/** What one disclosure caused from its mail to its publication, as `bench/lifecycle.ts --save` counted it. */
export const countsSchema = z.strictObject({
  /** DynamoDB write request units, table and indexes. */
  writeUnits: number,
  /** States that its executions entered. */
  transitions: number,
  /** By function; of the pages' function every request. */
  invocations: z.record(z.string(), number),
  /** Requests that API Gateway handed on: pages, acts and webhooks. */
  requests: number,
  letters: number,
});
export type Counts = z.infer<typeof countsSchema>;

/** US dollars by unit, as `prices.json` has them. */
export type Prices = Readonly<Record<string, number>>;
/** Units of a price that an account has free each month, for good: AWS's free tier without what ends after a year. */
export type FreeTier = Readonly<Record<string, number>>;
/** What nobody measured, as `assumptions.json` has it: seconds, megabytes, days, and how many for each. */
export type Assumptions = Readonly<Record<string, number>>;

/** What a deployment consists of, as far as it is paid for by the month or works by itself. */
export interface Resources {
  /** By name: memory in MB, and how many secrets a cold start reads. */
  readonly functions: Readonly<Record<string, { readonly memoryMb: number; readonly secrets: number }>>;
  /** Recurring schedules: the function and its runs in a month. */
  readonly schedules: readonly { readonly calls: string; readonly runs: number }[];
  readonly alarms: number;
  /** Queues that Lambda polls. */
  readonly polledQueues: number;
  readonly dashboards: number;
  readonly keys: number;
  readonly secrets: number;
  /** Custom metrics that an idle desk writes, and those of a busy one. */
  readonly metrics: { readonly idle: number; readonly busy: number };
}

/** So much of what one price is for. */
interface Charge {
  readonly price: string;
  readonly units: number;
}

export interface CostLine {
  readonly what: string;
  /** At list prices, nothing free. */
  readonly usd: number;
  /** In an account whose free tier nothing else uses. */
  readonly usdBesideFreeTier: number;
}

const known = (values: Readonly<Record<string, number>>, file: string) => (name: string) => {
  const value = values[name];
  if (value === undefined) throw new RangeError(`${file} has no ${name}`);
  return value;
};

const secondsOfMonth = 730 * 3600;
const million = 1_000_000;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

export interface CostModel {
  readonly counts: Counts;
  readonly resources: Resources;
  readonly prices: Prices;
  readonly freeTier: FreeTier;
  readonly assumptions: Assumptions;
}

/**
 * What a month costs in which so many reports come and each gets to its publication, line by line.
 * @throws RangeError for a price or an assumption that nobody entered
 */
export function monthlyCost(reports: number, model: CostModel): readonly CostLine[] {
  const price = known(model.prices, 'prices.json');
  const cost = ({ price: name, units }: Charge, free = 0) => Math.max(0, units - free) * price(name);
  return usage(reports, model).map(([what, ...charges]) => ({
    what,
    usd: sum(charges.map((each) => cost(each))),
    usdBesideFreeTier: sum(charges.map((each) => cost(each, model.freeTier[each.price]))),
  }));
}

/** What such a month uses, line by line, in the units of the prices. */
function usage(
  reports: number,
  { counts, resources, assumptions }: CostModel,
): readonly (readonly [string, ...Charge[]])[] {
  const assumed = known(assumptions, 'assumptions.json');
  const open = (reports * assumed('daysOpen')) / 30.4;

  const functionOf = (name: string) => resources.functions[name] ?? { memoryMb: 512, secrets: 0 };
  const runs = sum(resources.schedules.map((each) => each.runs));
  const polls = resources.schedules.filter(({ calls }) => calls.startsWith('observe-'));
  const idle = resources.schedules.map(({ calls, runs: times }) => ({ name: calls, times }));
  const busy = Object.entries(counts.invocations).map(([name, times]) => ({ name, times: times * reports }));
  const invocations = [...idle, ...busy];
  const invoked = sum(invocations.map(({ times }) => times));
  const gigabyteSeconds =
    sum(
      invocations.map(
        ({ name, times }) => (times * assumed('secondsPerInvocation') * functionOf(name).memoryMb) / 1024,
      ),
    ) +
    sum(
      polls.map(
        ({ calls, runs: times }) =>
          (times * open * assumed('secondsPerPolledDisclosure') * functionOf(calls).memoryMb) / 1024,
      ),
    );
  const secretCalls = sum(invocations.map(({ name, times }) => times * functionOf(name).secrets));

  const writes = counts.writeUnits * reports;
  const reads = writes * assumed('readsPerWrite') + sum(polls.map(({ runs: times }) => times * (open + 1)));
  const stored = (reports * assumed('monthsKept') * assumed('recordMegabytesPerReport')) / 1024;
  const mailsIn = reports * assumed('mailsInPerReport');
  const mailGb = (mailsIn * assumed('megabytesPerMail')) / 1024;
  const queueRequests =
    (resources.polledQueues * assumed('pollersPerQueue') * secondsOfMonth) / assumed('queuePollSeconds') +
    mailsIn * 3;

  const of = (name: string, units: number): Charge => ({ price: name, units });
  return [
    ['CloudWatch alarms', of('alarmMonth', resources.alarms)],
    ['CloudWatch dashboard', of('dashboardMonth', resources.dashboards)],
    ['CloudWatch metrics of our own', of('metricMonth', resources.metrics[reports > 0 ? 'busy' : 'idle'])],
    ['CloudWatch Logs', of('logsGb', (invoked * assumed('logKilobytesPerInvocation')) / 1024 / 1024)],
    [
      'Secrets Manager',
      of('secretMonth', resources.secrets),
      of('secretTenThousandCalls', secretCalls / 10_000),
    ],
    [
      'KMS',
      of('kmsKeyMonth', resources.keys),
      of('kmsTenThousandRequests', (invoked * assumed('keyCallsPerInvocation')) / 10_000),
    ],
    ['Lambda', of('lambdaArmGbSecond', gigabyteSeconds), of('lambdaMillionRequests', invoked / million)],
    ['EventBridge Scheduler', of('schedulerMillion', runs / million)],
    ['SQS', of('sqsMillionRequests', queueRequests / million)],
    [
      'DynamoDB',
      of('dynamodbMillionWrites', writes / million),
      of('dynamodbMillionReads', reads / million),
      of('dynamodbGbMonth', stored),
      of('dynamodbBackupGbMonth', stored),
    ],
    ['Step Functions', of('statesMillionTransitions', (counts.transitions * reports) / million)],
    ['SES, letters', of('sesThousandOut', (counts.letters * reports) / 1000)],
    [
      'SES, mails received',
      of('sesThousandIn', mailsIn / 1000),
      // A chunk is 256 KB.
      of('sesThousandChunksIn', (mailGb * 4096) / 1000),
    ],
    [
      'S3',
      of('s3GbMonth', mailGb * assumed('monthsKept')),
      // Put, copied to the archive, and texts beside it.
      of('s3ThousandPuts', (mailsIn * 4) / 1000),
    ],
    // Of each letter SES tells that it was sent and delivered.
    ['SNS', of('snsMillionPublishes', (mailsIn + counts.letters * reports * 2) / million)],
    ['API Gateway', of('httpApiMillion', (counts.requests * reports) / million)],
  ];
}
