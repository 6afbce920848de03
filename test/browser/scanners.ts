import type { World } from './world.ts';
import { openLink } from './world.ts';

const ownPath = (href: string, base: string): string | undefined => {
  const url = new URL(href, base);
  return url.origin === new URL(base).origin ? url.href.split('#')[0] : undefined;
};

/** What a scanner that never runs script does: GETs the mail's link and every address that it finds in the answers. */
export async function readEverything(world: World, link: string, most: number): Promise<readonly string[]> {
  const seen = new Set<string>();
  // It has a person's session, as a proxy that sits in their browser would.
  const context = await world.window();
  const page = await openLink(context, link);
  const cookies = (await context.cookies(page.url())).map(({ name, value }) => `${name}=${value}`).join('; ');
  const waiting = [link.split('#')[0] ?? link, page.url()];
  while (waiting.length > 0 && seen.size < most) {
    const url = waiting.shift() ?? '';
    if (seen.has(url)) continue;
    seen.add(url);
    const read = async (method: 'GET' | 'HEAD') => {
      const answer = await fetch(url, { method, headers: { cookie: cookies }, redirect: 'manual' });
      return answer.text();
    };
    const [text] = await Promise.all([read('GET'), read('HEAD')]);
    // Forms are addresses too: a reader fetches them.
    for (const [, href = ''] of text.matchAll(/\s(?:href|action|src)="([^"]*)"/g)) {
      const found = ownPath(href.replace(/&amp;/g, '&'), url);
      if (found) waiting.push(found);
    }
  }
  await context.close();
  return [...seen];
}

/**
 * What a scanner in a whole browser does: opens the mail's link, follows links, and on each page presses every button
 * as the forms stand; it types nothing, and once it has ticked nothing either. Answers "form of page" for each press.
 */
export async function pressEverything(world: World, link: string, most: number): Promise<readonly string[]> {
  const pressed: string[] = [];
  const context = await world.window();
  const first = await openLink(context, link);
  const waiting = [first.url()];
  const seen = new Set<string>();
  const page = first;
  while (waiting.length > 0 && seen.size < most) {
    const url = waiting.shift() ?? '';
    if (seen.has(url)) continue;
    seen.add(url);
    await page.goto(url).catch(() => undefined);
    const links = await page.evaluate(() => [...document.links].map(({ href }) => href));
    for (const href of links) {
      const found = ownPath(href, url);
      // Downloads leave the desk for the store of files.
      if (found && !/\/(mail|added)\//.test(new URL(found).pathname)) waiting.push(found);
    }
    const buttons = await page.locator('button').count();
    for (let index = 0; index < buttons; index++) {
      await page.goto(url);
      const button = page.locator('button').nth(index);
      if (!(await button.isVisible())) continue;
      const action = (await button.evaluate((each) => (each as HTMLButtonElement).form?.action)) ?? '';
      await Promise.all([page.waitForEvent('load'), button.click()]);
      pressed.push(`${new URL(action).pathname} of ${new URL(url).pathname}`);
      // What comes back may have buttons of its own ("check your answers"): it goes on, once.
      const next = page.locator('main form button');
      if (page.url() !== url && (await next.count()) > 0) {
        await Promise.all([page.waitForEvent('load'), next.last().click()]);
        pressed.push(`${new URL(page.url()).pathname} again`);
      }
    }
  }
  await context.close();
  return pressed;
}
