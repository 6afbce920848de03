import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { changingRoutes } from '../../functions/contracts/routes.ts';
import { functionNames } from '../../lib/functions.ts';
import { resourcesOf, roleStatements, text } from './resources.ts';
import { local, production, templateOf } from './synthesise.ts';

/** What every deployment of the desk promises, wherever it runs. */
describe.each([
  ['production', production],
  ['local', local],
] as const)('the %s template', (where, deployment) => {
  let template: Template;
  beforeAll(async () => {
    template = await templateOf(deployment());
  });
  const all = (type: string) => resourcesOf(template, type);
  const properties = (type: string) => all(type).map(([, resource]) => resource.Properties);

  describe('least privilege', () => {
    test('no role may do a wildcard of actions', () => {
      const actions = roleStatements(template).flatMap((statement) => statement.actions);
      expect(actions.length).toBeGreaterThan(50);
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    });

    test('every resource is named, but for those that AWS cannot name', () => {
      const everywhere = roleStatements(template).filter(({ resources }) => resources.includes('*'));
      const unnamed = everywhere.flatMap(({ actions }) => actions.map((action) => action.split(':')[0]));
      // Step Functions' log delivery; SES's one active rule set. Locally what lib/config.ts calls unnarrowed.
      expect(new Set(unnamed)).toEqual(
        new Set(where === 'production' ? ['logs', 'ses'] : ['logs', 'ses', 'states']),
      );
    });

    test('a wildcard inside a resource stands only behind a folder, a disclosure, a reference or a recipient', () => {
      const patterns = roleStatements(template)
        .flatMap(({ resources }) => resources)
        .filter((resource) => resource.includes('*') && resource !== '*')
        .map((resource) =>
          resource.replace(/^.*(<[^>]*Bucket[^>]*\.Arn>|:execution:|:schedule\/|:identity\/)/, '$1'),
        );
      const allowed =
        /^<\w*Bucket\w*\.Arn>\/(in|mail|text|derived)\/\*$|^:execution:[\w-]+:disc-\*$|^:schedule\/[\w-]+\/EDX-\*$|^:identity\/\*$/;
      expect(patterns.filter((pattern) => !allowed.test(pattern))).toEqual([]);
      expect(patterns.length).toBeGreaterThan(5);
    });

    test('each function has a role of its own, and no managed policy', () => {
      const roles = properties('AWS::Lambda::Function').map(({ Role }) => text(Role));
      expect(new Set(roles).size).toBe(roles.length);
      expect(properties('AWS::IAM::Role').filter(({ ManagedPolicyArns }) => ManagedPolicyArns)).toEqual([]);
    });

    test('the scheduler may pass on one role alone, to itself alone', () => {
      const passing = resourcesOf(template, 'AWS::IAM::Policy')
        .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
        .filter(({ Action }) => [Action].flat().includes('iam:PassRole'));
      expect(passing).toHaveLength(1);
      expect(passing[0].Condition).toEqual({
        StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
      });
    });

    test('the state machine may invoke its functions and no other, each granted', () => {
      const granted = roleStatements(template)
        .filter(
          ({ where: id, actions }) =>
            /^DisclosureLifecycleRole/.test(id) && actions.includes('lambda:InvokeFunction'),
        )
        .flatMap(({ resources }) => resources);
      const [[, machine] = []] = all('AWS::StepFunctions::StateMachine');
      const substituted = Object.values(machine?.Properties.DefinitionSubstitutions).map(text);
      expect(new Set(granted)).toEqual(new Set(substituted));
      expect(granted.length).toBe(7);
    });
  });

  describe('functions', () => {
    test('all run Node 24 on arm64', () => {
      const functions = properties('AWS::Lambda::Function');
      expect(functions).toHaveLength(functionNames.length - (where === 'local' ? 1 : 0));
      for (const each of functions) {
        expect(each).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
        expect(each.LoggingConfig.LogGroup).toBeDefined();
      }
    });

    test('reserve no concurrency that the configuration does not give', async () => {
      expect(properties('AWS::Lambda::Function').filter((each) => each.ReservedConcurrentExecutions)).toEqual(
        [],
      );
      const reserved = await templateOf(production({ concurrency: { reserved: { 'open-desk': 20 } } }));
      reserved.hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: 'DisclosureDesk-open-desk',
        ReservedConcurrentExecutions: 20,
      });
    });

    test(`${where === 'local' ? 'may have' : 'never have'} a clock offset`, () => {
      const offsets = properties('AWS::Lambda::Function').map(
        (each) => each.Environment.Variables.CLOCK_OFFSET_FILE,
      );
      const ours = offsets.filter((offset) => offset !== undefined);
      expect(ours).toHaveLength(where === 'local' ? offsets.length : 0);
      if (where === 'production') expect(JSON.stringify(template.toJSON())).not.toContain('CLOCK_OFFSET');
    });

    test('every log is encrypted and forgets', () => {
      const logs = properties('AWS::Logs::LogGroup');
      expect(logs.length).toBeGreaterThan(functionNames.length - 1);
      for (const log of logs) {
        expect(log.KmsKeyId).toBeDefined();
        expect(log.RetentionInDays).toBe(90);
      }
    });
  });

  describe('the record', () => {
    test('is encrypted, restorable, protected and outlives the stack', () => {
      const [[, table] = []] = all('AWS::DynamoDB::Table');
      expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(table?.Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      });
    });

    test('has sparse indexes of keys alone', () => {
      const [{ GlobalSecondaryIndexes }] = properties('AWS::DynamoDB::Table');
      const keys = Object.fromEntries(
        GlobalSecondaryIndexes.map((index: { IndexName: string; KeySchema: { AttributeName: string }[] }) => [
          index.IndexName,
          index.KeySchema.map(({ AttributeName }) => AttributeName),
        ]),
      );
      expect(keys).toEqual({
        due: ['dueShard', 'dueAt'],
        waits: ['waits', 'waitsAt'],
        list: ['list', 'listAt'],
      });
      for (const { Projection } of GlobalSecondaryIndexes)
        expect(Projection.ProjectionType).toBe('KEYS_ONLY');
    });

    test('keys and secrets outlive the stack; the key is rotated', () => {
      const kept = [...all('AWS::SecretsManager::Secret'), ...all('AWS::KMS::Key')];
      expect(kept).toHaveLength(3);
      for (const [, resource] of kept) expect(resource.DeletionPolicy).toBe('Retain');
      expect(properties('AWS::KMS::Key')[0].EnableKeyRotation).toBe(true);
      for (const secret of properties('AWS::SecretsManager::Secret')) expect(secret.KmsKeyId).toBeDefined();
    });
  });

  describe('mail', () => {
    test('A8: raw mail is encrypted, versioned, private and outlives the stack', () => {
      const [[, bucket] = []] = all('AWS::S3::Bucket');
      expect(bucket?.DeletionPolicy).toBe('Retain');
      expect(bucket?.Properties).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
      expect(bucket?.Properties.ObjectLockEnabled).toBeUndefined();
      const [rule] = bucket?.Properties.BucketEncryption.ServerSideEncryptionConfiguration ?? [];
      expect(rule.ServerSideEncryptionByDefault.SSEAlgorithm).toBe('aws:kms');
    });

    test('extracted attachments are gone in a day, old versions when backups are', () => {
      const [{ LifecycleConfiguration }] = properties('AWS::S3::Bucket');
      expect(LifecycleConfiguration.Rules).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ Prefix: 'derived/', ExpirationInDays: 1 }),
          expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 35 } }),
        ]),
      );
      const [whole] = LifecycleConfiguration.Rules.filter(
        ({ Prefix }: { Prefix?: string }) => Prefix === undefined,
      );
      expect(whole.ExpirationInDays).toBeUndefined();
    });

    test('queues and topics are encrypted; headers stay four days at most', () => {
      const queues = properties('AWS::SQS::Queue');
      expect(queues).toHaveLength(7);
      for (const queue of queues) {
        expect(queue.KmsMasterKeyId).toBeDefined();
        expect(queue.MessageRetentionPeriod).toBeLessThanOrEqual(4 * 86_400);
      }
      for (const topic of properties('AWS::SNS::Topic')) expect(topic.KmsMasterKeyId).toBeDefined();
    });

    test('a mail that fails three times is set aside; each is handed to one run at a time', () => {
      const [intake] = properties('AWS::SQS::Queue').filter(
        (queue) => queue.RedrivePolicy?.maxReceiveCount === 3,
      );
      const [receiver] = properties('AWS::Lambda::Function').filter((each) =>
        /-receive-mail$/.test(each.FunctionName),
      );
      expect(intake.VisibilityTimeout).toBeGreaterThanOrEqual(6 * receiver.Timeout);
      const [source] = properties('AWS::Lambda::EventSourceMapping').filter((each) => each.BatchSize === 5);
      expect(source.ScalingConfig.MaximumConcurrency).toBe(5);
    });

    test('what SES tells gathers before it is recorded, far within the 15 minutes of a lost outcome', () => {
      const [source] = properties('AWS::Lambda::EventSourceMapping').filter(
        (each) => each.MaximumBatchingWindowInSeconds,
      );
      const [queue] = properties('AWS::SQS::Queue').filter(
        (each) => each.RedrivePolicy?.maxReceiveCount === 5,
      );
      expect(source.MaximumBatchingWindowInSeconds).toBe(where === 'production' ? 60 : 2);
      expect(source.ScalingConfig.MaximumConcurrency).toBe(2);
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * 60 + 60);
      const ofQueues = properties('AWS::SNS::Subscription').filter(({ Protocol }) => Protocol === 'sqs');
      expect(ofQueues.map(({ RedrivePolicy }) => Object.keys(RedrivePolicy))).toEqual([
        ['deadLetterTargetArn'],
        ['deadLetterTargetArn'],
      ]);
    });

    const narrowed =
      where === 'production' ? 'the one address alone' : 'any address: the emulator judges no sender';
    test(`may send from ${narrowed}`, () => {
      const [sending] = resourcesOf(template, 'AWS::IAM::Policy')
        .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
        .filter(({ Action }) => [Action].flat().includes('ses:SendRawEmail'));
      if (where === 'local') {
        expect(sending).toMatchObject({ Resource: '*' });
        return;
      }
      expect(sending.Condition).toEqual({ StringEquals: { 'ses:FromAddress': 'security@openedx.example' } });
      expect([sending.Resource].flat().map(text).sort()).toEqual([
        expect.stringMatching(/:configuration-set\/<DeliveryLetters\w*>$/),
        expect.stringMatching(/:identity\/\*$/),
      ]);
    });

    test('sends with DKIM, under an envelope of its own, by a configuration set', () => {
      expect(properties('AWS::SES::EmailIdentity')[0]).toMatchObject({
        EmailIdentity: 'openedx.example',
        DkimAttributes: { SigningEnabled: true },
        MailFromAttributes: { MailFromDomain: 'bounce.openedx.example' },
      });
      expect(all('AWS::SES::ConfigurationSet')).toHaveLength(1);
    });
  });

  describe('the machinery', () => {
    test('every event source reports single failures and sets aside what it cannot handle', () => {
      const sources = properties('AWS::Lambda::EventSourceMapping');
      expect(sources).toHaveLength(4);
      for (const source of sources) expect(source.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      const streams = sources.filter((source) => source.StartingPosition);
      expect(streams).toHaveLength(2);
      for (const stream of streams) {
        expect(stream.DestinationConfig.OnFailure.Destination).toBeDefined();
        expect(stream.BisectBatchOnFunctionError).toBe(true);
        expect(stream.MaximumRetryAttempts).toBeGreaterThan(0);
      }
    });

    test('the stream wakes a deliverer for new items that wait, and for nothing else', () => {
      const filters = properties('AWS::Lambda::EventSourceMapping').flatMap(
        (source) =>
          source.FilterCriteria?.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern)) ?? [],
      );
      const waitsFor = (attribute: string) => ({
        eventName: ['INSERT'],
        dynamodb: { NewImage: { [attribute]: { S: [{ exists: true }] } } },
      });
      expect(filters).toEqual(expect.arrayContaining([waitsFor('deliver'), waitsFor('errands')]));
    });

    test('R8: sweeps and polls come every 15 minutes, the full comparison daily', () => {
      const schedules = properties('AWS::Scheduler::Schedule');
      const expressions = Object.fromEntries(schedules.map((each) => [each.Name, each.ScheduleExpression]));
      expect(expressions).toEqual({
        'remind-maintainers-sweep': 'rate(15 minutes)',
        'reconcile-sweep': 'rate(15 minutes)',
        'reconcile-daily': 'cron(0 4 * * ? *)',
        'observe-github-poll': 'rate(15 minutes)',
        'observe-discourse-poll': 'rate(15 minutes)',
      });
      const [daily] = schedules.filter((each) => each.Name === 'reconcile-daily');
      expect(JSON.parse(daily.Target.Input)).toEqual({ full: true });
      for (const { Target } of schedules) expect(Target.DeadLetterConfig.Arn).toBeDefined();
    });

    test('the lifecycle is a Standard state machine whose log holds no data', () => {
      const [machine] = properties('AWS::StepFunctions::StateMachine');
      expect(machine.StateMachineType).toBe('STANDARD');
      expect(machine.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
    });

    test('pages are throttled, and their log holds neither query nor address', () => {
      const [stage] = properties('AWS::ApiGatewayV2::Stage');
      expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 60 });
      const { Format } = stage.AccessLogSettings;
      expect(Format).not.toMatch(/path|query|fragment|sourceIp|userAgent|header/i);
      expect(Object.keys(JSON.parse(Format))).toContain('status');
    });

    test('every route goes to the function that checks who calls', () => {
      const integrations = resourcesOf(template, 'AWS::ApiGatewayV2::Integration');
      const routes = properties('AWS::ApiGatewayV2::Route').map(({ RouteKey, Target }) => {
        const of = JSON.stringify(Target);
        const to = integrations.find(([id]) => of.includes(`"${id}"`))?.[1].Properties.IntegrationUri;
        const called = /SignedPages(\w+?Desk)Function|Observers(\w+?)Function/.exec(JSON.stringify(to));
        return `${RouteKey} → ${called?.[1] ?? called?.[2]}`;
      });
      const changing = changingRoutes.flatMap(({ methods, path }) =>
        methods.map((method) => `${method} ${path} → ChangeDesk`),
      );
      expect(changing.length).toBeGreaterThan(5);
      expect(routes.toSorted()).toEqual(
        [
          '$default → OpenDesk',
          'POST /a → OpenDesk',
          'POST /hooks/discourse → ObserveDiscourse',
          'POST /hooks/github → ObserveGithub',
          ...changing,
        ].toSorted(),
      );
    });
  });

  test('no person of the configuration is in the template', () => {
    const whole = JSON.stringify(template.toJSON());
    const { members, operators } = deployment().config;
    const people = [...members, ...operators].flatMap((each) => [
      each.address,
      'name' in each ? each.name : undefined,
    ]);
    expect(people.length).toBeGreaterThan(6);
    for (const person of people) if (person !== undefined) expect(whole).not.toContain(person);
  });
});
