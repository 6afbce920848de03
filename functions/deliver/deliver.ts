import { advance } from '#commit/advance.ts';
import type { CommitCommand } from '#commit/commit-command.ts';
import { deliverLeased } from '#commit/leased-parts.ts';
import type { Log } from '#contracts/log.ts';
import * as messages from '#contracts/messages.ts';
import type { Measure } from '#contracts/metrics.ts';
import type { Delivery, DeskStore, LifecycleRunner, MailSender, StoredEvent } from '#contracts/ports.ts';
import { errandKinds, type Letter, type Signal } from '#domain/letter.ts';
import { machineInputOf } from '#domain/machine.ts';
import { isErased, type Person } from '#domain/people.ts';
import { type ComposeDeps, composeLetter } from './compose-letter.ts';

export interface DeliverDeps extends ComposeDeps {
  readonly store: DeskStore;
  readonly sender: MailSender;
  readonly runner: LifecycleRunner;
  readonly commit: CommitCommand;
  readonly log: Log;
  readonly measure: Measure;
  /** Counts an acknowledgement under the caps, once under its name; false where one is reached. */
  readonly mayAcknowledge: (person: Person, use: string) => Promise<boolean>;
  /** Puts "not acknowledged" on the intake, for the members' page. */
  readonly withhold: (event: StoredEvent) => Promise<void>;
}

/** Delivers the letters and signals of one event. Throws DeliveryIncomplete when a part was surely not delivered. */
export const deliver =
  (deps: DeliverDeps) =>
  (event: StoredEvent, options: { readonly again?: boolean } = {}): Promise<void> =>
    deliverLeased(
      deps,
      event,
      partsOf(event),
      // The machine's names and tokens make its signals once, however often they are given.
      { again: options.again, free: (part) => 'signal' in part },
      (name, part, attempts) => deliverPart(deps, event, name, part, attempts),
    );

type Part = { readonly letter: Letter } | { readonly signal: Signal };

/** What this function delivers of an event: letters, and signals to the state machine. Errands are another's. */
function partsOf(event: StoredEvent): Map<string, Part> {
  const letters = event.letters.map((letter, at): [string, Part] => [`L${at}`, { letter }]);
  const signals = event.signals.flatMap((signal, at): [string, Part][] =>
    errandKinds.includes(signal.kind) ? [] : [[`S${at}`, { signal }]],
  );
  return new Map([...letters, ...signals]);
}

async function deliverPart(
  deps: DeliverDeps,
  event: StoredEvent,
  name: string,
  part: Part,
  attempts: number,
): Promise<Omit<Delivery, 'attempts'>> {
  const at = deps.clock.now();
  try {
    if ('signal' in part) {
      await signalMachine(deps, event, part.signal);
      return { state: 'sent', at };
    }
    return await sendLetter(deps, event, name, part.letter, attempts);
  } catch (error) {
    const why = (error as Error).name;
    deps.log(messages.letterFailed, {
      cause: event.cause,
      part: name,
      error: why,
      correlation: event.correlation,
    });
    if ('signal' in part) return { state: 'withheld', at, why };
    const state = outcomeOf(error);
    // One that is tried again has not failed yet.
    if (state === 'failed') deps.measure('LetterFailed', 1);
    // What tells of a failed letter may itself fail: that is not told again.
    if (state === 'failed' && event.type !== 'note-delivery')
      await noteProblem(deps, event, name, part.letter, 'failed');
    return { state, at, why };
  }
}

/** Errors after which SES surely sent nothing, and those after which it never will; else nobody can know. */
const refusedForGood = new Set([
  'MessageRejected',
  'MailTooLarge',
  'UnsafeHeader',
  'MissingText',
  'MissingLink',
]);
const surelyNotSent = new Set([
  'Throttling',
  'ThrottlingException',
  'ServiceUnavailable',
  'AccountSendingPausedException',
  'LimitExceededException',
  'MalformedItem',
  'AccessDenied',
  'AccessDeniedException',
  'MailFromDomainNotVerifiedException',
  'ConfigurationSetDoesNotExistException',
]);

/**
 * `leased`: the answer was lost, the lease stays and lapses. `withheld`: surely not sent, tried again.
 * `failed`: SES will never take it; `note-delivery` tells the group.
 */
function outcomeOf(error: unknown): Delivery['state'] {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (name && refusedForGood.has(name)) return 'failed';
  if (name && surelyNotSent.has(name)) return 'withheld';
  return $metadata?.httpStatusCode !== undefined && $metadata.httpStatusCode < 500 ? 'withheld' : 'leased';
}

