import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Disclosure } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import type { Desk } from '../../local/desk.ts';
import type { Mail } from '../../local/mail-gateway/mailbox.ts';
import { linkIn, Visitor } from '../../local/visitor.ts';
import {
  atRelease,
  kofi,
  maintainer,
  mergeAll,
  order,
  plantRepositories,
  proposeRelease,
  untilRelease,
} from '../support/maintaining.ts';
import {
  act,
  executionEnd,
  member,
  report,
  startRunningDesk,
  stored,
  trail,
  until,
  validTriage,
  waitsIn,
} from '../support/running-desk.ts';

/**
 * One disclosure in eight repositories, and each of them meets another fault of GitHub's; then the forum's. Nothing
 * of it fails the disclosure: it is carried on to its publication.
 */
const faults = {
  'openedx/forbidden': { status: 403, times: 9, body: { message: 'Resource not accessible by integration' } },
  'openedx/missing': { status: 404, times: 9, body: { message: 'Not Found' } },
  'openedx/unprocessable': { status: 422, times: 9, body: { message: 'Validation Failed' } },
  'openedx/silent': { drop: true, times: 99 },
  'openedx/limited': { status: 429, headers: { 'retry-after': '1' } },
  'openedx/limited-for-long': { status: 403, headers: { 'retry-after': '3600' } },
  // We wait for ten seconds: this one takes effect after we gave up.
  'openedx/slow': { delay: 11_000 },
  'openedx/lost': { drop: true, effect: true },
} as const;
type Repository = keyof typeof faults;
const repositories = Object.keys(faults) as Repository[];
const byHand: readonly Repository[] = repositories.slice(0, 4);
const opened: readonly Repository[] = repositories.slice(4);

let desk: Desk;
let reference: string;
/** Another disclosure: GitHub never shows who maintains its repository. */
let unreadable: string;
let releaseAt: Instant;

const onGithub = (name: string, body: object) => order(desk.github.url, name, { ...body });
const onForum = (name: string, body: object) => order(desk.discourse.url, name, { ...body });
const now = (): Promise<Disclosure> => stored(desk, reference);
const entry = async (repository: Repository) =>
  (await now()).entries.find((each) => each.repository === repository);
const advisoriesOf = (repository: Repository) =>
  desk.github.state.advisories.filter((each) => each.repository === repository);
const ghsaOf = async (repository: Repository): Promise<string> =>
  (await entry(repository))?.advisory?.ghsa ?? '';

/** Mails that ask for a step by hand, oldest first. */
const handOffs = (wanted: RegExp): readonly Mail[] =>
  desk.gateway.mailbox
    .list()
    .filter(({ subject }) => subject.includes(`[${reference}] To do by hand: `) && wanted.test(subject));

/** Waits for so many such mails; answers the newest. */
const handedOff = (wanted: RegExp, many = 1): Promise<Mail> =>
  until(`${many} mails to do by hand like ${wanted}`, () => {
    const found = handOffs(wanted);
    return found.length >= many && found.at(-1);
  });

/** A member opens the mail's link, reads what to do, and says "done" with the button there. */
async function done(mail: Mail, what: string, repository?: Repository): Promise<void> {
  const visitor = new Visitor(desk.addresses.desk);
  const page = await visitor.open(linkIn(mail));
  expect(page.text).toContain('by hand');
  const id = [what, repository].filter(Boolean).join(' ');
  await act(visitor, reference, 'hand-off-done', { handOff: id });
  expect((await visitor.get(`/d/${reference}/hand-off-done`)).body).not.toContain(`value="${id}"`);
}

beforeAll(async () => {
  desk = await startRunningDesk();
  await plantRepositories(desk, [...repositories, 'openedx/unreadable']);
  for (const [repository, fault] of Object.entries(faults))
    await onGithub('fail', {
      method: 'POST',
      path: `^/repos/${repository}/security-advisories$`,
      ...fault,
    });
  const refusedSteps = { 'openedx/limited': 'forks', 'openedx/lost': 'cve' };
  for (const [repository, step] of Object.entries(refusedSteps))
    await onGithub('fail', {
      method: 'POST',
      path: `^/repos/${repository}/.*/${step}$`,
      status: 403,
      times: 9,
    });
  await onGithub('fail', {
    method: 'GET',
    path: '^/repos/openedx/unreadable/contents/',
    drop: true,
    times: 99,
  });
  const [other, unread] = await Promise.all([
    report(desk, { subject: 'In eight repositories' }),
    report(desk, { subject: 'In a repository that cannot be read' }),
  ]);
  reference = other.reference;
  unreadable = unread.reference;
  await act(await member(desk, unreadable), unreadable, 'triage', validTriage('openedx/unreadable'));
  const rows = repositories.map((name, at) => ({
    [`repository_${at + 1}`]: name,
    [`ecosystem_${at + 1}`]: 'pip',
  }));
  await act(await member(desk, reference), reference, 'triage', {
    ...validTriage(repositories[0] ?? ''),
    ...Object.assign({}, ...rows),
  });
});
afterAll(async () => {
  await desk?.close();
});

