import type { DeskConfigInput } from './lib/desk-config.ts';

/**
 * The one file to edit before `npx cdk deploy`: an example for Open edX, whose addresses lead nowhere. Whatever is
 * left out has the default of docs/policy.md. A wrong value is refused with its path before anything is deployed.
 * Secrets stay in Secrets Manager: only their names are here. docs/deploy.md leads through it.
 */
export default {
  project: 'Open edX',
  signature: 'Open edX Security Working Group',
  // References begin with it: EDX-2026-0001.
  prefix: 'EDX',
  // A region in which SES receives mail.
  region: 'us-east-1',
  // Local times in mails and the rota: an IANA name.
  zone: 'America/New_York',
  // Alarms reach these by Amazon SNS, past the desk's own mail.
  administrators: ['desk-admin@openedx.example'],

  mail: {
    securityAddress: 'security@openedx.example',
    // Used for nothing else: replies come back to case+<token>@ this domain.
    replyDomain: 'desk.openedx.example',
    // The working group's own list: a notice to the group is one letter. Left out: one letter to each member.
    groupAddress: 'security-wg@openedx.example',
    // Lists whose software rewrites the sender before mail reaches us.
    trustedForwarders: ['googlegroups.com'],
    // pgpKeyUrl: 'https://openedx.example/security.asc',
  },
  // Names whose MX may point to SES. The security address itself may stay elsewhere and forward to the desk.
  receiving: {
    names: ['desk.openedx.example'],
    // ruleSet: 'shared-rules',   // join a rule set that another system made active
    // takeOver: true,            // or: switch the active rule set to ours, which silences the other
  },
  // Absent: links use the HTTP API's own address.
  // links: { base: 'https://desk.openedx.example' },
  // Makes the DNS records; without it they are printed as a table to copy.
  // hostedZone: { id: 'Z0123456789ABCDEFGHIJ', name: 'openedx.example' },

  github: {
    appId: 1,
    installationId: 1,
    // {"privateKey": "-----BEGIN RSA PRIVATE KEY-----…", "webhookSecret": "…"}
    secretName: 'disclosure-desk/github',
  },
  discourse: {
    base: 'https://discuss.openedx.example',
    // The security announcements' category.
    categoryId: 1,
    // {"apiKey": "…", "apiUsername": "…", "webhookSecret": "…"}; left out: maintainers post by a prefilled link.
    secretName: 'disclosure-desk/discourse',
  },

  // Every fix must reach these (OEP-60 R16): the default branch and the supported named releases.
  branches: ['master', 'release/verawood'],
  repositories: {
    // Contacts answer for a repository that names nobody itself: each is an address of maintainers or of groups.
    // Version-pinned components have no named releases.
    'openedx/xblock': { branches: ['master'], contacts: ['xblock-maintainers@openedx.example'] },
    'openedx/openedx-platform': { contacts: ['platform-maintainers@openedx.example'] },
  },

  // People seed an empty table once; afterwards the desk's own pages change them.
  members: [
    { name: 'Ada Moreno', address: 'ada@openedx.example', github: 'ada-moreno' },
    { name: 'Bao Tran', address: 'bao@openedx.example', github: 'bao-tran' },
    { name: 'Chidi Okafor', address: 'chidi@openedx.example', github: 'chidi-okafor' },
    { name: 'Dana Levi', address: 'dana@openedx.example', github: 'dana-levi' },
    { name: 'Elif Kaya', address: 'elif@openedx.example', github: 'elif-kaya' },
    { name: 'Farid Haddad', address: 'farid@openedx.example', github: 'farid-haddad' },
  ],
  // From the week of the first deployment on; `from` begins it elsewhere. Absent: it begins empty.
  rota: { shiftDays: 7, shifts: 26 },
  // Maintainers whose address GitHub does not show: an address for each login.
  maintainers: [
    { name: 'Mary Jackson', address: 'mary@maintainers.example', github: 'mary-jackson' },
    { name: 'Kofi Mensah', address: 'kofi@maintainers.example', github: 'kofi-mensah' },
  ],
  // Addresses above that are a group's: its link asks who of these is acting, and mails that person a link of their own.
  // A group without people is not notified: the working group stands in until a member records somebody.
  groups: [
    {
      address: 'xblock-maintainers@openedx.example',
      people: [
        { name: 'Grace Okoye', address: 'grace@maintainers.example', github: 'grace-okoye' },
        { name: 'Hedda Lind', address: 'hedda@maintainers.example', github: 'hedda-lind' },
      ],
    },
    {
      address: 'platform-maintainers@openedx.example',
      people: [{ name: 'Mary Jackson', address: 'mary@maintainers.example', github: 'mary-jackson' }],
    },
  ],
  operators: [
    {
      instance: 'Example University',
      address: 'platform-security@university.example',
      domains: ['courses.university.example'],
    },
  ],
} satisfies DeskConfigInput;
