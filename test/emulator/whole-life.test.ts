import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localDate, localText } from '#domain/calendar.ts';
import { day, hour, minute, plus } from '#domain/instant.ts';
import {
  advise,
  announce,
  type Check,
  report as firstReport,
  type Life,
  publish,
  release,
  triage,
} from '../../local/demo-life.ts';
import { type Desk, startDesk } from '../../local/desk.ts';
import { localCredentials, localRegion, projectRoot } from '../../local/emulator/environment.ts';
import { keepRequests } from '../../local/grants/evaluate.ts';
import * as step from '../../local/life-steps.ts';
import { bounceDomain } from '../../local/mail-gateway/zone.ts';
import { linkIn, mailTo, Visitor } from '../../local/visitor.ts';
import { freePorts } from '../support/desk-folder.ts';
import { kofi, order } from '../support/maintaining.ts';
import {
  act,
  byLink,
  type Case,
  executionEnd,
  mailAbout,
  member,
  report,
  stored,
  trail,
  until,
  validTriage,
  waitsIn,
  write,
} from '../support/running-desk.ts';

/**
 * A desk of its own, as its clock moves by more than a year: the demonstration's life, then what happens seldom. Much
 * of it is here because a grant is there for it (local/grants.ts). Its group has no address of its own, unlike the
 * other tests' desk.
 */
const folder = mkdtempSync(join(projectRoot, '.desk', 'life-'));
let desk: Desk;
let s3: S3Client;
beforeAll(async () => {
  const configFile = 'test/support/no-group-address.ts';
  desk = await startDesk({ folder, configFile, ports: await freePorts() });
  const aws = { endpoint: desk.addresses.endpoint, region: localRegion, credentials: localCredentials };
  s3 = new S3Client({ ...aws, forcePathStyle: true });
});
afterAll(async () => {
  s3?.destroy();
  await desk?.close();
  keepRequests(folder, 'life');
  rmSync(folder, { recursive: true, force: true });
});

const checks: Check[] = [];
const witness = {
  say: () => {},
  check: (rule: string, what: string, held: boolean, found?: string) =>
    void checks.push({ rule, what, held, found }),
};
const broken = () => checks.filter(({ held }) => !held);

let life: Life;
let maintainer: Visitor;

test('R1–R16: the life of the demonstration, up to the last merge', async () => {
  life = await firstReport(desk, witness);
  await triage(life);
  await advise(life);
  await announce(life);
  maintainer = await release(life);

  expect(broken()).toEqual([]);
});

test('R17, R18: and to its end, published and answered', async () => {
  await publish(life, maintainer);

  expect(broken()).toEqual([]);
  expect(checks.length).toBeGreaterThan(20);
  expect((await stored(desk, life.reference)).stage).toBe('published');
});

/** A report with a file, and the member whom its mail led to it. */
async function reportWithFile(subject: string) {
  const found = await report(desk, {
    subject,
    text: 'It is in the file.\n',
    attachments: [{ filename: 'steps.txt', content: 'One, two, three.' }],
  });
  const [mailKey = ''] = (await stored(desk, found.reference)).intakes;
  return { ...found, mailKey, member: await member(desk, found.reference) };
}

/** The mail to the operator, as it went over the wire. */
const forwarded = async (reference: string): Promise<string> => {
  const { id } = await mailAbout(desk, reference, /A security report for/);
  return String(desk.gateway.mailbox.raw(id));
};

const toOperator = async (): Promise<Record<string, string>> => {
  const [operator] = await desk.store.peopleOf('operator');
  return {
    outcome: 'operator',
    operator: operator?.id ?? '',
    operatorText: 'The steps are in the file.',
    withAttachments: 'yes',
  };
};

test('R3: files of a report are handed to a member, and go to the operator with the report', async () => {
  const { reference, mailKey, member } = await reportWithFile('Default password of an instance');

  const file = await member.get(`/d/${reference}/mail/${mailKey}/0`);
  const whole = await member.get(`/d/${reference}/mail/${mailKey}/raw`);
  await act(member, reference, 'triage', await toOperator());

  expect(file.body).toBe('One, two, three.');
  expect(whole.body).toContain('Subject: Default password of an instance');
  expect(await forwarded(reference)).toContain('report.eml');
});

test('R3: so are those of a mail that could not be filed and still lies in the inbox', async () => {
  const { reference, mailKey, member } = await reportWithFile('A mail that was not filed');
  const filed = (await desk.store.intake(mailKey))?.objectKey ?? '';
  const Body = await desk.archive.rawMail(filed);
  await s3.send(
    new PutObjectCommand({ Bucket: desk.outputs.BucketName, Key: `in/${mailKey}`, ...(Body && { Body }) }),
  );
  await desk.archive.remove([filed]);

  const whole = await member.get(`/d/${reference}/mail/${mailKey}/raw`);
  await act(member, reference, 'triage', await toOperator());

  expect(whole.body).toContain('Subject: A mail that was not filed');
  expect(await forwarded(reference)).toContain('report.eml');
});

