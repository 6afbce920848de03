import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import example from '../../desk.config.ts';
import { ConfigRefused, type DeskConfigInput, parseDeskConfig } from '../../lib/desk-config.ts';

/** Every name that the configuration has, with a value that can be deployed. */
const whole = {
  ...example,
  stackName: 'Desk',
  mail: {
    ...example.mail,
    ownAddresses: ['old@openedx.example'],
    groupAddress: 'group@openedx.example',
    pgpKeyUrl: 'https://openedx.example/security.asc',
    mailFrom: 'bounce',
    caps: { perAddressDay: 1, perAddressWeek: 3, perHour: 50 },
    maxOutgoingBytes: 9_000_000,
  },
  receiving: { names: ['desk.openedx.example'], ruleSet: 'shared', afterRule: 'spam', takeOver: false },
  links: {
    base: 'https://desk.openedx.example',
    certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/abc-1',
    requestsPerSecond: 20,
    burst: 60,
  },
  hostedZone: { id: 'Z0123456789ABCDEFGHIJ', name: 'openedx.example' },
  github: { ...example.github, apiBase: 'https://api.github.com' },
  policy: {
    noticeHours: 48,
    windowHours: 2,
    earlyPublicHours: 4,
    embargoDays: 90,
    embargoAskDays: 14,
    informationDays: 30,
    reopenDays: 90,
    responseBusinessDays: 2,
    acknowledgeHours: 24,
    members: { least: 6, most: 7 },
    reminders: {
      critical: { days: 7 },
      high: { months: 1 },
      medium: { months: 3 },
      low: { months: 6 },
      reachDays: 7,
      postponeDays: 7,
      silence: { critical: 1, high: 2, medium: 2, low: 2 },
    },
    confirmations: { forward: false, earlyPublic: true, publish: false },
  },
  retentionDays: 365,
  logRetentionDays: 90,
  concurrency: { intake: 5, reserved: { 'open-desk': 20 } },
  rota: { from: '2026-12-07T09:00', shiftDays: 7, shifts: 26 },
} satisfies DeskConfigInput;

type Path = readonly (string | number)[];

/** Every place of a value, down to its leaves. */
const placesOf = (value: unknown, path: Path = []): Path[] =>
  typeof value === 'object' && value !== null
    ? [
        ...(path.length > 0 ? [path] : []),
        ...Object.entries(value).flatMap(([key, inner]) =>
          placesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [path];

function withValue(value: unknown, [step, ...rest]: Path, put: unknown): unknown {
  if (step === undefined) return put;
  if (Array.isArray(value)) return value.map((each, at) => (at === step ? withValue(each, rest, put) : each));
  const record = value as Record<string, unknown>;
  return { ...record, [step]: withValue(record[step], rest, put) };
}

const problemsOf = (config: unknown): readonly string[] => {
  try {
    parseDeskConfig(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigRefused) return error.problems;
    throw error;
  }
};

const written = (path: Path): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : /^\w+$/.test(step) ? `.${step}` : `["${step}"]`))
    .join('')
    .replace(/^\./, '');

/** What is wrong wherever it stands: nothing in the configuration is one of these. */
const nonsense = fc.constantFrom<unknown>(
  null,
  -1,
  0.5,
  Number.NaN,
  '',
  ' ',
  'a b\nc',
  '<script>',
  [['x']],
  { colour: 'blue' },
  () => 'x',
);

