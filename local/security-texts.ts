import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { securityMd, securityTxt } from '#domain/security-texts.ts';
import { commandLine, wrongCall } from './command-line.ts';
import { loadConfig } from './desk.ts';

const usage = `npm run security-texts -- [options]
  Prints security.txt and SECURITY.md as desk.config.ts has it (OEP-60 R26).
  --out DIR        write both files into this folder instead
  --policy URL     where the project's security policy stands
  --canonical URL  where security.txt will be read`;

const text = { type: 'string' } as const;
const { values } = commandLine(usage, { out: text, policy: text, canonical: text });
for (const name of ['policy', 'canonical'] as const) {
  const address = values[name];
  // RFC 9116, sections 2.5.2 and 2.5.7: a web address that is not https is not to be used.
  if (address !== undefined && !(URL.canParse(address) && /^https:\/\/\S+$/.test(address)))
    wrongCall(usage, `--${name} has to be an https address, not ${JSON.stringify(address)}.`);
}
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
if (values.out !== undefined) mkdirSync(values.out, { recursive: true });
for (const [name, content] of Object.entries(texts)) {
  if (values.out === undefined) process.stdout.write(`--- ${name}\n${content}\n`);
  else writeFileSync(join(values.out, name), content);
}
