import { formatInZone, localDate, localTime } from '#domain/calendar.ts';
import { type Disclosure, openEntries } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import { ratingWords } from './words.ts';

/** A topic of the forum, ready to post. */
export interface ForumTopic {
  readonly title: string;
  readonly body: string;
}

const two = (number: number) => String(number).padStart(2, '0');

/** The forum's own date mark-up, which shows each reader their own time. */
function forumDate(at: Instant, zone: string): string {
  const local = localTime(at, zone);
  return `[date=${localDate(at, zone)} time=${two(local.hour)}:${two(local.minute)}:00 timezone="${zone}"]`;
}

/**
 * OEP-60 R14: the affected repository, the date and time at which the patch becomes public, the severity. No summary,
 * weakness, vector or advisory link: those come with the reply (R18). Undefined while no release instant stands.
 */
export function announcementTopic(
  disclosure: Pick<Disclosure, 'entries' | 'release'> & Partial<Disclosure>,
  zone: string,
): ForumTopic | undefined {
  const { release } = disclosure;
  if (!release) return undefined;
  const entries = disclosure.entries.filter((entry) => !entry.closed);
  const names = entries.map(({ repository }) => repository);
  const title = `Security: Upcoming Security Release for ${names.join(', ')} on ${release.at.slice(0, 10)}`;
  const lines = entries.map(
    ({ repository, severity, branches }) =>
      `- **${repository}** (${branches.map(({ name }) => name).join(', ')}): severity **${ratingWords[severity.rating]}**`,
  );
  const body = `A security fix will be released for:

${lines.join('\n')}

The patch will become public on ${forumDate(release.at, zone)}, that is ${formatInZone(release.at, 'UTC')}.

Please plan to upgrade then. The advisory and the links to the fixes will be posted as a reply to this topic.`;
  return { title: title.slice(0, 255), body };
}

/**
 * OEP-60 R18: links the published advisory, the main fix and the fix of every release branch. Undefined while an
 * advisory is not published.
 */
export function replyPost(disclosure: Disclosure): { readonly body: string } | undefined {
  const entries = openEntries(disclosure);
  if (entries.length === 0 || entries.some(({ advisory }) => advisory?.state !== 'published'))
    return undefined;
  const parts = entries.map(({ repository, advisory, branches }) =>
    [
      `**${repository}**`,
      `- Advisory: ${advisory?.url}`,
      ...branches.flatMap(({ name, merge }) => (merge ? [`- Fix on ${name}: ${merge.url}`] : [])),
    ].join('\n'),
  );
  return { body: `The fix is public.\n\n${parts.join('\n\n')}` };
}
