import * as z from 'zod';
import { contradictions } from './config-rules.ts';

/**
 * Everything that one deployment decides for itself (`desk.config.ts`). Numbers have the published defaults of
 * docs/policy.md; secrets are never here, only their names; people here seed an empty table once.
 */

const zones = new Set(Intl.supportedValuesOf('timeZone'));
const zone = z
  .string()
  .refine((name) => zones.has(name) || name === 'UTC', 'an IANA time zone such as "Europe/Berlin"');
const domain = z
  .string()
  .regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/, 'a domain name in lower case');
const address = z.email('a mail address').toLowerCase();
/** As git allows it, near enough: no blank, no control character, none of `~^:?*[\\`. */
const branch = z.string().regex(/^[^\s\p{C}~^:?*[\\]+$/u, 'a branch');
const repository = z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'a repository as owner/name');
const secretName = z
  .string()
  .regex(/^[\w/+=.@-]{1,512}$/, "a secret's name in Secrets Manager, not its value");
const httpsUrl = z
  .url({ protocol: /^https$/, error: 'an https URL' })
  .refine((url) => !url.endsWith('/'), 'a URL without a slash at its end');
/** Scheme and name, no more: a custom domain of an HTTP API has neither port nor path. */
const origin = z
  .string()
  .regex(
    /^https:\/\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
    'https:// and a name in lower case, no more',
  );
/** A name, a subject or a signature: one line that says something. */
const line = (what: string) => z.string().regex(/^[^\s\p{C}]([^\p{C}\n]*[^\s\p{C}])?$/u, what);
const count = z.int('a whole number').positive('a whole number above 0');
const days = count.max(3650, 'at most 3650 days');

const person = z.strictObject({
  address,
  name: line('a name').optional(),
  github: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,39}$/, 'a GitHub login')
    .optional(),
});

/** A group's address and who is behind it: a mail to it is acted on by one of them, by a link of their own. */
const groupSchema = z.strictObject({
  address,
  /** By name, since the group's link asks which of them is acting. Nobody: the working group stands in for them. */
  people: z.array(person.extend({ name: line('a name') })).default([]),
});

const mailSchema = z.strictObject({
  /** The public address (OEP-60 R1); all our mail comes from it. */
  securityAddress: address,
  /** A name used for nothing else: reply addresses of correspondents lie under it. */
  replyDomain: domain,
  /** Other addresses that end in the same inbox: mail from them is our own. */
  ownAddresses: z.array(address).default([]),
  /** One address for notices to the whole working group; absent: each active member gets them. */
  groupAddress: address.optional(),
  /** DKIM domains of list software that rewrites the sender, such as `googlegroups.com`. */
  trustedForwarders: z.array(domain).default([]),
  pgpKeyUrl: httpsUrl.optional(),
  /** Subdomain of SES's envelope sender. */
  mailFrom: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'one label, such as "bounce"')
    .default('bounce'),
  caps: z
    .strictObject({
      perAddressDay: count.default(1),
      perAddressWeek: count.default(3),
      perHour: count.default(50),
    })
    .prefault({}),
  maxOutgoingBytes: count.max(10_000_000, 'at most 10000000: SES takes no more').default(9_500_000),
});

const receivingSchema = z.strictObject({
  /** Names whose mail SES may receive: only these get an MX record. Absent: none. */
  names: z.array(domain).default([]),
  /** Join this rule set, which is another system's; our rule is put into it. */
  ruleSet: z
    .string()
    .regex(/^[\w.-]{1,64}$/, "a rule set's name")
    .optional(),
  /** In a joined set: our rule stands behind this one. Absent: it stands first. */
  afterRule: z
    .string()
    .regex(/^[\w.-]{1,64}$/, "a receipt rule's name")
    .optional(),
  /** `region` once more: SES has learnt to receive there since the desk's list of such regions was made. */
  region: z.string('a region').optional(),
  /** Make our own rule set the active one even if another is: that one receives no more mail. */
  takeOver: z.boolean().default(false),
});

const linksSchema = z.strictObject({
  /** Base of every link in a mail. Absent: the HTTP API's own address. */
  base: origin.optional(),
  /** Needed for `base` where no hosted zone is given, since we cannot validate one ourselves then. */
  certificateArn: z
    .string()
    .regex(/^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/, "a certificate's ARN")
    .optional(),
  /** Requests each second over all pages, and how many at once above that. */
  requestsPerSecond: count.default(20),
  burst: count.default(60),
});

/** Calendar time from one reminder to the next: so many days or months, at the same local time. */
export type Period = { days: number } | { months: number };

