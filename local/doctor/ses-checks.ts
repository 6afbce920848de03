import { type Finding, looking, missing, notApplicable, ok, require } from './finding.ts';
import type { DoctorWorld, ReceiptRuleView } from './world.ts';

const console = (region: string, page: string): string =>
  `https://${region}.console.aws.amazon.com/ses/home?region=${region}#/${page}`;

export const domainOf = ({ config }: DoctorWorld): string => config.mail.securityAddress.split('@')[1] ?? '';

/** SES's sandbox: 200 mails a day, and only to verified addresses. */
const sandboxPerDay = 200;

/** Sending: out of the sandbox, the identity verified, its keys and envelope sender known. */
export async function checkSending(world: DoctorWorld): Promise<readonly Finding[]> {
  const { aws, config } = world;
  const domain = domainOf(world);
  const account = console(config.region, 'account');
  const page = console(config.region, `identities/${domain}`);
  const quota = world.local
    ? [notApplicable('production access', "the emulator's SES has no sandbox")]
    : await looking('production access', account, async () => {
        const { perDay, perSecond, enabled } = await aws.sendingQuota();
        if (!enabled) return missing('production access', 'sending is paused for the account', account);
        const found = `${perDay} mails a day, ${perSecond} a second`;
        return require('production access', perDay >
          sandboxPerDay, found, `ask for production access: ${account}`);
      });
  const identity = world.local
    ? [
        notApplicable(
          'identity',
          'the emulator verifies no domain; the test mail shows that mail gets through',
        ),
      ]
    : await checkIdentity(world, domain, page);
  return [...quota, ...identity];
}

const checkIdentity = ({ aws, config }: DoctorWorld, domain: string, page: string) =>
  looking('identity', page, async () => {
    const { verified, dkim, mailFrom } = await aws.identity(domain);
    const from = `${config.mail.mailFrom}.${domain}`;
    const sender = mailFrom ? `${mailFrom.domain}, ${mailFrom.ready ? 'ready' : 'not ready'}` : 'none';
    const remedy = `make the MX and TXT records of ${from} that the deployment printed, then wait for SES: ${page}`;
    return [
      require('identity', verified, `${domain} is ${verified ? '' : 'not '}verified`, page),
      require('DKIM at SES', dkim, `${dkim ? 'signs' : 'does not sign'} for ${domain}`, page),
      require('envelope sender', mailFrom?.domain === from && mailFrom.ready, sender, remedy),
    ];
  });

const covers = (rule: ReceiptRuleView, address: string): boolean =>
  rule.recipients.length === 0 ||
  rule.recipients.some((each) => {
    const domain = address.split('@').at(-1) ?? '';
    return each === address || each === domain || (each.startsWith('.') && domain.endsWith(each));
  });

/** Receiving: the region can, our rule set is the active one, our rule is whole and no other stands before it. */
export async function checkReceiving(world: DoctorWorld): Promise<readonly Finding[]> {
  const { aws, config, local } = world;
  const names = ['receiving region', 'active rule set', 'receipt rule', 'rule order'];
  if (local) return names.map((name) => notApplicable(name, 'the mail gateway receives in place of SES'));
  const page = console(config.region, 'email-receiving');
  return looking('receiving region', `choose a region in which SES receives mail: ${page}`, async () => {
    const active = await aws.activeRules();
    const region = ok('receiving region', `SES answers for received mail in ${config.region}`);
    const wanted = config.receiving.ruleSet ?? `${config.stackName}-rules`;
    const activate = `aws ses set-active-receipt-rule-set --rule-set-name ${wanted} --region ${config.region}`;
    const set = require('active rule set', active?.name === wanted, active?.name ?? 'none', activate);
    const rules = active?.name === wanted ? active.rules : [];
    return [region, set, ...ruleFindings(world, rules, page)];
  });
}

function ruleFindings(
  { config }: DoctorWorld,
  rules: readonly ReceiptRuleView[],
  page: string,
): readonly Finding[] {
  const name = `${config.stackName}-inbox`;
  const at = rules.findIndex((rule) => rule.name === name);
  const rule = rules[at];
  // A deployment does not notice that somebody changed or removed what it made.
  const mend = `put it right at ${page} (docs/deploy.md, step 3, Receiving)`;
  if (!rule) return [missing('receipt rule', `${name} is not in the active set`, mend)];
  const { securityAddress, replyDomain } = config.mail;
  const wants = [securityAddress, `case@${replyDomain}`];
  const flaws = [
    ...(rule.enabled ? [] : ['disabled']),
    ...(rule.scans ? [] : ['does not scan for spam and viruses']),
    ...(rule.bucket ? [] : ['has no bucket']),
    ...wants.filter((address) => !covers(rule, address)).map((address) => `does not take ${address}`),
  ];
  const before = rules
    .slice(0, at)
    .filter((each) => each.enabled && each.ends && wants.some((address) => covers(each, address)));
  return [
    require('receipt rule', flaws.length === 0, flaws.join(', ') || `${name} is whole`, mend),
    require('rule order', before.length === 0, before.length === 0
      ? `nothing ends before ${name}`
      : `${before.map((each) => each.name).join(', ')} ends what ${name} should get`, 'set receiving.afterRule in desk.config.ts to a rule that stands earlier, then npx cdk deploy'),
  ];
}
