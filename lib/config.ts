import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { App } from 'aws-cdk-lib';
import { type Settings, settingsSchema } from '../functions/contracts/settings.ts';
import { ConfigRefused, type DeskConfig, parseDeskConfig } from './desk-config.ts';

/** What stands in for the outside world when the desk runs on one machine. Absent on AWS. */
export interface LocalWorld {
  /** File with the milliseconds that the desk's clock is ahead. */
  readonly clockOffsetFile?: string | undefined;
  /** The front: one address for the pages, as the emulator's own host names do not resolve everywhere. */
  readonly linkBase?: string | undefined;
  readonly githubBase?: string | undefined;
  readonly discourseBase?: string | undefined;
}

/** One deployment: what its owner configured, and where it runs. */
export interface Deployment {
  readonly config: DeskConfig;
  /** Present under `--context local=true` alone. */
  readonly local?: LocalWorld | undefined;
}

/**
 * Where the template of a local deployment may differ from the production one, and why. A test takes these away from
 * both and compares the rest.
 */
export const localDifferences = [
  {
    name: 'inbound mail',
    why: 'the emulator does not receive mail: the mail gateway stands in for the rule, DNS and the domain name',
  },
  { name: 'TLS-only statements', why: "the emulator's endpoint is plain HTTP on loopback" },
  { name: 'synthesizer', why: "the emulator's IAM refuses to publish assets under the bootstrap's roles" },
  {
    name: 'SES event destination',
    why: "the emulator's SES emits no events: the mailbox publishes them to the same topic",
  },
  {
    name: 'unnarrowed actions',
    why: "the emulator's IAM sees no identity behind SendRawEmail, no state machine behind a task token, no group of a schedule",
  },
  {
    name: 'gathering window',
    why: 'what SES tells of letters gathers for a minute on AWS, for two seconds here, where somebody waits to see it',
  },
  { name: 'clock offset', why: 'time travel makes a year of reminders testable in seconds' },
  { name: 'endpoints', why: 'GitHub, Discourse and the front are addresses on this machine' },
] as const;

/** What a setting of the context is for. Read here and nowhere else. */
const contextKeys = {
  local: 'true: deploy onto the emulator',
  config: 'another configuration file than desk.config.ts',
  clockOffsetFile: 'local: file with the clock’s offset in milliseconds',
  linkBase: 'local: base of all links',
  githubBase: 'local: address of the GitHub stand-in',
  discourseBase: 'local: address of the Discourse stand-in',
} as const;

type ContextKey = keyof typeof contextKeys;

/**
 * Reads the configuration file and the context.
 * @throws ConfigRefused when a value of either cannot be deployed
 */
export async function loadDeployment(app: App): Promise<Deployment> {
  const context = (key: ContextKey): string | undefined => {
    const value: unknown = app.node.tryGetContext(key);
    return value === undefined || value === '' ? undefined : String(value);
  };
  const file = context('config') ?? 'desk.config.ts';
  const module: { default?: unknown } = await import(pathToFileURL(resolve(file)).href);
  return deploymentOf(parseDeskConfig(module.default, file), context);
}

/** Joins a configuration with the context. @throws ConfigRefused */
export function deploymentOf(
  config: DeskConfig,
  context: (key: ContextKey) => string | undefined = () => undefined,
): Deployment {
  const local = context('local') ?? 'false';
  if (local !== 'true' && local !== 'false') {
    throw new ConfigRefused('--context', [`local: found ${JSON.stringify(local)}, allowed: "true", "false"`]);
  }
  const world = {
    clockOffsetFile: context('clockOffsetFile'),
    linkBase: context('linkBase'),
    githubBase: context('githubBase'),
    discourseBase: context('discourseBase'),
  };
  if (local === 'true') return { config, local: world };
  const stray = Object.entries(world).filter(([, value]) => value !== undefined);
  if (stray.length > 0) {
    throw new ConfigRefused(
      '--context',
      stray.map(
        ([key, value]) => `${key}: found ${JSON.stringify(value)}, allowed: nothing without local=true`,
      ),
    );
  }
  return { config };
}

/** `cdk list` and `cdk destroy` say that they need no bundle by naming no stack to bundle for. */
export function needsCode(app: App): boolean {
  const stacks: unknown = app.node.tryGetContext('aws:cdk:bundling-stacks');
  return !Array.isArray(stacks) || stacks.length > 0;
}

const hour = 3_600_000;
const day = 24 * hour;
/** The sweep's interval (policy, Readings: reminder clock), milliseconds. */
export const sweepMs = 15 * 60_000;

/** What is configured by rating, by the frequency that each rating has (OEP-60 R8). */
const byFrequency = <T>(of: Readonly<Record<'critical' | 'high' | 'medium' | 'low', T>>) => ({
  weekly: of.critical,
  monthly: of.high,
  quarterly: of.medium,
  'half-yearly': of.low,
});

/** What the functions know of the deployment. No secret and no person is among it. */
export function settingsOf({ config, local }: Deployment, configurationSet: string): Settings {
  const { mail, policy, github, discourse } = config;
  const { reminders } = policy;
  const branchesOf = Object.entries(config.repositories).flatMap(([name, { branches }]) =>
    branches === undefined ? [] : [[name, branches] as const],
  );
  return settingsSchema.parse({
    policy: {
      prefix: config.prefix,
      zone: config.zone,
      noticeMs: policy.noticeHours * hour,
      windowMs: policy.windowHours * hour,
      earlyPublicMs: policy.earlyPublicHours * hour,
      embargoDays: policy.embargoDays,
      embargoAskDays: policy.embargoAskDays,
      informationDays: policy.informationDays,
      reopenDays: policy.reopenDays,
      responseBusinessDays: policy.responseBusinessDays,
      sweepMs,
      reminders: {
        periods: byFrequency(reminders),
        unmannedReachMs: reminders.reachDays * day,
        postponeAtMostMs: reminders.postponeDays * day,
        silence: byFrequency(reminders.silence),
      },
      rota: { acknowledgeWithinMs: policy.acknowledgeHours * hour, members: policy.members },
      publishNeedsTwo: policy.confirmations.publish,
      forwardNeedsTwo: policy.confirmations.forward,
      earlyPublicNeedsTwo: policy.confirmations.earlyPublic,
      postsToDiscourse: discourse?.secretName !== undefined,
      branches: Object.fromEntries(branchesOf),
      defaultBranches: config.branches,
    },
    identity: {
      project: config.project,
      signature: config.signature,
      securityAddress: mail.securityAddress,
      replyDomain: mail.replyDomain,
      groupAddress: mail.groupAddress,
      linkBase: local?.linkBase ?? config.links.base,
      pgpKeyUrl: mail.pgpKeyUrl,
      configurationSet,
    },
    mail: {
      ownAddresses: mail.ownAddresses,
      trustedForwarders: mail.trustedForwarders,
      caps: mail.caps,
      maxOutgoingBytes: mail.maxOutgoingBytes,
    },
    github: github && { ...github, apiBase: local?.githubBase ?? github.apiBase },
    discourse: discourse && { ...discourse, base: local?.discourseBase ?? discourse.base },
    retentionDays: config.retentionDays,
  } satisfies Settings);
}
