import { type Disclosure, type Entry, type LinkedPost, openEntries, resolved } from './disclosure.ts';
import {
  confirmed,
  type Draft,
  maintainersOf,
  type Rules,
  requireEntry,
  sayable,
  set,
  setEntry,
  stopReminding,
  workingGroup,
  write,
  writeToMaintainer,
} from './draft.ts';
import { establish } from './embargo.ts';
import { Refused } from './errors.ts';
import { type Instant, instant, minute, ms, plus, spanWords } from './instant.ts';
import type { LetterParams, LetterTemplate } from './letter.ts';
import { reached } from './lifecycle.ts';
import { selvesOf } from './people.ts';
import {
  latestVisible,
  mergeTiming,
  noticeStands,
  proposeRelease,
  releaseWarnings,
} from './release-window.ts';
import { membersMayPublish } from './response-target.ts';

/** Every required branch of the entry carries the fix (OEP-60 R16). */
export const isMerged = (entry: Entry): boolean =>
  entry.branches.every((branch) => branch.merge !== undefined);

/** The first merge that made the fix public, over all repositories; undefined while there is none. */
export const firstMergeAt = (disclosure: Disclosure): Instant | undefined =>
  disclosure.entries
    .flatMap((entry) => entry.branches.flatMap((branch) => (branch.merge ? [branch.merge.at] : [])))
    .sort()[0];

/** The maintainers whose word a release instant still lacks. */
export const unconfirmedMaintainers = (disclosure: Disclosure): readonly string[] =>
  maintainersOf(disclosure).filter((id) => !disclosure.release?.confirmedBy.includes(id));

/** May this disclosure skip the two days: the fix or the flaw is public, or the group decided so (policy A5). */
export const skipsNotice = (disclosure: Disclosure): boolean => disclosure.embargo.ended !== undefined;

function eachMaintainer<T extends LetterTemplate>(draft: Draft, template: T, params: LetterParams[T]): void {
  const seen = new Set<string>();
  for (const entry of openEntries(draft.disclosure)) {
    if (seen.has(entry.maintainer?.id ?? '')) continue;
    seen.add(entry.maintainer?.id ?? '');
    writeToMaintainer(draft, template, entry, params);
  }
}

/** All maintainers agreed, or a member did with a reason: the announcement can be posted. */
function settleRelease(draft: Draft): void {
  const { release } = draft.disclosure;
  if (!release || release.confirmedAt || unconfirmedMaintainers(draft.disclosure).length > 0) return;
  set(draft, { release: { ...release, confirmedAt: draft.now } });
  if (draft.disclosure.announcement) return;
  eachMaintainer(draft, 'announce-now', {
    ...sayable(draft),
    at: release.at,
    latestVisibleAt: latestVisible(release.at, draft.situation.policy.noticeMs),
  });
}

const maintainersActingAs = (draft: Draft): readonly string[] => {
  const { actor } = draft;
  if (actor.kind !== 'maintainer') return [];
  return openEntries(draft.disclosure)
    .filter((entry) =>
      selvesOf(actor).some(
        (self) => entry.maintainer?.people.includes(self) || entry.delegates.includes(self),
      ),
    )
    .flatMap((entry) => (entry.maintainer ? [entry.maintainer.id] : []));
};

/** The first whole minute from an instant on, as a form takes it: `2026-03-05 15:00`. */
const nextMinute = (at: Instant): string =>
  instant(Math.ceil(ms(at) / minute) * minute)
    .slice(0, 16)
    .replace('T', ' ');

/** A person who is not the desk acts for a maintainer in public only on an explicit command. */
const urlShape = /^https?:\/\/[^\s/]+\/\S*$/;

function requireUrl(url: string, field: string): void {
  if (!urlShape.test(url))
    throw new Refused(
      'R18',
      `${JSON.stringify(url)} is not a link.`,
      'Paste the whole address, beginning with https://.',
      field,
    );
}

export const releaseRules: Rules<
  | 'record-ready'
  | 'propose-release'
  | 'confirm-release'
  | 'see-announcement'
  | 'record-merge'
  | 'claim-merge'
  | 'command-post'
  | 'command-publication'
  | 'see-advisory'
  | 'see-reply'
  | 'link-announcement'
  | 'link-reply'
  | 'claim-announcement'
  | 'record-schedules'
