import { day, type Instant, plus } from './instant.ts';

/** What a project's own texts say of its security address. */
export interface SecurityContact {
  /** `Open edX`. */
  readonly project: string;
  readonly securityAddress: string;
  /** Where the security policy can be read. */
  readonly policyUrl?: string | undefined;
  /** Where the public key lies for encrypted reports. */
  readonly pgpKeyUrl?: string | undefined;
  /** Where `security.txt` itself lies, as RFC 9116 asks of a signed or mirrored one. */
  readonly canonicalUrl?: string | undefined;
  /** Business days to the first human answer (policy A1). */
  readonly answerBusinessDays: number;
}

/** RFC 9116 recommends that a file is looked at again within a year. */
const validDays = 364;

/**
 * `security.txt` for the project's site (OEP-60 R26; RFC 9116): served at `/.well-known/security.txt`. It expires, so
 * that it is made anew once a year.
 */
export function securityTxt(contact: SecurityContact, now: Instant): string {
  const lines = [
    ['Contact', `mailto:${contact.securityAddress}`],
    ['Expires', plus(now, validDays * day).replace(/\.\d{3}Z$/, 'Z')],
    ['Encryption', contact.pgpKeyUrl],
    ['Policy', contact.policyUrl],
    ['Canonical', contact.canonicalUrl],
    ['Preferred-Languages', 'en'],
  ];
  return lines.flatMap(([name, value]) => (value ? [`${name}: ${value}\n`] : [])).join('');
}

/** `SECURITY.md` for each of the project's repositories (OEP-60 R26, R11, R24, R25). */
export function securityMd(contact: SecurityContact): string {
  const { project, securityAddress, policyUrl, pgpKeyUrl, answerBusinessDays } = contact;
  return `# Security policy

## Reporting a vulnerability

Write to **${securityAddress}**. Please do not open a public issue or pull request, and keep the details private until a fix is released.

You get an automatic acknowledgement within minutes, with a link to a page of your own, and a person's answer within ${answerBusinessDays} business days. On your page you see the stage, can add text or files, and choose how you want to be credited.

Say what is affected, how to reproduce it, and what it allows. What you are not sure of is welcome too.${pgpKeyUrl ? `\n\nFor encrypted mail use our public key: ${pgpKeyUrl}` : ''}

## What happens then

The working group verifies and scores the report, opens a private security advisory in each affected repository, and works with its maintainers. A release is announced publicly at least two days ahead, with repository, time and severity. Details are published with the fix, for everybody at once.

## If you run a site

A vulnerability of the ${project} software that somebody reported to you: forward it to ${securityAddress}, or ask the reporter to write there.${policyUrl ? `\n\nThe whole policy: ${policyUrl}` : ''}
`;
}
