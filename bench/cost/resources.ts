import { App } from 'aws-cdk-lib';
import { metrics } from '../../functions/contracts/metrics.ts';
import { emptyBundles } from '../../lib/bundling.ts';
import type { Deployment } from '../../lib/config.ts';
import { DeskStack } from '../../lib/desk-stack.ts';
import type { Resources } from './model.ts';

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of any resource type
  readonly Properties: any;
}

const hoursOfMonth = 730;

/** Runs of a schedule in a month, by its expression. */
function runsOf(expression: string): number {
  const minutes = /^rate\((\d+) minutes?\)$/.exec(expression)?.[1];
  if (minutes) return (hoursOfMonth * 60) / Number(minutes);
  if (/^cron\(\d+ \d+ \* \* \? \*\)$/.test(expression)) return hoursOfMonth / 24;
  throw new RangeError(`the cost model does not know how often ${expression} is`);
}

/** Counts what the template of a deployment has; the secrets of GitHub and Discourse are the administrator's own. */
export async function resourcesOf(deployment: Deployment): Promise<Resources> {
  const app = new App({ analyticsReporting: false });
  const stack = new DeskStack(app, { deployment, bundles: await emptyBundles() });
  const { Resources: all } = app.synth().getStackByName(stack.stackName).template as {
    Resources: Record<string, Resource>;
  };
  const of = (type: string): readonly (readonly [string, Resource])[] =>
    Object.entries(all).filter(([, { Type }]) => Type === type);
  const functions = new Map(
    of('AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
      const name = String(Properties.FunctionName ?? '').replace(`${stack.stackName}-`, '');
      const variables = Object.keys(Properties.Environment?.Variables ?? {});
      const secrets = variables.filter((each) => each.endsWith('_SECRET_ARN')).length;
      return name === '' ? [] : [[id, { name, memoryMb: Properties.MemorySize, secrets }] as const];
    }),
  );
  const { github, discourse } = deployment.config;
  return {
    functions: Object.fromEntries([...functions.values()].map(({ name, ...rest }) => [name, rest])),
    schedules: of('AWS::Scheduler::Schedule').map(([, { Properties }]) => ({
      calls: functions.get(Properties.Target.Arn['Fn::GetAtt']?.[0])?.name ?? 'unknown',
      runs: runsOf(Properties.ScheduleExpression),
    })),
    // An alarm is paid for by each metric that it watches.
    alarms: of('AWS::CloudWatch::Alarm').reduce(
      (all, [, { Properties }]) =>
        all + (Properties.Metrics?.filter((each: { MetricStat?: unknown }) => each.MetricStat).length ?? 1),
      0,
    ),
    polledQueues: of('AWS::Lambda::EventSourceMapping').filter(([, { Properties }]) =>
      of('AWS::SQS::Queue').some(([id]) => id === Properties.EventSourceArn['Fn::GetAtt']?.[0]),
    ).length,
    dashboards: of('AWS::CloudWatch::Dashboard').length,
    keys: of('AWS::KMS::Key').length,
    secrets:
      of('AWS::SecretsManager::Secret').length +
      [github?.secretName, discourse?.secretName].filter((name) => name !== undefined).length,
    // A metric is paid for by the hours in which it is written: each is written when there is something to count.
    metrics: { idle: 0, busy: metrics.length },
  };
}
