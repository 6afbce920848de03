import { setTimeout as pause } from 'node:timers/promises';
import { firstBreak } from '#commit/chain.ts';
import { localDate, localText } from '#domain/calendar.ts';
import { day, hour, plus } from '#domain/instant.ts';
import type { Desk } from './desk.ts';
import { composeMail, sendMail } from './mail-gateway/compose.ts';
import { linkIn, mailTo, type Page, Visitor } from './visitor.ts';

/** One thing that must hold, as the demonstration saw it. */
export interface Check {
  readonly rule: string;
  readonly what: string;
  readonly held: boolean;
  readonly found?: string | undefined;
}

/** Where the demonstration tells what happens. */
export interface Witness {
  /** A line of the timeline. */
  say(line: string): void;
  check(rule: string, what: string, held: boolean, found?: string): void;
}

/** Words of the report that must not leave the desk before the fix is public. */
const secret = 'xylophone-token-derivation';

export const repository = 'openedx/openedx-platform';

const ada = 'ada@reporter.example';
const mary = 'mary@maintainers.example';

/** What each step of the demonstration works with. */
export interface Life {
  readonly desk: Desk;
  readonly witness: Witness;
  reference: string;
  /** Mails that were there before, which are not this disclosure's. */
  readonly before: number;
}

const inbox = ({ desk }: Life, address: string, wanted: RegExp) =>
  mailTo(desk.gateway.mailbox, address, wanted);
const stageOf = async ({ desk, reference }: Life) => (await desk.store.disclosure(reference))?.stage;

async function reaches(life: Life, stage: string): Promise<void> {
  await life.desk.quiet();
  const now = await stageOf(life);
  life.witness.check('V10', `the stage is ${stage}`, now === stage, now);
  life.witness.say(`stage ${now}`);
}

function accepted(page: Page, life: Life, what: string): void {
  life.witness.check(
    'style',
    `${what} was accepted`,
    page.status === 200 && page.path.includes('/done/'),
    `${page.status} ${page.path} ${page.text.slice(0, 300)}`,
  );
}

/** 1. A mail becomes an intake and a disclosure; the reporter is answered, the on-duty member told. */
export async function report(desk: Desk, witness: Witness): Promise<Life> {
  const life: Life = { desk, witness, reference: '', before: desk.gateway.mailbox.list().length };
  const raw = await composeMail({
    from: `Ada Lovelace <${ada}>`,
    to: desk.addresses.securityAddress,
    subject: `Account takeover by ${secret}`,
    text: `Hello,\n\nreset tokens in the platform are made from the clock (${secret}), so that anybody can guess them.\n\nAda\n`,
    sign: desk.gateway.dkimKey,
  });
  await sendMail(desk.inbound.port, raw, { from: ada, to: desk.addresses.securityAddress });
  witness.say(`Ada Lovelace writes to ${desk.addresses.securityAddress}`);
  await desk.quiet();
  const answer = await inbox(life, ada, /We received your report/);
  life.reference = /\[([A-Z]+-\d{4}-\d{4})\]/.exec(answer.subject)?.[1] ?? '';
  witness.say(`${life.reference}: acknowledged to ${answer.to}`);
  const headers = JSON.stringify(answer.headers).toLowerCase();
  witness.check(
    'R1',
    'the reporter is acknowledged from the security address',
    answer.from.includes(desk.addresses.securityAddress),
    answer.from,
  );
  witness.check('R1', 'the acknowledgement says that a machine wrote it', headers.includes('auto-replied'));
  witness.check('R1', 'the acknowledgement is in the thread of the report', headers.includes('in-reply-to'));
  witness.check(
    'R11',
    'the acknowledgement repeats no word of the report',
    !`${answer.subject}${answer.text}${answer.html}`.includes(secret),
  );
  await reaches(life, 'received');
  return life;
}