describe('a wrong value of the configuration', () => {
  // A period is one value, whose parts are refused under its name.
  const places = placesOf(whole).filter((path) => !/\.(days|months)$/.test(written(path)));

  test('the whole configuration can be deployed as it is', () => {
    expect(problemsOf(whole)).toEqual([]);
    expect(places.length).toBeGreaterThan(100);
  });

  test('wherever it stands, is refused with its path, what was found and what is allowed', () => {
    // Free texts and names of branches take any one line that says something.
    const free =
      /^(project|signature|(members|maintainers)\[\d\]\.name|operators\[\d\]\.instance|groups\[\d\]\.people\[\d\]\.name|.*branches\[\d\])$/;
    fc.assert(
      fc.property(fc.constantFrom(...places), nonsense, (path, wrong) => {
        fc.pre(!(free.test(written(path)) && wrong === '<script>'));

        const problems = problemsOf(withValue(whole, path, wrong));

        expect(problems, `${written(path)} = ${String(wrong)}`).not.toEqual([]);
        for (const problem of problems) {
          expect(problem).toMatch(/^[^\s:]+: found .+, allowed: .+$/s);
          // The library's own words would say neither in the deployment's terms.
          expect(problem).not.toMatch(/Invalid|Too (small|big)|Unrecognized|undefined/);
        }
        const about = problems.filter((problem) => problem.startsWith(written(path)));
        expect(about, `${written(path)} = ${String(wrong)}: ${problems.join('; ')}`).not.toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test('a name that is not known is refused wherever it stands', () => {
    const objects = places.filter((path) => {
      const found = path.reduce<unknown>(
        (value, step) => (value as Record<string | number, unknown>)[step],
        whole,
      );
      return typeof found === 'object' && !Array.isArray(found) && written(path) !== 'repositories';
    });
    for (const path of objects) {
      const problems = problemsOf(withValue(whole, [...path, 'colour'], 'blue'));
      expect(problems.join(), written(path)).toContain('colour');
    }
  });
});

describe('values that are right each by itself and wrong together', () => {
  const { mail, links, policy } = whole;
  test.each<[string, object, RegExp]>([
    [
      'a name of the pages with a path',
      { links: { ...links, base: 'https://desk.openedx.example/pages' } },
      /^links\.base: /,
    ],
    ['with a port', { links: { ...links, base: 'https://desk.openedx.example:8443' } }, /^links\.base: /],
    [
      "a certificate of another region, which the region's API cannot use",
      { links: { ...links, certificateArn: links.certificateArn.replace('us-east-1', 'eu-west-1') } },
      /^links\.certificateArn: .*us-east-1/,
    ],
    [
      'reserved concurrency for a function that there is not',
      { concurrency: { reserved: { 'open-dsk': 5 } } },
      /^concurrency\.reserved\["open-dsk"\]: .*open-desk/,
    ],
    ['a day that does not exist', { rota: { from: '2026-02-30T09:00' } }, /^rota\.from: /],
    [
      "SES's envelope domain as the reply domain: it can receive nothing",
      { mail: { ...mail, replyDomain: 'bounce.openedx.example' }, receiving: { names: [] } },
      /^mail\.mailFrom: /,
    ],
    [
      'a reply domain elsewhere, which nobody verifies for SES: it would receive nothing',
      { mail: { ...mail, replyDomain: 'desk.other.example' }, receiving: { names: [] } },
      /^mail\.replyDomain: .*under openedx\.example/,
    ],
    [
      'a member twice',
      { members: [...example.members, { name: 'Ada again', address: 'ADA@openedx.example' }] },
      /^members\[6\]\.address: /,
    ],
    [
      'a contact that is not said to be one person’s or a group’s',
      { repositories: { 'openedx/xblock': { contacts: ['who@maintainers.example'] } } },
      /^repositories\["openedx\/xblock"\]\.contacts\[0\]: found "who@maintainers\.example", .*maintainers.*groups/,
    ],
    [
      'a group that is a person too',
      { groups: [...example.groups, { address: 'kofi@maintainers.example' }] },
      /^groups\[2\]\.address: /,
    ],
    [
      'a group among the persons of a group',
      {
        groups: [
          ...example.groups,
          {
            address: 'all@maintainers.example',
            people: [{ name: 'x', address: 'platform-maintainers@openedx.example' }],
          },
        ],
      },
      /^groups\[2\]\.people\[0\]\.address: /,
    ],
    [
      'a recorded person without a name: the group’s link asks by name',
      { groups: [...example.groups, { address: 'all@x.example', people: [{ address: 'a@x.example' }] }] },
      /^groups\[2\]\.people\[0\]\.name: /,
    ],
    [
      'an embargo that is asked about before it begins',
      { policy: { ...policy, embargoDays: 10, embargoAskDays: 14 } },
      /^policy\.embargoAskDays: /,
    ],
    [
      'two operators of one domain: a report would be forwarded to either',
      { operators: [...example.operators, { ...example.operators[0], instance: 'Another' }] },
      /^operators\[1\]\.domains\[0\]: /,
    ],
    [
      'plain HTTP to GitHub',
      { github: { ...whole.github, apiBase: 'http://api.github.com' } },
      /^github\.apiBase: /,
    ],
    [
      'plain HTTP to the forum',
      { discourse: { ...example.discourse, base: 'http://x.example' } },
      /^discourse\.base: /,
    ],
    [
      'a region that is not known to receive',
      { region: 'eu-north-1', links: {} },
      /^region: found "eu-north-1", allowed: .*"us-east-1"/,
    ],
    [
      'no region at all',
      { region: 'mars', receiving: { names: [], region: 'mars' }, links: {} },
      /^region: /,
    ],
  ])('%s', (_, changes, expected) => {
    const problems = problemsOf({ ...whole, ...changes });
    expect(problems).toEqual([expect.stringMatching(expected)]);
  });

  test('a region that learnt to receive is taken on the word of whoever deploys', () => {
    const changes = { region: 'eu-north-1', receiving: { names: [], region: 'eu-north-1' }, links: {} };
    expect(problemsOf({ ...whole, ...changes })).toEqual([]);
  });
});
