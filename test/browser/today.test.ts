import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { day, hour, plus } from '#domain/instant.ts';
import { pageContext } from '../../functions/open-desk/context.ts';
import { staticAnswer } from '../../functions/open-desk/landing.ts';
import { openDesk } from '../../functions/open-desk/open-desk.ts';
import { Desk } from '../open-desk/desk.ts';
import { chromium as installed } from './chromium.ts';
import { overflow, press } from './world.ts';

/** The pages over ports in memory, served to a real browser: no mail, no emulator. */
let desk: Desk;
let server: Server;
let base: string;
let browser: Browser;
const complaints: string[] = [];

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

beforeAll(async () => {
  desk = new Desk();
  await desk.seed();
  const [mo, max] = [desk.who('mo').id, desk.who('max').id];
  const turn = plus(desk.now, -hour);
  await desk.store.commit({
    writes: [
      {
        put: 'rota',
        item: {
          version: 1,
          shifts: [
            { id: 's1', member: mo, start: plus(turn, -7 * day), end: turn, zone: 'UTC' },
            { id: 's2', member: max, start: turn, end: plus(turn, 7 * day), zone: 'UTC' },
            { id: 's3', member: mo, start: plus(turn, 6 * day), end: plus(turn, 14 * day), zone: 'UTC' },
          ],
          swaps: [],
          acknowledgements: [],
        },
        expect: 0,
        due: undefined,
      },
    ],
    event: desk.event('ROTA', 'seed', 'generate-shifts'),
  });
  server = createServer(async (request, response) => {
    const plain = staticAnswer(request.method ?? '', request.url ?? '', () => pageContext(desk));
    if (plain) return void response.writeHead(plain.statusCode, { ...plain.headers }).end(plain.body);
    const body = request.method === 'POST' ? new Uint8Array(await bodyOf(request)) : undefined;
    const headers = new Headers(
      Object.entries(request.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as [string, string]],
      ),
    );
    const answer = await openDesk(desk.deps(base)).request(`${base}${request.url}`, {
      method: request.method ?? 'GET',
      headers,
      ...(body && { body }),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath: installed(), args });
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function enter(context: BrowserContext, name: string, about: string): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(`${base}/a#t=${desk.link(desk.who(name), 'member', about)}`);
  await press(page, 'Open');
  return page;
}

describe('Today, in a browser', () => {
  it('opens by a mail’s link, draws the rota, and takes the acknowledgement of the handover', async () => {
    const context = await browser.newContext();
    const page = await enter(context, 'max', 'desk/today');

    const bars = await page.locator('svg rect.shift').count();
    const overlaps = await page.locator('svg rect.overlap').count();
    await press(page, 'Acknowledge the handover');
    const refused = await page.getByRole('alert').innerText();
    await page.getByLabel('I have read this and I am on duty').check();
    await press(page, 'Acknowledge the handover');

    expect(bars).toBeGreaterThanOrEqual(3);
    expect(overlaps).toBeGreaterThanOrEqual(1);
    expect(refused).toContain('Nothing was changed yet');
    expect(new URL(page.url()).pathname).toBe('/desk/today');
    expect(await page.getByRole('status').innerText()).toContain('You acknowledged the handover.');
    expect((await desk.store.rota())?.acknowledgements).toHaveLength(1);
    await context.close();
  });

  it('a swap: one member offers, the other accepts', async () => {
    const [first, second] = [await browser.newContext(), await browser.newContext()];
    const mo = await enter(first, 'mo', 'desk/rota');
    await mo.getByRole('link', { name: 'Offer a shift of yours' }).click();
    await mo.getByLabel('The shift that you offer').selectOption('s3');
    await mo.getByLabel('Whom do you ask?').selectOption({ label: 'Max Member' });
    await press(mo, 'Offer the shift');

    const max = await enter(second, 'max', 'desk/rota');
    await max.getByRole('link', { name: 'Accept or decline' }).click();
    await max.getByRole('radio', { name: /^Accept/ }).check();
    await press(max, 'Send your answer');

    expect(await max.getByRole('status').innerText()).toContain('Your answer was recorded');
    const shift = (await desk.store.rota())?.shifts.find(({ id }) => id === 's3');
    expect(shift?.member).toBe(desk.who('max').id);
    await first.close();
    await second.close();
  });

  it('fits 320 pixels, and breaks no rule of the content policy', async () => {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 } });
    const page = await enter(context, 'mo', 'desk/today');

    const wide: string[] = [];
    for (const path of ['/desk/today', '/desk/rota', '/desk/rota/generate-shifts', '/desk/members']) {
      await page.goto(`${base}${path}`);
      if ((await overflow(page)) > 0) wide.push(path);
    }

    expect(wide).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
