import { cadenceOf } from '#commit/reminder-groups.ts';
import { groupsOf } from '#commit/standing-for.ts';
import { githubPages } from '#contracts/github-pages.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { belongs, type DisclosureView, type EntryView, type Viewer, visible } from '#domain/access.ts';
import { announcementTopic, replyPost } from '#domain/announcement.ts';
import { frequencyWords, entryIn as reminderOf, silentNow } from '#domain/cadence.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { hour, spanWords } from '#domain/instant.ts';
import { hostsIn, hostsOf } from '#domain/operators.ts';
import { displayName, type PersonId } from '#domain/people.ts';
import { standing } from '#domain/standing.ts';
import { actWords } from '#letters/words.ts';
import type { ActOptions } from '#pages/acts.ts';
import type { DisclosureModel, HandOffView, Message, ReminderView, TrailLine } from '#pages/model.ts';
import type { OperatorOption } from '#pages/triage-form.ts';
import { deliveryWords } from '#pages/words.ts';
import { pageContext } from './context.ts';
import { conversationOf, forwardedTo } from './conversation.ts';
import type { DeskDeps } from './deps.ts';
import type { Session } from './session.ts';

/** The viewer of a session: in the role of its link, and standing for the groups that they are recorded persons of. */
export async function viewerOf(
  deps: Pick<DeskDeps, 'store'>,
  session: Session,
  disclosure: Disclosure,
): Promise<Viewer | undefined> {
  const { role } = session.claims;
  const { id } = session.person;
  if (role === 'volunteer') return undefined;
  if (role !== 'maintainer') return { kind: role, person: id };
  const groups = await groupsOf(deps.store, disclosure, id);
  return { kind: 'maintainer', person: id, ...(groups.length > 0 && { standsFor: groups }) };
}

/** Names of the people whom the view mentions. Nobody but members is told who somebody is, save who one’s delegates are. */
async function namesFor(
  deps: DeskDeps,
  view: DisclosureView,
  events: readonly StoredEvent[],
): Promise<Readonly<Record<PersonId, string>>> {
  const named = async (ids: Iterable<PersonId>) =>
    Object.fromEntries((await deps.store.people([...ids])).map((person) => [person.id, displayName(person)]));
  const delegates = view.entries.flatMap((entry) => entry.delegates);
  if (view.viewer.kind !== 'member')
    return view.viewer.kind === 'maintainer' && delegates.length > 0 ? named(new Set(delegates)) : {};
  const actors = [
    ...events.map(({ actor }) => actor),
    ...Object.values(view.steps ?? {}).map(({ by }) => by),
  ];
  const letters = events.flatMap((event) =>
    event.letters.flatMap(({ to }) => ('person' in to ? [to.person] : [])),
  );
  const ids = new Set([
    ...actors.flatMap((actor) => (actor.includes(':') ? [actor.slice(actor.indexOf(':') + 1)] : [])),
    ...letters,
    ...view.reporters,
    ...view.operators,
    ...Object.values(view.pending).map(({ by }) => by),
    ...view.entries.flatMap((entry) => entry.maintainer?.people ?? []),
    ...delegates,
  ]);
  return named(ids);
}

const shown = [
  'repository',
  'reason',
  'fact',
  'branch',
  'at',
  'until',
  'step',
  'choice',
  'decision',
  'comment',
  'note',
  'warnings',
];

const isInstant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** A value of an event in words: an instant as people write it; what is known by its look needs no name. */
function detailOf(name: string, value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  if (isInstant.test(text))
    return `${name === 'until' ? 'until ' : ''}${text.slice(0, 16).replace('T', ' ')} UTC`;
  if (name === 'warnings') return `a warning: it is a ${text === 'friday' ? 'Friday' : text}`;
  return name === 'repository' || name === 'branch' ? text : `${name}: ${text}`;
}

/** Who gets a letter, for a viewer who learns no names. */
export const recipients = {
  reporter: 'the reporter',
  maintainer: 'a maintainer',
  operator: 'the operator',
  member: 'a member of the working group',
} as const;