> = {
  'record-ready'(draft, command) {
    setEntry(draft, command.repository, { readyAt: draft.now });
    draft.data.repository = command.repository;
    if (command.reason) draft.data.reason = command.reason;
    if (openEntries(draft.disclosure).every((entry) => entry.readyAt)) establish(draft, 'fix-ready');
  },

  'propose-release'(draft, command) {
    const { policy } = draft.situation;
    const earliest = plus(draft.now, policy.noticeMs);
    if (!skipsNotice(draft.disclosure) && ms(command.at) < ms(earliest))
      throw new Refused(
        'R15',
        `The announcement must stand at least ${spanWords(policy.noticeMs)} before the patch becomes public.`,
        `Choose ${nextMinute(earliest)} UTC or later, or ask the working group for the early-public path.`,
        'at',
      );
    if (command.at <= draft.now)
      throw new Refused('R14', 'The release instant lies in the past.', 'Choose a later time.', 'at');
    draft.data.at = command.at;
    const warnings = releaseWarnings(command.at, policy.zone);
    if (warnings.length > 0) draft.data.warnings = warnings;
    set(draft, {
      release: {
        at: command.at,
        proposedBy: 'person' in draft.actor ? draft.actor.person : 'desk',
        confirmedBy: [...new Set(maintainersActingAs(draft))],
      },
    });
    for (const entry of openEntries(draft.disclosure))
      if (entry.maintainer && !draft.disclosure.release?.confirmedBy.includes(entry.maintainer.id))
        writeToMaintainer(draft, 'release-proposed', entry, {
          ...sayable(draft, entry.repository),
          at: command.at,
        });
    settleRelease(draft);
  },

  'confirm-release'(draft, command) {
    const { release } = draft.disclosure;
    if (!release) throw new Refused('R14', 'No release instant is proposed.', 'Propose one first.', 'at');
    if (release.at !== command.at)
      throw new Refused(
        'R14',
        `The proposal changed to ${release.at}.`,
        'Look at the new instant and confirm that.',
        'at',
      );
    const all = draft.actor.kind === 'member' ? maintainersOf(draft.disclosure) : maintainersActingAs(draft);
    draft.data.at = release.at;
    if (command.reason) draft.data.reason = command.reason;
    set(draft, { release: { ...release, confirmedBy: [...new Set([...release.confirmedBy, ...all])] } });
    settleRelease(draft);
  },

  'see-announcement'(draft, command) {
    const { release } = draft.disclosure;
    const { policy } = draft.situation;
    requireUrl(command.url, 'url');
    set(draft, {
      announcement: {
        url: command.url,
        topic: command.topic,
        visibleAt: command.visibleAt,
        established: command.established,
      },
      linked: { ...draft.disclosure.linked, announcement: undefined },
    });
    draft.data.topic = command.topic;
    draft.data.visibleAt = command.visibleAt;
    if (!release || skipsNotice(draft.disclosure)) return;
    if (noticeStands(command.visibleAt, release.at, policy.noticeMs)) return;
    // Visible too late for T: the desk proposes a new instant; the post has to be edited (policy, "Two days").
    const proposed = proposeRelease(command.visibleAt, policy.zone, policy.noticeMs);
    draft.data.proposed = proposed;
    set(draft, { release: { at: proposed, proposedBy: 'desk', confirmedBy: [] } });
    eachMaintainer(draft, 'announcement-late', {
      ...sayable(draft),
      at: release.at,
      visibleAt: command.visibleAt,
      proposed,
    });
  },

  'record-merge'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    requireUrl(command.url, 'url');
    const branch = entry.branches.find(({ name }) => name === command.branch);
    if (!branch)
      throw new Refused(
        'R16',
        `${command.branch} is not a branch that the fix must reach.`,
        `Choose one of: ${entry.branches.map(({ name }) => name).join(', ')}.`,
        'branch',
      );
    const first = firstMergeAt(draft.disclosure) === undefined;
    const at = command.at ?? draft.now;
    if (ms(at) > ms(draft.now))
      throw new Refused('R16', 'A merge lies in the past.', 'Give the time at which it was merged.', 'at');
    setEntry(draft, command.repository, {
      readyAt: entry.readyAt ?? draft.now,
      branches: entry.branches.map((each) =>
        each === branch ? { name: each.name, merge: { url: command.url, at } } : each,
      ),
    });
    draft.data.repository = command.repository;
    draft.data.branch = command.branch;
    draft.data.url = command.url;
    if (command.reason) draft.data.reason = command.reason;
    if (first) firstMerge(draft, command.repository, at);
  },

  'claim-merge'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    const branch = entry.branches.find(({ name }) => name === command.branch);
    if (!branch || branch.merge || branch.claimed?.sha === command.sha) return;
    setEntry(draft, command.repository, {
      branches: entry.branches.map((each) =>
        each === branch ? { ...each, claimed: { sha: command.sha, at: draft.now } } : each,
      ),
    });
    draft.data.repository = command.repository;
    draft.data.branch = command.branch;
    draft.data.sha = command.sha;
    // A push is a claim: people are asked, nothing is concluded.
    const params = {
      ...sayable(draft, command.repository),
      repository: command.repository,
      about: 'merge-claimed' as const,
    };
    writeToMaintainer(draft, 'escalation', entry, params);
    write(draft, 'escalation', workingGroup, params);
  },

  'command-post'(draft, command) {
    draft.data.what = command.what;
    if (command.reason) draft.data.reason = command.reason;
    if (!draft.situation.policy.postsToDiscourse)
      throw new Refused(
        'R14',
        'This desk holds no key for Discourse.',
        'Use the prefilled link and post it yourself.',
      );
    if (command.what === 'announcement') {
      if (!draft.disclosure.release?.confirmedAt)
        throw new Refused(
          'R14',
          'The release instant is not confirmed yet.',
          'All maintainers confirm it first.',
        );
      if (draft.disclosure.announcement)
        throw new Refused(
          'R14',
          'The announcement already stands.',
          'Edit the post in Discourse where it has to change.',
        );
      draft.signals.push({ kind: 'post-announcement' });
      return;
    }
    if (!openEntries(draft.disclosure).every((entry) => entry.advisory?.state === 'published'))
      throw new Refused(
        'R18',
        'An advisory is not published yet.',
        'The reply links every published advisory: publish first.',
      );
    draft.signals.push({ kind: 'post-reply' });
  },

  'command-publication'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    const { policy } = draft.situation;
    if (!entry.advisory)
      throw new Refused(
        'R17',
        'There is no advisory to publish.',
        'Open it on GitHub and mark the hand-off done.',
      );
    if (entry.advisory.state === 'published')
      throw new Refused('R17', 'This advisory is published.', 'Nothing needs to be done.');
    if (!isMerged(entry) && !draft.disclosure.embargo.ended)
      throw new Refused(
        'R17',
        'The fix is not on every required branch yet.',
        'Record the merges first; publishing ends the embargo.',
      );
    const early = draft.disclosure.embargo.ended;
    if (draft.actor.kind === 'member') {
      // Never publish for a maintainer, but for the early-public path: two members, four hours, a reason.
      const told = early && { at: early.at, maintainerActedAt: entry.publicationCommandedAt };
      if (early?.by !== 'early-public' || !told || !membersMayPublish(told, draft.now, policy.earlyPublicMs))
        throw new Refused(
          'R17',
          'Only the maintainer publishes.',
          `On the early-public path two members may, when no maintainer acted within ${spanWords(policy.earlyPublicMs)}.`,
        );
      draft.data.deviation = 'published by two members';
    }
    if (command.reason) draft.data.reason = command.reason;
    draft.data.repository = command.repository;
    const two = draft.actor.kind === 'member' || policy.publishNeedsTwo;
    if (
      !confirmed(
        draft,
        `publish:${command.repository}`,
        two,
        `publish the advisory of ${command.repository}`,
        command.reason,
      )
    )
      return;
    setEntry(draft, command.repository, { publicationCommandedAt: draft.now });
    draft.signals.push({ kind: 'publish-advisory', repository: command.repository });
  },

  'see-advisory'(draft, command) {
    const entry = requireEntry(draft, command.repository);
    if (!entry.advisory) return;
    draft.data.repository = command.repository;
    draft.data.state = command.state;
    const publishedAt = command.publishedAt ?? draft.now;
    setEntry(draft, command.repository, {
      advisory: {
        ...entry.advisory,
        state: command.state,
        ...(command.state === 'published' && { publishedAt }),
      },
    });
    if (command.state !== 'published' || entry.advisory.state === 'published') return;
    stopReminding(draft, entry);
    establish(draft, 'flaw-public');
    const { exit, reply } = draft.disclosure;
    if (exit || reply || !openEntries(draft.disclosure).every(resolved)) return;
    eachMaintainer(draft, 'reply-now', {
      ...sayable(draft),
      due: plus(draft.disclosure.mergedAt ?? draft.now, draft.situation.policy.windowMs),
    });
  },

  'see-reply'(draft, command) {
    requireUrl(command.url, 'url');
    if (!draft.disclosure.announcement)
      throw new Refused('R17', 'There is no announcement to reply to.', 'Link the announcement first.');
    set(draft, {
      reply: { url: command.url, visibleAt: command.visibleAt },
      linked: { ...draft.disclosure.linked, reply: undefined },
    });
    draft.data.visibleAt = command.visibleAt;
  },

  'link-announcement'(draft, command) {
    if (command.url) requireUrl(command.url, 'url');
    if (draft.disclosure.announcement)
      throw new Refused('R14', 'The announcement already stands.', 'Edit the post where it has to change.');
    set(draft, { linked: { ...draft.disclosure.linked, announcement: linkedPost(draft, command.url) } });
    if (command.url) draft.data.url = command.url;
  },

  'link-reply'(draft, command) {
    if (command.url) requireUrl(command.url, 'url');
    if (!draft.disclosure.announcement)
      throw new Refused('R17', 'There is no announcement to reply to.', 'Link the announcement first.');
    set(draft, { linked: { ...draft.disclosure.linked, reply: linkedPost(draft, command.url) } });
    if (command.url) draft.data.url = command.url;
  },

  'claim-announcement'(draft, command) {
    draft.data.topic = command.topic;
    draft.data.url = command.url;
    // Its title alone makes a claim: whoever posted it says so by linking it.
    eachMaintainer(draft, 'escalation', { ...sayable(draft), about: 'announcement-claimed' });
    write(draft, 'escalation', workingGroup, { ...sayable(draft), about: 'announcement-claimed' });
  },

  'record-schedules'(draft, command) {
    const { release } = draft.disclosure;
    if (release?.at === command.at) set(draft, { release: { ...release, scheduledFor: command.at } });
    draft.data.at = command.at;
  },
};

