import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { matches, unasked } from '../../local/grants/unasked.ts';
import { resourcesOf, text } from './resources.ts';
import { local, production, templateOf } from './synthesise.ts';

interface Granted {
  readonly where: string;
  readonly action: string;
  readonly principal: unknown;
  readonly resource: string;
}

interface RawStatement {
  readonly Action: string | string[];
  readonly Principal?: unknown;
  readonly Resource?: unknown;
}

const documents: Readonly<Record<string, string>> = {
  'AWS::IAM::Policy': 'PolicyDocument',
  'AWS::IAM::Role': 'AssumeRolePolicyDocument',
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::S3::BucketPolicy': 'PolicyDocument',
};

const grantsOf = (template: Template): readonly Granted[] =>
  Object.entries(documents).flatMap(([type, key]) =>
    resourcesOf(template, type).flatMap(([where, { Properties }]) =>
      Properties[key].Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow').flatMap(
        ({ Action, Principal, Resource }: RawStatement) =>
          [Action].flat().flatMap((action) =>
            [Resource ?? '*'].flat().map((resource) => ({
              ...{ where, action, principal: Principal ?? null, resource: text(resource) },
            })),
          ),
      ),
    ),
  );

const shown = ({ where, action, principal }: Granted): string =>
  `${where} ${action} ${JSON.stringify(principal)}`;

describe('grants that the emulator cannot ask for (local/grants/unasked.ts)', () => {
  let here: readonly Granted[];
  let there: readonly Granted[];
  beforeAll(async () => {
    here = grantsOf(await templateOf(local()));
    there = grantsOf(await templateOf(production()));
  });

  test('production has no other grant than the emulator, but for explained ones', () => {
    const known = new Set(here.map(shown));
    const more = there.filter((each) => !known.has(shown(each)));

    expect(more.length).toBeGreaterThan(5);
    expect(more.filter((each) => !unasked.some((entry) => matches(entry, each))).map(shown)).toEqual([]);
  });

  test.each(unasked.map((entry) => [entry.where.source, entry] as const))(
    '%s stands for a grant of production, and says why',
    (_, entry) => {
      expect(there.filter((each) => matches(entry, each))).not.toEqual([]);
      expect(entry.why.length).toBeGreaterThan(40);
    },
  );
});
