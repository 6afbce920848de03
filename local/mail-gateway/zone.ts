import { domainOf } from './addresses.ts';
import type { DkimKey } from './dkim-key.ts';

interface Domain {
  /** Where the domain's mail comes from: an address set aside for documentation (RFC 5737). */
  readonly sender: string;
  /** What its SPF record says of every other address. */
  readonly others: '-all' | '~all';
  /** What it asks for where DMARC fails; absent: it publishes no DMARC record. */
  readonly dmarc?: 'none' | 'quarantine' | 'reject';
  /** Whether it publishes the demonstration's DKIM key. */
  readonly dkim: boolean;
}

/**
 * The little internet of the demonstration: who writes to a local desk, and what DNS says of their domains.
 * Nothing here is looked up anywhere else. A domain that is not in this file has no records at all, so its
 * mail gets the verdict GRAY, as mail of a domain without SPF, DKIM and DMARC does at SES.
 */
const domains: Readonly<Record<string, Domain>> = {
  'reporter.example': { sender: '192.0.2.10', others: '-all', dmarc: 'reject', dkim: true },
  'uni.example': { sender: '192.0.2.20', others: '-all', dmarc: 'quarantine', dkim: true },
  // The small host that never heard of DKIM and DMARC.
  'smallhost.example': { sender: '192.0.2.30', others: '~all', dkim: false },
  'maintainers.example': { sender: '192.0.2.40', others: '-all', dmarc: 'none', dkim: true },
  'volunteers.example': { sender: '192.0.2.50', others: '~all', dmarc: 'none', dkim: true },
  // The domains of the members and operators of desk.config.ts.
  'openedx.example': { sender: '192.0.2.60', others: '-all', dmarc: 'reject', dkim: true },
  'university.example': { sender: '192.0.2.70', others: '-all', dmarc: 'reject', dkim: true },
  // A mailing list host that rewrites senders, for the forwarder trap.
  'groups.example': { sender: '192.0.2.80', others: '-all', dmarc: 'none', dkim: true },
};

/** Mail to this domain, and to those below it, bounces. */
export const bounceDomain = 'bounce.example';

/** DNS as the gateway sees it, in the form that mailauth asks for. */
export interface Zone {
  /** Answers records, or rejects with `ENOTFOUND` (no such name) or `ENODATA` (no such record). */
  resolve(name: string, type: string): Promise<string[][] | string[]>;
  /** The address from which a domain of the demonstration sends; undefined for any other domain. */
  senderOf(domain: string): string | undefined;
  /** True for a domain that the zone describes. */
  knows(domain: string): boolean;
}

/** The demonstration's zone, with `key` as the DKIM key of every domain in it that signs. */
export function demonstrationZone(key: DkimKey): Zone {
  const records = new Map<string, Map<string, string[][] | string[]>>();
  const add = (name: string, type: string, value: string[][] | string[]) =>
    records.set(name, (records.get(name) ?? new Map()).set(type, value));
  for (const [name, domain] of Object.entries(domains)) {
    add(name, 'A', [domain.sender]);
    add(name, 'TXT', [[`v=spf1 ip4:${domain.sender} ${domain.others}`]]);
    if (domain.dmarc) add(`_dmarc.${name}`, 'TXT', [[`v=DMARC1; p=${domain.dmarc}`]]);
    if (domain.dkim) add(`${key.selector}._domainkey.${name}`, 'TXT', [[key.record]]);
  }
  return {
    async resolve(name, type) {
      const found = records.get(name.toLowerCase().replace(/\.$/, ''));
      const answer = found?.get(type.toUpperCase());
      if (answer === undefined) throw dnsError(found ? 'ENODATA' : 'ENOTFOUND', name);
      return answer;
    },
    senderOf: (domain) => domains[domain.toLowerCase()]?.sender,
    knows: (domain) => Object.hasOwn(domains, domain.toLowerCase()),
  };
}

function dnsError(code: 'ENOTFOUND' | 'ENODATA', name: string): Error {
  return Object.assign(new Error(`${code} ${name}: not in the local zone`), { code });
}

const loopback = /^(::ffff:)?127\.|^::1$/;

/**
 * The client address that SPF is asked about. Everything on this machine comes from loopback, so a loopback
 * client counts as the server that the zone authorises for the envelope sender's domain (for the null sender:
 * for the HELO name). A mail forged with a foreign envelope thus fails as it would outside, and a client may
 * claim any other address with XCLIENT. A domain outside the zone keeps 127.0.0.1: it has no SPF record.
 */
export function clientAddress(zone: Zone, ip: string, envelopeFrom: string, helo: string): string {
  if (!loopback.test(ip)) return ip;
  return zone.senderOf(domainOf(envelopeFrom) ?? helo) ?? '127.0.0.1';
}