/** 2. The on-duty member reads the report behind the link and triages it. */
export async function triage(life: Life): Promise<void> {
  const { desk, witness, reference } = life;
  const onDuty = desk.config.members.map(({ address }) => address);
  const mail = desk.gateway.mailbox
    .list()
    .findLast(({ subject, to }) => subject.includes(`[${reference}] New report`) && onDuty.includes(to));
  if (!mail) throw new Error('no member was told of the report');
  witness.say(`${mail.to} gets a link`);
  witness.check(
    'R11',
    'the link mail says nothing of the report',
    !`${mail.subject}${mail.text}`.includes(secret),
  );
  const member = new Visitor(desk.addresses.desk);
  const page = await member.open(linkIn(mail));
  witness.check(
    'R2',
    'the member reads the report as text',
    page.text.includes(secret),
    page.text.slice(0, 300),
  );
  const done = await member.act(`/d/${reference}`, {}).catch(() => undefined);
  witness.check(
    'R2',
    'no outcome is preselected: an empty form decides nothing',
    done === undefined || !done.path.includes('/done/'),
    done?.path,
  );
  const triaged = await member.act(`/d/${reference}/triage`, {
    outcome: 'valid',
    title: 'Reset tokens can be guessed',
    description: 'Reset tokens are derived from the clock.',
    repository_1: repository,
    ecosystem_1: 'pip',
    package_1: 'openedx-platform',
    affected_1: '< 2026.12',
    fixed_1: '2026.12',
    vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
    reply_valid: 'Thank you, we could reproduce it.',
  });
  accepted(triaged, life, 'the triage');
  witness.say(`triaged as valid by ${mail.to}`);
  await inbox(life, ada, /An answer to your report/);
}

/** 3. The state machine opens the advisory, finds the maintainers and mails them score and rating. */
export async function advise(life: Life): Promise<void> {
  const { desk, witness, reference } = life;
  await reaches(life, 'advised');
  const disclosure = await desk.store.disclosure(reference);
  const entry = disclosure?.entries[0];
  const stored = Object.values(desk.github.state.advisories ?? {}) as { ghsa?: string; state?: string }[];
  witness.say(
    `draft advisory ${entry?.advisory?.ghsa} (${stored.length} on GitHub), maintainer ${entry?.maintainer?.id}`,
  );
  witness.check('R5', 'the advisory is a draft on GitHub', entry?.advisory?.state === 'draft');
  const mail = await inbox(life, mary, /7\.5 High/);
  witness.check(
    'R6',
    'the maintainer is told number and rating',
    /7\.5/.test(mail.text) && /high/i.test(mail.text),
  );
  witness.check('R28', 'the maintainer is asked to keep it private', /private/i.test(mail.text));
  witness.check(
    'R11',
    'the maintainer’s mail says nothing of the report',
    !`${mail.subject}${mail.text}`.includes(secret),
  );
}

/** 4. The maintainer adjudicates, proposes the release instant and has it announced. */
export async function announce(life: Life): Promise<void> {
  const { desk, witness, reference } = life;
  const maintainer = new Visitor(desk.addresses.desk);
  const page = await maintainer.open(linkIn(await inbox(life, mary, /7\.5 High/)));
  witness.check('R11', 'the maintainer does not see who reported', !page.body.includes(ada));
  const query = `?repository=${encodeURIComponent(repository)}`;
  accepted(
    await maintainer.act(`/d/${reference}/adjudicate${query}`, {
      repository,
      how: 'vector',
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N',
    }),
    life,
    'the adjudication',
  );
  await desk.quiet();
  const severity = (await desk.store.disclosure(reference))?.entries[0]?.severity;
  witness.check(
    'R7',
    'the maintainer’s severity wins at once',
    severity?.score === 9.1 && severity.by === 'maintainer',
    JSON.stringify(severity),
  );
  witness.say('the maintainer adjudicates: 9.1 Critical');
  accepted(
    await maintainer.act(`/d/${reference}/record-ready${query}`, { repository, sure: 'yes' }),
    life,
    '"ready"',
  );
  const zone = 'UTC';
  const soon = plus(desk.clock.now(), 24 * hour);
  const refused = await maintainer.act(`/d/${reference}/propose-release`, {
    date: localDate(soon, zone),
    time: '12:00',
    zone: 'utc',
  });
  witness.check(
    'R15',
    'a release within two days is refused',
    !refused.path.includes('/done/'),
    refused.path,
  );
  const at = plus(desk.clock.now(), 3 * day);
  accepted(
    await maintainer.act(`/d/${reference}/propose-release`, {
      date: localDate(at, zone),
      time: localText(at, zone).slice(11, 16),
      zone: 'utc',
    }),
    life,
    'the proposal',
  );
  await desk.quiet();
  witness.say(`release proposed for ${(await desk.store.disclosure(reference))?.release?.at}`);
  accepted(
    await maintainer.act(`/d/${reference}/command-post`, { what: 'announcement' }),
    life,
    'the command to announce',
  );
}

