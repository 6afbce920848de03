import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { day, plus } from '#domain/instant.ts';
import {
  advise,
  announce,
  type Check,
  type Life,
  publish,
  release,
  report,
  triage,
} from '../../local/demo-life.ts';
import { type Desk, startDesk } from '../../local/desk.ts';
import { projectRoot } from '../../local/emulator/environment.ts';
import { keepRequests } from '../../local/grants/evaluate.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import { linkIn, mailTo, Visitor } from '../../local/visitor.ts';
import { freePorts } from '../support/desk-folder.ts';
import { act, byLink, mailAbout, stored, until } from '../support/running-desk.ts';

/** A desk of its own: its clock moves by more than a year. */
const folder = mkdtempSync(join(projectRoot, '.desk', 'life-'));
let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ folder, ports: await freePorts() });
});
afterAll(async () => {
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
  life = await report(desk, witness);
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

test('R3: files of a report are handed to a member, and go to the operator with the report', async () => {
  const reporter = 'files@reporter.example';
  const raw = await composeMail({
    from: reporter,
    to: desk.addresses.securityAddress,
    subject: 'Default password of an instance',
    text: 'It is in the file.\n',
    attachments: [{ filename: 'steps.txt', content: 'One, two, three.' }],
    sign: desk.gateway.dkimKey,
  });
  await sendMail(desk.inbound.port, raw, { from: reporter, to: desk.addresses.securityAddress });
  const { subject } = await mailTo(desk.gateway.mailbox, reporter, /We received your report/, {
    seconds: 60,
  });
  const reference = /\[([A-Z]+-\d{4}-\d{4,})\]/.exec(subject)?.[1] ?? '';
  const member = await byLink(desk, reference, /New report/);
  const [mailKey] = (await stored(desk, reference)).intakes;

  const file = await member.get(`/d/${reference}/mail/${mailKey}/0`);
  const whole = await member.get(`/d/${reference}/mail/${mailKey}/raw`);
  const [operator] = await desk.store.peopleOf('operator');
  await act(member, reference, 'triage', {
    outcome: 'operator',
    operator: operator?.id ?? '',
    operatorText: 'The steps are in the file.',
    withAttachments: 'yes',
  });

  expect(file.body).toBe('One, two, three.');
  expect(whole.body).toContain('Subject: Default password of an instance');
  await mailAbout(desk, reference, /A security report for/);
});

test('A8: a year after its end mail and texts are gone; its page opens without them', async () => {
  const { intakes } = await stored(desk, life.reference);
  const objectKey = (await desk.store.intake(intakes[0] ?? ''))?.objectKey ?? '';
  expect(await desk.archive.rawMail(objectKey)).toBeDefined();

  desk.clock.moveTo(plus(desk.clock.now(), 400 * day));
  await desk.invoke('reconcile', { full: true });

  await until('the mail is gone', async () => (await desk.archive.rawMail(objectKey)) === undefined);
  const [someone] = desk.config.members;
  const before = desk.gateway.mailbox.list(someone?.address).length;
  const visitor = new Visitor(desk.addresses.desk);
  await visitor.act('/desk', { address: someone?.address ?? '' });
  const mail = await mailTo(desk.gateway.mailbox, someone?.address ?? '', /sign-in link/, { after: before });
  await visitor.open(linkIn(mail));
  const page = await visitor.get(`/d/${life.reference}`);
  expect(page.status).toBe(200);
  await desk.quiet();
});
