import { localOf, sameAddress } from './addresses.ts';
import { firstOf, valuesOf } from './header-scan.ts';
import { day, hour, type Instant, plus } from './instant.ts';
import { loopHeader, type MailFacts } from './mail-facts.ts';
import { awaySubject, flaw, undeliverableSubject } from './mail-words.ts';
import type { PersonId } from './people.ts';

/** One reason not to answer by machine (mail rules, "No automatic answer"). */
export interface SuppressionRule {
  readonly rule: string;
  readonly when: (facts: MailFacts) => boolean;
}

/** The four of the mail rules, and what older list managers write of themselves. */
const listFields = [
  'list-id',
  'list-unsubscribe',
  'list-post',
  'list-help',
  'list-subscribe',
  'list-owner',
  'list-archive',
  'mailing-list',
  'x-mailing-list',
  'x-beenthere',
  'x-mailman-version',
  'x-ml-name',
  'x-mlserver',
];
const responderFields = [
  'x-autoreply',
  'x-autorespond',
  'x-autoresponse',
  'x-autoreply-from',
  'x-mail-autoreply',
  'x-fc-machinegenerated',
  'x-failed-recipients',
];
const reportTypes = [
  'message/delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
];

const has = (facts: MailFacts, names: readonly string[]): boolean =>
  facts.scan.fields.some(({ name }) => names.includes(name));

/** Envelope senders of list managers that write no header of their own: `owner-x`, `x-bounces+…`, `x-return-12-…`. */
const listEnvelope = /^owner-|-owner$|[^-_.+=]-bounces?([-+=].*)?$|-return-\d+-|^sentto-/;

const hasListEnvelope = ({ returnPath, scan }: MailFacts): boolean =>
  returnPath !== undefined &&
  listEnvelope.test(localOf(returnPath)) &&
  !sameAddress(returnPath, scan.from?.address ?? '');