/** 5. and 6. Announced; at the release instant the fix is merged to every required branch. */
export async function release(life: Life): Promise<Visitor> {
  const { desk, witness, reference } = life;
  await reaches(life, 'announced');
  const disclosure = await desk.store.disclosure(reference);
  const announcement = disclosure?.announcement;
  witness.check('R14', 'the announcement stands in Discourse', announcement !== undefined);
  witness.say(`announced: ${announcement?.url}`);
  const at = disclosure?.release?.at ?? desk.clock.now();
  witness.check(
    'R15',
    'it stands at least two days before the release',
    Date.parse(at) - Date.parse(announcement?.visibleAt ?? at) >= 48 * hour,
  );
  const fired = await desk.travel.to(plus(at, 60_000));
  witness.say(`the clock moves to ${desk.clock.now()}; ${fired.length} deadlines fire`);
  // The session of three days ago is over: the new mail brings a new link.
  const maintainer = new Visitor(desk.addresses.desk);
  await maintainer.open(linkIn(await inbox(life, mary, /it is time to merge/)));
  const branches = disclosure?.entries[0]?.branches.map(({ name }) => name) ?? [];
  witness.check(
    'R16',
    'the fix must reach main and a release branch',
    branches.length === 2,
    branches.join(', '),
  );
  for (const [index, branch] of branches.entries()) {
    const url = `${desk.addresses.github}/${repository}/commit/${String(index + 1).repeat(40)}`;
    accepted(
      await maintainer.act(`/d/${reference}/record-merge?repository=${encodeURIComponent(repository)}`, {
        repository,
        branch,
        url,
      }),
      life,
      `the merge on ${branch}`,
    );
    await desk.quiet();
    if (index === 0) {
      const ended = (await desk.store.disclosure(reference))?.embargo.ended;
      witness.check(
        'V5',
        'the first merge ends the embargo',
        ended?.by === 'fix-public',
        JSON.stringify(ended),
      );
    }
    witness.say(`merged on ${branch}`);
  }
  await reaches(life, 'merged');
  return maintainer;
}

/** 7. and 8. Advisory published, announcement answered, reporter thanked, execution succeeded. */
export async function publish(life: Life, maintainer: Visitor): Promise<void> {
  const { desk, witness, reference } = life;
  const reporter = new Visitor(desk.addresses.desk);
  const own = await reporter.open(linkIn(await inbox(life, ada, /We received your report/)));
  witness.check('R11', 'the reporter’s page does not show the maintainers', !own.body.includes(mary));
  accepted(
    await reporter.act(`/d/${reference}/choose-credit`, { choice: 'name', name: 'Ada Lovelace' }),
    life,
    'the credit choice',
  );
  accepted(
    await maintainer.act(`/d/${reference}/command-publication?repository=${encodeURIComponent(repository)}`, {
      repository,
      typed: reference,
    }),
    life,
    'the command to publish',
  );
  await desk.quiet();
  const entry = (await desk.store.disclosure(reference))?.entries[0];
  witness.check(
    'R17',
    'the advisory is published',
    entry?.advisory?.state === 'published',
    entry?.advisory?.state,
  );
  witness.say(`advisory ${entry?.advisory?.ghsa} published`);
  accepted(
    await maintainer.act(`/d/${reference}/command-post`, { what: 'reply' }),
    life,
    'the command to reply',
  );
  await reaches(life, 'published');
  const reply = (await desk.store.disclosure(reference))?.reply;
  const body = JSON.stringify(desk.discourse.state);
  const links = [
    entry?.advisory?.url ?? '?',
    ...(entry?.branches.map(({ merge }) => merge?.url ?? '?') ?? []),
  ];
  witness.check(
    'R18',
    'the reply links the advisory and every fix',
    reply !== undefined && links.every((link) => body.includes(link)),
    links.join(' '),
  );
  await inbox(life, ada, /Published: thank you/);
  witness.say('the reporter is thanked');
  // The last state checks the trail, some moments after the last letter.
  let status = await desk.runner.status(reference, 1);
  for (let waited = 0; status === 'RUNNING' && waited < 100; waited++) {
    await pause(100);
    status = await desk.runner.status(reference, 1);
  }
  witness.check('design', 'the execution succeeded', status === 'SUCCEEDED', status);
  const events = await desk.store.events(`DISC#${reference}`);
  witness.check(
    'A8',
    'the audit trail is complete and its chain whole',
    events.length > 10 && firstBreak(events) === undefined,
    `${events.length} events`,
  );
  witness.check(
    'facts',
    'GitHub’s and Discourse’s descriptions were kept to',
    desk.github.violations.length + desk.discourse.violations.length === 0,
    JSON.stringify([desk.github.violations, desk.discourse.violations]).slice(0, 800),
  );
}
