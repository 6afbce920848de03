import { localDate, localText } from '#domain/calendar.ts';
import type { Instant } from '#domain/instant.ts';
import {
  act,
  byLink,
  type Case,
  executionEnd,
  member,
  report,
  stored,
  validTriage,
  waitsIn,
} from './cases.ts';
import type { Desk } from './desk.ts';
import type { Visitor } from './visitor.ts';

/*
 * A disclosure's life in steps, each from one wait of the machine to the next, by the links in the mails: for whoever
 * needs disclosures in several stages at once. The demonstration tells the same life at length.
 */

/** The one whose maintainer GitHub's team file names. */
const repository = 'openedx/openedx-platform';

/** A new report that waits for triage. */
export async function received(desk: Desk): Promise<Case> {
  const found = await report(desk);
  await waitsIn(desk, found.reference, 'AwaitTriage');
  return found;
}

/** `received` → `advised`: a member finds it valid, the machine opens the advisory and tells the maintainer. */
export async function triage(desk: Desk, { reference }: Case, by?: Visitor): Promise<void> {
  await act(by ?? (await member(desk, reference)), reference, 'triage', validTriage(repository));
  await waitsIn(desk, reference, 'AwaitAnnouncement');
}

/** `advised` → `announced`: the maintainer is ready, proposes an instant (two days ahead or more), has it announced. */
export async function announce(desk: Desk, { reference }: Case, at: Instant): Promise<void> {
  const maintainer = await byLink(desk, reference, /a vulnerability,/);
  await act(maintainer, reference, 'record-ready', { repository, sure: 'yes' });
  await act(maintainer, reference, 'propose-release', {
    date: localDate(at, 'UTC'),
    time: localText(at, 'UTC').slice(11, 16),
    zone: 'utc',
  });
  await act(maintainer, reference, 'command-post', { what: 'announcement' });
  await waitsIn(desk, reference, 'AwaitMerge');
}

/** `announced` → `merged`, when the clock has reached the release instant; answers the maintainer. */
export async function merge(desk: Desk, { reference }: Case): Promise<Visitor> {
  const maintainer = await byLink(desk, reference, /it is time to merge/);
  const [entry] = (await stored(desk, reference)).entries;
  for (const [at, { name: branch, merge: done }] of (entry?.branches ?? []).entries()) {
    if (done) continue;
    const url = `${desk.addresses.github}/${repository}/commit/${String(at + 1).repeat(40)}`;
    await act(maintainer, reference, 'record-merge', { repository, branch, url });
  }
  await waitsIn(desk, reference, 'AwaitPublication');
  return maintainer;
}

/** `merged` → `published`: the advisory is published, the announcement answered; answers how the execution ended. */
export async function publish(desk: Desk, { reference }: Case, maintainer: Visitor): Promise<string> {
  await act(maintainer, reference, 'command-publication', { repository, typed: reference });
  await desk.quiet();
  await act(maintainer, reference, 'command-post', { what: 'reply' });
  return executionEnd(desk, reference);
}
