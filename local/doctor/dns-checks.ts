import { type Finding, looking, notApplicable, require } from './finding.ts';
import { domainOf } from './ses-checks.ts';
import type { DoctorWorld } from './world.ts';

const copy = (name: string, type: string, value: string): string =>
  `make the record  ${name}  ${type}  ${value}`;

/** The records that the world asks for: keys, envelope sender, policy, and who receives. */
export async function checkDns(world: DoctorWorld): Promise<readonly Finding[]> {
  if (world.local)
    return ['DKIM', 'SPF', 'DMARC', 'MX'].map((name) =>
      notApplicable(name, 'mail never leaves this machine'),
    );
  const found = await Promise.all([dkim(world), spf(world), dmarc(world), ...mx(world)]);
  return found.flat();
}

const shown = (answers: readonly string[]): string => answers.join(', ') || 'no record';

function dkim({ aws, dns, ...world }: DoctorWorld): Promise<readonly Finding[]> {
  const domain = domainOf({ aws, dns, ...world });
  const outputs = `aws cloudformation describe-stacks --stack-name ${world.config.stackName} --query 'Stacks[0].Outputs'`;
  const mend = `make the three CNAME records that the deployment printed: ${outputs}`;
  return looking('DKIM', mend, async () => {
    const { dkimTokens } = await aws.identity(domain);
    const absent: string[] = [];
    for (const token of dkimTokens) {
      const [answer] = await dns.cname(`${token}._domainkey.${domain}`);
      if (!answer?.startsWith(`${token}.dkim.`)) absent.push(`${token}._domainkey.${domain}`);
    }
    const whole = dkimTokens.length > 0 && absent.length === 0;
    const said = whole ? `${dkimTokens.length} keys` : `not found: ${shown(absent)}`;
    return require('DKIM', whole, said, mend);
  });
}

function spf(world: DoctorWorld): Promise<readonly Finding[]> {
  const name = `${world.config.mail.mailFrom}.${domainOf(world)}`;
  const mend = copy(name, 'TXT', 'v=spf1 include:amazonses.com ~all');
  return looking('SPF', mend, async () => {
    const records = (await world.dns.txt(name)).filter((text) => /^v=spf1\b/i.test(text));
    const [record] = records;
    const whole = records.length === 1 && /\binclude:amazonses\.com\b/i.test(record ?? '');
    // Two SPF records are an error to every receiver (RFC 7208, 4.5).
    return require('SPF', whole, `${name}: ${shown(records)}`, mend);
  });
}

function dmarc(world: DoctorWorld): Promise<readonly Finding[]> {
  const name = `_dmarc.${domainOf(world)}`;
  const mend = copy(name, 'TXT', 'v=DMARC1; p=none');
  return looking('DMARC', mend, async () => {
    const records = (await world.dns.txt(name)).filter((text) => /^v=DMARC1\b/i.test(text));
    return require('DMARC', records.length === 1, `${name}: ${shown(records)}`, mend);
  });
}

/** Names that SES receives lead there; the reply domain always must, or replies are lost. */
function mx(world: DoctorWorld): Promise<readonly Finding[]>[] {
  const { config, dns } = world;
  const server = `inbound-smtp.${config.region}.amazonaws.com`;
  const domain = domainOf(world);
  const ours = [...new Set([...config.receiving.names, config.mail.replyDomain])];
  const look = (name: string, wanted?: string) => {
    const mend = wanted
      ? `${copy(name, 'MX', `10 ${wanted}`)}; name ${name} in receiving.names to have it made`
      : `have mail to ${config.mail.securityAddress} received and forwarded to the desk (docs/deploy.md, step 3, Receiving)`;
    return looking(`MX of ${name}`, mend, async () => {
      const servers = await dns.mx(name);
      const whole = wanted ? servers.length === 1 && servers[0] === wanted : servers.length > 0;
      return require(`MX of ${name}`, whole, shown(servers), mend);
    });
  };
  const elsewhere = ours.includes(domain) ? [] : [look(domain)];
  return [...ours.map((name) => look(name, server)), ...elsewhere];
}
