import { setTimeout as pause } from 'node:timers/promises';
import { firstBreak } from '#commit/chain.ts';
import type { StoredEvent } from '#contracts/ports.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { Desk } from './desk.ts';
import { type Composition, composeMail, sendMail } from './mail-gateway/compose.ts';
import type { Mail } from './mail-gateway/mailbox.ts';
import { linkIn, mailTo, type Page, Visitor } from './visitor.ts';

/** Asks until the answer is there. Throws with what was wanted where it does not come. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 60,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(100);
  }
}

/** The disclosure as it is stored; throws where there is none. */
export async function stored(desk: Desk, reference: string): Promise<Disclosure> {
  const disclosure = await desk.store.disclosure(reference);
  if (!disclosure) throw new Error(`there is no disclosure ${reference}`);
  return disclosure;
}

let people = 0;
/** The address of a reporter who never wrote before; their domain signs its mail. */
export const newReporter = (): string => `reporter-${process.pid}-${++people}@reporter.example`;

/** A mail to the security address by SMTP; answers SES's id of it. */
export async function write(
  desk: Desk,
  from: string,
  mail: {
    readonly subject?: string;
    readonly text?: string;
    readonly inReplyTo?: string;
    readonly to?: string;
    readonly attachments?: Composition['attachments'];
    readonly headers?: Composition['headers'];
  } = {},
): Promise<string> {
  const { subject = 'Stored XSS in a problem', text = 'Steps to reproduce follow.\n' } = mail;
  const { inReplyTo, attachments, headers } = mail;
  const to = mail.to ?? desk.addresses.securityAddress;
  const sign = desk.gateway.dkimKey;
  const raw = await composeMail({
    ...{ from, to, subject, text, sign },
    ...(inReplyTo && { inReplyTo }),
    ...(attachments && { attachments }),
    ...(headers && { headers }),
  });
  const answer = await sendMail(desk.inbound.port, raw, { from, to });
  return answer.match(/OK (\S+)/)?.[1] ?? '';
}

/** A disclosure that one mail opened. */
export interface Case {
  readonly reference: string;
  readonly reporter: string;
  readonly acknowledgement: Mail;
}

/** One mail becomes a disclosure; its reporter is acknowledged, and its execution waits for triage. */
export async function report(desk: Desk, mail: Parameters<typeof write>[2] = {}): Promise<Case> {
  const reporter = newReporter();
  await write(desk, reporter, mail);
  const acknowledgement = await mailTo(desk.gateway.mailbox, reporter, /We received your report/, {
    seconds: 60,
  });
  const reference = /\[([A-Z]+-\d{4}-\d{4,})\]/.exec(acknowledgement.subject)?.[1] ?? '';
  return { reference, reporter, acknowledgement };
}

/** The newest mail about a disclosure whose subject matches, whoever got it. Waits for it. */
export const mailAbout = (desk: Desk, reference: string, wanted: RegExp): Promise<Mail> =>
  until(`a mail about ${reference} like ${wanted}`, () =>
    desk.gateway.mailbox
      .list()
      .findLast(({ subject }) => subject.includes(`[${reference}]`) && wanted.test(subject)),
  );

/** Somebody who opens the link of the newest such mail. */
export async function byLink(desk: Desk, reference: string, wanted: RegExp): Promise<Visitor> {
  const visitor = new Visitor(desk.addresses.desk);
  const page = await visitor.open(linkIn(await mailAbout(desk, reference, wanted)));
  if (page.status !== 200) throw new Error(`the link led to ${page.status}: ${page.text.slice(0, 300)}`);
  return visitor;
}

/** The member who was on duty when it came. */
export const member = (desk: Desk, reference: string): Promise<Visitor> =>
  byLink(desk, reference, /New report/);

/** Sends a form of a disclosure's pages. Throws where the desk does not say that it is done. */
export async function act(
  visitor: Visitor,
  reference: string,
  name: string,
  fields: Readonly<Record<string, string>>,
): Promise<Page> {
  const query = fields.repository ? `?repository=${encodeURIComponent(fields.repository)}` : '';
  let page = await visitor.act(`/d/${reference}/${name}${query}`, fields);
  // The desk itself recorded something meanwhile: a person looks at it and sends the form once more.
  for (let tries = 0; page.status === 409 && tries < 5; tries++)
    page = await visitor.act(`/d/${reference}/${name}${query}`, fields);
  if (page.status !== 200 || !page.path.includes('/done/'))
    throw new Error(`${name} was not accepted: ${page.status} ${page.path} ${page.text.slice(0, 500)}`);
  return page;
}

/** What a member fills in for a valid report of one repository. */
export const validTriage = (repository: string): Record<string, string> => ({
  outcome: 'valid',
  title: 'Stored XSS in a problem',
  description: 'A problem title is not escaped.',
  repository_1: repository,
  ecosystem_1: 'pip',
  package_1: 'demo',
  affected_1: '< 2',
  fixed_1: '2',
  vector: 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N',
});

/** Waits until the execution of a generation (the disclosure's newest by default) is over; answers how it ended. */
export async function executionEnd(desk: Desk, reference: string, generation?: number): Promise<string> {
  const which = generation ?? (await stored(desk, reference)).generation;
  return until(`the end of execution g${which} of ${reference}`, async () => {
    const status = await desk.runner.status(reference, which);
    return status !== 'RUNNING' && status;
  });
}

/** Waits until the execution waits under a stored token of the current generation. */
export const waitsIn = (desk: Desk, reference: string, wait: string): Promise<true> =>
  until(`${reference} waits in ${wait}`, async () => {
    const { generation } = await stored(desk, reference);
    const tokens = await desk.store.tokens(reference);
    return tokens.some((held) => held.wait === wait && held.generation === generation) || undefined;
  });

/** The audit trail of a disclosure. Throws where its chain is broken (policy A8). */
export async function trail(desk: Desk, reference: string): Promise<readonly StoredEvent[]> {
  const events = await desk.store.events(`DISC#${reference}`);
  const broken = firstBreak(events);
  if (events.length === 0 || broken !== undefined)
    throw new Error(`the chain of ${reference} breaks at event ${broken} of ${events.length}`);
  return events;
}