test('R5: 403, 404, 422 and lasting silence become a mail; a limit, a late and a lost answer do not', async () => {
  await waitsIn(desk, reference, 'AwaitAnnouncement');

  await handedOff(/Open the draft advisory/, 4);
  const mails = handOffs(/Open the draft advisory/);
  expect(mails.map(({ text }) => byHand.find((name) => text.includes(name))).sort()).toEqual(
    [...byHand].sort(),
  );
  for (const name of byHand) expect(advisoriesOf(name), name).toHaveLength(0);
  for (const name of opened) {
    expect(advisoriesOf(name), name).toHaveLength(1);
    expect(await ghsaOf(name)).toBe(advisoriesOf(name)[0]?.ghsa);
  }
  expect((await now()).stage).toBe('triaged');
  expect(await desk.runner.status(reference, 1)).toBe('RUNNING');
});

test('R5: behind its link stands what to do by hand and the button “done”; then the disclosure is advised', async () => {
  for (const repository of byHand) {
    const mail = handOffs(/Open the draft advisory/).find(({ text }) => text.includes(repository));
    const visitor = new Visitor(desk.addresses.desk);
    const page = await visitor.open(linkIn(mail as Mail));
    expect(page.text).toContain(`${repository}: how to do it, and “done”`);
    const form = await visitor.get(
      `/d/${reference}/record-advisory?repository=${encodeURIComponent(repository)}`,
    );
    expect(form.body).toContain(`href="${desk.github.url}/${repository}/security/advisories/new"`);
    expect(form.text).toContain('Done: record the advisory');

    const draft = await onGithub('open', { repository, summary: 'By hand', description: 'By hand.' });
    await act(visitor, reference, 'record-advisory', { repository, url: String(draft.ghsa_id) });
  }

  expect((await now()).stage).toBe('advised');
  for (const repository of byHand)
    expect((await entry(repository))?.advisory).toMatchObject({
      state: 'draft',
      url: `${desk.github.url}/${repository}/security/advisories/${await ghsaOf(repository)}`,
    });
});

test('R12, A7: a private fork or CVE that GitHub refuses is a person’s, and holds up nothing', async () => {
  const fork = await handedOff(/temporary private fork/);
  const cve = await handedOff(/Request a CVE/);

  expect(fork.text).toContain('openedx/limited');
  expect(cve.text).toContain('openedx/lost');
  await done(fork, 'private-fork', 'openedx/limited');
  await done(cve, 'request-cve', 'openedx/lost');
});

test('R7: the advisory follows an adjudication after a rate limit and a lost answer; refused, a person does it', async () => {
  const milder = 'CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N';
  const patch = (repository: Repository) => ({
    method: 'PATCH',
    path: `^/repos/${repository}/security-advisories/`,
  });
  await onGithub('fail', { ...patch('openedx/limited'), status: 429, headers: { 'retry-after': '3600' } });
  await onGithub('fail', { ...patch('openedx/lost'), drop: true });
  await onGithub('fail', { ...patch('openedx/forbidden'), status: 403 });
  const visitor = await maintainer(desk, reference);

  for (const repository of ['openedx/limited', 'openedx/lost', 'openedx/forbidden'])
    await act(visitor, reference, 'adjudicate', { repository, how: 'vector', vector: milder });

  const mail = await handedOff(/Set the advisory’s severity/);
  expect(mail.text).toContain('openedx/forbidden');
  await until('GitHub shows the maintainer’s severity', () =>
    (['openedx/limited', 'openedx/lost'] as const).every((name) => advisoriesOf(name)[0]?.vector === milder),
  );
  await onGithub('advisory', {
    repository: 'openedx/forbidden',
    ghsa: await ghsaOf('openedx/forbidden'),
    act: 'vector',
    value: milder,
  });
  await done(mail, 'update-severity', 'openedx/forbidden');
});

test('R14: an announcement that the forum refuses is handed to a person; a limit and a lost answer are not', async () => {
  const visitor = await maintainer(desk, reference);
  releaseAt = await proposeRelease(desk, visitor, reference);
  const announce = () => act(visitor, reference, 'command-post', { what: 'announcement' });
  const topics = desk.discourse.state.topics.length;

  for (const [before, status] of [403, 404, 422].entries()) {
    await onForum('fail', { method: 'POST', path: '^/posts.json$', status, body: { errors: ['no'] } });
    await announce();
    const mail = await handedOff(/Post the announcement/, before + 1);
    expect(mail.text).toContain(`${desk.discourse.url}/new-topic?`);
  }
  expect(desk.discourse.state.topics.length).toBe(topics);
  await onForum('fail', { method: 'POST', status: 429, body: { extras: { wait_seconds: 5 } } });
  await onForum('fail', { method: 'POST', drop: true, effect: true });
  await announce();

  await waitsIn(desk, reference, 'AwaitMerge');
  expect(desk.discourse.state.topics.length).toBe(topics + 1);
  expect(await now()).toMatchObject({ stage: 'announced', announcement: { established: 'posted' } });
  expect((await (await member(desk, reference)).get(`/d/${reference}/hand-off-done`)).text).toContain(
    'Nothing waits to be done by hand',
  );
});

