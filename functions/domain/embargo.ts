import type { FactKind } from './disclosure.ts';
import { knows, openEntries } from './disclosure.ts';
import {
  confirmed,
  type Draft,
  type Rules,
  sayable,
  set,
  workingGroup,
  write,
  writeToMaintainer,
} from './draft.ts';
import { Refused } from './errors.ts';
import { type Instant, ms, spanWords } from './instant.ts';
import { embargoCap } from './response-target.ts';

/** Facts that make the flaw known to the world: each ends the embargo at once, from any stage (policy V2, V5). */
const endsEmbargo: readonly FactKind[] = ['flaw-public', 'exploit-public', 'fix-public'];

/** Ends the embargo, once and for good, and tells every maintainer. */
export function endEmbargo(draft: Draft, by: FactKind | 'early-public'): void {
  if (draft.disclosure.embargo.ended) return;
  set(draft, { embargo: { ...draft.disclosure.embargo, ended: { at: draft.now, by } } });
  draft.data.embargoEndedBy = by;
  for (const entry of openEntries(draft.disclosure).filter((each) => each.notifiedAt))
    writeToMaintainer(draft, 'embargo-over', entry, { ...sayable(draft, entry.repository), because: by });
}

/** Adds a fact to the append-only list, with what it implies. A known fact is not stated twice. */
export function establish(draft: Draft, kind: FactKind, at: Instant = draft.now): void {
  if (!knows(draft.disclosure, kind)) set(draft, { facts: [...draft.disclosure.facts, { kind, at }] });
  if (kind === 'exploit-public') establish(draft, 'flaw-public', at);
  if (endsEmbargo.includes(kind)) endEmbargo(draft, kind);
}

export const embargoRules: Rules<'record-fact' | 'retract-fact' | 'go-public-early' | 'renew-embargo'> = {
  'record-fact'(draft, command) {
    draft.data.fact = command.fact;
    draft.data.reason = command.reason;
    establish(draft, command.fact);
    // V3: attacks never end the embargo silently; the group is asked, urgently.
    if (command.fact === 'attacks-seen')
      write(draft, 'escalation', workingGroup, {
        ...sayable(draft),
        about: 'attacks-seen',
        since: draft.now,
      });
  },

  'retract-fact'(draft, command) {
    if (!knows(draft.disclosure, command.fact))
      throw new Refused(
        'V1',
        `"${command.fact}" is not recorded.`,
        'Only a recorded fact can be retracted.',
        'fact',
      );
    draft.data.fact = command.fact;
    draft.data.reason = command.reason;
    // An embargo that ended stays ended.
    set(draft, {
      facts: draft.disclosure.facts.map((fact) =>
        fact.kind === command.fact && !fact.retractedAt ? { ...fact, retractedAt: draft.now } : fact,
      ),
    });
  },

  'go-public-early'(draft, command) {
    if (!command.reason.trim())
      throw new Refused(
        'A5',
        'The early-public path needs a reason.',
        `Say why the wait of ${spanWords(draft.situation.policy.noticeMs)} is skipped.`,
        'reason',
      );
    draft.data.reason = command.reason;
    if (
      !confirmed(
        draft,
        'go-public-early',
        draft.situation.policy.earlyPublicNeedsTwo,
        'skip the wait (early-public path)',
        command.reason,
      )
    )
      return;
    draft.data.deviation = 'R15';
    endEmbargo(draft, 'early-public');
    const { release } = draft.disclosure;
    if (release) set(draft, { release: { ...release, earlyPublic: true } });
  },

  'renew-embargo'(draft, command) {
    const { embargo } = draft.disclosure;
    if (embargo.ended)
      throw new Refused('V6', 'The embargo has ended; there is no new one.', 'Go on towards publication.');
    if (command.until <= draft.now)
      throw new Refused(
        'A2',
        'An embargo is renewed until a day in the future.',
        'Choose a later day.',
        'until',
      );
    const latest = embargoCap(draft.now, draft.situation.policy.embargoDays);
    if (ms(command.until) > ms(latest))
      throw new Refused(
        'A2',
        'An embargo is renewed for at most the configured days from now.',
        `Choose a day up to ${latest.slice(0, 10)}.`,
        'until',
      );
    draft.data.reason = command.reason;
    draft.data.until = command.until;
    set(draft, { embargo: { ...embargo, cap: command.until, askedAt: undefined, expiredAt: undefined } });
  },
};
