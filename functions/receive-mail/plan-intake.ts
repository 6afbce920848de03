import type { Commit, Write } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import type { Mailbox } from '#domain/addresses.ts';
import { nextDeadline } from '#domain/deadlines.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import { archiveKey, type Intake, type IntakeKind } from '#domain/intake.ts';
import { dispositionOf, flagsOf, type IntakeFacts, kindOf } from '#domain/intake-rules.ts';
import type { Addressee, Letter } from '#domain/letter.ts';
import { openDisclosure, referenceOf } from '#domain/open-disclosure.ts';
import { isErased, type Person, type PersonId } from '#domain/people.ts';
import { responseTarget } from '#domain/response-target.ts';
import { suppressedBy } from '#domain/suppression.ts';
import type { ReminderBatch } from '#domain/threading.ts';

/** All that is known when a mail is decided on: the mail, and what the record says at this moment. */
export interface Situation {
  readonly mailKey: string;
  readonly receivedAt: Instant;
  readonly now: Instant;
  readonly size: number | undefined;
  readonly facts: IntakeFacts;
  readonly sender:
    | { readonly id: PersonId; readonly mailbox: Mailbox; readonly record: Person | undefined }
    | undefined;
  /** The disclosure of the reply address, where the mail came to one whose token is right. */
  readonly thread: Disclosure | undefined;
  /** Of a mail that answers a reminder of several disclosures: which. */
  readonly batch: ReminderBatch | undefined;
  /** Group addresses of the thread's disclosure that the sender is a recorded person of. */
  readonly standsFor: readonly PersonId[];
  /** The thread has ended: what comes to it is a new report that is linked to it (policy A3). */
  readonly threadEnded: boolean;
  /** Disclosures that the subject names without proof. */
  readonly named: readonly string[];
  readonly nonce: string | undefined;
  readonly onDuty: PersonId | undefined;
  /** The active members, where nobody is on duty and the group has no address of its own. */
  readonly members: readonly PersonId[];
  /** The last number given in this year. */
  readonly lastNumber: number;
  /** The object could not be read: what is known is what the notification repeats of its header. */
  readonly unreadable: boolean;
  readonly settings: Pick<Settings, 'policy' | 'identity'>;
}

/** What will be committed for a mail. `attach` is done before, by a command of its own with the same cause. */
export interface Plan {
  readonly intake: Intake;
  readonly commit: Commit;
}

/** Decides what one mail becomes, and with it everything that follows: the commit is all there is to do. */
export function planIntake(situation: Situation): Plan {
  const intake = intakeOf(situation);
  const disclosure = intake.disposition === 'opened' ? opened(situation, intake) : undefined;
  const letters = disclosure
    ? openingLetters(situation, intake, disclosure)
    : otherLetters(situation, intake);
  return {
    intake,
    commit: {
      writes: writesOf(situation, intake, disclosure),
      event: {
        partition: disclosure ? `DISC#${disclosure.id}` : `INTAKE#${intake.mailKey}`,
        cause: intake.mailKey,
        type: disclosure ? 'open-disclosure' : 'take-mail',
        actor: 'desk',
        at: situation.now,
        data: dataOf(situation, intake),
        letters,
        signals: disclosure ? [{ kind: 'start-execution', generation: disclosure.generation }] : [],
        correlation: intake.mailKey,
      },
    },
  };
}

function intakeOf(situation: Situation): Intake {
  const { facts, mailKey, receivedAt, threadEnded, unreadable } = situation;
  const judged = threadEnded ? { ...facts, thread: undefined } : facts;
  const found = kindOf(judged);
  const { kind, rule } = found;
  const disposition = dispositionOf(found, judged);
  const suppressed =
    suppressedBy(facts) ??
    (disposition === 'quarantined' ? disposition : machineKinds.includes(kind) ? rule : undefined);
  const { scan } = facts;
  const named = situation.named.filter((reference) => reference !== situation.thread?.id);
  const flags = [
    ...flagsOf(facts),
    ...(unreadable ? (['unparsed'] as const) : []),
    ...(named.length > 0 && disposition !== 'attached' ? (['possibly-related'] as const) : []),
  ];
  const inThread = situation.thread && !threadEnded ? situation.thread.id : undefined;
  return {
    mailKey,
    version: 1,
    kind,
    kindBy: rule,
    disposition,
    flags,
    receivedAt,
    objectKey: archiveKey(mailKey, receivedAt),
    ...(situation.size !== undefined && { size: situation.size }),
    ...(situation.sender && { from: situation.sender.id }),
    authenticated: facts.authenticated,
    verdicts: facts.verdicts,
    subject: scan.subject,
    ...(scan.messageId && { messageId: scan.messageId }),
    references: scan.references,
    disclosures: disclosuresOf(situation, disposition),
    ...(named.length > 0 && { possiblyRelated: named }),
    ...(disposition === 'held' &&
      inThread && { heldFor: inThread, ...(situation.batch && { answers: situation.batch }) }),
    ...(kind === 'test' && situation.nonce && { nonce: situation.nonce }),
    ...(suppressed && { suppressed }),
  };
}

/** Nobody waits for an answer to one of these, whatever rule found it. */
const machineKinds: readonly IntakeKind[] = ['bounce', 'auto-reply', 'list', 'spam', 'test'];

function disclosuresOf(situation: Situation, disposition: Intake['disposition']): readonly string[] {
  if (disposition === 'opened') return [nextReference(situation)];
  return disposition === 'attached' && situation.thread ? [situation.thread.id] : [];
}

