import { type Disclosure, type Entry, openEntries, resolved } from './disclosure.ts';
import { isMerged } from './release.ts';

/** What one repository entry waits for, in words that any mail may carry: never a detail of the vulnerability. */
export function nextOfEntry(disclosure: Disclosure, entry: Entry): string {
  if (resolved(entry)) return 'nothing more';
  if (!entry.advisory && !entry.handOff?.doneAt) return 'a draft advisory';
  if (!entry.notifiedAt) return 'the maintainer’s notification';
  if (entry.severity.rating === 'none') return 'closing it, or another score';
  const missing = entry.branches.find(({ merge }) => !merge);
  const { release, announcement, embargo } = disclosure;
  if (isMerged(entry)) return 'the published advisory';
  if (!embargo.ended && !announcement) {
    if (!entry.readyAt && !release) return 'a fix in the private fork, and a release instant';
    if (!release) return 'a release instant';
    return release.confirmedAt ? 'the announcement in the forum' : 'the word of all on the release instant';
  }
  return missing ? `the fix on ${missing.name}` : 'the published advisory';
}

/** What a disclosure waits for as a whole: its hold, its triage, or the first of its open entries. */
export function nextStep(disclosure: Disclosure): string {
  if (disclosure.exit) return 'nothing more';
  if (disclosure.hold?.kind === 'needs-information') return 'information from the reporter';
  if (disclosure.hold?.kind === 'invalid-pending') return 'evidence from the reporter, or its end as invalid';
  if (disclosure.hold?.kind === 'deferred') return 'the end of its deferral';
  if (disclosure.stage === 'received') return 'triage';
  const waiting = openEntries(disclosure).find((entry) => !resolved(entry));
  if (waiting) return nextOfEntry(disclosure, waiting);
  return disclosure.announcement && !disclosure.reply ? 'the reply to the announcement' : 'its publication';
}
