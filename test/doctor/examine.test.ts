import { describe, expect, test } from 'vitest';
import sample from '../../desk.config.ts';
import { parseDeskConfig } from '../../lib/desk-config.ts';
import { examine } from '../../local/doctor/examine.ts';
import { written } from '../../local/doctor/finding.ts';
import type { AwsView, DnsView, DoctorWorld, HttpView, StackView } from '../../local/doctor/world.ts';

const domain = 'openedx.example';
const server = 'inbound-smtp.us-east-1.amazonaws.com';
const tokens = ['aaa', 'bbb', 'ccc'];
const records: Readonly<Record<string, readonly string[]>> = {
  [`mx desk.${domain}`]: [server],
  [`mx ${domain}`]: ['mail.example.net'],
  [`txt bounce.${domain}`]: ['v=spf1 include:amazonses.com ~all', 'something else'],
  [`txt _dmarc.${domain}`]: ['v=DMARC1; p=none'],
  ...Object.fromEntries(
    tokens.map((token) => [`cname ${token}._domainkey.${domain}`, [`${token}.dkim.amazonses.com`]]),
  ),
};

const stack: StackView = {
  status: 'UPDATE_COMPLETE',
  account: '123456789012',
  region: 'us-east-1',
  outputs: {
    ScheduleGroup: 'DisclosureDesk',
    IntakeTopicArn: 'arn:intake',
    QueueUrl: 'https://sqs.example/123456789012/queue',
    ApiUrl: 'https://api.example',
    TableName: 'table',
    BucketName: 'bucket',
  },
  alarmsTopic: 'arn:alarms',
};

const ourRule = {
  name: 'DisclosureDesk-inbox',
  enabled: true,
  scans: true,
  recipients: [`security@${domain}`, `desk.${domain}`],
  bucket: 'bucket',
  ends: false,
};
const identity = {
  verified: true,
  dkim: true,
  dkimTokens: tokens,
  mailFrom: { domain: `bounce.${domain}`, ready: true },
};
const record = {
  table: { stream: true, backups: true, ttl: true, protection: true },
  bucket: { versions: true, private: true, encrypted: true },
};
const installation = {
  permissions: { administration: 'write', contents: 'read', members: 'read', repository_advisories: 'write' },
  events: ['push', 'repository_advisory'],
  suspended: false,
};

/** A world in which everything is right, but for what a test breaks. */
interface Broken {
  readonly aws?: Partial<AwsView>;
  readonly records?: Readonly<Record<string, readonly string[]>>;
  readonly github?: {
    readonly installation?: typeof installation | undefined;
    readonly status?: number;
    readonly hook?: string;
  };
  readonly http?: Partial<HttpView>;
  readonly disposition?: string | undefined;
  readonly config?: object;
  readonly local?: boolean;
}

function worldWith(broken: Broken = {}): DoctorWorld {
  const answers = { ...records, ...broken.records };
  const dns: DnsView = {
    mx: async (name) => answers[`mx ${name}`] ?? [],
    txt: async (name) => answers[`txt ${name}`] ?? [],
    cname: async (name) => answers[`cname ${name}`] ?? [],
  };
  const { github = {} } = broken;
  return {
    config: parseDeskConfig({ ...sample, ...broken.config }, 'desk.config.ts'),
    local: broken.local ?? false,
    aws: {
      stack: async () => stack,
      sendingQuota: async () => ({ perDay: 50_000, perSecond: 14, enabled: true }),
      identity: async () => identity,
      activeRules: async () => ({ name: 'DisclosureDesk-rules', rules: [ourRule] }),
      schedules: async () => [
        { name: 'remind-maintainers-sweep', enabled: true },
        { name: 'reconcile-often', enabled: true },
        { name: 'observe-github-poll', enabled: true },
        { name: 'observe-discourse-poll', enabled: true },
      ],
      subscriptions: async (topic) =>
        topic === 'arn:intake'
          ? [{ protocol: 'sqs', endpoint: 'arn:queue', confirmed: true }]
          : [{ protocol: 'email', endpoint: `desk-admin@${domain}`, confirmed: true }],
      record: async () => record,
      secret: async (name) =>
        name.endsWith('github')
          ? { privateKey: 'CANARY-key', webhookSecret: 'CANARY-hook' }
          : { apiKey: 'CANARY-api', apiUsername: 'desk', webhookSecret: 'CANARY-hook' },
      ...broken.aws,
    },
    dns,
    github: () => ({
      installation: async () => ('installation' in github ? github.installation : installation),
      hookUrl: async () => github.hook ?? 'https://api.example/hooks/github',
      advisoriesOf: async () => github.status ?? 200,
    }),
    http: {
      door: (system, base) => `${base}/hooks/${system}`,
      ping: async () => 202,
      category: async () => 200,
      ...broken.http,
    },
    testMail: () => ({ send: async () => ('disposition' in broken ? broken.disposition : 'test') }),
  };
}