/** One event in words. Only fields that are ids, numbers or a member's stated reason are shown. */
export function trailLine(event: StoredEvent, names: Readonly<Record<PersonId, string>>): TrailLine {
  const id = event.actor.slice(event.actor.indexOf(':') + 1);
  const kind = event.actor.includes(':') ? event.actor.slice(0, event.actor.indexOf(':')) : event.actor;
  const words = actWords[event.type as keyof typeof actWords] ?? event.type.replace(/-/g, ' ');
  const detail = shown.flatMap((name) => (name in event.data ? [detailOf(name, event.data[name])] : []));
  return {
    at: event.at,
    who: names[id] ?? (event.actor.includes(':') ? `a ${kind}` : kind === 'desk' ? 'the desk' : kind),
    what: words,
    ...(detail.length > 0 && { detail: detail.join(', ') }),
    ...(typeof event.data.keptWith === 'string' && { keptWith: event.data.keptWith }),
    letters: event.letters.map(({ to, template, as }, index) => ({
      to: 'group' in to ? 'the working group' : (names[to.person] ?? recipients[as ?? 'member']),
      template,
      state: deliveryWords(event.delivery[`L${index}`]),
    })),
  };
}

function readyPosts(deps: DeskDeps, view: DisclosureView, disclosure: Disclosure) {
  if (view.viewer.kind !== 'member' && view.viewer.kind !== 'maintainer') return {};
  const topic = announcementTopic(disclosure, deps.settings.policy.zone);
  const reply = replyPost(disclosure);
  return {
    ...(topic && { announcement: { ...topic, prefilled: deps.forum?.prefillUrl(topic) } }),
    ...(reply && { reply }),
  };
}

/** Is what was handed to a person seen to be done? Then nobody has to say so. */
function seenDone(view: DisclosureView, { what, repository }: HandOffView): boolean {
  if (what === 'post-announcement') return view.announcement !== undefined;
  if (what === 'post-reply') return view.reply !== undefined;
  return (
    what === 'publish-advisory' &&
    view.entries.some((entry) => entry.repository === repository && entry.advisory?.state === 'published')
  );
}

/** What a person was asked to do by hand, and nobody has done yet. Opening an advisory has its own act. */
function handOffsIn(view: DisclosureView, events: readonly StoredEvent[]): readonly HandOffView[] {
  if (!view.seesHandOffs) return [];
  const open = new Map<string, HandOffView>();
  for (const { type, data, letters, at } of events) {
    if (type === 'hand-off-done') open.delete(`${data.what} ${data.repository ?? ''}`.trim());
    for (const letter of letters) {
      if (letter.template !== 'hand-off' || letter.params.what === 'open-advisory') continue;
      const { what, repository, url, why } = letter.params;
      const id = `${what} ${repository ?? ''}`.trim();
      open.set(id, { id, what, why, since: at, ...(repository && { repository }), ...(url && { url }) });
    }
  }
  return [...open.values()].filter((each) => !seenDone(view, each));
}

/** The recorded operators, first those whose domain the reporter's words name (policy, "Unknown operator"). */
async function operatorOptions(
  deps: DeskDeps,
  messages: readonly Message[],
): Promise<readonly OperatorOption[]> {
  const theirs = messages.filter(({ ours }) => !ours);
  const hosts = hostsIn(theirs.map(({ subject, text }) => `${subject ?? ''} ${text ?? ''}`).join('\n'));
  const operators = await deps.store.peopleOf('operator');
  return operators
    .flatMap(({ id, operator }): OperatorOption[] => {
      if (!operator) return [];
      const { instance, domains } = operator;
      return [{ id, instance, domains: domains.join(', '), named: hostsOf(hosts, domains) }];
    })
    .sort((a, b) => b.named.length - a.named.length || a.instance.localeCompare(b.instance));
}

async function actOptions(
  deps: DeskDeps,
  view: DisclosureView,
  disclosure: Disclosure,
  events: readonly StoredEvent[],
  messages: readonly Message[],
): Promise<ActOptions> {
  const { policy, identity } = deps.settings;
  return {
    context: pageContext(deps),
    noticeHours: policy.noticeMs / hour,
    postsToDiscourse: policy.postsToDiscourse,
    needsTwo: {
      forward: policy.forwardNeedsTwo,
      earlyPublic: policy.earlyPublicNeedsTwo,
      publish: policy.publishNeedsTwo,
    },
    signature: identity.signature,
    informationDays: policy.informationDays,
    githubPages: githubPages(deps.settings),
    handOffs: handOffsIn(view, events),
    operators: view.viewer.kind === 'member' ? await operatorOptions(deps, messages) : [],
    ...readyPosts(deps, view, disclosure),
  };
}

/** What a session opened: the disclosure as stored, and as this viewer sees it. */
export interface Opened {
  readonly disclosure: Disclosure;
  readonly viewer: Viewer;
  readonly view: DisclosureView;
}

