import type { DeskConfig, Period } from './desk-config.ts';
import { functionNames } from './functions.ts';

/** Regions in which SES is known to receive mail (a list of 2023); `receiving.region` allows a newer one. */
const receivingRegions = [
  'us-east-1',
  'us-east-2',
  'us-west-2',
  'eu-west-1',
  'eu-west-2',
  'eu-central-1',
  'ca-central-1',
  'ap-northeast-1',
  'ap-southeast-1',
  'ap-southeast-2',
] as const;

/** Values that are right each by itself and cannot stand together. */
export interface Contradiction {
  /** Where it would be mended. */
  readonly path: readonly (string | number)[];
  readonly found: unknown;
  readonly allowed: string;
}

type Rule = (config: DeskConfig) => readonly Contradiction[];

/** Every contradiction of a configuration. Called with whatever the schema let through: a part may still be wrong. */
export const contradictions: Rule = (config) => rules.flatMap((rule) => rule(config));

const at = (
  path: readonly (string | number)[],
  found: unknown,
  allowed: string,
  wrong: boolean,
): readonly Contradiction[] => (wrong ? [{ path, found, allowed }] : []);

const hostOf = ({ mail }: DeskConfig): string => mail.securityAddress.split('@')[1] ?? '';

const regions: Rule = ({ region, receiving }) =>
  at(
    ['region'],
    region,
    `${receivingRegions.map((each) => JSON.stringify(each)).join(', ')}; or another in which SES receives mail by now, said once more in receiving.region`,
    !receivingRegions.some((each) => each === region) && receiving.region !== region,
  );

const received: Rule = (config) => {
  const receivable = [hostOf(config), config.mail.replyDomain];
  return config.receiving.names.flatMap((name, index) =>
    at(
      ['receiving', 'names', index],
      name,
      `one of ${receivable.join(', ')}: the rule takes no other mail`,
      !receivable.includes(name),
    ),
  );
};

const replies: Rule = (config) => {
  const { replyDomain, mailFrom } = config.mail;
  return [
    ...at(
      ['mail', 'replyDomain'],
      replyDomain,
      'a domain of its own: no identity may lie under it',
      hostOf(config) === replyDomain,
    ),
    ...at(
      ['mail', 'replyDomain'],
      replyDomain,
      `a name under ${hostOf(config)}: SES receives for verified domains alone, and the deployment verifies that one`,
      hostOf(config) !== replyDomain && !replyDomain.endsWith(`.${hostOf(config)}`),
    ),
    ...at(
      ['mail', 'mailFrom'],
      mailFrom,
      `another label: SES receives nothing under its envelope domain, and ${replyDomain} is to receive replies`,
      `${mailFrom}.${hostOf(config)}` === replyDomain,
    ),
  ];
};

const ruleSets: Rule = ({ receiving: { ruleSet, afterRule, takeOver } }) => [
  ...at(
    ['receiving', 'takeOver'],
    takeOver,
    'false, as receiving.ruleSet joins a set instead',
    ruleSet !== undefined && takeOver,
  ),
  ...at(
    ['receiving', 'afterRule'],
    afterRule,
    'absent, unless receiving.ruleSet names a set',
    afterRule !== undefined && ruleSet === undefined,
  ),
];

/** The least that a period may be, in days: to compare periods with. */
const leastDays = (of: Period): number => ('days' in of ? of.days : of.months * 28);

const cadence: Rule = ({ policy: { reminders } }) => {
  const ratings = ['critical', 'high', 'medium', 'low'] as const;
  return ratings.slice(1).flatMap((rating, index) => {
    const graver = ratings[index] ?? 'critical';
    return at(
      ['policy', 'reminders', rating],
      reminders[rating],
      `as long as that of ${graver}, or longer: reminders are in proportion to severity`,
      leastDays(reminders[rating]) < leastDays(reminders[graver]),
    );
  });
};

const numbers: Rule = ({ policy: { members, embargoDays, embargoAskDays } }) => [
  ...at(
    ['policy', 'members', 'most'],
    members.most,
    `${members.least} or more`,
    members.most < members.least,
  ),
  ...at(
    ['policy', 'embargoAskDays'],
    embargoAskDays,
    `fewer days than embargoDays, ${embargoDays}`,
    embargoAskDays >= embargoDays,
  ),
];