/** The year in which the mail was received, UTC: numbers are counted by it. */
export const yearOf = (receivedAt: Instant): number => Number(receivedAt.slice(0, 4));

const nextReference = ({ settings, receivedAt, lastNumber }: Situation): string =>
  referenceOf(settings.policy.prefix, yearOf(receivedAt), lastNumber + 1);

function opened(situation: Situation, intake: Intake): Disclosure {
  const { settings, threadEnded, thread } = situation;
  return openDisclosure({
    id: nextReference(situation),
    mailKey: intake.mailKey,
    reporter: situation.sender?.id,
    receivedAt: intake.receivedAt,
    zone: settings.policy.zone,
    responseBusinessDays: settings.policy.responseBusinessDays,
    ...(threadEnded && thread && { related: [thread.id] }),
  });
}

/** Dispositions whose sender somebody may have to answer. */
const answerable: readonly Intake['disposition'][] = ['opened', 'held', 'recorded', 'quarantined'];

function writesOf(
  situation: Situation,
  intake: Intake,
  disclosure: Disclosure | undefined,
): readonly Write[] {
  const { sender } = situation;
  const known = sender?.record;
  const person: Person | undefined =
    sender && (!known || isErased(known)) && answerable.includes(intake.disposition)
      ? {
          id: sender.id,
          version: (known?.version ?? 0) + 1,
          address: sender.mailbox.address,
          ...(sender.mailbox.name && { name: sender.mailbox.name }),
          roles: ['reporter'],
          epoch: known?.epoch ?? 1,
        }
      : undefined;
  return [
    ...(disclosure
      ? ([
          {
            put: 'disclosure',
            item: disclosure,
            expect: 0,
            due: nextDeadline(disclosure, situation.settings.policy),
          },
          { put: 'intake', item: intake, expect: 0 },
          { counter: `disclosure#${yearOf(intake.receivedAt)}`, expect: situation.lastNumber },
        ] as const)
      : ([{ put: 'intake', item: intake, expect: 0 }] as const)),
    ...(person ? ([{ put: 'person', item: person, expect: known?.version ?? 0 }] as const) : []),
  ];
}

/** Ids, kinds and rule names: nothing of the mail's own words. */
function dataOf({ thread, threadEnded }: Situation, intake: Intake): Record<string, unknown> {
  return {
    mail: intake.mailKey,
    kind: intake.kind,
    kindBy: intake.kindBy,
    disposition: intake.disposition,
    flags: intake.flags,
    authenticated: intake.authenticated,
    ...(intake.from && { from: intake.from }),
    ...(intake.suppressed && { suppressed: intake.suppressed }),
    ...(intake.heldFor && { heldFor: intake.heldFor }),
    ...(threadEnded && thread && { replyTo: thread.id }),
  };
}

/** The on-duty member; nobody on duty → everyone is told (policy, "No one on duty"). */
function whoIsTold({ onDuty, members }: Situation): readonly Addressee[] {
  if (onDuty) return [{ person: onDuty }];
  return members.length > 0 ? members.map((person) => ({ person })) : [{ group: 'working-group' }];
}

/** The reporter's acknowledgement (policy A1) and the on-duty member's link (OEP-60 R1, R2). */
function openingLetters(situation: Situation, intake: Intake, disclosure: Disclosure): readonly Letter[] {
  const reference = disclosure.id;
  const answerDueAt = disclosure.response.dueAt;
  return [
    ...acknowledgement(situation, intake, answerDueAt, reference),
    ...whoIsTold(situation).map(
      (to): Letter => ({
        template: 'new-report',
        to,
        params: {
          reference,
          stage: disclosure.stage,
          answerDueAt,
          flags: intake.flags,
          onDuty: situation.onDuty !== undefined,
        },
        about: reference,
      }),
    ),
  ];
}

/** Fixed words, threaded by header, nothing of the sender's (mail rules, Acknowledgement). */
function acknowledgement(
  { settings, facts }: Situation,
  intake: Intake,
  answerDueAt: Instant,
  reference?: string,
): readonly Letter[] {
  if (intake.suppressed || !intake.from) return [];
  const { messageId, references } = facts.scan;
  return [
    {
      template: 'acknowledgement',
      to: { person: intake.from },
      params: {
        ...(reference && { reference }),
        ...(messageId && { messageId }),
        ...(references.length > 0 && { references }),
        answerDueAt,
        ...(settings.identity.pgpKeyUrl && { pgp: true as const }),
      },
      ...(reference && { about: reference }),
    },
  ];
}

function otherLetters(situation: Situation, intake: Intake): readonly Letter[] {
  const about = `intake:${intake.mailKey}`;
  const notices = whoIsTold(situation).map(
    (to): Letter => ({
      template: 'new-intake',
      to,
      params: { intake: intake.mailKey, intakeKind: intake.kind },
      about,
    }),
  );
  const { heldFor } = intake;
  if (intake.disposition === 'held' && heldFor)
    return whoIsTold(situation).map(
      (to): Letter => ({ template: 'follow-up', to, params: { reference: heldFor, held: true }, about }),
    );
  if (intake.disposition === 'recorded') {
    const { policy } = situation.settings;
    const { dueAt } = responseTarget(intake.receivedAt, policy.zone, policy.responseBusinessDays);
    const isRequest = intake.kind !== 'report';
    return [...(isRequest ? acknowledgement(situation, intake, dueAt) : []), ...notices];
  }
  // A proof of concept looks like malware: somebody is told. Spam is only listed.
  const maybeReport = intake.disposition === 'quarantined' && intake.verdicts.spam !== 'FAIL';
  return maybeReport ? notices : [];
}
