import { localOf } from './addresses.ts';
import { firstOf, valuesOf } from './header-scan.ts';
import type { Disposition, IntakeFlag, IntakeKind } from './intake.ts';
import type { MailFacts } from './mail-facts.ts';
import { ownWords, textStart } from './mail-text.ts';
import {
  askedToProve,
  awayRest,
  awaySubject,
  awayText,
  challengeSubject,
  flaw,
  flawInText,
  givenBack,
  heldBack,
  undeliverableSubject,
  undeliverableWords,
} from './mail-words.ts';
import type { PersonKind } from './people.ts';
import { isNullPath, suppressionRules } from './suppression.ts';
import type { Threading } from './threading.ts';

/** What else the rules of kind may know: what the record says of the sender and of the address written to. */
export interface IntakeFacts extends MailFacts {
  /** It carries a nonce that the doctor stored and nobody has used. */
  readonly testNonce: boolean;
  /** How it came to a reply address; absent where it did not. */
  readonly thread?: Threading | undefined;
  /** What the record knows the sender as, where the sender is authenticated. */
  readonly knownAs: readonly PersonKind[];
}

export interface KindRule {
  readonly kind: IntakeKind;
  readonly rule: string;
  /** A person's mail may look so too: it waits in the members' list instead of passing without anybody's look. */
  readonly likely?: true;
  readonly when: (facts: IntakeFacts) => boolean;
}

const subjectOf = ({ scan }: IntakeFacts): string =>
  scan.subject.replace(/^\s*((re|fwd?|aw|wg|tr)\s*:\s*)+/i, '');

/** Subject matches, and nothing in it or at the start of the body speaks of a flaw. */
const asks = (facts: IntakeFacts, pattern: RegExp): boolean =>
  pattern.test(subjectOf(facts)) &&
  !flaw.test(subjectOf(facts)) &&
  !flaw.test(textStart(facts.scan).slice(0, 4000));

const suppressed = (facts: IntakeFacts, ...names: readonly string[]): boolean =>
  suppressionRules.some(({ rule, when }) => names.includes(rule) && when(facts));

/** Its sender speaks of a flaw, in the subject or above what they quote. */
const speaksOfFlaw = ({ scan }: IntakeFacts): boolean =>
  flaw.test(scan.subject) || flawInText.test(ownWords(textStart(scan)).replace(/\s+/g, ' '));

/** It passes a mail on, with a sentence or two of its sender's own above it: then the sender has something to say. */
const passedOnWithWords = ({ scan }: IntakeFacts): boolean =>
  /^\s*(fwd?|wg|tr|rv|i)\s*:/i.test(scan.subject) &&
  (ownWords(textStart(scan)).match(/\p{L}{2,}/gu)?.length ?? 0) >= 12;

/** Mail systems' own senders: no person writes as one of these. */
const mailSystem = /^(mailer-?daemon|mdaemon|mail-?daemon|mail[-_]?delivery[-_.](system|subsystem))/;

const localIs = ({ scan }: IntakeFacts, pattern: RegExp): boolean =>
  scan.from !== undefined && pattern.test(localOf(scan.from.address));

/** From `Mail Delivery System` or without an address at all, as mail systems write of themselves. */
const namedMailSystem = ({ scan }: IntakeFacts): boolean =>
  /mail(er)?[ -]?(delivery|daemon)|postmaster|delivery (sub)?system|mailadministrator/i.test(
    firstOf(scan.fields, 'from') ?? '',
  );

/** Signs that a mail system wrote it, which a person who passes its notice on does not leave. */
const byMailSystem = (facts: IntakeFacts): boolean =>
  isNullPath(facts) || namedMailSystem(facts) || suppressed(facts, 'auto-submitted');

/** It answers a mail: notices of responders do, a first report does not. */
const answers = (facts: IntakeFacts): boolean =>
  facts.scan.references.length > 0 ||
  isNullPath(facts) ||
  suppressed(facts, 'auto-submitted', 'precedence', 'auto-response-suppress');

const reportType = ({ scan }: IntakeFacts): string =>
  scan.contentType.type === 'multipart/report'
    ? (scan.contentType.parameters['report-type']?.toLowerCase() ?? '')
    : 'none';

const isOf = ({ scan, parts }: IntakeFacts, ...types: readonly string[]): boolean =>
  [scan.contentType.type, ...parts].some((type) => types.includes(type));

