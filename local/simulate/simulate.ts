import type { Settings } from '#contracts/settings.ts';
import { reminderDefaults } from '#domain/cadence.ts';
import { rotaDefaults } from '#domain/rota.ts';
import { commandLine, wholeNumber } from '../command-line.ts';
import { liveInMemory } from './in-memory.ts';
import { type Comparison, compare } from './mails.ts';
import { expectedMails, type Mail } from './model.ts';
import { fullYear, type Plan, planOf, type Size } from './plan.ts';

const usage = `npm run simulate -- [options]
  A year of the desk in time travel, compared mail for mail with a brute-force model of the policy.
  --json           one line of JSON: {"expected","sent","missing","late","doubled","seconds"}
  --seed N         plan another year (default: 60)
  --days N         a shorter one (default: ${fullYear.days})
  --disclosures N  with as many disclosures (default: ${fullYear.disclosures})
  --emulator       live it on a desk deployed on this machine: real functions, real table, mails by SMTP
Exit code 1 when a mail is missing, late or doubled.`;

/** The settings of a desk as policy.md's defaults have them. */
export const settingsOf = ({ zone }: Pick<Plan, 'zone'>): Settings => ({
  policy: {
    prefix: 'EDX',
    zone,
    noticeMs: 172_800_000,
    windowMs: 7_200_000,
    earlyPublicMs: 14_400_000,
    embargoDays: 90,
    embargoAskDays: 14,
    informationDays: 30,
    reopenDays: 90,
    responseBusinessDays: 2,
    sweepMs: 900_000,
    reminders: reminderDefaults,
    rota: rotaDefaults,
    publishNeedsTwo: false,
    forwardNeedsTwo: false,
    earlyPublicNeedsTwo: false,
    postsToDiscourse: false,
    branches: {},
    defaultBranches: ['main'],
  },
  identity: {
    project: 'Open edX',
    signature: 'Open edX Security Working Group',
    securityAddress: 'security@openedx.example',
    replyDomain: 'desk.openedx.example',
    linkBase: 'https://desk.openedx.example',
  },
  mail: {
    ownAddresses: ['security@openedx.example'],
    trustedForwarders: [],
    caps: { perAddressDay: 1, perAddressWeek: 3, perHour: 50 },
    maxOutgoingBytes: 10_000_000,
  },
  retentionDays: 365,
});

/** Lives a planned year in memory and compares it with the model. */
export async function simulate(plan: Plan): Promise<Comparison> {
  const settings = settingsOf(plan);
  const sent = await liveInMemory(plan, settings);
  return compare(expectedMails(plan), sent, settings.policy.sweepMs, plan.outage);
}

/** Lives it on a deployed desk of its own, by the mails in its mailbox. */
async function simulateOnEmulator(seed: number, size: Size): Promise<Comparison> {
  // What starts a desk is loaded only where one is started.
  const { liveOnEmulator } = await import('./on-emulator.ts');
  const { plan, sent } = await liveOnEmulator(
    (year, zone) => ({ ...planOf(seed, size, year), zone }),
    settingsOf,
    (line) => console.error(line),
  );
  return compare(expectedMails(plan), sent, settingsOf(plan).policy.sweepMs, plan.outage);
}

function show(word: string, mails: readonly Mail[]): void {
  console.log(`${word}: ${mails.length}`);
  for (const { to, what, instant, about } of mails.slice(0, 10))
    console.log(`  ${new Date(instant).toISOString()} ${what} to ${to}: ${about}`);
}

async function main(): Promise<void> {
  const { values } = commandLine(usage, {
    json: { type: 'boolean' },
    emulator: { type: 'boolean' },
    seed: { type: 'string', default: '60' },
    disclosures: { type: 'string', default: String(fullYear.disclosures) },
    days: { type: 'string', default: String(fullYear.days) },
  });
  const began = performance.now();
  const seed = wholeNumber(usage, 'seed', values.seed);
  const disclosures = wholeNumber(usage, 'disclosures', values.disclosures, 1);
  const size = { ...fullYear, disclosures, days: wholeNumber(usage, 'days', values.days, 1) };
  const found = await (values.emulator ? simulateOnEmulator(seed, size) : simulate(planOf(seed, size)));
  const { expected, sent, missing, late, doubled } = found;
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  if (values.json) {
    const counts = { missing: missing.length, late: late.length, doubled: doubled.length };
    console.log(JSON.stringify({ expected, sent, ...counts, seconds }));
  } else {
    console.log(`${size.days} days, mail for mail: ${expected} expected, ${sent} sent, in ${seconds} s.`);
    show('Missing', missing);
    show('Late', late);
    show('Doubled', doubled);
  }
  if (missing.length + late.length + doubled.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main();
