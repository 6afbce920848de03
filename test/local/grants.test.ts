import { describe, expect, test } from 'vitest';
import type { Evaluation, Grant } from '../../local/grants/evaluate.ts';
import { refusedOnPurpose } from '../../local/grants/removed.ts';
import { reportOn } from '../../local/grants/report.ts';

const grant = (over: Partial<Grant> = {}): Grant => ({
  key: 'DeliveryDeliverRoleDefaultPolicy8D26D764/0/dynamodb:PutItem/0',
  where: 'DeliveryDeliverRoleDefaultPolicy8D26D764',
  statement: null,
  principal: null,
  action: 'dynamodb:PutItem',
  resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/Desk',
  needed: 'deliver: dynamodb:PutItem',
  ...over,
});

/** What `test/emulator/grants.test.ts` has refused. */
const onPurpose = refusedOnPurpose.map(({ who, action }) => ({
  who: who.source.replaceAll(/[\^$\\]/g, ''),
  action,
  resource: '*',
}));

const evaluated = (over: Partial<Evaluation> = {}): Evaluation => ({
  grants: [grant()],
  denied: onPurpose,
  asked: 200,
  outdated: 0,
  ...over,
});

describe('the report on grants', () => {
  test('has nothing to say where every grant was asked for', () => {
    expect(reportOn(evaluated())).toEqual({ needed: 1, explained: 0, problems: [] });
  });

  test('names a grant that nothing asked for', () => {
    const { problems } = reportOn(
      evaluated({ grants: [grant(), grant({ action: 'dynamodb:Scan', needed: null })] }),
    );

    expect(problems).toEqual([expect.stringMatching(/^nothing asked for it: .*dynamodb:Scan/)]);
  });

  test('takes an explained one as it is, and names it once it was asked for', () => {
    const alarms = {
      where: 'MonitoringAdministratorsPolicy0BCE6C6F',
      statement: 'Alarms',
      principal: { Service: 'cloudwatch.amazonaws.com' },
      action: 'sns:Publish',
    };

    expect(reportOn(evaluated({ grants: [grant({ ...alarms, needed: null })] }))).toEqual({
      needed: 0,
      explained: 1,
      problems: [],
    });
    expect(reportOn(evaluated({ grants: [grant(alarms)] })).problems).toHaveLength(1);
  });

  test('names what was refused, and what ought to have been and was not', () => {
    const other = { who: 'DisclosureDesk-Role', action: 's3:GetObject', resource: '*' };

    expect(reportOn(evaluated({ denied: [...onPurpose, other] })).problems).toEqual([
      'refused: DisclosureDesk-Role: s3:GetObject on *',
    ]);
    expect(reportOn(evaluated({ denied: onPurpose.slice(1) })).problems).toHaveLength(1);
  });

  test('does not take an empty run for a good one', () => {
    expect(reportOn(evaluated({ asked: 3 })).problems).toHaveLength(1);
    expect(reportOn(evaluated({ outdated: 1 })).problems).toHaveLength(1);
  });
});