const givesBack = ({ scan }: IntakeFacts): boolean =>
  givenBack.test(textStart(scan)) || givenBack.test(scan.bodyStart.slice(0, 20_000));

/** The subject is nothing but an away notice's, or the text speaks as one. */
function isAwayNotice({ scan }: IntakeFacts): boolean {
  const found = awaySubject.exec(scan.subject);
  if (!found) return false;
  return awayRest.test(scan.subject.slice(found.index + found[0].length)) || awayText.test(textStart(scan));
}

/** It says that our mail waits, and that we have to be put on a list or prove something before it is read. */
function challenges({ scan }: IntakeFacts): boolean {
  const text = textStart(scan).slice(0, 4000).replace(/\s+/g, ' ');
  return heldBack.test(text) && askedToProve.test(text);
}

/** A calendar's answer: `Content-Type: text/calendar; method=REPLY`, on the mail or on a part of it. */
const calendarReply =
  /^content-type:[ \t]*text\/calendar\b(?:[^\r\n]|\r?\n[ \t]){0,300}\bmethod="?(reply|counter|cancel)\b/im;

/**
 * What a mail is, by rules in order; the first that holds gives the kind and its name is kept. A false bounce,
 * auto-reply or spam would lose a report's attention: a rule that is not only likely needs a sign that no person's
 * mail has, or two.
 */
