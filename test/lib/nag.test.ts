import { Validations } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import type { DeskConfigInput } from '../../lib/desk-config.ts';
import { local, production, stackOf } from './synthesise.ts';

const zone = { id: 'Z0123456789ABCDEFGHIJ', name: 'openedx.example' };
const shapes: Record<string, Partial<DeskConfigInput>> = {
  'the example': {},
  'a hosted zone and a name of its own': {
    hostedZone: zone,
    links: { base: 'https://desk.openedx.example' },
  },
  'another system’s rule set': { receiving: { names: [], ruleSet: 'shared' } },
};

describe('cdk-nag, AwsSolutions', () => {
  test.each([
    ...Object.entries(shapes).map(([name, changes]) => [name, production(changes)] as const),
    ['the local desk', local()] as const,
  ])('finds nothing in %s', async (_, deployment) => {
    const { app, stack } = await stackOf(deployment);

    const report = new AwsSolutionsChecks(app).validateScope(stack);

    expect(report.violations).toEqual([]);
    expect(report.success).toBe(true);
  });

  test('would find a bucket that is not ours', async () => {
    const { app, stack } = await stackOf(production());
    new CfnBucket(stack, 'Planted');

    const report = new AwsSolutionsChecks(app).validateScope(stack);

    expect(report.violations.map(({ ruleName }) => ruleName)).toContain('AwsSolutions-S1');
  });

  test('every suppression is reasoned', async () => {
    const { stack } = await stackOf(production());

    const reasons = stack.node
      .findAll()
      .flatMap((construct) => construct.node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>));

    expect(reasons.length).toBeGreaterThan(5);
    for (const [id, reason] of reasons) expect(String(reason).length, id).toBeGreaterThan(30);
  });
});
