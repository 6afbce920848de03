import { formatInZone, localDate, localTime, type Zone } from './calendar.ts';
import { type Disclosure, type Entry, openEntries, type Rating, type Repository } from './disclosure.ts';
import type { Instant } from './instant.ts';

/** A topic of the forum, ready to post. */
export interface ForumTopic {
  readonly title: string;
  readonly body: string;
}

/** Discourse's max_topic_title_length. */
const longestTitle = 255;

const capital = (rating: Rating): string => rating.charAt(0).toUpperCase() + rating.slice(1);

const two = (number: number): string => String(number).padStart(2, '0');

/** Discourse's own mark-up for an instant, which shows each reader their own time. */
function forumDate(at: Instant, zone: Zone): string {
  const { hour, minute } = localTime(at, zone);
  return `[date=${localDate(at, zone)} time=${two(hour)}:${two(minute)}:00 timezone="${zone}"]`;
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/**
 * `Security: Upcoming Security Release for {repo} on {YYYY-MM-DD} at {HH:MM} {zone}, severity {rating}`; where ratings
 * differ each stands behind its repository, and names that do not fit are counted. A forum takes a title once
 * (Discourse's `allow_duplicate_topic_titles` is off), and two fixes of one repository may come out on the same day:
 * so the title says all that the announcement says.
 */
function titleOf(entries: readonly Entry[], at: Instant, zone: Zone): string {
  const [first, ...others] = new Set(entries.map(({ severity }) => capital(severity.rating)));
  const names = entries.map(({ repository, severity }) =>
    others.length === 0 ? repository : `${repository} (${capital(severity.rating)})`,
  );
  const { hour, minute } = localTime(at, zone);
  const when = `on ${localDate(at, zone)} at ${two(hour)}:${two(minute)} ${zone}`;
  const facts = others.length === 0 ? `${when}, severity ${first}` : when;
  for (let shown = names.length; shown > 0; shown--) {
    const more = names.length - shown;
    const rest = more === 0 ? [] : [`${more} more ${more === 1 ? 'repository' : 'repositories'}`];
    const title = `Security: Upcoming Security Release for ${listed([...names.slice(0, shown), ...rest])} ${facts}`;
    if (title.length <= longestTitle) return title;
  }
  return `Security: Upcoming Security Release for ${names.length} repositories ${facts}`;
}

/**
 * The announcement (OEP-60 R14; policy, "Public announcement"): repository, instant in UTC and the zone, rating, and
 * nothing else: no summary, weakness, vector or advisory link. The date is the zone's. Undefined while no release
 * instant stands or no repository entry is open.
 */
export function announcementTopic(
  disclosure: Pick<Disclosure, 'entries' | 'release'>,
  zone: Zone,
): ForumTopic | undefined {
  const { release } = disclosure;
  const open = disclosure.entries.filter((entry) => !entry.closed);
  if (!release || open.length === 0) return undefined;
  const lines = open.map(
    ({ repository, severity }) => `- **${repository}**, severity: **${capital(severity.rating)}**`,
  );
  return {
    title: titleOf(open, release.at, zone),
    body: [
      'A security patch will be made public for:',
      lines.join('\n'),
      `On ${forumDate(release.at, zone)}, that is ${formatInZone(release.at, 'UTC')}.`,
      'Please plan to upgrade then. Advisory and fixes will be linked in a reply to this topic.',
    ].join('\n\n'),
  };
}

/** The links that the reply owes for one repository: its advisory, the main fix, the fix of each release branch. */
const linksOf = ({
  advisory,
  branches,
}: Entry): readonly { readonly what: string; readonly url: string }[] => [
  ...(advisory ? [{ what: 'Advisory', url: advisory.url }] : []),
  ...branches.flatMap(({ name, merge }) => (merge ? [{ what: `Fix on ${name}`, url: merge.url }] : [])),
];

/**
 * The reply to the announcement (OEP-60 R18): per repository the advisory, the main fix and every release-branch fix.
 * Undefined while an advisory is not published, since its link would lead nowhere.
 */
export function replyPost(disclosure: Pick<Disclosure, 'entries'>): { readonly body: string } | undefined {
  const open = disclosure.entries.filter((entry) => !entry.closed);
  if (open.length === 0 || open.some(({ advisory }) => advisory?.state !== 'published')) return undefined;
  const parts = open.map((entry) =>
    [`**${entry.repository}**`, ...linksOf(entry).map(({ what, url }) => `- ${what}: ${url}`)].join('\n'),
  );
  return { body: ['The fix is public.', ...parts].join('\n\n') };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Does a topic's text name every repository, as `owner/name` or by its name alone? A longer name does not count for a
 * shorter one (`frontend-app-account` is not `frontend-app`), nor another owner's repository for ours.
 */
export function covers(topicText: string, repositories: readonly Repository[]): boolean {
  return repositories.every((repository) => {
    const name = repository.slice(repository.indexOf('/') + 1);
    const word = (text: string) => new RegExp(`(?<![\\w./-])${escaped(text)}(?![\\w/-]|\\.\\w)`, 'i');
    // An address names its repository too: it ends there, or goes on below it.
    const inAddress = new RegExp(`https?://[^\\s/]+/${escaped(repository)}(?![\\w-]|\\.\\w)`, 'i');
    return word(repository).test(topicText) || word(name).test(topicText) || inAddress.test(topicText);
  });
}

/** Repositories that an announcement of this disclosure must name. */
export const announcedRepositories = (disclosure: Disclosure): readonly Repository[] =>
  openEntries(disclosure).map(({ repository }) => repository);

const bare = (url: string): string =>
  url
    .trim()
    .replace(/[/.,;)]+$/, '')
    .toLowerCase();

/** Does a reply carry every link that R18 asks for? `links` are the addresses that it links to. */
export function repliesWithLinks(disclosure: Disclosure, links: readonly string[]): boolean {
  const given = new Set(links.map(bare));
  const owed = openEntries(disclosure).flatMap((entry) => linksOf(entry).map(({ url }) => bare(url)));
  return owed.length > 0 && replyPost(disclosure) !== undefined && owed.every((url) => given.has(url));
}
