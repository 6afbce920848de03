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
  let alarms: readonly { AlarmName: string; AlarmDescription: string; AlarmActions: unknown[] }[];
  beforeAll(async () => {
    template = await templateOf(production());
    alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
  });
  const sectionOf = ({ AlarmDescription }: { AlarmDescription: string }) =>
    /docs\/runbook\.md, section ([\w-]+)\.$/.exec(AlarmDescription)?.[1] ?? 'none';

  test('each has a name, a reason, and a section of the runbook', () => {
    expect(alarms.length).toBeGreaterThan(20);
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

  test('watch every function that runs by itself and every queue of failures', () => {
    const names = alarms.map(({ AlarmName }) => AlarmName.replace('DisclosureDesk-', ''));
    // Both of these run within a deployment, which fails with them.
    const running = functionNames.filter((name) => name !== 'seed-desk' && name !== 'activate-inbound');
    expect(names).toEqual(expect.arrayContaining(running.map((name) => `failed-${name}`)));
    const queues = ['intake', 'deliveries', 'errands', 'letterEvents', 'schedules'];
    expect(names).toEqual(expect.arrayContaining(queues.map((name) => `dead-letters-${name}`)));
  });

  test('every metric of ours is on the dashboard', () => {
    const [[, dashboard] = []] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    const body = text(dashboard?.Properties.DashboardBody);
    for (const name of metrics) expect(body).toContain(name);
  });
});