const missingIn = async (broken: Broken): Promise<string[]> =>
  (await examine(worldWith(broken))).filter(({ verdict }) => verdict === 'missing').map(({ check }) => check);

const throwing = (name: string) => async () => {
  throw Object.assign(new Error('no'), { name });
};

describe('a deployment that is right', () => {
  test('has nothing missing, on AWS nothing is left out, and no secret is said', async () => {
    const findings = await examine(worldWith());

    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(findings.length).toBeGreaterThan(20);
    expect(JSON.stringify(findings)).not.toContain('CANARY');
  });

  test('on this machine what only AWS has is not applicable, though it were wrong', async () => {
    const broken = { local: true, records: { [`mx desk.${domain}`]: [] } };

    const findings = await examine(worldWith(broken));

    const left = findings.filter(({ verdict }) => verdict === 'not-applicable').map(({ check }) => check);
    expect(findings.filter(({ verdict }) => verdict === 'missing')).toEqual([]);
    expect(left).toEqual([
      'production access',
      'identity',
      'receiving region',
      'active rule set',
      'receipt rule',
      'rule order',
      'DKIM',
      'SPF',
      'DMARC',
      'MX',
      'alarms',
    ]);
  });
});

/** What is broken, how, and the checks that then say so: those and no others. */
const breaks: readonly (readonly [string, Broken, readonly string[]])[] = [
  ['no credentials', { aws: { stack: throwing('CredentialsProviderError') } }, ['credentials and region']],
  ['no deployment', { aws: { stack: async () => undefined } }, ['deployment']],
  [
    'a deployment rolled back',
    { aws: { stack: async () => ({ ...stack, status: 'ROLLBACK_COMPLETE' }) } },
    ['deployment'],
  ],
  [
    'the sandbox',
    { aws: { sendingQuota: async () => ({ perDay: 200, perSecond: 1, enabled: true }) } },
    ['production access'],
  ],
  [
    'sending paused',
    { aws: { sendingQuota: async () => ({ perDay: 50_000, perSecond: 1, enabled: false }) } },
    ['production access'],
  ],
  [
    'an unverified identity',
    { aws: { identity: async () => ({ ...identity, verified: false }) } },
    ['identity'],
  ],
  ['no DKIM', { aws: { identity: async () => ({ ...identity, dkim: false }) } }, ['DKIM at SES']],
  [
    'another envelope sender',
    { aws: { identity: async () => ({ ...identity, mailFrom: { domain: 'x.example', ready: true } }) } },
    ['envelope sender'],
  ],
  ['one DKIM record gone', { records: { [`cname bbb._domainkey.${domain}`]: [] } }, ['DKIM']],
  ['no SPF', { records: { [`txt bounce.${domain}`]: [] } }, ['SPF']],
  [
    'two SPF records',
    { records: { [`txt bounce.${domain}`]: ['v=spf1 include:amazonses.com ~all', 'v=spf1 -all'] } },
    ['SPF'],
  ],
  ['no DMARC', { records: { [`txt _dmarc.${domain}`]: ['other'] } }, ['DMARC']],
  ['another MX', { records: { [`mx desk.${domain}`]: ['mx.example.net'] } }, [`MX of desk.${domain}`]],
  ['a second MX', { records: { [`mx desk.${domain}`]: [server, 'x.example'] } }, [`MX of desk.${domain}`]],
  ['nobody for the security address', { records: { [`mx ${domain}`]: [] } }, [`MX of ${domain}`]],
  ['a region without receiving', { aws: { activeRules: throwing('UnknownEndpoint') } }, ['receiving region']],
  ['no rule set', { aws: { activeRules: async () => undefined } }, ['active rule set', 'receipt rule']],
  [
    'another rule set',
    { aws: { activeRules: async () => ({ name: 'other', rules: [ourRule] }) } },
    ['active rule set', 'receipt rule'],
  ],
  ...(
    [{ enabled: false }, { scans: false }, { bucket: undefined }, { recipients: ['x@y.example'] }] as const
  ).map((over): [string, Broken, string[]] => [
    `a rule with ${JSON.stringify(over)}`,
    {
      aws: {
        activeRules: async () => ({ name: 'DisclosureDesk-rules', rules: [{ ...ourRule, ...over }] }),
      },
    },
    ['receipt rule'],
  ]),
  [
    'a rule before ours that ends',
    {
      aws: {
        activeRules: async () => ({
          name: 'DisclosureDesk-rules',
          rules: [{ ...ourRule, name: 'catch-all', recipients: [], ends: true }, ourRule],
        }),
      },
    },
    ['rule order'],
  ],
  [
    'no GitHub secret',
    { aws: { secret: async (name) => (name.endsWith('github') ? undefined : all) } },
    ['GitHub App', 'webhook of github'],
  ],
  ['no installation', { github: { installation: undefined } }, ['GitHub App']],
  [
    'a suspended installation',
    { github: { installation: { ...installation, suspended: true } } },
    ['GitHub App'],
  ],
  [
    'a permission too few',
    {
      github: {
        installation: {
          ...installation,
          permissions: { ...installation.permissions, repository_advisories: 'read' },
        },
      },
    },
    ['GitHub permissions'],
  ],
  [
    'an event too few',
    { github: { installation: { ...installation, events: ['push'] } } },
    ['GitHub events'],
  ],
  [
    'repositories out of reach',
    { github: { status: 404 } },
    ['GitHub openedx/xblock', 'GitHub openedx/openedx-platform'],
  ],
  ['a key refused by the forum', { http: { category: async (key) => (key ? 403 : 200) } }, ['Discourse key']],
  [
    'a forum that does not answer',
    { http: { category: throwing('TypeError') } },
    ['Discourse category', 'Discourse key'],
  ],
  [
    'a forum without a category or key',
    {
      config: { discourse: { base: 'https://forum.example', categoryId: 1 } },
      http: { category: async () => 404 },
    },
    ['Discourse category'],
  ],
  [
    'a webhook that GitHub posts elsewhere',
    { github: { hook: 'https://old.example/x' } },
    ['webhook URL at GitHub'],
  ],
  ['a webhook that is not set', { github: { hook: '' } }, ['webhook URL at GitHub']],
  [
    'webhooks with another secret',
    { http: { ping: async () => 401 } },
    ['webhook of github', 'webhook of discourse'],
  ],
  [
    'webhooks out of reach',
    { http: { ping: throwing('TypeError') } },
    ['webhook of github', 'webhook of discourse'],
  ],
  [
    'a disabled schedule',
    {
      aws: {
        schedules: async () => [
          { name: 'remind-maintainers-sweep', enabled: true },
          { name: 'reconcile-often', enabled: false },
        ],
      },
    },
    ['schedules'],
  ],
  ...(['stream', 'backups', 'ttl', 'protection'] as const).map((lost): [string, Broken, string[]] => [
    `a restored table without ${lost}`,
    { aws: { record: async () => ({ ...record, table: { ...record.table, [lost]: false } }) } },
    ['record'],
  ]),
  ...(['versions', 'private', 'encrypted'] as const).map((lost): [string, Broken, string[]] => [
    `a bucket that is not ${lost}`,
    { aws: { record: async () => ({ ...record, bucket: { ...record.bucket, [lost]: false } }) } },
    ['mail archive'],
  ]),
  ['no schedules', { aws: { schedules: async () => [] } }, ['schedules']],
  ['subscriptions gone', { aws: { subscriptions: async () => [] } }, ['mail notices', 'alarms']],
  [
    'an administrator who did not confirm',
    {
      aws: {
        subscriptions: async (topic) =>
          topic === 'arn:intake'
            ? [{ protocol: 'sqs', endpoint: 'arn:queue', confirmed: true }]
            : [{ protocol: 'email', endpoint: `desk-admin@${domain}`, confirmed: false }],
      },
    },
    ['alarms'],
  ],
  ['a test mail that never came', { disposition: undefined }, ['test mail']],
  ['a test mail that opened a disclosure', { disposition: 'opened' }, ['test mail']],
];
const all = { apiKey: 'k', apiUsername: 'desk', webhookSecret: 's' };

