import { parseArgs } from 'node:util';
import type { Settings } from '#contracts/settings.ts';
import { liveInMemory } from './in-memory.ts';
import { compare } from './mails.ts';
import { expectedMails } from './model.ts';
import { fullYear, type Plan, planOf } from './plan.ts';

/*
 * npm run simulate: a year of the desk in time travel, compared mail for mail with a brute-force model of the
 * policy. `--json` prints one line for machines, `--seed` plans another year, `--emulator` lives it on the desk
 * that `npm start` has deployed on this machine.
 */

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
export async function simulate(plan: Plan) {
  const settings = settingsOf(plan);
  const sent = await liveInMemory(plan, settings);
  return compare(expectedMails(plan), sent, settings.policy.sweepMs, plan.outage);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, seed: { type: 'string', default: '60' } },
  });
  const began = performance.now();
  const { expected, sent, missing, late, doubled } = await simulate(planOf(Number(values.seed), fullYear));
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const line = {
    expected,
    sent,
    missing: missing.length,
    late: late.length,
    doubled: doubled.length,
    seconds,
  };
  if (values.json) console.log(JSON.stringify(line));
  else {
    console.log(`A year, mail for mail: ${expected} expected, ${sent} sent, in ${seconds} s.`);
    const show = (
      word: string,
      mails: readonly { to: string; what: string; instant: number; about: string }[],
    ) => {
      console.log(`${word}: ${mails.length}`);
      for (const { to, what, instant, about } of mails.slice(0, 10))
        console.log(`  ${new Date(instant).toISOString()} ${what} to ${to}: ${about}`);
    };
    show('Missing', missing);
    show('Late', late);
    show('Doubled', doubled);
  }
  if (missing.length + late.length + doubled.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main();