async function sendLetter(
  deps: DeliverDeps,
  event: StoredEvent,
  name: string,
  letter: Letter,
  attempts: number,
): Promise<Omit<Delivery, 'attempts'>> {
  const at = deps.clock.now();
  const fields = {
    cause: event.cause,
    part: name,
    template: letter.template,
    correlation: event.correlation,
  };
  const recipient = await recipientOf(deps, letter);
  if (!recipient || recipient.member === 'left' || isErased(recipient)) {
    deps.log(messages.letterSkipped, fields);
    return { state: 'skipped', at, why: 'no recipient' };
  }
  if (
    letter.template === 'acknowledgement' &&
    event.type !== 'release-acknowledgement' &&
    !(await deps.mayAcknowledge(recipient, `${event.hash.slice(0, 24)}:${name}`))
  ) {
    await deps.withhold(event);
    deps.log(messages.letterWithheld, fields);
    deps.measure('CapReached', 1);
    return { state: 'skipped', at, why: 'cap' };
  }
  // A lapsed lease: nobody knows whether it went out. A routine letter goes once more, a sensitive one asks.
  if (attempts > 1 && event.delivery[name]?.state === 'leased' && isSensitive(letter)) {
    deps.log(messages.letterUnknown, fields);
    deps.measure('LetterFailed', 1);
    await noteProblem(deps, event, name, letter, 'unknown');
    return { state: 'unknown', at, why: 'outcome unknown' };
  }
  const mail = await composeLetter(deps, event, name, letter, recipient);
  const { sesId } = await deps.sender.send(mail);
  deps.log(messages.letterSent, fields);
  return { state: 'sent', at, sesId };
}

const sensitiveTemplates: ReadonlySet<string> = new Set([
  'operator-forward',
  'answer-to-reporter',
  'information-asked',
]);
const isSensitive = (letter: Letter): boolean =>
  letter.sensitive === true || sensitiveTemplates.has(letter.template);

/** The group's own address is no person's: its mails link to the sign-in, never to a personal page. */
async function recipientOf(deps: DeliverDeps, letter: Letter): Promise<Person | undefined> {
  if ('person' in letter.to) return deps.store.person(letter.to.person);
  const { groupAddress } = deps.settings.identity;
  if (!groupAddress) return undefined;
  return { id: 'working-group', version: 0, address: groupAddress, roles: ['member'], epoch: 0 };
}

async function signalMachine(deps: DeliverDeps, event: StoredEvent, signal: Signal): Promise<void> {
  const id = event.partition.slice('DISC#'.length);
  if (signal.kind === 'advance') {
    await advance(deps, id);
    return;
  }
  if (signal.kind === 'start-execution') {
    const disclosure = await deps.store.disclosure(id);
    // A newer generation was begun meanwhile: its own signal starts it.
    if (!disclosure || disclosure.generation !== signal.generation) return;
    const outcome = await deps.runner.start(machineInputOf(disclosure));
    deps.log(messages.executionStarted, {
      disclosure: id,
      generation: signal.generation,
      outcome,
      correlation: event.correlation,
    });
    // Tokens of the generation before are stale from now on.
    await advance(deps, id);
    return;
  }
  if (signal.kind === 'remember-delegate') {
    await rememberDelegate(deps, signal.delegate, signal.maintainer, event);
    return;
  }
  if (signal.kind === 'hand-reporters') {
    const from = await deps.store.disclosure(id);
    if (!from) return;
    await deps.commit({
      disclosure: signal.to,
      command: { name: 'adopt-reporters', from: id, reporters: from.reporters, intakes: from.intakes },
      actor: { kind: 'desk' },
      cause: `duplicate:${id}`,
    });
  }
}

/** Tells the group that a letter did not arrive, or that nobody knows; the person decides, never the machine. */
async function noteProblem(
  deps: DeliverDeps,
  event: StoredEvent,
  part: string,
  letter: Letter,
  problem: 'unknown' | 'failed',
): Promise<void> {
  if (!event.partition.startsWith('DISC#')) return;
  await deps.commit({
    disclosure: event.partition.slice('DISC#'.length),
    command: { name: 'note-delivery', of: event.cause, part, template: letter.template, problem },
    actor: { kind: 'desk' },
    cause: `delivery:${event.hash.slice(0, 24)}:${part}:${problem}`,
  });
}

/** Puts a delegate for good on the person's own record, where the next notification finds it (R29). */
async function rememberDelegate(
  deps: DeliverDeps,
  delegate: string,
  maintainer: string,
  event: StoredEvent,
): Promise<void> {
  const person = await deps.store.person(delegate);
  if (!person || person.delegateFor?.includes(maintainer)) return;
  const delegateFor = [...(person.delegateFor ?? []), maintainer];
  const roles = [...new Set([...person.roles, 'maintainer' as const])];
  await deps.store.commit({
    writes: [{ put: 'person', item: { ...person, roles, delegateFor }, expect: person.version }],
    event: {
      partition: `PERSON#${delegate}`,
      cause: `delegate:${event.hash.slice(0, 24)}`,
      type: 'remember-delegate',
      actor: 'desk',
      at: deps.clock.now(),
      data: { maintainer },
      letters: [],
      signals: [],
      correlation: event.correlation,
    },
  });
}