const isPeriod = (value: unknown): boolean => {
  const entries = Object.entries(value ?? {});
  const [unit, count] = entries[0] ?? [];
  const most = unit === 'days' ? 730 : unit === 'months' ? 24 : 0;
  return entries.length === 1 && Number.isInteger(count) && 1 <= count && count <= most;
};

const period = z.custom<Period>(
  isPeriod,
  'a period of up to two years, such as { days: 7 } or { months: 1 }',
);

const remindersSchema = z.strictObject({
  /** How often a maintainer is reminded of an open vulnerability, by its rating (OEP-60 R8). */
  critical: period.default({ days: 7 }),
  high: period.default({ months: 1 }),
  medium: period.default({ months: 3 }),
  low: period.default({ months: 6 }),
  /** How far a mail reaches ahead while nobody is on duty. */
  reachDays: count.max(31, 'at most 31').default(7),
  /** How long a mail may be postponed; never by more than half a period. */
  postponeDays: count.max(31, 'at most 31').default(7),
  /** After so many reminders without an answer the working group is told with the next. */
  silence: z
    .strictObject({
      critical: count.max(12, 'at most 12').default(1),
      high: count.max(12, 'at most 12').default(2),
      medium: count.max(12, 'at most 12').default(2),
      low: count.max(12, 'at most 12').default(2),
    })
    .prefault({}),
});

const policySchema = z.strictObject({
  noticeHours: count.default(48),
  windowHours: count.default(2),
  earlyPublicHours: count.default(4),
  embargoDays: days.default(90),
  embargoAskDays: days.default(14),
  informationDays: days.default(30),
  reopenDays: days.default(90),
  responseBusinessDays: count.max(30, 'at most 30').default(2),
  reminders: remindersSchema.prefault({}),
  /** Without acknowledgement of a handover for so long, the working group is told. */
  acknowledgeHours: count.max(168, 'at most 168').default(24),
  /** How many members the working group has (OEP-60 R23); outside that there is a warning. */
  members: z.strictObject({ least: count.default(6), most: count.default(7) }).prefault({}),
  /** More than one person confirms these acts. */
  confirmations: z
    .strictObject({
      forward: z.boolean().default(false),
      earlyPublic: z.boolean().default(true),
      publish: z.boolean().default(false),
    })
    .prefault({}),
});

const concurrencySchema = z.strictObject({
  /** How many mails are taken in at once; SQS asks for at least 2. */
  intake: z.int().min(2, 'a whole number of 2 or more').max(1000, 'at most 1000').default(5),
  /** Reserved concurrency by function; absent: none, as a new account may have none to give. */
  reserved: z.record(z.string(), count).default({}),
});

const githubSchema = z.strictObject({
  apiBase: httpsUrl.default('https://api.github.com'),
  appId: count,
  installationId: count,
  /** Holds `{"privateKey": "…", "webhookSecret": "…"}`. */
  secretName,
});

const discourseSchema = z.strictObject({
  base: httpsUrl,
  categoryId: count,
  /** Holds `{"apiKey": "…", "apiUsername": "…", "webhookSecret": "…"}`; absent: prefilled links only. */
  secretName: secretName.optional(),
});

const repositorySchema = z.strictObject({
  /** Branches that a fix must reach, besides the usual ones if `default` is not named again. */
  branches: z.array(branch).min(1, 'at least one branch').optional(),
  /**
   * Who answers for it where catalog-info.yaml and CODEOWNERS do not say: addresses of `maintainers` or `members`, each
   * one person's, or of `groups`.
   */
  contacts: z.array(address).default([]),
});

const operatorSchema = z.strictObject({
  /** Preferably a group's address (OEP-60 R21). */
  address,
  instance: line('the name of the instance'),
  domains: z.array(domain).min(1, 'at least one domain'),
  contact: address.optional(),
});

/** A day that the calendar has, to the minute. */
const isLocalTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(`${text}Z`)) &&
  new Date(`${text}Z`).toISOString().startsWith(text);

const rotaSchema = z.strictObject({
  /** The first shift's start, local time in `zone`: `2026-12-07T09:00`. Absent: Monday 09:00 of the first deployment's week. */
  from: z.string().refine(isLocalTime, 'a local time such as "2026-12-07T09:00"').optional(),
  shiftDays: count.max(92, 'at most 92').default(7),
  shifts: count.max(104, 'at most 104').default(26),
});

const arn = (service: string, kind: string) =>
  z.string().regex(new RegExp(`^arn:aws[\\w-]*:${service}:[\\w-]+:\\d{12}:.+$`), `the ARN of ${kind}`);

