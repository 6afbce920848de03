import { beforeAll, describe, expect, it } from 'vitest';
import { hour, plus } from '#domain/instant.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import { linkIn, mailTo } from '../../local/visitor.ts';
import { fillTriage } from './triage.ts';
import { answerIn, linkTo, members, openLink, press, receiveReport, signIn, type World } from './world.ts';

const team = 'xblock-maintainers@openedx.example';
const [grace, hedda, ida] = ['grace', 'hedda', 'ida'].map((name) => `${name}@maintainers.example`) as [
  string,
  string,
  string,
];
const repository = 'openedx/xblock';
const critical = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
const doneAfter = /\/done\//;

/**
 * A repository whose contact is a group's address, on the deployed desk: who its persons are, the mails that it gets,
 * and that whoever acts does so in their own name. And the support of a future member.
 */
export function describeGroups(worldOf: () => World): void {
  let world: World;
  let references: readonly string[];
  const member = () => members(world)[0] ?? '';
  const mailbox = () => world.desk.gateway.mailbox;
  const subjectsTo = (address: string) =>
    mailbox()
      .list(address)
      .map(({ subject }) => subject);
  const disclosed = async (subject: string, from: string): Promise<string> => {
    const reference = await receiveReport(world, from, subject, 'A block runs as somebody else.');
    const context = await world.window();
    const page = await openLink(context, linkTo(world, members(world), reference, /New report/));
    await fillTriage(page, repository, critical);
    await press(page, 'Check your answers');
    await press(page, /^Accept the report/);
    await world.desk.quiet();
    await context.close();
    return reference;
  };
  const lastEvent = async (reference: string) => (await world.desk.store.events(`DISC#${reference}`)).at(-1);
  const idOf = async (address: string) =>
    (await world.desk.store.peopleOf('maintainer')).find((person) => person.address === address)?.id;

  describe('a group’s address and its recorded persons (policy, "Who maintains")', () => {
    beforeAll(() => {
      world = worldOf();
    });

    it('members see who acts for a group, record a person and remove one', async () => {
      const context = await world.window();
      const page = await signIn(world, context, member());
      await page.getByRole('link', { name: 'Contacts', exact: true }).click();
      const row = () => page.getByRole('row', { name: new RegExp(team) }).innerText();
      const seeded = await row();

      await page.getByRole('link', { name: `Record a person of ${team}` }).click();
      await press(page, 'Record the person');
      const refused = await page.getByRole('alert').innerText();
      await page.getByLabel('Their name').fill('Ida Falk');
      await page.getByLabel('Their own address').fill(ida);
      await press(page, 'Record the person');
      const recorded = [await page.getByRole('status').innerText(), await row()];
      await page.getByRole('link', { name: `Remove a person of ${team}` }).click();
      await page.getByRole('radio', { name: 'Hedda Lind' }).check();
      await page.getByLabel('Yes, remove them').check();
      await press(page, 'Remove the person');
      const removed = await row();

      expect(seeded).toMatch(/openedx\/xblock[\s\S]*a group[\s\S]*Grace Okoye[\s\S]*Hedda Lind/);
      expect(refused).toContain('Write the name');
      expect(recorded.join()).toMatch(/They were recorded[\s\S]*Ida Falk/);
      expect(removed).toMatch(/Grace Okoye[\s\S]*Ida Falk/);
      expect(removed).not.toContain('Hedda');
      await context.close();
    });

    it('R6: the group gets one mail; its link asks who acts, and mails that person a link of their own', async () => {
      references = [
        await disclosed('A block reads other blocks', 'mae@reporter.example'),
        await disclosed('A block writes other blocks', 'ruth@reporter.example'),
      ];
      const [first = ''] = references;
      const context = await world.window();
      const page = await openLink(context, linkTo(world, team, first, /9\.8 Critical/));
      const asked = await page.locator('main').innerText();
      await press(page, 'Mail me my own link');
      const silent = await page.getByRole('alert').innerText();
      await page.getByRole('radio', { name: 'Ida Falk' }).check();
      await press(page, 'Mail me my own link');
      const own = await world.window();
      const acting = await openLink(own, linkIn(await mailTo(mailbox(), ida, /Your own link/)));
      await acting.getByRole('link', { name: 'The fix is ready', exact: true }).last().click();
      await acting.getByRole('checkbox').check();
      await press(acting, 'Record that it is ready');

      expect(asked).toContain('Who is acting?');
      expect(asked).toContain('Grace Okoye');
      expect(asked).not.toMatch(/Hedda|somebody else/);
      expect(silent).toContain('Choose who you are');
      expect(acting.url()).toMatch(doneAfter);
      expect(await lastEvent(first)).toMatchObject({
        type: 'record-ready',
        actor: `maintainer:${await idOf(ida)}`,
      });
      const entry = (await world.desk.store.disclosure(first))?.entries[0];
      expect(entry?.maintainer).toMatchObject({ id: `group:${await idOf(team)}`, source: 'contacts' });
      // Nobody was written to but the group, and whoever said that they act.
      expect(subjectsTo(team).filter((subject) => subject.includes(first))).toHaveLength(1);
      expect([subjectsTo(grace), subjectsTo(hedda), subjectsTo(ida).length]).toEqual([[], [], 1]);
      await context.close();
      await own.close();
    });

    it('R10: one reminder to the group; an answer in it leads through "Who is acting?" to its form', async () => {
      const [, second = ''] = references;
      const entry = (await world.desk.store.disclosure(second))?.entries[0];
      await world.desk.travel.to(plus(entry?.notifiedAt ?? '', 7 * 24 * hour + 16 * 60_000));
      const reminder = await mailTo(mailbox(), team, /^Weekly reminder: 2 open/);
      const context = await world.window();
      const page = await openLink(context, answerIn(reminder, 'Need help', second));
      await page.getByRole('radio', { name: 'Ida Falk' }).check();
      const after = mailbox().list(ida).length;
      await press(page, 'Mail me my own link');
      const own = await world.window();
      const form = await openLink(own, linkIn(await mailTo(mailbox(), ida, /Your own link/, { after })));
      const at = new URL(form.url()).pathname;
      await form.getByRole('checkbox').check();
      await press(form, 'Ask for help');

      expect(subjectsTo(team).filter((subject) => /^Weekly reminder/.test(subject))).toHaveLength(1);
      expect(subjectsTo(grace)).toEqual([]);
      expect(at).toBe(`/d/${second}/ask-help`);
      expect(await lastEvent(second)).toMatchObject({
        type: 'ask-help',
        actor: `maintainer:${await idOf(ida)}`,
      });
      await context.close();
      await own.close();
    });

    it('silence: a plain reply of a recorded person counts for every case that the reminder lists', async () => {
      const { gateway, inbound, store, quiet, travel } = world.desk;
      await travel.to(plus(world.desk.clock.now(), 7 * 24 * hour + 16 * 60_000));
      const reminder = mailbox()
        .list(team)
        .findLast(({ subject }) => /^Weekly reminder: 2 open/.test(subject));
      const to = reminder?.headers['reply-to'] ?? '';
      const reply = await composeMail({
        from: ida,
        to,
        subject: `Re: ${reminder?.subject}`,
        text: 'We are at both of them.',
        sign: gateway.dkimKey,
      });
      const answered = async () =>
        (await store.group(`group:${await idOf(team)}`, 'weekly'))?.entries.map((entry) => entry.answered);
      const before = await answered();

      await sendMail(inbound.port, reply, { from: ida, to });
      await quiet();

      expect(before).toEqual([false, false]);
      expect(await answered()).toEqual([true, true]);
      const kept = (await Promise.all(references.map((id) => store.disclosure(id)))).map(
        (disclosure) => disclosure?.intakes.length,
      );
      expect([...kept].sort()).toEqual([1, 2]);
      const [textless, other] = kept[0] === 1 ? references : [...references].reverse();
      const context = await world.window();
      const page = await signIn(world, context, member());
      await page.goto(new URL(`/d/${textless}`, world.desk.addresses.desk).href);
      await page.getByText('counted a mail as an answer here too').waitFor({ state: 'attached' });
      await page.evaluate(() => {
        for (const each of document.querySelectorAll('details')) each.open = true;
      });
      await page
        .getByRole('link', { name: other ?? '', exact: true })
        .last()
        .click();
      expect(await page.getByText('We are at both of them.').isVisible()).toBe(true);
      await context.close();
    });

    it('R23: a member records who supports an invited person; the members read it before they evaluate', async () => {
      const context = await world.window();
      const page = await signIn(world, context, member());
      await page.getByRole('link', { name: 'Members', exact: true }).click();
      await page.getByRole('link', { name: 'Invite somebody' }).click();
      await page.getByLabel('Their address').fill('vera@volunteers.example');
      await page.getByLabel(/^Their name/).fill('Vera Volta');
      await page.getByRole('checkbox').check();
      await press(page, 'Send the invitation');
      const row = page.getByRole('row', { name: /Vera Volta/ });
      const before = await row.innerText();

      await row.getByRole('link', { name: 'Record support' }).click();
      await press(page, 'Record the support');
      const refused = await page.getByRole('alert').innerText();
      await page.getByLabel('Address of the core contributor who supports them').fill(grace);
      await page.getByLabel('Who they are, and where they said so').fill('Core contributor, in the forum');
      await press(page, 'Record the support');

      expect(before).toContain('none recorded');
      expect(refused).toContain('Nothing was changed yet');
      expect(await page.getByRole('status').innerText()).toContain('The support was recorded.');
      expect(await row.innerText()).toMatch(/Grace Okoye: Core contributor, in the forum/);
      await mailTo(mailbox(), 'vera@volunteers.example', /An invitation/);
      await context.close();
    });
  });
}
