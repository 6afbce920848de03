import { resolveMx } from 'node:dns/promises';
import { createSes, type Ses } from './ses.ts';

/** Errors of DNS that mean: this name has no mail server. */
const nobody = new Set(['ENOTFOUND', 'ENODATA']);

/** SES's one active receipt rule set, and the world's MX records. */
export function createInboundRules(ses: Ses = createSes()) {
  return {
    async activeRuleSet(): Promise<string | undefined> {
      return ses.activeReceiptRuleSet();
    },
    async activate(ruleSet: string | undefined): Promise<void> {
      await ses.setActiveReceiptRuleSet(ruleSet);
    },
    async mailServers(name: string): Promise<readonly string[]> {
      try {
        return (await resolveMx(name)).map(({ exchange }) => exchange.toLowerCase());
      } catch (error) {
        if (error instanceof Error && 'code' in error && nobody.has(String(error.code))) return [];
        throw error;
      }
    },
  };
}
