import type { BrowserContext, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { localDate, localText } from '#domain/calendar.ts';
import { hour, type Instant, plus } from '#domain/instant.ts';
import type { Shift } from '#domain/rota.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import type { Mail } from '../../local/mail-gateway/mailbox.ts';
import { linkIn, mailTo } from '../../local/visitor.ts';
import { fillTriage } from './triage.ts';
import {
  answerIn,
  linkTo,
  members,
  openLink,
  overflow,
  press,
  receiveReport,
  signIn,
  type World,
} from './world.ts';

const mary = 'mary@maintainers.example';
const repository = 'openedx/openedx-platform';
const critical = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const doneAfter = /\/done\//;

/**
 * Rota, reminders, handover and "Today" on the deployed desk, in the browser that the other tests use: a week passes,
 * in which a reminder goes out and one member follows another.
 */
export function describeToday(worldOf: () => World): void {
  let world: World;
  let reference: string;

  const rota = async () => (await world.desk.store.rota())?.shifts ?? [];
  const addressOf = async ({ member }: Shift): Promise<string> =>
    (await world.desk.store.person(member))?.address ?? '';
  const nameOf = async ({ member }: Shift): Promise<string> =>
    (await world.desk.store.person(member))?.name ?? '';
  /** The shift that runs at an instant; the seeded rota has no gap. */
  const shiftAt = async (at: Instant): Promise<Shift> => {
    const found = (await rota()).find(({ start, end }) => start <= at && at < end);
    if (!found) throw new Error(`nobody is on duty at ${at}`);
    return found;
  };
  const now = () => world.desk.clock.now();

  /** Enters by the link of a mail that leads to a page of the working group. */
  async function enter(context: BrowserContext, mail: Mail): Promise<Page> {
    const page = await context.newPage();
    await page.goto(linkIn(mail));
    await press(page, 'Open');
    return page;
  }

  describe('reminders, rota and handover on the deployed desk (OEP-60 R2, R8–R10)', () => {
    beforeAll(async () => {
      world = worldOf();
      reference = await receiveReport(
        world,
        'hedy@reporter.example',
        'The session never ends',
        'A session goes on after the password is changed.',
      );
      const context = await world.window();
      const page = await openLink(context, linkTo(world, members(world), reference, /New report/));
      await fillTriage(page, repository, critical);
      await press(page, 'Check your answers');
      await press(page, /^Accept the report/);
      await world.desk.quiet();
      await context.close();
    });

    it('a shift is split and given away on the rota’s page; whoever gets it hears of it', async () => {
      const shift = (await rota()).at(-1);
      const other = (await rota()).at(-2);
      if (!shift || !other) throw new Error('the rota is too short');
      const taker = { address: await addressOf(other), name: await nameOf(other) };
      const context = await world.window();
      const page = await signIn(world, context, await addressOf(shift));
      await page.goto(new URL('/desk/rota', world.desk.addresses.desk).href);
      const middle = localText(plus(shift.start, 72 * hour), world.desk.config.zone).split('T');

      await page.getByText(/shifts that run or are ahead/).click();
      await page
        .getByRole('link', { name: /^Split/ })
        .last()
        .click();
      await press(page, 'Split the shift');
      const refused = await page.getByRole('alert').innerText();
      await page.getByLabel('Split at').fill(middle[0] ?? '');
      await page.getByLabel('at', { exact: true }).fill(middle[1] ?? '');
      await page.getByLabel('Who is on duty from then on?').selectOption({ label: taker.name });
      await press(page, 'Split the shift');

      expect(refused).toContain('Nothing was changed yet');
      expect(await page.getByRole('status').innerText()).toContain('The shift was split.');
      expect((await rota()).slice(-2).map(({ member }) => member)).toEqual([shift.member, other.member]);
      await mailTo(world.desk.gateway.mailbox, taker.address, /A shift is yours/);
      await context.close();
    });

    it('a swap: one member offers, the other accepts by the link of the mail', async () => {
      const ahead = (await rota()).filter(({ start }) => start > now());
      const [given, taken] = [ahead[2], ahead[3]];
      if (!given || !taken) throw new Error('the rota is too short');
      const [first, second] = [await world.window(), await world.window()];
      const giver = await signIn(world, first, await addressOf(given));
      await giver.goto(new URL('/desk/rota', world.desk.addresses.desk).href);
      await giver.getByRole('link', { name: 'Offer a shift of yours' }).click();
      await giver.getByLabel('The shift that you offer').selectOption(given.id);
      await giver.getByLabel('Whom do you ask?').selectOption({ label: await nameOf(taken) });
      await giver.getByLabel('A shift of theirs that you take').selectOption(taken.id);
      await press(giver, 'Offer the shift');

      const offer = await mailTo(world.desk.gateway.mailbox, await addressOf(taken), /A shift is offered/);
      const taker = await enter(second, offer);
      await taker.getByRole('link', { name: 'Accept or decline' }).click();
      await press(taker, 'Send your answer');
      const silent = await taker.getByRole('alert').innerText();
      await taker.getByRole('radio', { name: /^Accept/ }).check();
      await press(taker, 'Send your answer');

      expect(silent).toContain('Choose your answer');
      expect(await taker.getByRole('status').innerText()).toContain('Your answer was recorded');
      const after = await rota();
      const member = (id: string) => after.find((shift) => shift.id === id)?.member;
      expect([member(given.id), member(taken.id)]).toEqual([taken.member, given.member]);
      await mailTo(world.desk.gateway.mailbox, await addressOf(given), /Your swap was accepted/);
      await first.close();
      await second.close();
    });

    it('a week later the reminder is there, in the name of whoever is on duty', async () => {
      const entry = (await world.desk.store.disclosure(reference))?.entries[0];
      const due = plus(entry?.notifiedAt ?? '', 7 * 24 * hour + 16 * 60_000);
      await world.desk.travel.to(due);

      const reminder = await mailTo(world.desk.gateway.mailbox, mary, /^Weekly reminder: 1 open/);

      expect(reminder.text).toContain(`${reference}, ${repository}`);
      expect(reminder.text).toContain('9.8 Critical');
      expect(reminder.text).not.toMatch(/session|password|CVSS:/);
      expect(reminder.headers.from).toContain('security@openedx.example');
      expect(reminder.text).toContain(`Sent for ${await nameOf(await shiftAt(now()))}, who is on duty.`);
    });

    it('a plain reply to it, by mail, reaches the member on duty on the case’s page, and breaks the silence', async () => {
      const { gateway, inbound, store, quiet } = world.desk;
      const reminder = await mailTo(gateway.mailbox, mary, /^Weekly reminder/);
      const onDuty = await addressOf(await shiftAt(now()));
      const to = reminder.headers['reply-to'] ?? '';
      const open = await store.listed('open');
      const told = gateway.mailbox.list(onDuty).length;
      const reply = await composeMail({
        from: mary,
        to,
        subject: `Re: ${reminder.subject}`,
        inReplyTo: reminder.headers['message-id'] ?? '',
        text: 'I am away until Monday; Kofi will look at it.',
        sign: gateway.dkimKey,
      });

      await sendMail(inbound.port, reply, { from: mary, to });
      await quiet();

      const notice = await mailTo(gateway.mailbox, onDuty, /A maintainer wrote/, {
        after: told,
      });
      const context = await world.window();
      const page = await openLink(context, linkIn(notice));
      expect(notice.text).not.toContain('Kofi');
      expect(await page.getByText('I am away until Monday; Kofi will look at it.').isVisible()).toBe(true);
      expect(await page.getByText(/1 sent, the last/).isVisible()).toBe(true);
      expect(await page.getByText('without an answer').count()).toBe(0);
      // It is no new report, and nobody is thanked for one.
      expect(await store.listed('open')).toEqual(open);
      expect(gateway.mailbox.list(mary).at(-1)?.subject).toBe(reminder.subject);
      await context.close();
    });

    it.each<[string, (page: Page) => Promise<void>, string]>([
      [
        'Fix expected on …',
        async (page) => {
          await page.locator('input[name=date]').fill(localDate(plus(now(), 240 * hour), 'UTC'));
          await press(page, 'Record the day');
        },
        'expect-fix',
      ],
      [
        'Need help',
        async (page) => {
          await page.getByRole('checkbox').check();
          await press(page, 'Ask for help');
        },
        'ask-help',
      ],
      [
        'Severity is wrong',
        async (page) => {
          await page.getByRole('radio', { name: /^With a rating alone/ }).check();
          await page.locator('input[name=label][value=high]').check();
          await press(page, 'Put this severity in force');
        },
        'adjudicate',
      ],
      [
        'Already fixed',
        async (page) => {
          await page.locator('input[name=branch]').first().check();
          const commit = `${repository}/commit/${'a'.repeat(40)}`;
          await page.locator('input[name=url]').fill(`${world.desk.addresses.github}/${commit}`);
          await press(page, 'Report the merge');
        },
        'record-merge',
      ],
      [
        'Not ours: reassign',
        async (page) => {
          await page.getByRole('checkbox').check();
          await press(page, 'Hand it back');
        },
        'disown',
      ],
    ])('R8: a reminder is answered in the mail: %s', async (label, fill, type) => {
      const reminder = await mailTo(world.desk.gateway.mailbox, mary, /^Weekly reminder/);
      const context = await world.window();
      const page = await openLink(context, answerIn(reminder, label));
      const events = () => world.desk.store.events(`DISC#${reference}`);
      const before = (await events()).filter((event) => event.type === type).length;
      const chosen = await page.locator('input:checked').count();

      await fill(page);

      expect(chosen).toBe(0);
      expect(page.url()).toMatch(doneAfter);
      const found = (await events()).filter((event) => event.type === type);
      expect(found).toHaveLength(before + 1);
      expect(found.at(-1)?.actor).toMatch(/^maintainer:p-/);
      await context.close();
    });

    it('the outgoing member leaves notes; the incoming one finds them on “Today”, and acknowledges', async () => {
      await world.desk.quiet();
      const { mailbox } = world.desk.gateway;
      const shift = await shiftAt(now());
      const before = await shiftAt(plus(shift.start, -1));
      const [first, second] = [await world.window(), await world.window()];
      const outgoing = await enter(first, await mailTo(mailbox, await addressOf(before), /Your shift ends/));
      await outgoing.getByRole('link', { name: /^Add notes for whoever takes over/ }).click();
      await outgoing.getByLabel('Your notes').fill('Mary is away until Monday.');
      await press(outgoing, 'Keep the notes');

      const incoming = await enter(
        second,
        await mailTo(mailbox, await addressOf(shift), /Your shift begins/),
      );
      const notes = await incoming.getByText('Mary is away until Monday.').isVisible();
      await press(incoming, 'Acknowledge the handover');
      const refused = await incoming.getByRole('alert').innerText();
      await incoming.getByLabel('I have read this and I am on duty').check();
      await press(incoming, 'Acknowledge the handover');

      expect(new URL(incoming.url()).pathname).toBe('/desk/today');
      expect(notes).toBe(true);
      expect(refused).toContain('Nothing was changed yet');
      expect(await incoming.getByRole('status').innerText()).toContain('You acknowledged the handover.');
      expect((await world.desk.store.rota())?.acknowledgements).toMatchObject([
        { at: shift.start, member: shift.member },
      ]);
      await first.close();
      await second.close();
    });

    it('R15: a confirmed release stands on the drawn time line of “Today”, with its instant as text beside it', async () => {
      const released = await receiveReport(
        world,
        'joan@reporter.example',
        'Exports leak addresses',
        'The export of a course holds the addresses of everybody in it.',
      );
      const context = await world.window();
      const triaging = await openLink(context, linkTo(world, members(world), released, /New report/));
      await fillTriage(triaging, repository, critical);
      await press(triaging, 'Check your answers');
      await press(triaging, /^Accept the report/);
      await world.desk.quiet();
      const maintainer = await openLink(context, linkTo(world, mary, released, /9\.8 Critical/));
      await maintainer.getByRole('link', { name: 'Propose the release instant', exact: true }).last().click();
      const at = plus(now(), 14 * 24 * hour);
      await maintainer.getByLabel('Day').fill(localDate(at, 'UTC'));
      await maintainer.getByLabel('Time').fill(localText(at, 'UTC').slice(11, 16));
      await maintainer.getByLabel('In which zone?').selectOption('utc');
      await press(maintainer, 'Propose this instant');
      const { release } = (await world.desk.store.disclosure(released)) ?? {};

      const page = await signIn(world, context, await addressOf(await shiftAt(now())));
      await page.goto(new URL('/desk/today', world.desk.addresses.desk).href);
      const drawn = page.getByRole('img', { name: 'Releases of the next four weeks' });
      const beside = page.getByRole('region', { name: 'Releases to come' });
      const dot = await drawn.locator('circle.dot').boundingBox();
      const line = await drawn.locator('line.axis').first().boundingBox();
      await page.setViewportSize({ width: 320, height: 640 });

      expect(release?.confirmedAt).toBeDefined();
      expect(await drawn.locator('text', { hasText: released }).textContent()).toBe(released);
      // Two of four weeks ahead: in the middle of the line.
      const middle = ((dot?.x ?? 0) + (dot?.width ?? 0) / 2 - (line?.x ?? 0)) / (line?.width ?? 1);
      expect(middle).toBeGreaterThan(0.49);
      expect(middle).toBeLessThan(0.51);
      expect(await beside.locator(`time[datetime="${release?.at}"]`).innerText()).toContain(
        `${release?.at.slice(0, 10)} ${release?.at.slice(11, 16)} UTC`,
      );
      expect(await beside.getByText('confirmed', { exact: true }).isVisible()).toBe(true);
      // On a narrow screen it is drawn again, from top to bottom, with words as large as they are.
      const words = await drawn.locator('text', { hasText: released }).boundingBox();
      expect(await drawn.count()).toBe(1);
      expect(words?.height).toBeGreaterThan(11);
      expect(await overflow(page)).toBe(0);
      await context.close();
    });

    it('“Today” says who is on duty and what falls due, and draws the rota; all of it fits 320 pixels', async () => {
      const shift = await shiftAt(now());
      const context = await world.window({ viewport: { width: 320, height: 640 }, colorScheme: 'dark' });
      const page = await signIn(world, context, await addressOf(shift));
      const wide: string[] = [];
      for (const path of ['/desk/today', '/desk/rota', '/desk/rota/generate-shifts', '/desk/members']) {
        await page.goto(new URL(path, world.desk.addresses.desk).href);
        if ((await overflow(page)) > 0) wide.push(path);
      }
      await page.goto(new URL('/desk/today', world.desk.addresses.desk).href);
      const today = await page.locator('main').innerText();

      expect(today).toContain(`On duty: ${await nameOf(shift)}`);
      for (const heading of ['My cases', 'Due now', 'Releases to come', 'Handover'])
        expect(await page.getByRole('heading', { name: heading, exact: true }).count()).toBe(1);
      expect(await page.locator('svg rect.shift').count()).toBeGreaterThanOrEqual(4);
      expect(wide).toEqual([]);
      await context.close();
    });
  });
}
