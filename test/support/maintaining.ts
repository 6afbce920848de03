import { localDate, localText } from '#domain/calendar.ts';
import { day, type Instant, minute, plus } from '#domain/instant.ts';
import type { Desk } from '../../local/desk.ts';
import { linkIn, mailTo, Visitor } from '../../local/visitor.ts';
import { act, byLink, stored, until } from './running-desk.ts';

/** The one maintainer of these tests, whom CODEOWNERS names and whose address the desk knows. */
export const kofi = 'kofi@maintainers.example';

/** Repositories of his on the stand-in of GitHub, for one test file. */
export async function plantRepositories(desk: Desk, names: readonly string[]): Promise<void> {
  const [defaultBranch = 'master'] = desk.config.branches;
  await order(desk.github.url, 'seed', {
    repositories: names.map((name) => ({
      name,
      defaultBranch,
      branches: desk.config.branches,
      files: { '.github/CODEOWNERS': '* @kofi-mensah\n' },
    })),
  });
}

/** Orders a failure or a person's act from a stand-in. Throws what it refuses. */
export async function order(
  standIn: string,
  name: string,
  body: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(`${standIn}/_control/${name}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** The maintainer behind the newest link about a disclosure that is still good. */
export const maintainer = (desk: Desk, reference: string): Promise<Visitor> =>
  byLink(desk, reference, /: a vulnerability, /);

/** The maintainer proposes a release in three days; being the only one, that is its confirmation. Answers the instant. */
export async function proposeRelease(desk: Desk, visitor: Visitor, reference: string): Promise<Instant> {
  const at = plus(desk.clock.now(), 3 * day);
  await act(visitor, reference, 'propose-release', {
    date: localDate(at, 'UTC'),
    time: localText(at, 'UTC').slice(11, 16),
    zone: 'utc',
  });
  return (await stored(desk, reference)).release?.at ?? at;
}

/** Three days go by: the announced instants come, and their deadlines with them. */
export const untilRelease = async (desk: Desk, at: Instant): Promise<void> => {
  await desk.travel.to(plus(at, minute));
};

/** The maintainer as the mail at the release instant lets them in. */
export async function atRelease(desk: Desk, reference: string): Promise<Visitor> {
  const visitor = new Visitor(desk.addresses.desk);
  await visitor.open(
    linkIn(await mailTo(desk.gateway.mailbox, kofi, new RegExp(`${reference}.*time to merge`))),
  );
  return visitor;
}

/** Every open entry's fix is merged to all of its branches. */
export async function mergeAll(desk: Desk, visitor: Visitor, reference: string): Promise<void> {
  for (const { repository, branches, closed } of (await stored(desk, reference)).entries)
    for (const [index, { name: branch, merge }] of (closed ? [] : branches).entries()) {
      if (merge) continue;
      const url = `${desk.addresses.github}/${repository}/commit/${String(index + 1).repeat(40)}`;
      await act(visitor, reference, 'record-merge', { repository, branch, url });
    }
}

/** The desk publishes on the maintainer's command, and answers the announcement on another. */
export async function publishAll(desk: Desk, visitor: Visitor, reference: string): Promise<void> {
  for (const { repository, closed } of (await stored(desk, reference)).entries)
    if (!closed) await act(visitor, reference, 'command-publication', { repository, typed: reference });
  await until(`the advisories of ${reference} are published`, async () =>
    (await stored(desk, reference)).entries.every(
      ({ advisory, closed }) => closed !== undefined || advisory?.state === 'published',
    ),
  );
  await act(visitor, reference, 'command-post', { what: 'reply' });
}
