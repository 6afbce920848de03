import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { type Desk, type Ports, startDesk, usualPorts } from '../../local/desk.ts';
import { projectRoot } from '../../local/emulator/environment.ts';
import { composeMail, sendMail } from '../../local/mail-gateway/compose.ts';
import type { Mail } from '../../local/mail-gateway/mailbox.ts';
import { untilTold } from '../../local/quiet.ts';
import { linkIn, mailTo } from '../../local/visitor.ts';
import { chromium as installed } from './chromium.ts';

const anyPort = Object.fromEntries(Object.keys(usualPorts).map((name) => [name, 0])) as unknown as Ports;

/** The real desk and a real browser, once for all browser tests. */
export interface World {
  readonly desk: Desk;
  readonly browser: Browser;
  /** Everything that browsers complained about: scripts that failed, and what the content policy refused. */
  readonly complaints: string[];
  /** Addresses that any browser asked for. */
  readonly requests: string[];
  /** A browser window of its own: no cookies of anybody else. */
  window(options?: BrowserContextOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

/** Starts desk and browser; what was started is stopped when a later step fails. */
export async function startWorld(progress?: (line: string) => void): Promise<World> {
  const folders = join(projectRoot, '.desk');
  mkdirSync(folders, { recursive: true });
  const folder = mkdtempSync(join(folders, 'browser-'));
  const executablePath = installed();
  const forget = () => rmSync(folder, { recursive: true, force: true });
  const desk = await startDesk({ folder, ports: anyPort, ...(progress && { progress }) }).catch((error) => {
    forget();
    throw error;
  });
  // The sandbox needs privileges that root in a container has not; every page here is our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args }).catch(async (error) => {
    await desk.close();
    forget();
    throw error;
  });
  const complaints: string[] = [];
  const requests: string[] = [];
  return {
    desk,
    browser,
    complaints,
    requests,
    async window(options = {}) {
      const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Vienna', ...options });
      context.setDefaultTimeout(15_000);
      context.on('request', (request) => requests.push(request.url()));
      context.on('weberror', (error) => complaints.push(`${error.page()?.url()}: ${error.error()}`));
      context.on('console', (message) => {
        // A refused form is answered with 422: the browser mentions it, and it is meant.
        const meant = /^Failed to load resource: .* status of (4\d\d)/.test(message.text());
        if ((message.type() === 'error' || message.type() === 'warning') && !meant)
          complaints.push(`${message.page()?.url()}: ${message.text()}`);
      });
      return context;
    },
    async close() {
      await browser.close();
      await desk.close();
      forget();
    },
  };
}

/** A signed report by mail; answers with its reference once the desk has acknowledged it and is at rest. */
export async function receiveReport(
  { desk }: World,
  from: string,
  subject: string,
  text: string,
): Promise<string> {
  const { mailbox, dkimKey } = desk.gateway;
  const to = desk.addresses.securityAddress;
  const earlier = mailbox.list(from).length;
  const raw = await composeMail({ from, to, subject, text, sign: dkimKey });
  await sendMail(desk.inbound.port, raw, { from, to });
  await desk.quiet();
  const answer = await mailTo(mailbox, from, /We received your report/, { after: earlier });
  const reference = /\[([A-Z]+-\d{4}-\d{4})\]/.exec(answer.subject)?.[1];
  if (!reference) throw new Error(`the acknowledgement names no reference: ${answer.subject}`);
  return reference;
}

/** The link of the newest mail about a disclosure to one person, or to any of several. */
export function linkTo(
  { desk }: World,
  to: string | readonly string[],
  reference: string,
  about: RegExp,
): string {
  const people = typeof to === 'string' ? [to] : to;
  const mail = desk.gateway.mailbox
    .list()
    .findLast(
      (each) => people.includes(each.to) && each.subject.includes(reference) && about.test(each.subject),
    );
  if (!mail) throw new Error(`nobody of ${people.join(', ')} got a mail like ${about} about ${reference}`);
  return linkIn(mail);
}

export const members = ({ desk }: World): readonly string[] =>
  desk.config.members.map(({ address }) => address);

/** Opens a mail's link as a person does: the landing page, its button, the page behind it. */
export async function openLink(context: BrowserContext, link: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.waitForURL(/\/(d|i)\//);
  return page;
}

/** Signs in at the desk, by the link that is mailed to a member. */
export async function signIn({ desk }: World, context: BrowserContext, address: string): Promise<Page> {
  const { mailbox } = desk.gateway;
  const after = mailbox.list(address).length;
  const page = await context.newPage();
  await page.goto(new URL('/desk', desk.addresses.desk).href);
  await page.getByLabel('Your address').fill(address);
  await press(page, 'Mail me a sign-in link');
  await page.goto(linkIn(await mailTo(mailbox, address, /sign-in link/, { after })));
  await press(page, 'Open');
  return page;
}

/** The link of one answer in a reminder, as its reader clicks it; of several cases the one that is named. */
export function answerIn(mail: Mail, label: string, reference = ''): string {
  const own = mail.html.slice(mail.html.indexOf(reference));
  const url = new RegExp(`<a href="([^"]+)">${label}</a>`).exec(own)?.[1]?.replaceAll('&amp;', '&');
  if (!url) throw new Error(`the reminder has no answer "${label}"`);
  return url;
}

/** Presses a button that leads to another page, and waits for that page. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name }).click()]);
}

/** All that the desk keeps of a disclosure and of everybody's mail: the same before and after means that nothing changed. */
export async function kept({ desk }: World, reference: string): Promise<string> {
  const { store, gateway } = desk;
  // How a letter fared is news of SES, not of who reads a page.
  await untilTold(desk)();
  const disclosure = await store.disclosure(reference);
  return JSON.stringify([
    disclosure,
    await Promise.all((disclosure?.intakes ?? []).map((key) => store.intake(key))),
    await store.events(`DISC#${reference}`),
    await store.listed('open'),
    await store.listed('queue'),
    await store.listed('held'),
    await store.listed('quarantined'),
    gateway.mailbox.list().length,
  ]);
}

/** How far the page reaches beyond the window's width, in CSS pixels. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
