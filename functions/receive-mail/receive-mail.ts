import { answerReminder } from '#commit/answer-reminder.ts';
import { whoIsOnDuty } from '#commit/commit-command.ts';
import { commitDecided, type Round } from '#commit/commit-decided.ts';
import { groupsOf } from '#commit/standing-for.ts';
import type { MailArrival } from '#contracts/mail-arrival.ts';
import * as messages from '#contracts/messages.ts';
import type { LinkSigner } from '#contracts/ports.ts';
import { type Disclosure, isOpen } from '#domain/disclosure.ts';
import { firstOf, type HeaderScan, scanBytes, scanHeader } from '#domain/header-scan.ts';
import { type Instant, instant } from '#domain/instant.ts';
import type { Disposition, Intake, IntakeKind } from '#domain/intake.ts';
import type { IntakeFacts } from '#domain/intake-rules.ts';
import { factsOf, type MailIdentity } from '#domain/mail-facts.ts';
import { parseReplyAddress, referencesIn, threadOf } from '#domain/threading.ts';
import { reopensByReply } from '#domain/triage.ts';
import { lastAttempt, type ReceiveMailDeps } from './deps.ts';
import { finishMail } from './finish-mail.ts';
import { planIntake, type Situation, yearOf } from './plan-intake.ts';

/** What became of one raw mail. `repeated` = its intake stood already. */
export interface ReceivedMail {
  readonly mailKey: string;
  readonly outcome: 'taken' | 'repeated';
  readonly kind: IntakeKind;
  readonly disposition: Disposition;
  readonly disclosures: readonly string[];
}

/** The header in which the doctor's test mail carries its nonce; the nonce's mark says whether it was used. */
export const nonceHeader = 'x-disclosure-desk-test';
export const nonceMark = (nonce: string): string => `nonce#${nonce}`;

/** The object that a notification speaks of is not there (yet). */
export class MailMissing extends Error {
  override readonly name = 'MailMissing';
}

/** A mail whose intake stands; what is left to do is to read its body and to file it. */
export interface TakenMail {
  finish(): Promise<ReceivedMail>;
}

/**
 * Makes one intake of one raw mail, once, however often and in whatever order it is told of: scan, decide, one
 * commit. What throws here has changed nothing and is tried again. `finish` then reads the body and files the raw
 * mail; what throws there loses nothing, since the mail still lies in the inbox.
 */
export const takeMail =
  (deps: ReceiveMailDeps) =>
  async (arrival: MailArrival): Promise<TakenMail> => {
    const { known, head } = await lookedUp(deps, arrival);
    const intake = known ?? (await take(deps, arrival, head ?? nothing));
    const correlation = await correlationOf(deps, intake);
    const whole = head?.readable && head.bytes.length < scanBytes ? head.bytes : undefined;
    const { mailKey, kind, disposition, disclosures } = intake;
    return {
      async finish() {
        await finishMail(deps, intake, arrival, whole);
        deps.log(known ? messages.mailRepeated : messages.mailTaken, {
          mail: mailKey,
          kind,
          disposition,
          disclosure: disclosures[0],
          correlation,
        });
        return { mailKey, outcome: known ? 'repeated' : 'taken', kind, disposition, disclosures };
      },
    };
  };

/** One mail, from its arrival to where it is filed. */
export const receiveMail = (deps: ReceiveMailDeps) => {
  const take = takeMail(deps);
  return async (arrival: MailArrival): Promise<ReceivedMail> => (await take(arrival)).finish();
};

/** The intake that stands, or what is to be taken. An object that is not there may have been filed this very moment. */
async function lookedUp(
  deps: ReceiveMailDeps,
  arrival: MailArrival,
): Promise<{ readonly known?: Intake | undefined; readonly head?: Head }> {
  const known = await deps.store.intake(arrival.mailKey);
  if (known) return { known };
  try {
    return { head: await headOf(deps, arrival) };
  } catch (error) {
    const meanwhile = error instanceof MailMissing ? await deps.store.intake(arrival.mailKey) : undefined;
    if (!meanwhile) throw error;
    return { known: meanwhile };
  }
}

/** A case is known by its first mail: a further mail's line leads back to it. */
async function correlationOf({ store }: ReceiveMailDeps, intake: Intake): Promise<string> {
  const [id] = intake.disposition === 'attached' ? intake.disclosures : [];
  return (id && (await store.disclosure(id))?.intakes[0]) || intake.mailKey;
}