const critical = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const milder = 'CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N';

/** A repository of one test, whose maintainer CODEOWNERS names so. */
async function plant(name: string, owner = '@kofi-mensah'): Promise<string> {
  const { branches } = desk.config;
  const files = { '.github/CODEOWNERS': `* ${owner}\n` };
  const repository = { name, defaultBranch: branches[0], branches, files };
  await order(desk.github.url, 'seed', { repositories: [repository] });
  return name;
}

/** A member who signed in at the desk's own page. */
async function signedIn(): Promise<Visitor> {
  const address = desk.config.members[0]?.address ?? '';
  const after = desk.gateway.mailbox.list(address).length;
  const visitor = new Visitor(desk.addresses.desk);
  await visitor.act('/desk', { address });
  await visitor.open(linkIn(await mailTo(desk.gateway.mailbox, address, /sign-in link/, { after })));
  return visitor;
}

describe('while somebody is on duty', () => {
  let byAddress: Case;

  test('R6: a maintainer whom CODEOWNERS names by an address is told', async () => {
    const repository = await plant('openedx/by-address', kofi);
    byAddress = await report(desk);

    await act(await member(desk, byAddress.reference), byAddress.reference, 'triage', {
      ...validTriage(repository),
      vector: critical,
    });

    await waitsIn(desk, byAddress.reference, 'AwaitAnnouncement');
    expect((await mailAbout(desk, byAddress.reference, /a vulnerability,/)).to).toBe(kofi);
    const [entry] = (await stored(desk, byAddress.reference)).entries;
    expect(entry?.maintainer).toMatchObject({ source: 'codeowners' });
  });

  test('R5: a description that is gone from the bucket holds no advisory up: the title stands for it', async () => {
    const repository = await plant('openedx/wordless');
    const path = `^/repos/${repository}/security-advisories$`;
    await order(desk.github.url, 'fail', { method: 'POST', path, drop: true, times: 3 });
    const { reference } = await report(desk);
    await act(await member(desk, reference), reference, 'triage', validTriage(repository));

    await desk.archive.remove([(await stored(desk, reference)).description?.key ?? '']);

    await waitsIn(desk, reference, 'AwaitAnnouncement');
    const [advisory] = desk.github.state.advisories.filter((each) => each.repository === repository);
    expect(advisory?.description).toContain('Stored XSS in a problem');
    expect(advisory?.description).not.toContain('is not escaped');
  });

  test('a report filed at GitHub becomes a disclosure; a severity changed there is adopted', async () => {
    const repository = await plant('openedx/reported-there');
    const told = { repository, summary: 'Filed at GitHub', description: 'In private.' };
    const { ghsa_id } = await order(desk.github.url, 'report', told);
    const ghsa = String(ghsa_id);
    const intake = await until('the report is an intake', () =>
      desk.store.intake(`github-${ghsa.toLowerCase()}`),
    );
    const [reference = ''] = intake.disclosures;
    await act(await member(desk, reference), reference, 'triage', validTriage(repository));
    await waitsIn(desk, reference, 'AwaitAnnouncement');

    await order(desk.github.url, 'advisory', { repository, ghsa, act: 'vector', value: milder });
    await desk.invoke('observe-github', {});

    const [entry] = (await stored(desk, reference)).entries;
    expect(entry?.advisory?.ghsa).toBe(ghsa);
    expect(entry?.severity.vector).toBe(milder);
    // So that the year after which mail is deleted passes for it too.
    await act(await member(desk, reference), reference, 'close', {
      reason: 'not-affected',
      typed: reference,
    });
  });

  test('an execution that is renewed goes on at the stored stage; schedules made again are as they were', async () => {
    const found = await step.received(desk);
    await step.triage(desk, found);
    await step.announce(desk, found, plus(desk.clock.now(), 3 * day));
    const execution = { disclosure: found.reference, generation: 1, correlation: 'renewal' };

    await desk.invoke('schedule-release', execution);
    await desk.invoke('renew-execution', execution);

    await until('the next generation', async () => (await stored(desk, found.reference)).generation === 2);
    await waitsIn(desk, found.reference, 'AwaitMerge');
    expect(await executionEnd(desk, found.reference, 1)).toBe('SUCCEEDED');
    expect(await desk.runner.status(found.reference, 2)).toBe('RUNNING');
  });

  test('a mail of the queue becomes a disclosure by a member’s decision', async () => {
    const sent = await write(desk, 'offer@reporter.example', { subject: 'I volunteer for hotfixes' });
    await until('the mail waits in the queue', async () => (await desk.store.listed('queue')).includes(sent));
    const member = await signedIn();

    const page = await member.act(`/i/${sent}`, { decision: 'open' });

    expect(page.status).toBe(200);
    const [reference = ''] = (await desk.store.intake(sent))?.disclosures ?? [];
    expect((await stored(desk, reference)).stage).toBe('received');
  });

  test('a file that a reporter adds on their page is handed to a member', async () => {
    const { reference, acknowledgement } = await report(desk);
    const reporter = new Visitor(desk.addresses.desk);
    await reporter.open(linkIn(acknowledgement));
    const file = new File(['The proof.'], 'proof.txt', { type: 'text/plain' });
    await reporter.act(`/d/${reference}/add-text`, { text: 'With a proof.', file });
    const visitor = await member(desk, reference);
    const { body } = await visitor.get(`/d/${reference}`);

    const [, link = ''] = /href="(\/d\/[^"]*\/added\/[^"]*)"/.exec(body) ?? [];

    expect((await visitor.get(link)).body).toBe('The proof.');
    const added = (await trail(desk, reference)).find(({ type }) => type === 'add-text');
    const [named = ''] = (added?.data.attachments ?? []) as string[];
    await desk.archive.remove([named.split(' ')[0] ?? '']);
    expect((await visitor.get(link)).status).toBe(404);
  });

  test('what GitHub keeps waiting is looked at again by reconcile, and done once', async () => {
    const { reference } = byAddress;
    const repository = 'openedx/by-address';
    const path = `^/repos/${repository}/security-advisories/`;
    await order(desk.github.url, 'fail', { method: 'PATCH', path, delay: 3000 });
    const maintainer = await byLink(desk, reference, /a vulnerability,/);
    await act(maintainer, reference, 'adjudicate', { repository, how: 'vector', vector: critical });
    await until('the errand is under way', async () => (await desk.store.waiting(500)).length > 0);

    await desk.invoke('reconcile', { full: true });

    await desk.quiet();
    const changes = desk.github.requests.filter((each) => each.startsWith(`PATCH /repos/${repository}/`));
    expect(changes.length).toBeGreaterThan(0);
    expect(await desk.store.waiting(500)).toEqual([]);
  });

  test('R8, R9: in 16 days a critical vulnerability is reminded of twice, and duty passes on', async () => {
    const before = desk.gateway.mailbox.list().length;
    const today = await (await signedIn()).get('/desk/today');

    await desk.travel.to(plus(desk.clock.now(), 16 * day));

    const mails = desk.gateway.mailbox.list().slice(before);
    const reminders = mails.filter(
      ({ to, text, subject }) => to === kofi && /remind/i.test(subject) && text.includes(byAddress.reference),
    );
    expect(today.status).toBe(200);
    expect(reminders.length).toBe(2);
    expect(mails.filter(({ subject }) => /Your shift begins/.test(subject)).length).toBeGreaterThan(1);
    const rota = await (await signedIn()).get('/desk/rota');
    expect(rota.status).toBe(200);
  });

  test('a deployment that finds people in the table leaves them as they are', async () => {
    const answers: Record<string, unknown>[] = [];
    const cloudFormation = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      answers.push(JSON.parse(Buffer.concat(parts).toString()));
      response.end();
    });
    await new Promise<void>((listening) => cloudFormation.listen(0, '127.0.0.1', listening));
    const before = await desk.store.peopleOf('member');

    await desk.invoke('seed-desk', {
      RequestType: 'Update',
      ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`,
      StackId: 'the stack',
      RequestId: 'another deployment',
      LogicalResourceId: 'Seed',
      ResourceProperties: {},
    });
    cloudFormation.close();

    expect(answers).toMatchObject([{ Status: 'SUCCESS', LogicalResourceId: 'Seed' }]);
    expect(await desk.store.peopleOf('member')).toEqual(before);
  });
});

test('A8: a year after its end mail and texts are gone; its page opens without them', async () => {
  await desk.quiet();
  const { intakes } = await stored(desk, life.reference);
  const objectKey = (await desk.store.intake(intakes[0] ?? ''))?.objectKey ?? '';
  expect(await desk.archive.rawMail(objectKey)).toBeDefined();

  desk.clock.moveTo(plus(desk.clock.now(), 400 * day));
  await desk.invoke('reconcile', { full: true });

  await until('the mail is gone', async () => (await desk.archive.rawMail(objectKey)) === undefined);
  const page = await (await signedIn()).get(`/d/${life.reference}`);
  expect(page.status).toBe(200);
  await desk.quiet();
});

describe('when the rota has run out and nobody is on duty, each member is told', () => {
  // The example's rota has 26 weeks.
  beforeAll(() => desk.clock.moveTo(plus(desk.clock.now(), 200 * day)));

  /** Every member gets a mail about a disclosure whose subject matches, and whose text names a repository. */
  const everyone = (reference: string, wanted: RegExp, repository = '') =>
    until(`every member is told of ${reference}: ${wanted}`, () => {
      const told = desk.gateway.mailbox
        .list()
        .filter(({ subject }) => subject.includes(`[${reference}]`) && wanted.test(subject))
        .filter(({ subject, text }) => `${subject} ${text}`.includes(repository));
      return desk.config.members.every(({ address }) => told.some(({ to }) => to === address));
    });

  test('R1, R5, R16, R17: from the report to two hours after the merge, what GitHub refuses included', async () => {
    const [kept, orphaned] = [await plant('openedx/unmanned'), 'openedx/nobody-knows'];
    const refuse = (method: string, path: string, fault: object) =>
      order(desk.github.url, 'fail', { method, path, times: 99, ...fault });
    await refuse('POST', `^/repos/${kept}/security-advisories$`, { drop: true });
    await refuse('POST', `^/repos/${orphaned}/security-advisories$`, { status: 403 });
    await refuse('PATCH', `^/repos/${kept}/security-advisories/`, { status: 403 });

    const { reference } = await step.received(desk);
    await everyone(reference, /New report/);
    const someone = () => member(desk, reference);
    await act(await someone(), reference, 'triage', {
      ...validTriage(kept),
      repository_2: orphaned,
      ecosystem_2: 'pip',
    });
    for (const repository of [kept, orphaned]) {
      await everyone(reference, /To do by hand: Open the draft advisory/, repository);
      const draft = await order(desk.github.url, 'open', { repository, summary: 's', description: 'd' });
      const url = String(draft.ghsa_id);
      await act(await someone(), reference, 'record-advisory', { repository, url });
    }
    await everyone(reference, /no maintainer was found/, orphaned);
    await waitsIn(desk, reference, 'AwaitAnnouncement');

    const maintainer = await byLink(desk, reference, new RegExp(`${kept}: a vulnerability,`));
    await act(maintainer, reference, 'adjudicate', { repository: kept, how: 'vector', vector: milder });
    await everyone(reference, /To do by hand: Set the advisory/, kept);
    const reason = 'Nobody maintains it.';
    await act(maintainer, reference, 'record-ready', { repository: kept, sure: 'yes' });
    await act(await someone(), reference, 'record-ready', { repository: orphaned, sure: 'yes', reason });
    await act(maintainer, reference, 'propose-release', {
      date: localDate(plus(desk.clock.now(), 3 * day), 'UTC'),
      time: localText(desk.clock.now(), 'UTC').slice(11, 16),
      zone: 'utc',
    });
    const at = (await stored(desk, reference)).release?.at ?? '';
    await act(await someone(), reference, 'confirm-release', { at, sure: 'yes', reason });
    await act(maintainer, reference, 'command-post', { what: 'announcement' });
    await waitsIn(desk, reference, 'AwaitMerge');

    await desk.travel.to(plus(at, minute));
    await everyone(reference, /it is time to merge/, orphaned);
    const merging = await byLink(desk, reference, new RegExp(`${kept}: it is time to merge`));
    for (const [repository, visitor, more] of [
      [kept, merging, {}],
      [orphaned, await someone(), { reason }],
    ] as const)
      for (const [index, branch] of desk.config.branches.entries()) {
        const url = `${desk.addresses.github}/${repository}/commit/${String(index + 1).repeat(40)}`;
        await act(visitor, reference, 'record-merge', { repository, branch, url, ...more });
      }
    await waitsIn(desk, reference, 'AwaitPublication');

    await desk.travel.to(plus(desk.clock.now(), 3 * hour));
    await everyone(reference, /have passed since the last merge/);
  });

  test('of a letter that does not arrive, and of one that is too large for a mail', async () => {
    const mailKey = await write(desk, `gone@${bounceDomain}`);
    const { reference } = await report(desk);

    await act(await member(desk, reference), reference, 'triage', {
      outcome: 'advice',
      reply_advice: 'Escape it. '.repeat(12_000),
    });

    await everyone(reference, /a letter came back/);
    const [bounced = ''] = (await desk.store.intake(mailKey))?.disclosures ?? [];
    await everyone(bounced, /a letter came back/);
    const [gone = ''] = (await stored(desk, bounced)).reporters;
    expect((await desk.store.person(gone))?.bouncedAt).toBeDefined();
  });
});