/** What is there already, restored or left by a destroyed stack: used as it is, never made or changed (docs/restore.md). */
const existingSchema = z.strictObject({
  /** A restored table has a stream only after one is switched on; its ARN ends with the instant of that. */
  table: z
    .strictObject({
      name: z.string().regex(/^[\w.-]{3,255}$/, "a table's name"),
      streamArn: arn('dynamodb', 'its stream'),
    })
    .optional(),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name")
    .optional(),
  /** Another stack's secrets: without its key of pseudonyms nobody in its record is known. */
  linkKeys: z
    .strictObject({
      keyringArn: arn('secretsmanager', 'the secret Keyring'),
      pseudonymsArn: arn('secretsmanager', 'the secret Pseudonyms'),
    })
    .optional(),
  /** The key under which these lie, where another stack made it. */
  keyArn: arn('kms', 'a key').optional(),
});

/** The shape of `desk.config.ts`; defaults are OEP-60's and docs/policy.md's. */
export const deskConfigSchema = z
  .strictObject({
    /** The CloudFormation stack; letters, digits and hyphens. */
    stackName: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, 'letters, digits and hyphens, at most 40')
      .default('DisclosureDesk'),
    /** The project whose security address this is. */
    project: line("the project's name"),
    /** How the desk signs. */
    signature: line('how the desk signs'),
    /** References begin with it: `EDX-2026-0001`. */
    prefix: z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/, '2 to 10 capitals and digits, first a capital'),
    /** Where everything lies and SES receives. */
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region of AWS, such as "eu-central-1"'),
    zone,
    /** Where alarms go, past the desk's own mail. */
    administrators: z.array(address).min(1, 'at least one address for alarms'),
    mail: mailSchema,
    receiving: receivingSchema.prefault({}),
    links: linksSchema.prefault({}),
    existing: existingSchema.prefault({}),
    /** A Route 53 zone in the same account: DNS records are then made, else printed. */
    hostedZone: z
      .strictObject({ id: z.string().regex(/^Z[A-Z0-9]+$/, "a hosted zone's id"), name: domain })
      .optional(),
    github: githubSchema.optional(),
    discourse: discourseSchema.optional(),
    /** Branches that every fix must reach: the default branch and the supported named releases. */
    branches: z.array(branch).min(1, 'at least one branch'),
    repositories: z.record(repository, repositorySchema).default({}),
    policy: policySchema.prefault({}),
    /** Raw mail is kept so long after a disclosure's end (policy A8). */
    retentionDays: days.default(365),
    logRetentionDays: z
      .union([z.literal(7), z.literal(30), z.literal(90), z.literal(180), z.literal(365)])
      .default(90),
    concurrency: concurrencySchema.prefault({}),
    members: z.array(person).min(1, 'at least one member'),
    /** Maintainers whose address GitHub does not show. */
    maintainers: z.array(person).default([]),
    /** Addresses that are a group's, and its recorded persons. */
    groups: z.array(groupSchema).default([]),
    rota: rotaSchema.optional(),
    operators: z.array(operatorSchema).default([]),
  })
  .superRefine((config, context) => {
    for (const { path, found, allowed } of contradictions(config))
      context.addIssue({ code: 'custom', path: [...path], input: found, message: allowed });
  });

/** What one writes in `desk.config.ts`. */
export type DeskConfigInput = z.input<typeof deskConfigSchema>;
/** The same with every default filled in. */
export type DeskConfig = z.output<typeof deskConfigSchema>;

/** A configuration that cannot be deployed; `problems` has one line for each wrong value. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
  readonly problems: readonly string[];
  constructor(source: string, problems: readonly string[]) {
    super(`${source} cannot be deployed:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Checks a configuration and fills in its defaults.
 * @param source the file's name, for the message
 * @throws ConfigRefused with path, what was found and what is allowed for each wrong value
 */
export function parseDeskConfig(input: unknown, source = 'desk.config.ts'): DeskConfig {
  const result = deskConfigSchema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw new ConfigRefused(source, result.error.issues.flatMap(describe));
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${pathOf([...issue.path, key])}: found a name that is not known, allowed: none`,
    );
  }
  return [`${pathOf(issue.path)}: found ${shown(issue.input)}, allowed: ${allowed(issue)}`];
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((step) =>
      typeof step === 'number'
        ? `[${step}]`
        : /^[\w]+$/.test(String(step))
          ? `.${String(step)}`
          : `["${String(step)}"]`,
    )
    .join('')
    .replace(/^\./, '') || 'the configuration';

const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

function allowed(issue: Issue): string {
  if (issue.code === 'invalid_type') return `a value of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(', ');
  if (issue.code === 'invalid_union') {
    return [...new Set(issue.errors.flat().map((each) => allowed(each)))].join(', ');
  }
  if (issue.code === 'invalid_key') return issue.issues.map((each) => each.message).join(', ');
  return issue.message;
}
