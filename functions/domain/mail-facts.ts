import { aligned, domainOf, type Mailbox, parseAddresses, sameAddress } from './addresses.ts';
import { firstOf, type HeaderField, type HeaderScan, parseContentType, valuesOf } from './header-scan.ts';
import type { Intake, Verdict } from './intake.ts';

/** What SES's notification says of one mail: the only words about it that are not the sender's. */
export interface Notice {
  /** Envelope sender; empty for a bounce. */
  readonly source: string;
  /** Envelope recipients that are ours. */
  readonly recipients: readonly string[];
  readonly verdicts: Intake['verdicts'];
  readonly dmarcPolicy?: 'none' | 'quarantine' | 'reject' | undefined;
}

/** How the deployment tells its own mail and its forwarders. */
export interface MailIdentity {
  /** The security address and all others that are the desk's own. */
  readonly ownAddresses: readonly string[];
  readonly replyDomain: string;
  /** Domains whose own DKIM signature marks mail that they forwarded. */
  readonly trustedForwarders: readonly string[];
}

/** What the rules of intake may know of a mail: its scan, and what SES vouches for. */
export interface MailFacts {
  readonly scan: HeaderScan;
  readonly recipients: readonly string[];
  readonly verdicts: Intake['verdicts'];
  readonly dmarcPolicy: Notice['dmarcPolicy'];
  /** Envelope sender; empty for a bounce, undefined where nobody says. */
  readonly returnPath: string | undefined;
  /** The one sender, recovered behind a trusted forwarder; undefined = unidentified. */
  readonly sender: Mailbox | undefined;
  readonly authenticated: Intake['authenticated'];
  /** It came by a trusted forwarder, whose list headers and rewritten From say nothing of the sender. */
  readonly viaForwarder: boolean;
  /** It came by the list that our own address is, without proof of it. */
  readonly viaOwnList: boolean;
  readonly fromOwnAddress: boolean;
  /** To or Cc names an address of ours: whoever wrote it meant us, and not the readers of some list. */
  readonly toOwnAddress: boolean;
  /** Content types of the body's parts, as far as the scan reaches: the first 100. */
  readonly parts: readonly string[];
}

/** The header that marks every mail of the desk, so that one that comes back is known. */
export const loopHeader = 'x-disclosure-desk';

const noVerdicts: Intake['verdicts'] = {
  spam: 'unknown',
  virus: 'unknown',
  spf: 'unknown',
  dkim: 'unknown',
  dmarc: 'unknown',
};

/**
 * Puts together what is known of a mail. Verdicts come from the notification; where the trigger was lost, from
 * the block SES put on top; else they are unknown, which is never a pass.
 */
export function factsOf(scan: HeaderScan, notice: Notice | undefined, identity: MailIdentity): MailFacts {
  const results = resultsOf(scan.receipt);
  const verdicts = notice?.verdicts ?? verdictsOf(scan.receipt, results);
  const returnPath =
    pathOf(notice?.source) ??
    pathOf(firstOf(scan.receipt, 'return-path')) ??
    pathOf(firstOf(scan.fields, 'return-path'));
  const signers = verdicts.dkim === 'PASS' ? results.signers : [];
  const viaForwarder = identity.trustedForwarders.some((forwarder) =>
    signers.some(
      (signer) => signer === forwarder.toLowerCase() || signer.endsWith(`.${forwarder.toLowerCase()}`),
    ),
  );
  const isOwn = (address: string): boolean =>
    domainOf(address) === identity.replyDomain.toLowerCase() ||
    identity.ownAddresses.some((own) => sameAddress(own, address));
  const viaOwnList = isOwnList(scan.fields, identity.ownAddresses);
  // Behind our own list the sender is as unproven as any From is; without a trusted signature it goes unanswered.
  const rewritten = viaForwarder || (viaOwnList && scan.from !== undefined && isOwn(scan.from.address));
  const sender = rewritten ? recovered(scan, identity, isOwn) : scan.from;
  return {
    scan,
    recipients: notice?.recipients ?? [],
    verdicts,
    dmarcPolicy: notice?.dmarcPolicy ?? (verdicts.dmarc === 'FAIL' ? results.policy : undefined),
    returnPath,
    sender,
    authenticated: rewritten ? 'unknown' : authenticationOf(scan.from, verdicts, signers, returnPath),
    viaForwarder,
    viaOwnList,
    fromOwnAddress: scan.from !== undefined && isOwn(scan.from.address),
    toOwnAddress: ['to', 'cc']
      .flatMap((name) => valuesOf(scan.fields, name))
      .some((field) => parseAddresses(field).mailboxes.some(({ address }) => isOwn(address))),
    parts: partsOf(scan),
  };
}

/** `<a@b>` or `a@b` → the address; `<>` and nothing at all → empty; undefined stays undefined. */
function pathOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return /^<?\s*([^<>\s]*)\s*>?$/.exec(value.trim())?.[1] ?? value.trim();
}

/** DMARC pass, or SPF or DKIM pass aligned with From (mail rules, Rules of intake); only ever from SES's verdicts. */
function authenticationOf(
  from: Mailbox | undefined,
  verdicts: Intake['verdicts'],
  signers: readonly string[],
  returnPath: string | undefined,
): Intake['authenticated'] {
  if (!from) return 'unknown';
  const domain = domainOf(from.address);
  if (verdicts.dmarc === 'PASS') return 'yes';
  if (verdicts.dmarc === 'FAIL') return 'no';
  if (verdicts.spf === 'PASS' && returnPath && aligned(domainOf(returnPath), domain)) return 'yes';
  if (verdicts.dkim === 'PASS' && signers.some((signer) => aligned(signer, domain))) return 'yes';
  return verdicts.spf === 'FAIL' || verdicts.dkim === 'FAIL' ? 'no' : 'unknown';
}