const links: Rule = ({ links: { base, certificateArn }, hostedZone, region }) => [
  ...at(
    ['links', 'certificateArn'],
    certificateArn,
    `a certificate's ARN, as no hosted zone holds ${base}`,
    base !== undefined && certificateArn === undefined && !inZone(base, hostedZone?.name),
  ),
  ...at(
    ['links', 'certificateArn'],
    certificateArn,
    `a certificate in ${region}, where the API is`,
    certificateArn !== undefined && certificateArn.split(':')[3] !== region,
  ),
  ...at(
    ['links', 'base'],
    base,
    'the URL that links.certificateArn is for',
    base === undefined && certificateArn !== undefined,
  ),
];

const inZone = (url: string, zoneName: string | undefined): boolean => {
  const name = url.replace('https://', '');
  return zoneName !== undefined && (name === zoneName || name.endsWith(`.${zoneName}`));
};

const reserved: Rule = ({ concurrency }) =>
  Object.entries(concurrency.reserved).flatMap(([name, found]) =>
    at(
      ['concurrency', 'reserved', name],
      found,
      `nothing, as there is no such function; there are ${functionNames.join(', ')}`,
      !functionNames.some((each) => each === name),
    ),
  );

const existing: Rule = ({ existing: { table } }) =>
  at(
    ['existing', 'table', 'streamArn'],
    table?.streamArn,
    `the ARN of a stream of ${table?.name}`,
    table !== undefined && !table.streamArn.includes(`:table/${table.name}/stream/`),
  );

/** Whether an address is one person's or a group's is never guessed: the mails to either differ. */
const contacts: Rule = ({ repositories, maintainers, members, groups }) => {
  const people = [...maintainers.filter(({ name, github }) => name ?? github), ...members];
  const known = new Set([...people, ...groups].map(({ address }) => address));
  return Object.entries(repositories).flatMap(([name, { contacts: addresses }]) =>
    addresses.flatMap((address, index) =>
      at(
        ['repositories', name, 'contacts', index],
        address,
        'an address of maintainers, with a name or a login (one person’s), or of groups (a group’s, with its people)',
        !known.has(address),
      ),
    ),
  );
};

/** A group acts through people; it is none of them. */
const groupsAreNobody: Rule = ({ members, maintainers, groups }) => {
  const people = new Set([...members, ...maintainers].map(({ address }) => address));
  const grouped = new Set(groups.map(({ address }) => address));
  return groups.flatMap(({ address, people: recorded }, index) => [
    ...at(
      ['groups', index, 'address'],
      address,
      'an address that is not a person’s of members or maintainers',
      people.has(address),
    ),
    ...recorded.flatMap((person, inner) =>
      at(
        ['groups', index, 'people', inner, 'address'],
        person.address,
        'a person’s own address, not a group’s',
        grouped.has(person.address),
      ),
    ),
    ...repeated(
      recorded.map(
        (person, inner) => [['groups', index, 'people', inner, 'address'], person.address] as const,
      ),
    ),
  ]);
};

/** One person is one record, and a site is one operator's: the second would be lost, or get what is the first's. */
const twice: Rule = ({ members, maintainers, groups, operators }) => [
  ...repeated(members.map(({ address }, index) => [['members', index, 'address'], address] as const)),
  ...repeated(maintainers.map(({ address }, index) => [['maintainers', index, 'address'], address] as const)),
  ...repeated(groups.map(({ address }, index) => [['groups', index, 'address'], address] as const)),
  ...repeated(
    operators.flatMap(({ domains }, index) =>
      domains.map((domain, inner) => [['operators', index, 'domains', inner], domain] as const),
    ),
  ),
];

const repeated = (all: readonly (readonly [Contradiction['path'], string])[]): readonly Contradiction[] =>
  all.flatMap(([path, value], index) =>
    at(
      path,
      value,
      'one that is not there already',
      all.slice(0, index).some(([, other]) => other === value),
    ),
  );

const rules: readonly Rule[] = [
  regions,
  received,
  replies,
  ruleSets,
  cadence,
  numbers,
  links,
  reserved,
  existing,
  contacts,
  groupsAreNobody,
  twice,
];
