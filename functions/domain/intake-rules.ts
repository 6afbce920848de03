import { localOf } from './addresses.ts';
import { firstOf, valuesOf } from './header-scan.ts';
import type { Disposition, IntakeFlag, IntakeKind } from './intake.ts';
import type { MailFacts } from './mail-facts.ts';
import type { PersonKind } from './people.ts';
import { awaySubject, flaw, isNullPath, suppressionRules, undeliverableSubject } from './suppression.ts';
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
  readonly when: (facts: IntakeFacts) => boolean;
}

const subjectOf = ({ scan }: IntakeFacts): string =>
  scan.subject.replace(/^\s*((re|fwd?|aw|wg|tr)\s*:\s*)+/i, '');

/** Subject matches, and nothing in it or at the start of the body speaks of a flaw. */
const asks = (facts: IntakeFacts, pattern: RegExp): boolean =>
  pattern.test(subjectOf(facts)) &&
  !flaw.test(subjectOf(facts)) &&
  !flaw.test(facts.scan.bodyStart.slice(0, 4000));

const suppressed = (facts: IntakeFacts, ...names: readonly string[]): boolean =>
  suppressionRules.some(({ rule, when }) => names.includes(rule) && when(facts));

/** Mail systems' own senders: no person writes as one of these. */
const mailSystem =
  /^(mailer-?daemon|post[-_]?master|mdaemon|mail-?daemon|mail[-_]?delivery[-_.](system|subsystem))/;

const fromMailSystem = ({ scan }: IntakeFacts): boolean =>
  scan.from !== undefined && mailSystem.test(localOf(scan.from.address));

/** From `Mail Delivery System` or without an address at all, as mail systems write of themselves. */
const namedMailSystem = ({ scan }: IntakeFacts): boolean =>
  /mail(er)?[ -]?(delivery|daemon)|postmaster|delivery (sub)?system|mailadministrator/i.test(
    firstOf(scan.fields, 'from') ?? '',
  );

const reportType = ({ scan }: IntakeFacts): string =>
  scan.contentType.parameters['report-type']?.toLowerCase() ?? '';

/** The enhanced status or the words with which mail systems give a mail back, at the start of the body. */
const givenBack =
  /^(final-recipient|original-recipient|diagnostic-code|reporting-mta|action: *failed)\b|\b(5[0-9]{2}[ -]5\.\d{1,3}\.\d{1,3}|(could ?n.t|could not|cannot|unable to|was not|not) be? ?deliver(ed)?\b|undeliver(ed|able)|delivery (has )?failed|permanent (fatal )?(error|failure)|transcript of session follows|user unknown|unknown user|mailbox (is )?(full|unavailable)|no such (user|recipient|mailbox)|recipient (address )?rejected|did not reach the following)/im;

const bouncedBody = ({ scan }: IntakeFacts): boolean => givenBack.test(scan.bodyStart.slice(0, 20_000));

/**
 * What a mail is, by rules in order; the first that holds gives the kind and its name is kept. A false bounce,
 * auto-reply or spam would lose a report's attention, so that each needs a sign no person's mail has, or two.
 */
export const kindRules: readonly KindRule[] = [
  { kind: 'test', rule: 'unused-nonce', when: ({ testNonce }) => testNonce },
  {
    kind: 'bounce',
    rule: 'delivery-report',
    when: (facts) =>
      (facts.scan.contentType.type === 'multipart/report' &&
        ['delivery-status', 'feedback-report', 'disposition-notification', ''].includes(reportType(facts))) ||
      [facts.scan.contentType.type, ...facts.parts].some((type) =>
        ['message/delivery-status', 'message/feedback-report'].includes(type),
      ),
  },
  { kind: 'bounce', rule: 'mail-system', when: fromMailSystem },
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
      (isNullPath(facts) ||
        namedMailSystem(facts) ||
        (bouncedBody(facts) && !flaw.test(facts.scan.subject)) ||
        suppressed(facts, 'auto-submitted')),
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
      (isNullPath(facts) || namedMailSystem(facts) || facts.sender === undefined) && bouncedBody(facts),
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
    rule: 'away-subject',
    when: (facts) => awaySubject.test(facts.scan.subject) && !flaw.test(facts.scan.subject),
  },
  {
    kind: 'auto-reply',
    rule: 'read-receipt',
    when: ({ scan, parts }) => [scan.contentType.type, ...parts].includes('message/disposition-notification'),
  },
  {
    kind: 'list',
    rule: 'list-headers',
    // The security address may be a list itself: what comes by it is what people wrote to it.
    when: (facts) => !facts.viaOwnList && suppressed(facts, 'list'),
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

/** The kind of a mail and the rule that gave it. */
export function kindOf(facts: IntakeFacts): { readonly kind: IntakeKind; readonly rule: string } {
  const found = kindRules.find(({ when }) => when(facts));
  return { kind: found?.kind ?? 'report', rule: found?.rule ?? 'default' };
}

/**
 * Reasons not to answer that also say: no person wrote this to us. Such a mail is kept for a member instead of
 * opening a disclosure. The others (a no-reply sender, a failed DMARC, two senders) only go unanswered.
 */
const automaticRules = ['auto-submitted', 'null-return-path', 'loop-header', 'report-part'];
/** What a list that is our own address does to every mail it passes on. */
const listMarks = ['precedence', 'own-address'];

/** Does a mail that is no known kind of machine mail still come from a machine? */
export const isAutomatic = (facts: IntakeFacts): boolean =>
  suppressed(facts, ...automaticRules) || (suppressed(facts, ...listMarks) && !facts.viaOwnList);

/** What becomes of the mail, exactly one thing. */
export function dispositionOf(kind: IntakeKind, facts: IntakeFacts): Disposition {
  if (kind === 'test') return 'test';
  // Never discarded on a scan: proofs of concept look like malware (mail rules, Rules of intake).
  if (facts.verdicts.virus === 'FAIL' || facts.verdicts.spam === 'FAIL') return 'quarantined';
  if (kind === 'bounce' || kind === 'auto-reply' || kind === 'list') return kind;
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