/**
 * The sender behind a trusted forwarder: `X-Original-From` only where it equals Reply-To; the From field where the
 * forwarder left it alone.
 */
function recovered(
  scan: HeaderScan,
  identity: MailIdentity,
  isOwn: (address: string) => boolean,
): Mailbox | undefined {
  const original = parseAddresses(firstOf(scan.fields, 'x-original-from') ?? '');
  const [first, ...more] = original.mailboxes;
  const [reply, ...others] = scan.replyTo.mailboxes;
  const agreed = original.wellFormed && scan.replyTo.wellFormed && more.length === 0 && others.length === 0;
  if (agreed && first && reply && sameAddress(first.address, reply.address)) return first;
  if (!scan.from || isOwn(scan.from.address)) return undefined;
  const rewritten = identity.trustedForwarders.some((forwarder) =>
    aligned(domainOf(scan.from?.address ?? ''), forwarder),
  );
  return rewritten ? undefined : scan.from;
}

/** The security address may be a list itself: its List-Post, List-Id or Mailing-list names our own address. */
function isOwnList(fields: readonly HeaderField[], own: readonly string[]): boolean {
  const says = ['list-post', 'list-id', 'mailing-list', 'x-google-group-id']
    .flatMap((name) => valuesOf(fields, name))
    .join('\n')
    .toLowerCase();
  return own.some(
    (address) =>
      says.includes(address.toLowerCase()) || says.includes(`<${address.toLowerCase().replace('@', '.')}>`),
  );
}

/** The top-level parts' types of a multipart body. */
function partsOf({ contentType, bodyStart }: HeaderScan): readonly string[] {
  const { boundary } = contentType.parameters;
  if (!contentType.type.startsWith('multipart/') || !boundary) return [];
  return bodyStart
    .split(`--${boundary}`)
    .slice(1, 101)
    .flatMap((part) => {
      const head = part.slice(0, 2000).split(/\r?\n\r?\n/)[0] ?? '';
      const value = /^content-type:[ \t]*([^\r\n;]{1,120})/im.exec(head)?.[1];
      return value ? [parseContentType(value).type] : [];
    });
}

interface Results {
  readonly spf: string | undefined;
  readonly dkim: readonly string[];
  readonly dmarc: string | undefined;
  /** Domains whose signature passed. */
  readonly signers: readonly string[];
  readonly policy: Notice['dmarcPolicy'];
}

/**
 * SES's own Authentication-Results, taken apart with quotes and comments minded: a local part such as
 * `"a;dkim=pass header.i=@x"` is an address and says nothing. SPF and DMARC that are stated twice are not believed.
 */
function resultsOf(receipt: readonly HeaderField[]): Results {
  const value = firstOf(receipt, 'authentication-results') ?? '';
  const [by = '', ...rest] = segments(value);
  const stated = /^amazonses\.com\b/i.test(by) ? rest : [];
  const of = (method: string): { result: string; rest: string }[] =>
    stated.flatMap((each) => {
      const [, result = '', after = ''] =
        new RegExp(`^${method}=([a-z]+)(?=$|[ (])(.*)$`, 'is').exec(each) ?? [];
      return result ? [{ result: result.toLowerCase(), rest: after }] : [];
    });
  const once = (method: string) => (of(method).length === 1 ? of(method)[0] : undefined);
  const signers = of('dkim')
    .filter(({ result }) => result === 'pass')
    .flatMap(
      ({ rest: after }) =>
        /\bheader\.[id]=[^\s;]*?@?([a-z0-9.-]+)\s*$/i.exec(after.replace(/\([^)]*\)/g, ''))?.[1] ?? [],
    );
  const policy = /\bp(?:olicy)?=(none|quarantine|reject)\b/i
    .exec(once('dmarc')?.rest ?? '')?.[1]
    ?.toLowerCase();
  return {
    spf: once('spf')?.result,
    dkim: of('dkim').map(({ result }) => result),
    dmarc: once('dmarc')?.result,
    signers: signers.map((signer) => signer.toLowerCase()),
    policy: policy as Notice['dmarcPolicy'],
  };
}

/** Splits at `;` outside quotes and comments; bounded. */
function segments(value: string): string[] {
  const found: string[] = [''];
  let quoted = false;
  let depth = 0;
  for (const character of value.slice(0, 8192)) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === '(') depth++;
    else if (!quoted && character === ')') depth = Math.max(0, depth - 1);
    if (character === ';' && !quoted && depth === 0) found.push('');
    else found[found.length - 1] += character;
  }
  return found.map((each) => each.trim());
}

function verdictsOf(receipt: readonly HeaderField[], results: Results): Intake['verdicts'] {
  if (receipt.length === 0) return noVerdicts;
  return {
    spam: verdictOf(firstOf(receipt, 'x-ses-spam-verdict')),
    virus: verdictOf(firstOf(receipt, 'x-ses-virus-verdict')),
    spf: resultVerdict(results.spf),
    dkim: results.dkim.includes('pass') ? 'PASS' : resultVerdict(results.dkim[0]),
    dmarc: resultVerdict(results.dmarc),
  };
}

function verdictOf(value: string | undefined): Verdict {
  const known = ['PASS', 'FAIL', 'GRAY', 'PROCESSING_FAILED', 'DISABLED'] as const;
  return known.find((each) => each === value?.trim().toUpperCase()) ?? 'unknown';
}

function resultVerdict(result: string | undefined): Verdict {
  if (result === undefined) return 'unknown';
  if (result === 'pass') return 'PASS';
  return result === 'fail' || result === 'softfail' ? 'FAIL' : 'GRAY';
}