export const kindRules: readonly KindRule[] = [
  { kind: 'test', rule: 'unused-nonce', when: ({ testNonce }) => testNonce },
  {
    kind: 'auto-reply',
    rule: 'read-receipt',
    when: (facts) =>
      reportType(facts) === 'disposition-notification' ||
      facts.scan.contentType.type === 'message/disposition-notification' ||
      (isOf(facts, 'message/disposition-notification') && answers(facts)),
  },
  {
    kind: 'bounce',
    rule: 'delivery-report',
    when: (facts) =>
      ['delivery-status', 'feedback-report', ''].includes(reportType(facts)) ||
      (isOf(facts, 'message/delivery-status', 'message/feedback-report') && byMailSystem(facts)),
  },
  {
    kind: 'auto-reply',
    rule: 'machine-report',
    // RFC 8460 (TLS), RFC 7489 (DMARC): a file for machines, and a subject or header that says so.
    when: (facts) =>
      !['none', 'delivery-status', 'feedback-report', ''].includes(reportType(facts)) ||
      valuesOf(facts.scan.fields, 'tls-report-domain').length > 0 ||
      (/^\s*(\[[^\]]{1,40}\]\s*)?report[ -]domain:.{1,150}\bsubmitter:/i.test(facts.scan.subject) &&
        isOf(facts, 'application/gzip', 'application/zip', 'application/x-zip-compressed', 'text/xml')),
  },
  { kind: 'bounce', rule: 'mail-system', when: (facts) => localIs(facts, mailSystem) },
  {
    kind: 'bounce',
    rule: 'postmaster',
    // People write as postmaster too; then nothing else of a bounce is there.
    when: (facts) =>
      localIs(facts, /^post[-_]?master/) &&
      (undeliverableWords.test(facts.scan.subject) ||
        undeliverableSubject.test(facts.scan.subject) ||
        isNullPath(facts) ||
        suppressed(facts, 'auto-submitted') ||
        (givesBack(facts) && !speaksOfFlaw(facts))),
  },
  {
    kind: 'bounce',
    rule: 'failed-recipients',
    when: ({ scan }) => valuesOf(scan.fields, 'x-failed-recipients').length > 0,
  },
  {
    kind: 'bounce',
    rule: 'undeliverable-subject',
    when: (facts) =>
      undeliverableSubject.test(facts.scan.subject) &&
      (byMailSystem(facts) || (suppressed(facts, 'machine-sender') && !flaw.test(facts.scan.subject))),
  },
  {
    kind: 'bounce',
    rule: 'complaint',
    // The feedback loop of a large mail provider, which does not use the standard's report.
    when: ({ scan, parts }) =>
      /^complaint about message from [\da-f.:]+$/i.test(scan.subject) && parts[0] === 'message/rfc822',
  },
  {
    kind: 'bounce',
    rule: 'notification-service',
    when: ({ scan }) =>
      scan.from?.address.toLowerCase() === 'no-reply@sns.amazonaws.com' &&
      /"notificationType\\?" ?: ?\\?"|"Type\\?" ?: ?\\?"Notification/.test(scan.bodyStart.slice(0, 20_000)),
  },
  {
    kind: 'bounce',
    rule: 'given-back',
    when: (facts) =>
      (isNullPath(facts) || (namedMailSystem(facts) && !speaksOfFlaw(facts))) && givesBack(facts),
  },
  {
    kind: 'auto-reply',
    rule: 'auto-replied',
    when: ({ scan }) =>
      valuesOf(scan.fields, 'auto-submitted').some((value) => /^\s*auto-(replied|notified)/i.test(value)),
  },
  {
    kind: 'auto-reply',
    rule: 'responder-header',
    when: (facts) => suppressed(facts, 'responder-header'),
  },
  {
    kind: 'auto-reply',
    rule: 'auto-reply-precedence',
    when: ({ scan }) => valuesOf(scan.fields, 'precedence').some((value) => /^\s*auto[_-]reply/i.test(value)),
  },
  {
    kind: 'auto-reply',
    rule: 'away-answer',
    when: (facts) => awaySubject.test(facts.scan.subject) && answers(facts) && !flaw.test(facts.scan.subject),
  },
  {
    kind: 'list',
    rule: 'list-speaks-of-flaw',
    likely: true,
    // Mass mailers and help desks put list headers on what one person writes to us.
    when: (facts) =>
      !facts.viaOwnList &&
      suppressed(facts, 'list', 'list-envelope') &&
      facts.toOwnAddress &&
      speaksOfFlaw(facts),
  },
  {
    kind: 'list',
    rule: 'list-headers',
    // The security address may be a list itself: what comes by it is what people wrote to it.
    when: (facts) => !facts.viaOwnList && suppressed(facts, 'list', 'list-envelope'),
  },
  {
    kind: 'bounce',
    rule: 'passed-on',
    likely: true,
    // A notice that a person passes on, or a mail system that leaves no sign of itself.
    when: (facts) =>
      !speaksOfFlaw(facts) &&
      !passedOnWithWords(facts) &&
      (isOf(facts, 'message/delivery-status', 'message/feedback-report') ||
        ((undeliverableWords.test(facts.scan.subject) ||
          undeliverableSubject.test(facts.scan.subject) ||
          facts.sender === undefined) &&
          givesBack(facts))),
  },
  {
    kind: 'auto-reply',
    rule: 'away-subject',
    likely: true,
    when: (facts) => isAwayNotice(facts) && !speaksOfFlaw(facts),
  },
  {
    kind: 'auto-reply',
    rule: 'calendar-answer',
    likely: true,
    when: (facts) =>
      isOf(facts, 'text/calendar') &&
      !speaksOfFlaw(facts) &&
      (calendarReply.test(facts.scan.bodyStart.slice(0, 50_000)) ||
        /^(reply|counter|cancel)$/i.test(facts.scan.contentType.parameters.method ?? '')),
  },
  {
    kind: 'auto-reply',
    rule: 'challenge',
    likely: true,
    when: (facts) =>
      ((challengeSubject.test(facts.scan.subject) && answers(facts)) ||
        (/^\s*re:/i.test(facts.scan.subject) && challenges(facts))) &&
      !speaksOfFlaw(facts),
  },
  {
    kind: 'list',
    rule: 'digest',
    likely: true,
    when: (facts) => isOf(facts, 'multipart/digest') && !speaksOfFlaw(facts),
  },
  { kind: 'spam', rule: 'spam-verdict', when: ({ verdicts }) => verdicts.spam === 'FAIL' },
  {
    kind: 'follow-up',
    rule: 'reply-address',
    when: ({ thread }) => thread !== undefined && thread.kind !== 'none',
  },
  {
    kind: 'operator-registration',
    rule: 'registration-subject',
    when: (facts) =>
      asks(
        facts,
        /\b(operator|instance|site)\b.{0,60}\b(registration|register|contact details|security contact)|\b(registration|register(ing)?|security contact)\b.{0,60}\b(operator|instance|site)\b/i,
      ),
  },
  { kind: 'volunteer', rule: 'volunteer-subject', when: (facts) => asks(facts, /\bvolunteer(ing|s)?\b/i) },
  {
    kind: 'membership',
    rule: 'membership-subject',
    when: (facts) =>
      asks(
        facts,
        /\b(join(ing)?|membership|apply(ing)?|application)\b.{0,60}\b(security )?working group\b|\bworking group (membership|application)\b/i,
      ),
  },
  {
    kind: 'scoring',
    rule: 'scoring-subject',
    // What is to be scored is a flaw (OEP-60 R27), so that naming one says nothing; the request has to come first.
    when: (facts) =>
      /^((security )?(cvss )?scor(e|ing) (request|needed|wanted|please)\b|request for (a )?(cvss )?scor(e|ing)\b|please score\b)/i.test(
        subjectOf(facts),
      ),
  },
  {
    kind: 'advice',
    rule: 'advice-subject',
    when: (facts) =>
      asks(
        facts,
        /^((request|asking|looking) for |(i |we )?need )?(some )?(security )?(advice|guidance)(\s*([:?,]|$)| (request|needed|wanted|on|about|for|please)\b)|^(security )?question( (on|about|for)\b|\s*:)/i,
      ),
  },
  { kind: 'report', rule: 'default', when: () => true },
];

