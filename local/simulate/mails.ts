import type { DeskEvent } from '#contracts/ports.ts';
import { ms } from '#domain/instant.ts';
import type { Letter } from '#domain/letter.ts';
import type { Mail } from './model.ts';

/** A mail that the desk sent, with when it did. */
export interface SentMail extends Mail {
  readonly sentAt: number;
}

const told = new Set(['maintainer-silent', 'embargo-cap-near', 'embargo-cap-reached']);

/**
 * A letter of the desk in the model's words; undefined for those that the model says nothing of. `sweep` is the
 * start of the sweep that caused it, or when it was committed where none did.
 */
export function mailOf(event: DeskEvent, letter: Letter, sweep: number): Omit<Mail, 'to'> | undefined {
  const { data } = event;
  const instant = (name: string): number => ms(String(data[name]));
  switch (letter.template) {
    case 'reminder': {
      const { frequency, lines, onDuty } = letter.params;
      const entries = lines.map(({ reference, repository }) => `${reference} ${repository}`).sort();
      return {
        what: `reminder ${frequency}`,
        instant: instant('sendingInstant'),
        about: `${entries.join(', ')}; on duty ${onDuty ?? 'nobody'}`,
      };
    }
    case 'escalation': {
      const { about, reference, repositories = [] } = letter.params;
      if (!told.has(about)) return undefined;
      if (about !== 'maintainer-silent') return { what: about, instant: sweep, about: reference };
      const silent = repositories.map(({ repository }) => repository).sort();
      return { what: about, instant: instant('sendingInstant'), about: `${reference} ${silent.join(', ')}` };
    }
    case 'no-one-on-duty':
      return { what: 'nobody-on-duty', instant: sweep, about: '' };
    case 'shift-begins':
    case 'shift-brief':
      return { what: letter.template, instant: instant('at'), about: '' };
    case 'handover-unacknowledged':
      return { what: letter.template, instant: ms(letter.params.from), about: letter.params.who };
    default:
      return undefined;
  }
}

/** How the mails that were sent compare with those that ought to have been. */
export interface Comparison {
  readonly expected: number;
  readonly sent: number;
  readonly missing: readonly Mail[];
  /** More than one sweep interval after the instant that called for them, though sweeps ran. */
  readonly late: readonly SentMail[];
  /** Sent more often than they ought to have been, which may be once. */
  readonly doubled: readonly Mail[];
}

const keyOf = ({ to, what, instant, about }: Mail): string => `${to} | ${what} | ${instant} | ${about}`;

/** Mail for mail: each expected one is to be met by exactly one that was sent. */
export function compare(
  expected: readonly Mail[],
  sent: readonly SentMail[],
  sweepMs: number,
  outage: { readonly from: number; readonly to: number },
): Comparison {
  const open = new Map<string, Mail[]>();
  for (const mail of expected) open.set(keyOf(mail), [...(open.get(keyOf(mail)) ?? []), mail]);
  const doubled: Mail[] = [];
  for (const mail of sent) {
    const met = open.get(keyOf(mail))?.pop();
    if (!met) doubled.push(mail);
  }
  const excused = (mail: SentMail): boolean =>
    outage.from <= mail.instant + sweepMs && mail.instant < outage.to;
  const late = sent.filter(
    (mail) => mail.what.startsWith('reminder') && mail.sentAt - mail.instant > sweepMs && !excused(mail),
  );
  return { expected: expected.length, sent: sent.length, missing: [...open.values()].flat(), late, doubled };
}
