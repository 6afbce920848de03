import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { securityMd, securityTxt } from '#domain/security-texts.ts';
import { loadConfig } from './desk.ts';

/** `npm run security-texts`: both texts of R26 from desk.config.ts, printed, or written into a folder. */
const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { out: text, policy: text, canonical: text } });
const config = await loadConfig();
const contact = {
  project: config.project,
  securityAddress: config.mail.securityAddress,
  pgpKeyUrl: config.mail.pgpKeyUrl,
  policyUrl: values.policy,
  canonicalUrl: values.canonical,
  answerBusinessDays: config.policy.responseBusinessDays,
};
const texts = {
  'security.txt': securityTxt(contact, new Date().toISOString()),
  'SECURITY.md': securityMd(contact),
};
for (const [name, content] of Object.entries(texts)) {
  if (values.out === undefined) process.stdout.write(`--- ${name}\n${content}\n`);
  else writeFileSync(join(values.out, name), content);
}