/** The kind of a mail, the rule that gave it, and whether that rule may take a person's mail for it too. */
export interface FoundKind {
  readonly kind: IntakeKind;
  readonly rule: string;
  readonly likely?: true | undefined;
}

export function kindOf(facts: IntakeFacts): FoundKind {
  const { kind, rule, likely } = kindRules.find(({ when }) => when(facts)) ?? {
    kind: 'report',
    rule: 'default',
  };
  return { kind, rule, ...(likely && { likely }) };
}

/**
 * Reasons not to answer that also say: no person wrote this to us. Such a mail is kept for a member instead of
 * opening a disclosure. The others (a no-reply sender, a failed DMARC, two senders) only go unanswered.
 */
const automaticRules = ['auto-submitted', 'null-return-path', 'loop-header'];
/** Reasons of which people's mail may give one too: a response team's ticket system, a notice that is passed on. */
const halfAutomaticRules = ['precedence', 'report-part'];

/** Does a mail that is no known kind of machine mail still come from a machine? */
export const isAutomatic = (facts: IntakeFacts): boolean =>
  suppressed(facts, ...automaticRules) ||
  (suppressed(facts, 'own-address') && !facts.viaOwnList) ||
  (suppressed(facts, ...halfAutomaticRules) && !facts.viaOwnList && !speaksOfFlaw(facts));

/** What becomes of the mail, exactly one thing. */
export function dispositionOf(
  { kind, likely }: Pick<FoundKind, 'kind' | 'likely'>,
  facts: IntakeFacts,
): Disposition {
  if (kind === 'test') return 'test';
  // Never discarded on a scan: proofs of concept look like malware (mail rules, Rules of intake).
  if (facts.verdicts.virus === 'FAIL' || facts.verdicts.spam === 'FAIL') return 'quarantined';
  if (kind === 'bounce' || kind === 'auto-reply' || kind === 'list') return likely ? 'recorded' : kind;
  if (facts.thread?.kind === 'hold') return 'held';
  if (kind === 'follow-up') return isAutomatic(facts) ? 'held' : 'attached';
  return kind === 'report' && !isAutomatic(facts) ? 'opened' : 'recorded';
}

const pgp = /^-----BEGIN PGP MESSAGE-----/m;

/** What a member should know of the mail before opening it. */
export function flagsOf(facts: IntakeFacts): readonly IntakeFlag[] {
  const known = (kind: PersonKind): boolean => facts.knownAs.includes(kind);
  const encrypted =
    facts.scan.contentType.type === 'multipart/encrypted' ||
    facts.parts.includes('application/pgp-encrypted') ||
    /^application\/(x-)?pkcs7-mime$/.test(facts.scan.contentType.type) ||
    pgp.test(facts.scan.bodyStart);
  const flags: readonly [IntakeFlag, boolean][] = [
    ['unidentified-sender', facts.sender === undefined],
    ['unauthenticated', facts.sender !== undefined && facts.authenticated !== 'yes'],
    ['encrypted', encrypted],
    ['via-forwarder', facts.viaForwarder || facts.viaOwnList],
    ['known-operator', known('operator')],
    ['known-maintainer', known('maintainer')],
    ['known-volunteer', known('volunteer')],
  ];
  return flags.filter(([, holds]) => holds).map(([flag]) => flag);
}
