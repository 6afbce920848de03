import { authenticate } from 'mailauth';
import type { SesVerdict } from '#contracts/ses-events.ts';
import { clientAddress, type Zone } from './zone.ts';

/** How a mail was handed over. */
export interface Envelope {
  /** MAIL FROM, bare; empty for the null sender. */
  readonly from: string;
  /** RCPT TO, bare. */
  readonly to: readonly string[];
  readonly helo: string;
  /** Address of the client. */
  readonly ip: string;
}

/** What SES finds out about a mail before it stores it. */
export interface Examination {
  readonly spam: SesVerdict;
  readonly virus: SesVerdict;
  readonly spf: SesVerdict;
  readonly dkim: SesVerdict;
  readonly dmarc: SesVerdict;
  /** Only where DMARC failed, as SES tells it. */
  readonly dmarcPolicy?: 'none' | 'quarantine' | 'reject';
  /** The address that SPF was asked about. */
  readonly client: string;
  /** Header fields that say the same in words, each without its last line break. */
  readonly receivedSpf: string;
  readonly authenticationResults: string;
}

/** A header that does not end within so many bytes is not evaluated: mailauth takes minutes for 300,000 folds. */
const longestHeader = 256 * 1024;

/** Evaluates SPF, DKIM and DMARC with mailauth on the local zone, and looks for the two test strings of scanners. */
export async function examine(raw: Buffer, envelope: Envelope, zone: Zone): Promise<Examination> {
  const client = clientAddress(zone, envelope.ip, envelope.from, envelope.helo);
  if (!headerEndsWithin(raw, longestHeader)) return notEvaluated(raw, client);
  const result = await authenticate(raw, {
    ip: client,
    helo: envelope.helo,
    sender: envelope.from,
    mta: 'amazonses.com',
    resolver: (name: string, type: string) => zone.resolve(name, type),
    strict: true,
    disableArc: true,
    disableBimi: true,
  });
  const receivedSpf = result.spf ? (result.spf.header ?? '') : '';
  const dmarc = dmarcVerdict(result.dmarc ? result.dmarc.status.result : 'none');
  const policy = dmarcPolicyOf(result.dmarc ? result.dmarc.policy : undefined);
  return {
    spam: contains(raw, gtube) ? 'FAIL' : 'PASS',
    virus: contains(raw, eicar) ? 'FAIL' : 'PASS',
    spf: spfVerdict(result.spf ? result.spf.status.result : 'none'),
    dkim: dkimVerdict(result.dkim.results, zone),
    dmarc,
    ...(dmarc === 'FAIL' && policy ? { dmarcPolicy: policy } : {}),
    client,
    receivedSpf,
    // In strict mode mailauth puts Authentication-Results on top.
    authenticationResults: result.headers.slice(0, result.headers.indexOf('\r\nReceived-SPF:')).trimEnd(),
  };
}

function headerEndsWithin(raw: Buffer, bytes: number): boolean {
  const head = raw.subarray(0, bytes);
  return raw.length <= bytes || head.includes('\r\n\r\n') || head.includes('\n\n');
}

const notEvaluated = (raw: Buffer, client: string): Examination => ({
  spam: contains(raw, gtube) ? 'FAIL' : 'PASS',
  virus: contains(raw, eicar) ? 'FAIL' : 'PASS',
  spf: 'PROCESSING_FAILED',
  dkim: 'PROCESSING_FAILED',
  dmarc: 'PROCESSING_FAILED',
  client,
  receivedSpf: `Received-SPF: none (header too long) client-ip=${client};`,
  authenticationResults: 'Authentication-Results: amazonses.com;',
});

/** RFC 7208 results as SES verdicts: what is neither a pass nor a fail is GRAY. */
function spfVerdict(result: string): SesVerdict {
  if (result === 'pass') return 'PASS';
  if (result === 'fail') return 'FAIL';
  return result === 'temperror' || result === 'permerror' ? 'PROCESSING_FAILED' : 'GRAY';
}

/** One good signature is enough. A bad one of a domain without a key in DNS says nothing about the mail. */
function dkimVerdict(
  results: readonly { signingDomain?: string; status: { result: string } }[],
  zone: Zone,
): SesVerdict {
  if (results.some(({ status }) => status.result === 'pass')) return 'PASS';
  if (results.some(({ status }) => status.result === 'temperror')) return 'PROCESSING_FAILED';
  return results.some(({ signingDomain }) => signingDomain && zone.knows(signingDomain)) ? 'FAIL' : 'GRAY';
}

function dmarcVerdict(result: string): SesVerdict {
  if (result === 'pass') return 'PASS';
  if (result === 'fail') return 'FAIL';
  return result === 'temperror' || result === 'permerror' ? 'PROCESSING_FAILED' : 'GRAY';
}

const dmarcPolicies = ['none', 'quarantine', 'reject'] as const;

const dmarcPolicyOf = (policy: string | undefined) => dmarcPolicies.find((name) => name === policy);

// In two halves each: a scanner on the reader's machine must not take this file for the real thing.
const gtube = ['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('');
const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

/** True where the text stands in the message as it is or inside a base64 part, at any of its three alignments. */
function contains(raw: Buffer, text: string): boolean {
  if (raw.includes(text)) return true;
  const joined = raw.toString('latin1').replace(/[\r\n]+/g, '');
  return [0, 1, 2].some((offset) => joined.includes(base64Core(text, offset)));
}

/** The characters of a base64 text that depend on `text` alone when it begins `offset` bytes into a group of three. */
function base64Core(text: string, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)])
    .toString('base64')
    .replace(/=+$/, '');
  const partial = (offset + text.length) % 3;
  return encoded.slice(offset === 0 ? 0 : offset + 1, partial === 0 ? undefined : -1);
}
