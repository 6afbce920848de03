import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import deskConfig from '../../desk.config.ts';
import { settingsSchema } from '../../functions/contracts/settings.ts';
import { reminderDefaults } from '../../functions/domain/cadence.ts';
import { rotaDefaults } from '../../functions/domain/rota.ts';
import { deploymentOf, loadDeployment, settingsOf } from '../../lib/config.ts';
import { ConfigRefused, parseDeskConfig } from '../../lib/desk-config.ts';
import { configured, localContext, production } from './synthesise.ts';

const problemsOf = (changes: object): readonly string[] => {
  try {
    parseDeskConfig({ ...deskConfig, ...changes });
  } catch (error) {
    if (error instanceof ConfigRefused) return error.problems;
    throw error;
  }
  return [];
};

describe('a configuration that cannot be deployed is refused with path, what was found and what is allowed', () => {
  const mail = deskConfig.mail;
  test.each<[string, object, string]>([
    [
      'a prefix',
      { prefix: 'edx' },
      'prefix: found "edx", allowed: 2 to 10 capitals and digits, first a capital',
    ],
    [
      'a zone',
      { zone: 'Mars/Olympus' },
      'zone: found "Mars/Olympus", allowed: an IANA time zone such as "Europe/Berlin"',
    ],
    ['nothing', { project: undefined }, 'project: found nothing, allowed: a value of type string'],
    [
      'a member',
      { members: [{ address: 'ada@openedx.example' }, { address: 'bao' }] },
      'members[1].address: found "bao", allowed: a mail address',
    ],
    ['no member', { members: [] }, 'members: found [], allowed: at least one member'],
    ['an unknown name', { colour: 'blue' }, 'colour: found a name that is not known, allowed: none'],
    [
      'a secret instead of its name',
      { github: { ...deskConfig.github, secretName: '-----BEGIN KEY-----\nx' } },
      `github.secretName: found "-----BEGIN KEY-----\\nx", allowed: a secret's name in Secrets Manager, not its value`,
    ],
    [
      'a repository',
      { repositories: { edx: {} } },
      'repositories.edx: found "edx", allowed: a repository as owner/name',
    ],
    [
      'a reply domain that holds identities',
      { mail: { ...mail, replyDomain: 'openedx.example' }, receiving: { names: [] } },
      'mail.replyDomain: found "openedx.example", allowed: a domain of its own: no identity may lie under it',
    ],
    [
      'a period that is none',
      { policy: { reminders: { high: { days: 0 } } } },
      'policy.reminders.high: found {"days":0}, allowed: a period of up to two years, such as { days: 7 } or { months: 1 }',
    ],
    [
      'a period of hours, which is no calendar time',
      { policy: { reminders: { critical: { hours: 12 } } } },
      'policy.reminders.critical: found {"hours":12}, allowed: a period of up to two years, such as { days: 7 } or { months: 1 }',
    ],
    [
      'graver vulnerabilities that are reminded of less often',
      { policy: { reminders: { critical: { months: 2 } } } },
      'policy.reminders.high: found {"months":1}, allowed: as long as that of critical, or longer: reminders are in proportion to severity',
    ],
    [
      'a working group that is never of the right size',
      { policy: { members: { least: 8 } } },
      'policy.members.most: found 7, allowed: 8 or more',
    ],
    [
      'an MX for a stranger',
      { receiving: { names: ['elsewhere.example'] } },
      'receiving.names[0]: found "elsewhere.example", allowed: one of openedx.example, desk.openedx.example: the rule takes no other mail',
    ],
    [
      'taking over and joining at once',
      { receiving: { ruleSet: 'shared', takeOver: true } },
      'receiving.takeOver: found true, allowed: false, as receiving.ruleSet joins a set instead',
    ],
    [
      'a name without certificate or zone',
      { links: { base: 'https://desk.openedx.example' } },
      "links.certificateArn: found nothing, allowed: a certificate's ARN, as no hosted zone holds https://desk.openedx.example",
    ],
    [
      'more mail than SES takes',
      { mail: { ...mail, maxOutgoingBytes: 20_000_000 } },
      'mail.maxOutgoingBytes: found 20000000, allowed: at most 10000000: SES takes no more',
    ],
    [
      'a log retention that CloudWatch does not have',
      { logRetentionDays: 8 },
      'logRetentionDays: found 8, allowed: 7, 30, 90, 180, 365',
    ],
  ])('%s', (_, changes, expected) => {
    expect(problemsOf(changes)).toEqual([expected]);
  });

  test('a region in which SES receives nothing names those in which it does', () => {
    const [problem = ''] = problemsOf({ region: 'eu-north-1' });
    expect(problem).toMatch(/^region: found "eu-north-1", allowed: "us-east-1", /);
  });

  test('all wrong values at once, under the name of the file', () => {
    expect(() => parseDeskConfig({ ...deskConfig, prefix: 'x', zone: 'y' }, 'other.config.ts')).toThrow(
      /^other\.config\.ts cannot be deployed:\n {2}prefix: .*\n {2}zone: /,
    );
  });
});