/** How the reminder clocks of a disclosure's entries stand. */
async function remindersOf(
  deps: DeskDeps,
  { entries, id }: Disclosure,
): Promise<Readonly<Record<string, ReminderView>>> {
  const policy = cadenceOf(deps.settings.policy);
  const found = await Promise.all(
    entries.map(async ({ repository, maintainer, frequency }): Promise<[string, ReminderView][]> => {
      const group = maintainer && frequency && (await deps.store.group(maintainer.id, frequency));
      const clock = group && reminderOf(group, { disclosure: id, repository });
      if (!clock || !group) return [];
      const unanswered = silentNow(clock);
      return [
        [
          repository,
          {
            often: frequencyWords(group.frequency, policy),
            sent: clock.remindersSent,
            last: clock.lastRemindedAt,
            dueAt: clock.dueAt,
            unanswered,
            silent: unanswered >= policy.silence[group.frequency],
          },
        ],
      ];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** The page's content, loaded only as far as the view names it. */
export async function loadModel(deps: DeskDeps, opened: Opened, who: string): Promise<DisclosureModel> {
  const { view, disclosure } = opened;
  const needsEvents = view.seesTrail || view.conversation !== 'none' || view.forwarded;
  const events = needsEvents ? await deps.store.events(`DISC#${disclosure.id}`) : [];
  const [names, description, messages, reminders] = await Promise.all([
    namesFor(deps, view, events),
    view.description && deps.archive.text(view.description),
    view.forwarded ? forwardedTo(deps, view, events) : conversationOf(deps, view, events),
    view.viewer.kind === 'member' ? remindersOf(deps, disclosure) : undefined,
  ]);
  const options = await actOptions(deps, view, disclosure, events, messages);
  return {
    view,
    who,
    names,
    options,
    messages,
    reminders,
    ...((view.viewer.kind === 'member' || view.viewer.kind === 'maintainer') && {
      standing: standing(disclosure, deps.clock.now(), deps.settings.policy),
    }),
    trail: view.seesTrail ? events.map((event) => trailLine(event, names)) : [],
    ...(description !== undefined && { description }),
    formId: deps.random(),
  };
}

/** The page as somebody else sees it: a member may look at what others see (style, Pages and letters 10). */
export function seenBy(
  disclosure: Disclosure,
  as: string | undefined,
  repository: string | undefined,
): DisclosureView | undefined {
  const [reporter] = disclosure.reporters;
  if (as === 'reporter' && reporter) return visible({ kind: 'reporter', person: reporter }, disclosure);
  const entry = disclosure.entries.find((each) => each.repository === repository);
  const person = entry?.maintainer?.people[0] ?? entry?.delegates[0];
  return as === 'maintainer' && person ? visible({ kind: 'maintainer', person }, disclosure) : undefined;
}

/** Opens a disclosure for a session; undefined where it is none of theirs. */
export async function open(deps: DeskDeps, session: Session, reference: string): Promise<Opened | undefined> {
  const disclosure = await deps.store.disclosure(reference);
  if (!disclosure) return undefined;
  const viewer = await viewerOf(deps, session, disclosure);
  if (!viewer || !belongs(viewer, disclosure)) return undefined;
  const view = visible(viewer, disclosure);
  return view && { disclosure, viewer, view };
}

/** Who somebody is on the page's head. */
export const whoIs = (session: Session): string =>
  `${session.person.name ?? 'You'}, as ${session.claims.role === 'member' ? 'member of the working group' : session.claims.role}`;

export const entryIn = (view: DisclosureView, repository: string | undefined): EntryView | undefined =>
  view.entries.find((entry) => entry.repository === repository);

/** What follows in the lifecycle, for lists and for the page after an act. */
export function nextStep(
  view: DisclosureView,
  policy: Pick<Settings['policy'], 'noticeMs' | 'windowMs'>,
): string {
  if (view.exit) return 'Nothing: it has ended.';
  if (view.hold?.kind === 'deferred') return 'Deferred.';
  if (view.hold) return 'The reporter’s answer.';
  switch (view.stage) {
    case 'received':
      return 'Triage by the on-duty member.';
    case 'triaged':
      return 'Advisories are opened and maintainers notified.';
    case 'advised':
      if (!view.release) return 'A release instant, proposed by a maintainer.';
      return view.release.confirmedAt
        ? `The announcement, visible for ${spanWords(policy.noticeMs)} before the release.`
        : 'Every maintainer confirms the release instant.';
    case 'announced':
      return 'The merge, at the announced instant.';
    case 'merged':
      return `Advisory and reply, within ${spanWords(policy.windowMs)} of the last merge.`;
    case 'published':
      return 'Nothing: it is published.';
    default:
      return 'We write to you when there is news.';
  }
}
