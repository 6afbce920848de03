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
/** What nobody measured, as `assumptions.json` has it: seconds, megabytes, days, and how many for each. */
export type Assumptions = Readonly<Record<string, number>>;

/** What a deployment consists of, as far as it is paid for by the month or works by itself. */
export interface Resources {
  /** By name: memory in MB, and how many secrets a cold start reads. */
  readonly functions: Readonly<Record<string, { readonly memoryMb: number; readonly secrets: number }>>;
  /** Recurring schedules: the function and its runs in a month. */
  readonly schedules: readonly { readonly calls: string; readonly runs: number }[];
  readonly alarms: number;
  readonly dashboards: number;
  readonly keys: number;
  readonly secrets: number;
  /** Custom metrics that an idle desk writes, and those of a busy one. */
  readonly metrics: { readonly idle: number; readonly busy: number };
}

export interface CostLine {
  readonly what: string;
  readonly usd: number;
}

/** A table's row may not be asked for a price that nobody entered. */
function priceOf(prices: Prices, assumptions: Assumptions) {
  return {
    price(name: string): number {
      const value = prices[name];
      if (value === undefined) throw new RangeError(`prices.json has no ${name}`);
      return value;
    },
    assumed(name: string): number {
      const value = assumptions[name];
      if (value === undefined) throw new RangeError(`assumptions.json has no ${name}`);
      return value;
    },
  };
}

const secondsOfMonth = 730 * 3600;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** What a month costs in which so many reports come and each gets to its publication; free tiers not counted. */
export function monthlyCost(
  reports: number,
  {
    counts,
    resources,
    prices,
    assumptions,
  }: {
    readonly counts: Counts;
    readonly resources: Resources;
    readonly prices: Prices;
    readonly assumptions: Assumptions;
  },
): readonly CostLine[] {
  const { price, assumed } = priceOf(prices, assumptions);
  const million = 1_000_000;
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
    (assumed('queuePollers') * secondsOfMonth) / assumed('queuePollSeconds') + mailsIn * 3;

  return [
    { what: 'CloudWatch alarms', usd: resources.alarms * price('alarmMonth') },
    { what: 'CloudWatch dashboard', usd: resources.dashboards * price('dashboardMonth') },
    {
      what: 'CloudWatch metrics of our own',
      usd: resources.metrics[reports > 0 ? 'busy' : 'idle'] * price('metricMonth'),
    },
    {
      what: 'CloudWatch Logs',
      usd: ((invoked * assumed('logKilobytesPerInvocation')) / 1024 / 1024) * price('logsGb'),
    },
    {
      what: 'Secrets Manager',
      usd:
        resources.secrets * price('secretMonth') + (secretCalls / 10_000) * price('secretTenThousandCalls'),
    },
    {
      what: 'KMS',
      usd:
        resources.keys * price('kmsKeyMonth') +
        ((invoked * assumed('keyCallsPerInvocation')) / 10_000) * price('kmsTenThousandRequests'),
    },
    {
      what: 'Lambda',
      usd:
        gigabyteSeconds * price('lambdaArmGbSecond') + (invoked / million) * price('lambdaMillionRequests'),
    },
    { what: 'EventBridge Scheduler', usd: (runs / million) * price('schedulerMillion') },
    { what: 'SQS', usd: (queueRequests / million) * price('sqsMillionRequests') },
    {
      what: 'DynamoDB',
      usd:
        (writes / million) * price('dynamodbMillionWrites') +
        (reads / million) * price('dynamodbMillionReads') +
        stored * (price('dynamodbGbMonth') + price('dynamodbBackupGbMonth')),
    },
    {
      what: 'Step Functions',
      usd: ((counts.transitions * reports) / million) * price('statesMillionTransitions'),
    },
    { what: 'SES, letters', usd: ((counts.letters * reports) / 1000) * price('sesThousandOut') },
    {
      what: 'SES, mails received',
      usd:
        (mailsIn / 1000) * price('sesThousandIn') +
        // A chunk is 256 KB.
        ((mailGb * 4096) / 1000) * price('sesThousandChunksIn'),
    },
    {
      what: 'S3',
      usd:
        mailGb * assumed('monthsKept') * price('s3GbMonth') +
        // Put, copied to the archive, and texts beside it.
        ((mailsIn * 4) / 1000) * price('s3ThousandPuts'),
    },
    {
      what: 'SNS',
      // Of each letter SES tells that it was sent and delivered.
      usd: ((mailsIn + counts.letters * reports * 2) / million) * price('snsMillionPublishes'),
    },
    { what: 'API Gateway', usd: ((counts.requests * reports) / million) * price('httpApiMillion') },
  ];
}