/** Who vouches for a post, and since when. */
const linkedPost = (draft: Draft, url: string | undefined): LinkedPost => ({
  by: 'person' in draft.actor ? draft.actor.person : 'desk',
  at: draft.now,
  ...(url && { url }),
});

/** The fix is public for the whole disclosure; siblings become urgent (policy V4, V5), a breach of notice is told. */
function firstMerge(draft: Draft, repository: string, at: Instant): void {
  const { announcement, release } = draft.disclosure;
  const wasOpen = !draft.disclosure.embargo.ended;
  establish(draft, 'fix-public', at);
  for (const entry of openEntries(draft.disclosure))
    if (entry.repository !== repository && !isMerged(entry) && entry.notifiedAt)
      writeToMaintainer(draft, 'fix-is-public', entry, {
        ...sayable(draft, entry.repository),
        repository: entry.repository,
        urgent: true,
      });
  if (!wasOpen || release?.earlyPublic) return;
  const timing = mergeTiming(
    { at, releaseAt: release?.at, visibleAt: announcement?.visibleAt, skipsNotice: false },
    draft.situation.policy,
  );
  if (timing === 'violation') {
    draft.data.violation = 'R15';
    write(draft, 'escalation', workingGroup, {
      ...sayable(draft),
      about: 'released-before-notice',
      since: at,
    });
  } else if (timing === 'early') {
    draft.data.warning = 'R16';
    write(draft, 'escalation', workingGroup, { ...sayable(draft), about: 'release-warning', since: at });
  }
}

