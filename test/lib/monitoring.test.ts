import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { metrics } from '../../functions/contracts/metrics.ts';
import { functionNames } from '../../lib/functions.ts';
import { resourcesOf, text } from './resources.ts';
import { production, templateOf } from './synthesise.ts';

const runbook = readFileSync(resolve(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n', 1)[0] ?? '', section] as const),
);

describe('alarms', () => {
  let template: Template;
  let alarms: readonly {
    AlarmName: string;
    AlarmDescription: string;
    AlarmActions: unknown[];
    Dimensions?: readonly { Name: string; Value: unknown }[];
    Metrics?: unknown;
  }[];
  beforeAll(async () => {
    template = await templateOf(production());
    alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
  });
  const sectionOf = ({ AlarmDescription }: { AlarmDescription: string }) =>
    /docs\/runbook\.md, section ([\w-]+)\.$/.exec(AlarmDescription)?.[1] ?? 'none';

  test('each has a name, a reason, and a section of the runbook', () => {
    expect(alarms.length).toBeGreaterThan(15);
    for (const alarm of alarms) {
      expect(alarm.AlarmName).toMatch(/^DisclosureDesk-[a-zA-Z-]+$/);
      expect(alarm.AlarmDescription.length).toBeGreaterThan(60);
      expect([...sections.keys()]).toContain(sectionOf(alarm));
    }
  });

  test('no section is without its alarm, and each says what, how to look and what to do', () => {
    const named = new Set(alarms.map(sectionOf));
    for (const [name, section] of sections) {
      expect(named).toContain(name);
      for (const part of ['Description', 'Investigation', 'Resolution'])
        expect(section).toContain(`**${part}.**`);
    }
  });

  test("reach the administrators past the desk's own mail", () => {
    const [subscription] = resourcesOf(template, 'AWS::SNS::Subscription')
      .map(([, { Properties }]) => Properties)
      .filter(({ Protocol }) => Protocol === 'email');
    expect(subscription.Endpoint).toBe('desk-admin@openedx.example');
    const topic = text(subscription.TopicArn);
    for (const alarm of alarms) expect(alarm.AlarmActions.map(text)).toEqual([topic]);
  });

  const named = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `DisclosureDesk-${name}`);

  test('one hears of three failures of any function that runs by itself, from the reports in their logs', () => {
    // Both of these run within a deployment, which fails with them.
    const running = functionNames.filter((name) => name !== 'seed-desk' && name !== 'activate-inbound');
    const functions = resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties);
    const watched = resourcesOf(template, 'AWS::Logs::MetricFilter')
      .map(([, { Properties }]) => Properties)
      .filter(({ FilterPattern }) => FilterPattern.includes('platform.report'));
    const logOf = (name: string) =>
      text(
        functions.find(({ FunctionName }) => FunctionName === `DisclosureDesk-${name}`)?.LoggingConfig
          .LogGroup,
      );

    expect(new Set(watched.map(({ LogGroupName }) => text(LogGroupName)))).toEqual(
      new Set(running.map(logOf)),
    );
    for (const { FilterPattern, MetricTransformations } of watched) {
      for (const status of ['error', 'failure', 'timeout']) expect(FilterPattern).toContain(`"${status}"`);
      expect(MetricTransformations).toEqual([
        expect.objectContaining({
          MetricNamespace: 'DisclosureDesk',
          MetricName: 'DisclosureDeskFunctionFailed',
        }),
      ]);
    }
    expect(named('function-failed')).toMatchObject({
      Namespace: 'DisclosureDesk',
      MetricName: 'DisclosureDeskFunctionFailed',
      Statistic: 'Sum',
      Threshold: 3,
      Period: 900,
    });
  });

  test('the reports are there to be read: every function logs JSON, with what Lambda says of it', () => {
    for (const [, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function'))
      expect(Properties.LoggingConfig).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'INFO' });
  });

  test('watch every queue of failures, and the notices of mail that no queue took', () => {
    const names = alarms.map(({ AlarmName }) => AlarmName.replace('DisclosureDesk-', ''));
    const queues = ['intake', 'deliveries', 'errands', 'letterEvents', 'schedules'];
    expect(names).toEqual(expect.arrayContaining(queues.map((name) => `dead-letters-${name}`)));
    const notices = named('notices-failed');
    expect(notices).toMatchObject({
      Namespace: 'AWS/SNS',
      MetricName: 'NumberOfNotificationsFailed',
      Threshold: 1,
    });
    expect(notices?.Dimensions).toEqual([{ Name: 'TopicName', Value: expect.anything() }]);
    expect(text(notices?.Dimensions?.[0]?.Value)).toMatch(/^<MailIntakeTopic\w*\.TopicName>$/);
  });

  test('each watches one metric, as each metric is paid for', () => {
    for (const alarm of alarms) expect(alarm.Metrics, alarm.AlarmName).toBeUndefined();
  });

  test('the dashboard is one, of at most 50 metrics: three such are free', () => {
    const dashboards = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    const body = text(dashboards[0]?.[1].Properties.DashboardBody);
    const { widgets } = JSON.parse(body) as { widgets: { properties: { metrics?: unknown[] } }[] };
    const shown = widgets.flatMap(({ properties }) => properties.metrics ?? []);

    expect(dashboards).toHaveLength(1);
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.length).toBeLessThanOrEqual(50);
  });

  test('every metric of ours is on the dashboard', () => {
    const [[, dashboard] = []] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    const body = text(dashboard?.Properties.DashboardBody);
    for (const name of metrics) expect(body).toContain(name);
  });
});
