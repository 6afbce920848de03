import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localDate, localText } from '#domain/calendar.ts';
import { day, hour, plus } from '#domain/instant.ts';
import { severityText } from '#domain/rating.ts';
import { severityOf } from '#domain/severity.ts';
import { describeGroups } from './groups.ts';
import { pressEverything, readEverything } from './scanners.ts';
import { describeToday } from './today.ts';
import { chooseVector, fillTriage } from './triage.ts';
import {
  kept,
  linkTo,
  members,
  openLink,
  overflow,
  press,
  receiveReport,
  startWorld,
  type World,
} from './world.ts';

const ada = 'ada@reporter.example';
const mary = 'mary@maintainers.example';
const repository = 'openedx/openedx-platform';
const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N';
const judged = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N';
const narrow = { viewport: { width: 320, height: 640 } };

let world: World;
let reference: string;
/** A second report, for the member who has no mouse. */
let other: string;

beforeAll(async () => {
  world = await startWorld();
  reference = await receiveReport(world, ada, 'Reset tokens can be guessed', 'They are made from the clock.');
  other = await receiveReport(
    world,
    'grace@reporter.example',
    'Course titles run scripts',
    'A title with markup runs in the catalogue.',
  );
});
afterAll(() => world?.close());

const stored = async (id = reference) => {
  const found = await world.desk.store.disclosure(id);
  if (!found) throw new Error(`${id} is gone`);
  return found;
};
const memberLink = (id = reference) => linkTo(world, members(world), id, /New report/);
const reporterLink = () => linkTo(world, ada, reference, /We received your report/);
const doneAfter = /\/done\//;