/** The first bytes of a mail, or what the notification repeats of its header. */
interface Head {
  readonly bytes: Uint8Array;
  readonly readable: boolean;
}
const nothing: Head = { bytes: new Uint8Array(), readable: false };

/** On the last attempt an object that cannot be read is taken by what the notification repeats of its header. */
async function headOf({ archive }: ReceiveMailDeps, arrival: MailArrival): Promise<Head> {
  try {
    const bytes = await archive.rawMail(arrival.objectKey, scanBytes);
    if (bytes) return { bytes, readable: true };
    throw new MailMissing(`${arrival.objectKey} is not there`);
  } catch (error) {
    if (arrival.attempt < lastAttempt) throw error;
    const header = arrival.headers.map(({ name, value }) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`);
    return { bytes: new TextEncoder().encode(`${header.join('')}\r\n`), readable: false };
  }
}

async function take(deps: ReceiveMailDeps, arrival: MailArrival, head: Head): Promise<Intake> {
  const mail = await readMail(deps, arrival, head);
  const intake = await commitDecided<Intake>(deps.store, () => round(deps, mail));
  if (intake.nonce) await deps.store.setMark(nonceMark(intake.nonce), { used: true, mail: intake.mailKey });
  return intake;
}

/** What a mail says for itself: read once, however often the decision is taken anew. */
interface ReadMail {
  readonly arrival: MailArrival;
  readonly receivedAt: Instant;
  readonly size: number | undefined;
  readonly facts: Omit<IntakeFacts, 'thread' | 'knownAs' | 'testNonce'>;
  readonly nonce: string | undefined;
  readonly unreadable: boolean;
}

async function readMail(deps: ReceiveMailDeps, arrival: MailArrival, head: Head): Promise<ReadMail> {
  const scan = scanHeader(head.bytes);
  const nonce = /^[\w-]{8,80}$/.exec(firstOf(scan.fields, nonceHeader) ?? '')?.[0];
  return {
    arrival,
    receivedAt: arrival.receivedAt ?? receivedAtOf(scan, deps.clock.now()),
    size: head.readable && head.bytes.length < scanBytes ? head.bytes.length : undefined,
    facts: factsOf(scan, arrival.notice, identityOf(deps.settings)),
    nonce: nonce && (await deps.store.mark(nonceMark(nonce)))?.used === false ? nonce : undefined,
    unreadable: !head.readable,
  };
}

const identityOf = ({ identity, mail }: ReceiveMailDeps['settings']): MailIdentity => ({
  ownAddresses: [identity.securityAddress, ...mail.ownAddresses],
  replyDomain: identity.replyDomain,
  trustedForwarders: mail.trustedForwarders,
});

/** When SES took the mail in, by its own Received line; for a mail whose notification was lost. */
function receivedAtOf(scan: HeaderScan, now: Instant): Instant {
  const stamp = firstOf(scan.receipt, 'received')?.split(';').at(-1) ?? '';
  const at = Date.parse(stamp.replace(/\([^)]*\)/g, ''));
  return Number.isNaN(at) || instant(at) > now ? now : instant(at);
}

/** One round of load and decide. A reply joins its disclosure first: the same cause never joins twice. */
async function round(deps: ReceiveMailDeps, mail: ReadMail): Promise<Round<Intake>> {
  const { store } = deps;
  const { mailKey } = mail.arrival;
  const earlier = await store.intake(mailKey);
  if (earlier) return { answer: earlier };
  const situation = await situationOf(deps, mail);
  const { intake, commit } = planIntake(situation);
  if (intake.disposition === 'attached' && situation.thread)
    await attach(deps, situation.thread, intake, situation);
  return {
    commit,
    done: () => {
      deps.measure('MailReceived', 1);
      if (intake.flags.includes('unparsed')) deps.measure('MailUnparsed', 1);
      return intake;
    },
    // The event of this mail stands, so its intake does: they were committed together.
    repeated: async () => (await store.intake(mailKey)) ?? intake,
  };
}

async function situationOf(deps: ReceiveMailDeps, mail: ReadMail): Promise<Situation> {
  const { store, settings } = deps;
  const now = deps.clock.now();
  const { facts, receivedAt } = mail;
  const signer = await deps.signer();
  const id = facts.sender && signer.pseudonym(facts.sender.address);
  const [person, onDuty, lastNumber] = await Promise.all([
    id ? store.person(id) : undefined,
    whoIsOnDuty(store, now),
    store.counter(`disclosure#${yearOf(receivedAt)}`),
  ]);
  const members = onDuty || settings.identity.groupAddress ? [] : await store.peopleOf('member');
  const named = await namedIn(deps, facts.scan.subject);
  const found = await threadFor(deps, mail, id, named, signer.replyToken);
  return {
    mailKey: mail.arrival.mailKey,
    receivedAt,
    now,
    size: mail.size,
    facts: {
      ...facts,
      testNonce: mail.nonce !== undefined,
      thread: found?.thread,
      // What the record knows of an address is true of a sender only who proves it.
      knownAs: person && facts.authenticated === 'yes' ? person.roles : [],
    },
    sender: id && facts.sender ? { id, mailbox: facts.sender, record: person } : undefined,
    thread: found?.disclosure,
    batch: found?.batch,
    standsFor: found?.standsFor ?? [],
    threadEnded: found !== undefined && found.thread.kind === 'attach' && found.ended,
    named: named.map((disclosure) => disclosure.id),
    nonce: mail.nonce,
    onDuty,
    members: members.filter(({ member }) => member === 'active').map((member) => member.id),
    lastNumber,
    unreadable: mail.unreadable,
    settings,
  };
}