/** `auto-replied; owner-email="…"` → `auto-replied`. */
const keyword = (value: string): string => value.split(/[;(\s]/)[0]?.toLowerCase() ?? '';

/** A local part that a machine answers for; what `noreply` and its spellings send, nobody reads an answer to. */
const machine =
  /^(mailer-?daemon|post[-_]?master|listserv|majordomo|bounces?|mdaemon|mail-daemon|mail[-_]?delivery[-_.](system|subsystem)|(do[-_.]?not|no|dont)[-_.]?(reply|respond))([-_+.=].*)?$|^bounces?[-_+.=0-9]|[-_.+](bounces?|no-?reply)$/;

/**
 * Every reason for which nothing is answered automatically, by name; the first that holds is kept with the
 * intake. Which of them also keep a mail from opening a disclosure is said in `intake-rules.ts`.
 */
export const suppressionRules: readonly SuppressionRule[] = [
  {
    rule: 'auto-submitted',
    when: ({ scan }) => valuesOf(scan.fields, 'auto-submitted').some((value) => keyword(value) !== 'no'),
  },
  { rule: 'null-return-path', when: (facts) => isNullPath(facts) },
  {
    rule: 'precedence',
    when: ({ scan, viaForwarder }) =>
      !viaForwarder &&
      [...valuesOf(scan.fields, 'precedence'), ...valuesOf(scan.fields, 'x-precedence')].some((value) =>
        ['bulk', 'junk', 'list', 'auto_reply', 'auto-reply'].includes(keyword(value)),
      ),
  },
  { rule: 'list', when: (facts) => !facts.viaForwarder && has(facts, listFields) },
  {
    rule: 'list-envelope',
    when: (facts) => !facts.viaForwarder && !facts.viaOwnList && hasListEnvelope(facts),
  },
  {
    rule: 'auto-response-suppress',
    when: ({ scan }) =>
      valuesOf(scan.fields, 'x-auto-response-suppress').some((value) =>
        value.split(/[,;\s]+/).some((each) => /^(all|autoreply|oof)$/i.test(each)),
      ),
  },
  { rule: 'responder-header', when: (facts) => has(facts, responderFields) },
  {
    rule: 'report-part',
    when: ({ scan, parts }) =>
      scan.contentType.type === 'multipart/report' ||
      [scan.contentType.type, ...parts].some((type) => reportTypes.includes(type)),
  },
  {
    rule: 'machine-sender',
    when: ({ sender, returnPath, viaForwarder }) =>
      (sender !== undefined && machine.test(localOf(sender.address))) ||
      // A list's or a forwarder's own envelope sender is often `bounces+…`, whoever wrote the mail.
      (!viaForwarder && returnPath !== undefined && /^(mailer-daemon|postmaster)$/.test(localOf(returnPath))),
  },
  { rule: 'own-address', when: ({ fromOwnAddress, viaForwarder }) => fromOwnAddress && !viaForwarder },
  { rule: 'loop-header', when: (facts) => has(facts, [loopHeader]) },
  { rule: 'unidentified-sender', when: ({ sender }) => sender === undefined },
  { rule: 'virus', when: ({ verdicts }) => verdicts.virus === 'FAIL' },
  {
    rule: 'dmarc-refused',
    when: ({ verdicts, dmarcPolicy, viaForwarder }) =>
      !viaForwarder &&
      verdicts.dmarc === 'FAIL' &&
      (dmarcPolicy === 'quarantine' || dmarcPolicy === 'reject'),
  },
  {
    rule: 'notice-subject',
    when: ({ scan: { subject } }) =>
      (awaySubject.test(subject) || undeliverableSubject.test(subject)) && !flaw.test(subject),
  },
];

/** `Return-Path: <>`, wherever it is written: who forges it silences only their own acknowledgement. */
export const isNullPath = ({ returnPath, scan }: MailFacts): boolean =>
  returnPath === '' || /^<?\s*>?$/.test(firstOf(scan.fields, 'return-path') ?? 'unknown');

/** The name of the first rule for which no automatic answer goes out; undefined when one may. */
export const suppressedBy = (facts: MailFacts): string | undefined =>
  suppressionRules.find(({ when }) => when(facts))?.rule;

/** One window that an acknowledgement counts under, for `DeskStore.countWithin`. */
export interface CountedWindow {
  readonly window: string;
  readonly limit: number;
  readonly expires: Instant;
}

/** Under which keys and limits an acknowledgement is counted when it is delivered. */
export interface AcknowledgementLimits {
  readonly person: {
    readonly key: string;
    /** Tried in turn until one counts; none → withheld. Each holds a window that opens with its first use. */
    readonly attempts: readonly (readonly CountedWindow[])[];
  };
  /** Counted after the person's; its refusal withholds the letter until a member releases it. */
  readonly all: { readonly key: string; readonly windows: readonly CountedWindow[] };
}

/** Of more than this, places would cost more attempts than they are worth: one window counts them all. */
const mostPlaces = 5;

/**
 * The caps (mail rules): one acknowledgement an address in 24 h, three in 7 days, 50 an hour in all. The three
 * of a week are three places, each taken for 7 days from its own use: so no 7 days ever see a fourth.
 */
export function acknowledgementLimits(
  caps: { readonly perAddressDay: number; readonly perAddressWeek: number; readonly perHour: number },
  person: PersonId,
  now: Instant,
): AcknowledgementLimits {
  const places = (name: string, count: number, length: number): CountedWindow[] =>
    count > mostPlaces
      ? [{ window: name, limit: count, expires: plus(now, length) }]
      : Array.from({ length: count }, (_, at) => ({
          window: `${name}-${at + 1}`,
          limit: 1,
          expires: plus(now, length),
        }));
  const days = places('day', caps.perAddressDay, day);
  const weeks = places('week', caps.perAddressWeek, 7 * day);
  return {
    person: {
      key: `acknowledgement#${person}`,
      attempts: days.flatMap((dayPlace) => weeks.map((weekPlace) => [dayPlace, weekPlace])),
    },
    all: {
      key: 'acknowledgement#all',
      windows: [{ window: 'hour', limit: caps.perHour, expires: plus(now, hour) }],
    },
  };
}