describe('the landing page (mail rules, Signed links 1 and 2)', () => {
  it('finds the token in the fragment, asks for a press, and leaves it in no address', async () => {
    const context = await world.window();
    const token = memberLink().split('#t=')[1] ?? '';
    const before = await kept(world, reference);

    const page = await context.newPage();
    await page.goto(memberLink());
    await page.getByRole('button', { name: 'Open', exact: true }).waitFor();
    const onLanding = page.url();
    await press(page, 'Open');

    expect(token.length).toBeGreaterThan(80);
    expect(new URL(onLanding).hash).toBe('');
    expect(new URL(page.url()).pathname).toBe(`/d/${reference}`);
    expect(await page.evaluate(() => location.href + document.referrer)).not.toContain(token.slice(-43));
    await page.goBack();
    expect(page.url()).not.toContain(token.slice(-43));
    expect(world.requests.filter((url) => new URL(url).search.includes(token.slice(-43)))).toEqual([]);
    expect(await kept(world, reference)).toBe(before);
    await context.close();
  });

  it('without script the whole link is pasted, and the pages behind it work', async () => {
    const context = await world.window({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(reporterLink());
    expect(await page.getByRole('heading', { name: 'Open your link' }).isVisible()).toBe(true);

    await page.getByLabel('Paste the whole link from the mail').fill(reporterLink());
    await page.locator('#lost form[action="/a"] button').click();
    await page.getByLabel('What you want to add').fill('It also concerns the mobile app.');
    await page.getByRole('button', { name: 'Add it to my report' }).click();

    expect(page.url()).toMatch(doneAfter);
    await page.getByRole('link', { name: `Back to ${reference}` }).click();
    expect(await page.getByText('It also concerns the mobile app.').isVisible()).toBe(true);
    await context.close();
  });

  it('a link whose "#" was encoded opens nothing: a fresh one is mailed, and the pasted link still works (11)', async () => {
    const context = await world.window();
    const page = await context.newPage();
    const before = world.desk.gateway.mailbox.list(ada).length;
    await page.goto(reporterLink().replace('#t=', '%23t%3D'));
    expect(await page.getByRole('heading', { name: 'Your link was changed on its way' }).isVisible()).toBe(
      true,
    );

    await press(page, 'Send a fresh link');
    expect(await page.getByRole('alert').textContent()).toContain('Tick the box');
    await page.getByRole('checkbox').check();
    await press(page, 'Send a fresh link');
    await world.desk.quiet();

    expect(world.desk.gateway.mailbox.list(ada)).toHaveLength(before + 1);
    await page.goto(new URL('/a', reporterLink()).href);
    await page
      .getByLabel('Paste the whole link from the mail')
      .fill(reporterLink().replace('#t=', '%23t%3D'));
    await page.locator('#lost form[action="/a"] button').click();
    await page.waitForURL(`**/d/${reference}`);
    await context.close();
  });

  it('A6: without script the reporter chooses the credit', async () => {
    const context = await world.window({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(reporterLink());
    await page.getByLabel('Paste the whole link from the mail').fill(reporterLink());
    await page.locator('#lost form[action="/a"] button').click();
    expect(await page.locator('[name=choice]:checked').count()).toBe(0);

    await page.getByRole('radio', { name: /^With a name/ }).check();
    await page.getByLabel('Name (optional)', { exact: true }).fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Save my choice' }).click();

    expect(page.url()).toMatch(doneAfter);
    expect(Object.values((await stored()).credit)).toEqual([{ choice: 'name', as: 'Ada Lovelace' }]);
    await context.close();
  });
});

describe('scanners change nothing (threat table: prefetching scanners)', () => {
  it('one that only reads follows every address it can find', async () => {
    const before = [await kept(world, reference), await kept(world, other)];

    const read = [
      ...(await readEverything(world, memberLink(), 25)),
      ...(await readEverything(world, reporterLink(), 10)),
    ];

    expect(read.length).toBeGreaterThan(8);
    expect([await kept(world, reference), await kept(world, other)]).toEqual(before);
  });

  it('one that runs script presses every button of every page, as the forms stand', async () => {
    const before = [await kept(world, reference), await kept(world, other)];

    const pressed = [
      ...(await pressEverything(world, memberLink(), 12)),
      ...(await pressEverything(world, reporterLink(), 4)),
    ];

    expect(pressed.filter((each) => each.includes('triage')).length).toBeGreaterThan(0);
    expect(pressed.length).toBeGreaterThan(8);
    expect([await kept(world, reference), await kept(world, other)]).toEqual(before);
  });
});

describe('triage (OEP-60 R2, R4)', () => {
  it('by mouse: the score shown live is the one that the server computes', async () => {
    const context = await world.window();
    const page = await openLink(context, memberLink());
    expect(await page.getByText('They are made from the clock.').isVisible()).toBe(true);
    const score = page.locator('[data-cvss-score]');
    expect(await page.locator('form.triage input:checked').count()).toBe(0);

    await fillTriage(page, repository, 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N');
    expect(await score.textContent()).toBe('Still to choose: A');
    await chooseVector(page, vector);
    const live = await score.locator('strong').textContent();
    expect(await score.locator('code').textContent()).toBe(vector);
    await press(page, 'Check your answers');
    const checked = await page.locator('dl.facts').first().textContent();
    expect((await stored()).stage).toBe('received');
    await press(page, /^Accept the report/);

    expect(live).toBe(severityText(severityOf(vector)));
    expect(checked).toContain(live);
    expect(page.url()).toMatch(doneAfter);
    expect((await stored()).entries[0]?.severity).toMatchObject({ vector, score: 7.5, rating: 'high' });
    await context.close();
  });

  it('Enter in a field sends the form; it adds no row', async () => {
    const context = await world.window();
    const page = await openLink(context, memberLink(other));
    await page.getByRole('radio', { name: /^Duplicate/ }).check();
    await page.getByLabel('Reference of the original').fill(reference);

    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);

    expect(await page.getByRole('heading', { name: 'Check your answers' }).isVisible()).toBe(true);
    await context.close();
  });

  it('another row keeps what was typed, and is where the page goes on', async () => {
    const context = await world.window();
    const page = await openLink(context, memberLink(other));
    await page.getByRole('radio', { name: /^Valid A vulnerability/ }).check();
    await page.locator('[name=title]').fill('Course titles run scripts');

    await press(page, 'Add another row');

    expect(await page.locator('[name=title]').inputValue()).toBe('Course titles run scripts');
    expect(new URL(page.url()).hash).toBe('#repository_3');
    expect(
      await page.locator('#repository_3').evaluate((row) => row.getBoundingClientRect().top),
    ).toBeLessThan(await page.evaluate(() => innerHeight));
    await context.close();
  });

  it('a pasted vector fills the calculator', async () => {
    const context = await world.window();
    const page = await openLink(context, memberLink(other));
    await page.getByRole('radio', { name: /^Valid A vulnerability/ }).check();

    await page.locator('#vector').fill('CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:C/C:L/I:L/A:L/E:P');

    expect(await page.locator('[name=cvss_AV]:checked').getAttribute('value')).toBe('P');
    expect(await page.locator('[name=cvss_S]:checked').getAttribute('value')).toBe('C');
    expect(await page.locator('[data-cvss-score] strong').textContent()).toBe(
      severityText(severityOf('CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:C/C:L/I:L/A:L/E:P')),
    );
    await context.close();
  });

  it('every stop of Tab has a name and shows where it is, and Tab leaves the page again', async () => {
    const context = await world.window();
    const page = await openLink(context, memberLink(other));
    const stop = () =>
      page.evaluate(() => {
        const at = document.activeElement;
        if (!(at instanceof HTMLElement) || at === document.body) return undefined;
        const labels = 'labels' in at ? [...((at.labels as NodeList | null) ?? [])] : [];
        const name = [at, ...labels].map(({ textContent }) => textContent?.trim()).find(Boolean) ?? '';
        const { outlineStyle, outlineWidth } = getComputedStyle(at);
        return { name, ring: `${outlineStyle} ${outlineWidth}` };
      });
    const stops: { readonly name: string; readonly ring: string }[] = [];
    for (const path of ['', '/triage', '/defer']) {
      await page.goto(new URL(`/d/${other}${path}`, world.desk.addresses.desk).href);
      let left = false;
      for (let tabs = 0; tabs < 200 && !left; tabs++) {
        await page.keyboard.press('Tab');
        const at = await stop();
        if (at) stops.push(at);
        else left = true;
      }
      expect(left).toBe(true);
    }

    expect(stops.length).toBeGreaterThan(30);
    expect(stops.filter(({ name, ring }) => name === '' || ring !== 'solid 3px')).toEqual([]);
    await context.close();
  });

  it('by keyboard alone, with what is faulty shown first', async () => {
    const context = await world.window();
    const page = await openLink(context, memberLink(other));
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: now } = document;
        return now instanceof HTMLInputElement && now.type === 'radio'
          ? `${now.name}`
          : (now?.getAttribute('name') ?? now?.textContent ?? '');
      });
    const tabTo = async (name: string | RegExp) => {
      for (let tabs = 0; tabs < 120; tabs++) {
        await page.keyboard.press('Tab');
        const at = await focused();
        if (typeof name === 'string' ? at === name : name.test(at)) return;
      }
      throw new Error(`no way to ${name} by Tab`);
    };
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');

    await tabTo('outcome');
    await page.keyboard.press('Space');
    await tabTo('title');
    await page.keyboard.type('Course titles run scripts');
    for (const [metric, downs] of [
      ['AV', 0],
      ['AC', 0],
      ['PR', 1],
      ['UI', 1],
      ['S', 1],
      ['C', 1],
      ['I', 1],
      ['A', 2],
    ] as const) {
      await tabTo(`cvss_${metric}`);
      await page.keyboard.press('Space');
      for (let down = 0; down < downs; down++) await page.keyboard.press('ArrowDown');
    }
    const live = await page.locator('[data-cvss-score] strong').textContent();
    await tabTo(/^Check your answers$/);
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    const faults = await page.getByRole('alert').textContent();
    expect(faults).toContain('Describe the vulnerability');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('alert');
    expect(await page.locator('[data-cvss-score] strong').textContent()).toBe(live);

    // From the summary straight to the faulty field.
    await tabTo(/^Describe the vulnerability/);
    await page.keyboard.press('Enter');
    await page.keyboard.type('Titles are not escaped in the catalogue.');
    await tabTo('repository_1');
    await page.keyboard.type('openedx/frontend-app-authoring');
    await tabTo('ecosystem_1');
    await page.keyboard.type('npm');
    await tabTo(/^Check your answers$/);
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    await tabTo(/^Accept the report/);
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);

    expect(page.url()).toMatch(doneAfter);
    const { severity } = (await stored(other)).entries[0] ?? {};
    expect(severity?.vector).toMatch(/^CVSS:3\.1\/AV:N\/AC:L\/PR:L\/UI:R\/S:C\//);
    expect(live).toBe(severityText(severityOf(severity?.vector ?? '')));
    await context.close();
  });
});

describe('the maintainer’s way to publication, by clicking (OEP-60 R7, R14–R18)', () => {
  it('judges the severity, proposes and announces the release, merges, publishes, replies', async () => {
    await world.desk.quiet();
    const context = await world.window();
    const page = await openLink(context, linkTo(world, mary, reference, /7\.5 High/));
    const back = () => page.getByRole('link', { name: `Back to ${reference}` }).click();
    const follow = (name: string) => page.getByRole('link', { name, exact: true }).last().click();
    expect(await page.content()).not.toContain(ada);

    await follow('Judge the severity');
    await page.getByRole('radio', { name: /^With a CVSS 3.1 vector/ }).check();
    await chooseVector(page, judged);
    const live = await page.locator('[data-cvss-score] strong').textContent();
    await press(page, 'Put this severity in force');
    expect(page.url()).toMatch(doneAfter);
    const { severity } = (await stored()).entries[0] ?? {};
    expect(severity).toMatchObject({ vector: judged, by: 'maintainer', score: 9.1 });
    expect(live).toBe('9.1 Critical');

    await back();
    await follow('The fix is ready');
    await page.getByRole('checkbox').check();
    await press(page, 'Record that it is ready');
    await back();
    await follow('Propose the release instant');
    const propose = async (at: string) => {
      await page.getByLabel('Day').fill(localDate(at, 'UTC'));
      await page.getByLabel('Time').fill(localText(at, 'UTC').slice(11, 16));
      await page.getByLabel('In which zone?').selectOption('utc');
      await press(page, 'Propose this instant');
    };
    await propose(plus(world.desk.clock.now(), 24 * hour));
    expect(await page.getByRole('alert').textContent()).toContain('R15');
    await propose(plus(world.desk.clock.now(), 3 * day));
    expect(page.url()).toMatch(doneAfter);

    await back();
    await follow('Post it for me');
    await page.getByRole('radio', { name: 'The announcement' }).check();
    await press(page, 'Check the post');
    await press(page, 'Post it');
    await world.desk.quiet();
    const announced = await stored();
    expect(announced.stage).toBe('announced');
    await context.close();

    await world.desk.travel.to(plus(announced.release?.at ?? '', 60_000));
    const later = await world.window();
    const merging = await openLink(later, linkTo(world, mary, reference, /it is time to merge/));
    for (const [index, { name }] of (announced.entries[0]?.branches ?? []).entries()) {
      await merging.getByRole('link', { name: 'Report a merged fix' }).first().click();
      await merging.getByRole('radio', { name }).check();
      await merging
        .getByLabel('Address of the commit or pull request')
        .fill(`${world.desk.addresses.github}/${repository}/commit/${String(index + 1).repeat(40)}`);
      await press(merging, 'Report the merge');
      await merging.getByRole('link', { name: `Back to ${reference}` }).click();
      await world.desk.quiet();
    }
    expect((await stored()).stage).toBe('merged');

    await merging.reload();
    await merging.getByRole('link', { name: 'Publish the advisory', exact: true }).first().click();
    await merging.getByLabel(`Type the reference, ${reference}`).fill(reference);
    await press(merging, /^Publish the advisory of/);
    await press(merging, /^Publish the advisory of/);
    await world.desk.quiet();
    expect((await stored()).entries[0]?.advisory?.state).toBe('published');
    await merging.getByRole('link', { name: `Back to ${reference}` }).click();
    await merging.getByRole('link', { name: 'Post it for me', exact: true }).first().click();
    await merging.getByRole('radio', { name: 'The reply with the links' }).check();
    await press(merging, 'Check the post');
    await press(merging, 'Post it');
    await world.desk.quiet();
    expect((await stored()).stage).toBe('published');
    await later.close();
  });

  it('the reporter sees the advisory, and can still choose another credit', async () => {
    const context = await world.window();
    const page = await openLink(context, linkTo(world, ada, reference, /Published: thank you/));
    const { advisory } = (await stored()).entries[0] ?? {};

    expect(await page.getByText(advisory?.ghsa ?? '?').isVisible()).toBe(true);
    await page.getByRole('radio', { name: /^Not at all/ }).check();
    await press(page, 'Save my choice');

    expect(Object.values((await stored()).credit)).toEqual([{ choice: 'anonymous' }]);
    await context.close();
  });
});

describe('every page fits (style, Pages and letters 7)', () => {
  it('into 320 px, without scrolling sideways', async () => {
    await world.desk.quiet();
    const context = await world.window(narrow);
    const wide: string[] = [];
    const measured = new Set<string>();
    for (const link of [
      linkTo(world, members(world), other, /New report/),
      linkTo(world, mary, reference, /it is time to merge/),
      linkTo(world, ada, reference, /We received your report/),
    ]) {
      const page = await openLink(context, link);
      const landing = page.url();
      const paths = await page.evaluate(() => [
        ...new Set(
          [...document.querySelectorAll('ul.acts a')].map((each) => (each as HTMLAnchorElement).href),
        ),
      ]);
      for (const url of [landing, ...paths]) {
        await page.goto(url);
        await page.evaluate(() => {
          for (const each of document.querySelectorAll('details')) each.open = true;
        });
        measured.add(url);
        const beyond = await overflow(page);
        if (beyond > 0) wide.push(`${url}: ${beyond} px`);
      }
      await page.close();
    }
    const page = await context.newPage();
    for (const path of ['/a', '/desk', '/nowhere']) {
      await page.goto(new URL(path, world.desk.addresses.desk).href);
      if ((await overflow(page)) > 0) wide.push(path);
    }

    expect(wide).toEqual([]);
    expect(measured.size).toBeGreaterThan(10);
    await context.close();
  });
});

// A week passes in it, after which the links of the mails so far are dead.
describeToday(() => world);

describeGroups(() => world);

describe('what browsers say', () => {
  it('no browser had anything to complain of: no script failed, nothing broke the content policy', () => {
    const { complaints } = world;

    expect(world.requests.length).toBeGreaterThan(100);
    expect(world.requests.filter((url) => !url.startsWith(world.desk.addresses.desk))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('(a planted script is refused, and would have been noticed)', async () => {
    const context = await world.window();
    const page = await context.newPage();
    await page.goto(new URL('/a', world.desk.addresses.desk).href);

    await page.evaluate(() => {
      const planted = document.createElement('script');
      planted.textContent = 'document.title = "planted"';
      document.body.append(planted);
    });

    expect(await page.title()).not.toBe('planted');
    await expect.poll(() => world.complaints.join()).toContain('Content Security Policy');
    await context.close();
  });
});