/** What happens when the last required merge is in: the two-hour clock starts (OEP-60 R17). */
export function mergesComplete(draft: Draft): void {
  const lastMerge = openEntries(draft.disclosure)
    .flatMap((entry) => entry.branches.flatMap((branch) => (branch.merge ? [branch.merge.at] : [])))
    .sort()
    .at(-1);
  set(draft, { mergedAt: lastMerge ?? draft.now });
  const due = instant(ms(lastMerge ?? draft.now) + draft.situation.policy.windowMs);
  for (const entry of openEntries(draft.disclosure))
    if (entry.advisory?.state !== 'published')
      writeToMaintainer(draft, 'publish-now', entry, {
        ...sayable(draft, entry.repository),
        repository: entry.repository,
        due,
      });
}

/** The end of the disclosure duty: reporters are thanked, credit goes out as they chose (policy A6). */
export function published(draft: Draft): void {
  set(draft, { publishedAt: draft.now });
  const advisories = draft.disclosure.entries.flatMap((entry) =>
    entry.advisory?.state === 'published' ? [{ repository: entry.repository, url: entry.advisory.url }] : [],
  );
  for (const person of draft.disclosure.reporters) {
    const choice = draft.disclosure.credit[person]?.choice;
    write(
      draft,
      'reporter-published',
      { person },
      {
        reference: draft.disclosure.id,
        advisories,
        credit: choice === undefined ? 'not-chosen' : choice === 'anonymous' ? 'anonymous' : 'set',
      },
      { as: 'reporter' },
    );
  }
  for (const entry of openEntries(draft.disclosure)) stopReminding(draft, entry);
}

/** Is `merged` reached: every open entry's fix is on every required branch? */
export const allMerged = (disclosure: Disclosure): boolean =>
  reached(disclosure.stage, 'triaged') &&
  openEntries(disclosure).length > 0 &&
  openEntries(disclosure).every(isMerged);

/** Is `published` reached: every advisory published, and the reply visible? */
export const allPublished = (disclosure: Disclosure): boolean =>
  disclosure.reply !== undefined &&
  openEntries(disclosure).length > 0 &&
  openEntries(disclosure).every((entry) => entry.advisory?.state === 'published');