describe('context', () => {
  test('is read from the app: configuration file and local world', async () => {
    const deployment = await loadDeployment(new App({ context: localContext }));
    expect(deployment.config.prefix).toBe('EDX');
    expect(deployment.local?.linkBase).toBe('http://127.0.0.1:8080');
  });

  test.each([
    ['local', 'yes'],
    ['clockOffsetFile', '/tmp/clock'],
    ['githubBase', 'http://127.0.0.1:1'],
  ])('%s=%s has no place in production', (key, value) => {
    const context = (asked: string) => (asked === key ? value : undefined);
    expect(() => deploymentOf(configured(), context)).toThrow(ConfigRefused);
  });
});

describe('settings', () => {
  const example = production();

  test('are what the functions expect, in milliseconds', () => {
    const settings = settingsOf(example, 'letters');
    expect(settingsSchema.parse(settings)).toEqual(settings);
    expect(settings.policy).toMatchObject({ noticeMs: 172_800_000, windowMs: 7_200_000, sweepMs: 900_000 });
  });

  test('R8, R23: reminders, handover and the size of the group have OEP-60’s numbers, or others', () => {
    const { reminders, rota } = settingsOf(example, 'letters').policy;
    const other = settingsOf(
      deploymentOf(
        parseDeskConfig({
          ...deskConfig,
          policy: {
            reminders: {
              critical: { days: 3 },
              low: { months: 12 },
              postponeDays: 2,
              silence: { critical: 2 },
            },
            acknowledgeHours: 12,
            members: { least: 2, most: 5 },
          },
        }),
      ),
      'letters',
    ).policy;

    expect(reminders).toEqual(reminderDefaults);
    expect(rota).toEqual(rotaDefaults);
    expect(other.reminders).toMatchObject({
      periods: { weekly: { days: 3 }, monthly: { months: 1 }, 'half-yearly': { months: 12 } },
      postponeAtMostMs: 2 * 86_400_000,
      silence: { weekly: 2, monthly: 2 },
    });
    expect(other.rota).toEqual({ acknowledgeWithinMs: 12 * 3_600_000, members: { least: 2, most: 5 } });
  });

  test('hold no person but the addresses of the desk itself', () => {
    const text = JSON.stringify(settingsOf(example, 'letters'));
    for (const { address } of example.config.members) expect(text).not.toContain(address);
    expect(text).not.toContain('university.example');
  });

  test('R16: a repository with branches of its own keeps those', () => {
    const { branches, defaultBranches } = settingsOf(example, 'letters').policy;
    expect(branches).toEqual({ 'openedx/xblock': ['master'] });
    expect(defaultBranches).toEqual(['master', 'release/verawood']);
  });

  test('point at the stand-ins in a local deployment alone', () => {
    const here = settingsOf(
      deploymentOf(configured(), (key) => localContext[key]),
      'letters',
    );
    expect(here.github?.apiBase).toBe('http://127.0.0.1:8081');
    expect(settingsOf(example, 'letters').github?.apiBase).toBe('https://api.github.com');
  });
});
