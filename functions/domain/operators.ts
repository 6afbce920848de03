/*
 * Which recorded operator a report concerns (OEP-60 R3, R21). "Unknown operator → tell the reporter; never guess.
 * Match by domain": a host is an operator's where it is one of the recorded domains, or lies under one. Nothing that
 * only looks like it is.
 */

/** A text is looked at so far, and so many of its words: a report is no list of sites. */
const mostCharacters = 262_144;
const mostWords = 50_000;

/**
 * A host's name as name servers are asked for it: lower case, letters of other scripts as `xn--…`. Undefined where it
 * is no name of a site.
 */
export function canonicalHost(host: string): string | undefined {
  if (/[\s/?#:@\\]/.test(host)) return undefined;
  try {
    const { hostname } = new URL(`http://${host.replace(/\.$/, '')}/`);
    return /^([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/.test(hostname) ? hostname : undefined;
  } catch {
    return undefined;
  }
}

/** Brackets, quotes and full stops around an address in a sentence. */
const around = /^[<("'“‘[{]+|[>)"'”’\]},;:!?.]+$/g;

/** The host that one word of a text names: an address's own host, never what stands in its user, path or query. */
function hostIn(word: string): string | undefined {
  // As reporters write addresses that nobody is to click on.
  const plain = word
    .replace(/\[\.\]|\(\.\)/g, '.')
    .replace(around, '')
    .replace(/^hxxp/i, 'http');
  if (/^https?:\/\//i.test(plain)) {
    try {
      return canonicalHost(new URL(plain).hostname);
    } catch {
      return undefined;
    }
  }
  const bare = /^([^\s/?#:@]+)(:\d+)?([/?#].*)?$/.exec(plain)?.[1];
  return bare?.includes('.') ? canonicalHost(bare) : undefined;
}

/** The hosts that a text names, each once, in order. Mail addresses name none: anybody may write from anywhere. */
export function hostsIn(text: string): readonly string[] {
  const words = text.slice(0, mostCharacters).split(/\s+/, mostWords);
  return [...new Set(words.flatMap((word) => (word.includes('.') ? (hostIn(word) ?? []) : [])))];
}

/** Is it the domain, or under it? */
const within = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/** Which of the hosts are an operator's. */
export function hostsOf(hosts: readonly string[], domains: readonly string[]): readonly string[] {
  const own = domains.flatMap((domain) => canonicalHost(domain) ?? []);
  return hosts.filter((host) => own.some((domain) => within(host, domain)));
}
