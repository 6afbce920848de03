import type { Policy } from './commands.ts';
import { type Disclosure, isOpen, openEntries } from './disclosure.ts';
import {
  type Draft,
  onDuty,
  type Rules,
  sayable,
  set,
  workingGroup,
  write,
  writeToMaintainer,
  writeToReporters,
} from './draft.ts';
import { day, type Instant, plus } from './instant.ts';
import { firstMergeAt, isMerged } from './release.ts';
import { latestVisible, type ReleaseDeadline, releaseDeadlines } from './release-window.ts';
import { holdSpan } from './response-target.ts';
import { exit } from './triage.ts';

/** What time alone brings about, by name. Each is told once; the name with its instant is the key. */
export type DeadlineName =
  | 'response-half'
  | 'response-missed'
  | 'information-nudge'
  | 'hold-ends'
  | 'embargo-cap-near'
  | 'embargo-cap-reached'
  | 'announcement-missing'
  | 'release-time'
  | 'release-late'
  | 'two-hours-fix-exposed'
  | 'two-hours-after-merge'
  | 'early-public-unpublished';

export interface Deadline {
  readonly name: DeadlineName;
  readonly at: Instant;
}

/** Every deadline of a disclosure as it stands, whether told or not. Pure: the schedules and the sweep both read it. */
export function deadlinesOf(disclosure: Disclosure, policy: Policy): readonly Deadline[] {
  if (!isOpen(disclosure)) return [];
  const found: Deadline[] = [];
  const add = (name: DeadlineName, at: Instant): void => {
    found.push({ name, at });
  };
  const { response, hold, embargo } = disclosure;
  if (!response.answeredAt) {
    add('response-half', response.halfAt);
    add('response-missed', response.dueAt);
  }
  if (hold) {
    if (hold.kind === 'needs-information')
      add('information-nudge', holdSpan(hold.since, policy.informationDays).nudgeAt);
    add('hold-ends', hold.until);
  }
  if (embargo.cap && !embargo.ended) {
    add('embargo-cap-near', plus(embargo.cap, -policy.embargoAskDays * day));
    add('embargo-cap-reached', embargo.cap);
  }
  for (const { name, at } of releaseParts(disclosure, policy)) add(name, at);
  if (embargo.ended?.by === 'early-public')
    add('early-public-unpublished', plus(embargo.ended.at, policy.earlyPublicMs));
  return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** The instants of the release window that matter as things stand. */
function releaseParts(disclosure: Disclosure, policy: Policy): readonly Deadline[] {
  const { release } = disclosure;
  const first = firstMergeAt(disclosure);
  const matters: Readonly<Record<ReleaseDeadline, boolean>> = {
    'announcement-missing': !first && !disclosure.announcement && !disclosure.embargo.ended,
    'release-time': !first && release?.confirmedAt !== undefined,
    'release-late': !first && release?.confirmedAt !== undefined,
    'two-hours-fix-exposed': true,
    // With one merge alone the two clocks are one.
    'two-hours-after-merge': disclosure.mergedAt !== first,
  };
  const instants = { at: release?.at, firstMergeAt: first, lastMergeAt: disclosure.mergedAt };
  return releaseDeadlines(instants, policy).filter(({ name }) => matters[name]);
}

export const deadlineKey = ({ name, at }: Deadline): string => `${name}@${at}`;

/** The earliest deadline not yet told: the instant under which the due index lists the disclosure. */
export const nextDeadline = (disclosure: Disclosure, policy: Policy): Instant | undefined =>
  deadlinesOf(disclosure, policy).find((deadline) => !disclosure.told.includes(deadlineKey(deadline)))?.at;

const effects: Readonly<Record<DeadlineName, (draft: Draft, at: Instant) => void>> = {
  'response-half': (draft, at) => {
    set(draft, { response: { ...draft.disclosure.response, warnedAt: draft.now } });
    write(draft, 'escalation', onDuty(draft), {
      ...sayable(draft),
      about: 'response-half',
      since: at,
      due: draft.disclosure.response.dueAt,
    });
  },
  'response-missed': (draft, at) => {
    set(draft, { response: { ...draft.disclosure.response, missedAt: draft.now } });
    write(draft, 'escalation', workingGroup, { ...sayable(draft), about: 'response-missed', due: at });
  },
  'information-nudge': (draft) => {
    const { hold } = draft.disclosure;
    if (!hold) return;
    set(draft, { hold: { ...hold, nudgedAt: draft.now } });
    writeToReporters(draft, 'information-nudge', { reference: draft.disclosure.id, until: hold.until });
  },
  'hold-ends': (draft) => {
    const kind = draft.disclosure.hold?.kind;
    if (kind === 'needs-information') exit(draft, 'incomplete');
    else if (kind === 'invalid-pending') exit(draft, 'invalid');
    // V8: a deferred disclosure returns to the stage it had.
    else {
      set(draft, { hold: undefined });
      write(draft, 'act-notice', onDuty(draft), { ...sayable(draft), act: 'the deferral ended', by: 'desk' });
    }
  },
  'embargo-cap-near': (draft) => {
    const cap = draft.disclosure.embargo.cap;
    set(draft, { embargo: { ...draft.disclosure.embargo, askedAt: draft.now } });
    write(draft, 'escalation', workingGroup, {
      ...sayable(draft),
      about: 'embargo-cap-near',
      ...(cap && { due: cap }),
    });
  },
  'embargo-cap-reached': (draft, at) => {
    // A2: expiry asks, never publishes; the embargo goes on until someone decides.
    set(draft, { embargo: { ...draft.disclosure.embargo, expiredAt: draft.now } });
    write(draft, 'escalation', workingGroup, { ...sayable(draft), about: 'embargo-cap-reached', due: at });
  },
  'announcement-missing': (draft) => {
    const { release } = draft.disclosure;
    if (!release) return;
    for (const entry of openEntries(draft.disclosure))
      writeToMaintainer(draft, 'announcement-missing', entry, {
        ...sayable(draft, entry.repository),
        at: release.at,
        latestVisibleAt: latestVisible(release.at, draft.situation.policy.noticeMs),
      });
  },
  'release-time': (draft, at) => {
    // R15: without an announcement that stood two days there is nothing to release at T.
    if (!draft.disclosure.announcement && !draft.disclosure.embargo.ended) {
      write(draft, 'escalation', workingGroup, { ...sayable(draft), about: 'release-warning', since: at });
      return;
    }
    for (const entry of openEntries(draft.disclosure))
      writeToMaintainer(draft, 'release-time', entry, {
        ...sayable(draft, entry.repository),
        at,
        repository: entry.repository,
        branches: entry.branches.filter(({ merge }) => !merge).map(({ name }) => name),
      });
  },
  'release-late': (draft) => {
    const { release } = draft.disclosure;
    if (!release || !draft.disclosure.announcement) return;
    for (const entry of openEntries(draft.disclosure).filter((each) => !isMerged(each)))
      writeToMaintainer(draft, 'release-late', entry, {
        ...sayable(draft, entry.repository),
        at: release.at,
        repository: entry.repository,
      });
  },
  'two-hours-fix-exposed': (draft, at) => {
    write(draft, 'escalation', workingGroup, { ...sayable(draft), about: 'two-hours-fix-exposed', due: at });
  },
  'two-hours-after-merge': (draft, at) => {
    write(draft, 'escalation', workingGroup, { ...sayable(draft), about: 'two-hours-after-merge', due: at });
  },
  'early-public-unpublished': (draft, at) => {
    if (openEntries(draft.disclosure).some((entry) => entry.publicationCommandedAt)) return;
    write(draft, 'escalation', workingGroup, {
      ...sayable(draft),
      about: 'early-public-unpublished',
      due: at,
    });
  },
};

export const deadlineRules: Rules<'pass-deadline'> = {
  'pass-deadline'(draft) {
    const { policy } = draft.situation;
    const passed: string[] = [];
    // What one deadline does may void the next (an exit ends them all): look anew after each.
    for (;;) {
      const next = deadlinesOf(draft.disclosure, policy).find(
        (deadline) => deadline.at <= draft.now && !draft.disclosure.told.includes(deadlineKey(deadline)),
      );
      if (!next) break;
      set(draft, { told: [...draft.disclosure.told, deadlineKey(next)] });
      passed.push(deadlineKey(next));
      effects[next.name](draft, next.at);
    }
    draft.data.passed = passed;
  },
};

/** Told deadlines that can no longer come up are forgotten, so that the record stays small. */
export function pruneTold(disclosure: Disclosure, policy: Policy): Disclosure {
  const current = new Set(deadlinesOf(disclosure, policy).map(deadlineKey));
  const told = disclosure.told.filter((key) => current.has(key));
  return told.length === disclosure.told.length ? disclosure : { ...disclosure, told };
}
