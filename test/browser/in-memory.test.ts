import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { staticAnswer } from '../../functions/open-desk/landing.ts';
import { pageContext } from '../../functions/web/context.ts';
import { Desk, origin } from '../open-desk/desk.ts';
import { parser } from '../receive-mail/mail-room.ts';
import { payloads, renderWith } from '../support/payload-pages.ts';
import { chromium as installed } from './chromium.ts';

/* A real browser on a desk in memory: the pages' own code, without an emulator, so that a thousand visits take little. */
let browser: Browser;

/** Visits and presses of a scanner: few in every run of the suite, 1,000 in `npm run test:scanners`. */
const visits = Number(process.env.SCANNER_VISITS ?? 40);

beforeAll(async () => {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath: installed(), args });
});
afterAll(async () => {
  await browser.close();
  await parser.close();
});

/** A desk in memory behind an address of this machine, and what was posted to it. */
async function serve() {
  const posts: string[] = [];
  let desk: Desk | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const { method = 'GET', url = '/' } = request;
      const { pathname } = new URL(url, base);
      if (!desk) throw new Error('not yet');
      const here = desk;
      const still = staticAnswer(method, pathname, () => pageContext(here));
      if (still) return void response.writeHead(still.statusCode, { ...still.headers }).end(still.body);
      const body = await buffer(request);
      if (method === 'POST') posts.push(pathname);
      const answer = await here.request(method, url, {
        headers: request.headers as Record<string, string>,
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  desk = new Desk({}, base);
  await desk.seed();
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { desk, base, posts, close };
}

/** A window of its own, and what it asked anybody else for. */
async function windowOn(base: string): Promise<{ context: BrowserContext; foreign: string[] }> {
  const context = await browser.newContext();
  const foreign: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(base)) foreign.push(request.url());
  });
  return { context, foreign };
}

describe('prefetching scanners (threat table): 0 changes', () => {
  let world: Awaited<ReturnType<typeof serve>>;
  let links: readonly string[];
  beforeAll(async () => {
    world = await serve();
    const { desk, base } = world;
    const tokens = [desk.link(desk.who('mo'), 'member'), desk.link(desk.who('canary-reporter'), 'reporter')];
    links = tokens.map((token) => `${base}/a#t=${token}`);
  });
  afterAll(() => world.close());

  test(`one that runs script: ${visits} visits of the landing page`, { timeout: 600_000 }, async () => {
    const { desk, base, posts } = world;
    const before = await desk.snapshot();
    const { context, foreign } = await windowOn(base);
    let ready = 0;

    await Promise.all(
      Array.from({ length: 4 }, async (_, tab) => {
        const page = await context.newPage();
        for (let visit = 0; visit < visits / 4; visit++) {
          // Another document each time: a changed fragment alone would load nothing.
          await page.goto(`${links[(tab + visit) % 2]}`.replace('/a#', `/a?visit=${tab}-${visit}#`));
          // The script ran: it found the token, offered the button and took the token out of the address.
          const found = await page.evaluate(
            () => document.querySelector<HTMLElement>('#found')?.hidden === false && location.hash === '',
          );
          if (found) ready++;
        }
      }),
    );

    expect(ready).toBe(visits);
    expect(posts).toEqual([]);
    expect(foreign).toEqual([]);
    expect(await desk.snapshot()).toBe(before);
    await context.close();
  });

  test(`one that runs script and presses buttons: ${visits} presses, of the landing page and of all behind it`, {
    timeout: 600_000,
  }, async () => {
    const { desk, base, posts } = world;
    const before = await desk.snapshot();
    const elsewhere: string[] = [];

    await Promise.all(
      links.map(async (link) => {
        // Each with the session of its own link.
        const { context, foreign } = await windowOn(base);
        const page = await context.newPage();
        for (let visit = 0; posts.length < visits; visit++) {
          await page.goto(link.replace('/a#', `/a?press=${visit}#`));
          await page.getByRole('button', { name: 'Open', exact: true }).click();
          await page.waitForURL(/\/d\//);
          const behind = page.url();
          const forms = page.locator('form[method=post]');
          const count = await forms.count();
          // Every form as it stands, as a press of its button sends it.
          for (let at = 0; at < count && posts.length < visits; at++) {
            if (at > 0) await page.goto(behind);
            await Promise.all([
              page.waitForEvent('framenavigated'),
              forms.nth(at).evaluate((form) => {
                const button = form.querySelector<HTMLButtonElement>('button:not([type=button])');
                (form as HTMLFormElement).requestSubmit(button);
              }),
            ]);
            await page.waitForLoadState();
          }
        }
        elsewhere.push(...foreign);
        await context.close();
      }),
    );

    expect(posts.length).toBeGreaterThanOrEqual(visits);
    expect(new Set(posts).size).toBeGreaterThan(3);
    expect(elsewhere).toEqual([]);
    expect(await desk.snapshot()).toBe(before);
  });
});

test('XSS, tracking, SSRF (threat table): no payload runs or fetches in a browser, even without the content policy', {
  timeout: 300_000,
}, async () => {
  const { pages, letters } = await renderWith(payloads);
  const documents = [...Object.values(pages), ...Object.values(letters)].filter((page) =>
    page.startsWith('<!doctype'),
  );
  const context = await browser.newContext();
  const asked: string[] = [];
  const alerts: string[] = [];
  await context.route('**/*', (route) => {
    const { pathname } = new URL(route.request().url());
    const at = /^\/document\/(\d+)$/.exec(pathname)?.[1];
    if (at === undefined) {
      if (!pathname.startsWith('/assets/')) asked.push(route.request().url());
      return route.abort();
    }
    // Without the headers that forbid it: what stands between a payload and the browser is the escaping alone.
    return route.fulfill({ contentType: 'text/html; charset=utf-8', body: documents[Number(at)] ?? '' });
  });
  const armed = await Promise.all(
    Array.from({ length: 4 }, async (_, tab) => {
      const page = await context.newPage();
      page.on('dialog', (dialog) => {
        alerts.push(`${page.url()}: ${dialog.message()}`);
        void dialog.dismiss();
      });
      const found: string[] = [];
      for (let at = tab; at < documents.length; at += 4) {
        await page.goto(`${origin}/document/${at}`);
        found.push(
          ...(await page.evaluate(() =>
            [...document.querySelectorAll('*')].flatMap((element) => {
              const handlers = element.getAttributeNames().filter((name) => name.startsWith('on'));
              const href = element.getAttribute('href') ?? element.getAttribute('action') ?? '';
              const strange = ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'VIDEO', 'MATH', 'IMG', 'TEMPLATE'];
              const bad =
                handlers.length > 0 ||
                /^\s*javascript:|t\.example/i.test(href) ||
                strange.includes(element.tagName);
              return bad ? element.outerHTML.slice(0, 200) : [];
            }),
          )),
        );
      }
      return found;
    }),
  );

  expect(documents.length).toBeGreaterThan(350);
  expect(armed.flat()).toEqual([]);
  expect(alerts).toEqual([]);
  expect(asked).toEqual([]);
  // (One that is not escaped runs here, and asks.)
  const planted = await context.newPage();
  planted.on('dialog', (dialog) => {
    alerts.push(dialog.message());
    void dialog.dismiss();
  });
  documents[0] = `<!doctype html>${payloads[1]}`;
  await planted.goto(`${origin}/document/0`);
  await expect.poll(() => [alerts, asked.length]).toEqual([['1'], 1]);
  await context.close();
});