/** A command, a page, a file of ours with its place, or the very DNS record to make. */
const mends =
  /\b(aws|npx|npm run) [a-z]|https:\/\/|desk\.config\.ts|docs\/[\w-]+\.md|make the record {2}\S+ {2}(TXT|MX|CNAME) {2}\S|put \w+ into [\w/-]+/;

describe('what is broken is found, with what mends it', () => {
  test.each(breaks)('%s', async (_what, broken, checks) => {
    const findings = await examine(worldWith(broken));

    const wrong = findings.filter(({ verdict }) => verdict === 'missing');
    expect(wrong.map(({ check }) => check)).toEqual(expect.arrayContaining([...checks]));
    expect(wrong).toHaveLength(checks.length);
    for (const { mend, found } of wrong) {
      expect(mend).toMatch(mends);
      expect(found).not.toBe('');
    }
    expect(written(wrong)).toContain('→');
  });

  test('one who may see nothing is told so everywhere, and nothing throws', async () => {
    const denied = throwing('AccessDeniedException');
    const aws = {
      sendingQuota: denied,
      identity: denied,
      activeRules: denied,
      schedules: denied,
      subscriptions: denied,
      record: denied,
      secret: denied,
    };

    const found = await missingIn({ aws });

    expect(found).toHaveLength(13);
  });
});