test('a closed entry whose advisory GitHub keeps open is a person’s', async () => {
  const gone: readonly Repository[] = [
    'openedx/missing',
    'openedx/silent',
    'openedx/limited-for-long',
    'openedx/slow',
  ];
  await onGithub('fail', { method: 'PATCH', path: '^/repos/openedx/missing/', status: 404 });
  const visitor = await maintainer(desk, reference);

  for (const repository of gone)
    await act(visitor, reference, 'close-entry', { repository, reason: 'not-affected' });

  const mail = await handedOff(/Close the advisory/);
  expect(mail.text).toContain('openedx/missing');
  await onGithub('advisory', {
    repository: 'openedx/missing',
    ghsa: await ghsaOf('openedx/missing'),
    act: 'close',
  });
  await done(mail, 'close-advisory', 'openedx/missing');
  await until(
    'the others are closed',
    async () => (await now()).entries.filter(({ advisory }) => advisory?.state === 'closed').length >= 3,
  );
});

test('R6: a maintainer whom GitHub does not name for long is the working group, until a member names them', async () => {
  await waitsIn(desk, unreadable, 'AwaitAnnouncement');
  const first = (await stored(desk, unreadable)).entries[0];
  const someone = await member(desk, unreadable);

  await act(someone, unreadable, 'name-maintainer', {
    repository: 'openedx/unreadable',
    addresses: kofi,
    reason: 'GitHub does not answer.',
  });

  expect(first?.maintainer).toMatchObject({ id: 'working-group', source: 'unresolved' });
  await until('the named maintainer is told', async () =>
    desk.gateway.mailbox.list(kofi).find(({ subject }) => subject.includes(`[${unreadable}]`)),
  );
  await maintainer(desk, unreadable);
  expect(await stored(desk, unreadable)).toMatchObject({ stage: 'advised', generation: 1 });
  await act(someone, unreadable, 'close', { reason: 'not-affected', typed: unreadable });
  expect(await executionEnd(desk, unreadable)).toBe('SUCCEEDED');
});

test('R17: a publication that is refused or unknown is a person’s to do or to look at; seen published, it is so', async () => {
  await untilRelease(desk, releaseAt);
  const visitor = await atRelease(desk, reference);
  await mergeAll(desk, visitor, reference);
  const patch = (repository: Repository) => ({ method: 'PATCH', path: `^/repos/${repository}/` });
  await onGithub('fail', { ...patch('openedx/forbidden'), status: 403 });
  await onGithub('fail', { ...patch('openedx/unprocessable'), drop: true });
  await onGithub('fail', { ...patch('openedx/limited'), status: 429, headers: { 'retry-after': '3600' } });
  await onGithub('fail', { ...patch('openedx/lost'), drop: true, effect: true });
  const left = ['openedx/forbidden', 'openedx/unprocessable', 'openedx/limited', 'openedx/lost'] as const;

  for (const repository of left)
    await act(visitor, reference, 'command-publication', { repository, typed: reference });

  await handedOff(/Publish the advisory/, 2);
  const mails = handOffs(/Publish the advisory/);
  expect(mails.find(({ text }) => text.includes('openedx/forbidden'))?.text).toContain(
    'GitHub refused (403)',
  );
  expect(mails.find(({ text }) => text.includes('openedx/unprocessable'))?.text).toContain('please look');
  await until('the others are published', async () => {
    const states = await Promise.all(left.map(async (name) => (await entry(name))?.advisory?.state));
    return states.filter((state) => state === 'published').length === 2;
  });
  for (const repository of ['openedx/forbidden', 'openedx/unprocessable'] as const)
    await onGithub('advisory', { repository, ghsa: await ghsaOf(repository), act: 'publish' });
  await until('GitHub’s webhooks tell of the rest', async () => {
    const states = await Promise.all(left.map(async (name) => (await entry(name))?.advisory?.state));
    return states.every((state) => state === 'published');
  });
});

test('R18: a reply of which nobody knows is looked for; linked by a person, the disclosure is published', async () => {
  const visitor = await atRelease(desk, reference);
  await onForum('fail', { method: 'POST', path: '^/posts.json$', drop: true, times: 3 });

  await act(visitor, reference, 'command-post', { what: 'reply' });

  const mail = await handedOff(/Post the reply/);
  expect(mail.text).toContain('Nobody knows whether the forum took the post');
  const { announcement } = await now();
  const posted = await onForum('reply', {
    username: 'kofi',
    topic: announcement?.topic,
    raw: 'Advisories and fixes, as the desk wrote them for copying.',
  });
  const someone = new Visitor(desk.addresses.desk);
  expect((await someone.open(linkIn(mail))).text).toContain('by hand');
  await act(someone, reference, 'see-reply', { url: `${posted.url}/2` });

  expect(await executionEnd(desk, reference, 1)).toBe('SUCCEEDED');
  expect((await now()).stage).toBe('published');
  await trail(desk, reference);
  expect([...desk.github.violations, ...desk.discourse.violations]).toEqual([]);
});