/** Disclosures that a subject names: never proof, only worth a member's look. */
async function namedIn({ store, settings }: ReceiveMailDeps, subject: string): Promise<Disclosure[]> {
  const references = referencesIn(subject, settings.policy.prefix);
  const found = await Promise.all(references.map((reference) => store.disclosure(reference)));
  return found.filter((disclosure) => disclosure !== undefined);
}

/** The disclosure whose reply address the mail came to, with the token's judgement. */
async function threadFor(
  deps: ReceiveMailDeps,
  mail: ReadMail,
  sender: string | undefined,
  named: readonly Disclosure[],
  replyToken: LinkSigner['replyToken'],
) {
  const { store, settings } = deps;
  for (const recipient of mail.facts.recipients.slice(0, 50)) {
    const reply = parseReplyAddress(recipient, settings.identity.replyDomain);
    if (!reply) continue;
    const stated = reply.disclosure ? await store.disclosure(reply.disclosure) : undefined;
    for (const disclosure of reply.disclosure ? (stated ? [stated] : []) : named) {
      // A recorded person of a group answers the mail that the group's address got.
      const standsFor = sender ? await groupsOf(store, disclosure, sender) : [];
      const thread = threadOf({
        disclosure,
        token: reply.token,
        sender,
        standsFor,
        authenticated: mail.facts.authenticated === 'yes',
        tokenOf: (person) => replyToken(disclosure.id, person),
      });
      if (thread.kind === 'none') continue;
      // A mail that joined in an earlier try goes on having joined, whatever the disclosure has become since.
      const joined = await store.event(`DISC#${disclosure.id}`, mail.arrival.mailKey);
      const reporter = thread.kind === 'attach' && thread.asReporter;
      const reopens = reporter && reopensByReply(disclosure, deps.clock.now(), settings.policy.reopenDays);
      const ended = !isOpen(disclosure) && !joined && !reopens;
      return { disclosure, thread, standsFor, batch: reply.batch, ended };
    }
  }
  return undefined;
}

/** Joins a mail to its disclosure, which an authenticated reply of its reporter may reopen (policy A3). */
async function attach(
  { commit, store }: ReceiveMailDeps,
  disclosure: Disclosure,
  intake: Intake,
  { now, standsFor, batch }: Situation,
): Promise<void> {
  const actor = { kind: 'desk' } as const;
  if (disclosure.exit && disclosure.exit.at <= now && !disclosure.intakes.includes(intake.mailKey))
    await commit({
      disclosure: disclosure.id,
      command: { name: 'reopen', reason: 'An authenticated reply of the reporter (A3).' },
      actor,
      cause: `${intake.mailKey}#reopen`,
    });
  await commit({
    disclosure: disclosure.id,
    command: {
      name: 'attach-mail',
      mailKey: intake.mailKey,
      from: intake.from,
      authenticated: true,
      ...(standsFor.length > 0 && { standsFor }),
    },
    actor,
    cause: intake.mailKey,
  });
  if (batch && intake.from)
    await answerReminder(
      { store, commit },
      { mailKey: intake.mailKey, from: intake.from, keptWith: disclosure, batch },
    );
}
