import { addressGroup } from '#commit/address-group.ts';
import { answerReminder } from '#commit/answer-reminder.ts';
import { type CommitCommand, whoIsOnDuty } from '#commit/commit-command.ts';
import { commitDecided, type Round } from '#commit/commit-decided.ts';
import { groupsOf } from '#commit/standing-for.ts';
import type { Clock, DeskStore, LinkSigner, NewEvent, Write } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { nextDeadline } from '#domain/deadlines.ts';
import { Refused } from '#domain/errors.ts';
import type { Intake } from '#domain/intake.ts';
import type { Letter } from '#domain/letter.ts';
import { openDisclosure, referenceOf } from '#domain/open-disclosure.ts';
import { actorName, type Person } from '#domain/people.ts';
import { responseTarget } from '#domain/response-target.ts';
import type { CommitIntakeDecision, CommitLetter, EnrolPerson } from './deps.ts';
import { isRegistration, registration } from './register.ts';

export interface CommitDeps {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly signer: Pick<LinkSigner, 'pseudonym'>;
  readonly commit: CommitCommand;
}

/** One letter to one person, as an event of that person's own partition. */
export const commitLetter =
  ({ store, clock }: CommitDeps): CommitLetter =>
  ({ person: id, letter, cause }) =>
    commitDecided<void>(store, async (): Promise<Round<void>> => {
      const person = await store.person(id);
      if (!person) return { answer: undefined };
      return {
        commit: {
          writes: [
            { put: 'person', item: { ...person, version: person.version + 1 }, expect: person.version },
          ],
          event: {
            partition: `PERSON#${id}`,
            cause,
            type: 'write-letter',
            actor: 'desk',
            at: clock.now(),
            data: { template: letter.template },
            letters: [letter],
            signals: [],
            correlation: id,
          },
        },
        done: () => undefined,
        repeated: () => undefined,
      };
    });

/** Records the person of an address, or adds a role to the one that is there. */
export const enrolPerson =
  ({ store, clock, signer }: CommitDeps): EnrolPerson =>
  (address, role) =>
    commitDecided<Person>(store, async (): Promise<Round<Person>> => {
      const id = signer.pseudonym(address);
      const known = await store.person(id);
      if (known?.roles.includes(role)) return { answer: known };
      const fresh: Person = { id, version: 0, address: address.trim(), roles: [], epoch: 1 };
      const before = known ?? fresh;
      const item: Person = {
        ...before,
        address: before.address || fresh.address,
        roles: [...before.roles, role],
        version: before.version + 1,
      };
      return {
        commit: {
          writes: [{ put: 'person', item, expect: before.version }],
          event: {
            partition: `PERSON#${id}`,
            cause: `enrol:${role}:${before.version}`,
            type: 'enrol',
            actor: 'desk',
            at: clock.now(),
            data: { role },
            letters: [],
            signals: [],
            correlation: id,
          },
        },
        done: () => item,
        repeated: () => item,
      };
    });

type Decision = Parameters<CommitIntakeDecision>[0];
type Decided = Awaited<ReturnType<CommitIntakeDecision>>;

const eventOf = (input: Decision, more: Pick<NewEvent, 'partition' | 'type' | 'at'>): NewEvent => ({
  ...more,
  cause: input.cause,
  actor: actorName(input.actor),
  data: { decision: input.decision.decision, mail: input.mailKey },
  letters: [],
  signals: [],
  correlation: input.mailKey,
});

/** How the intake stands after a decision that opens nothing. */
function judged(intake: Intake, input: Decision): Intake {
  const decided = { ...intake, version: intake.version + 1, decidedBy: input.actor.person };
  switch (input.decision.decision) {
    case 'kind':
      // Another kind is no end: it stays in its list until somebody has dealt with it.
      return {
        ...intake,
        version: intake.version + 1,
        kind: input.decision.kind,
        kindBy: 'a member',
        // What a disclosure came of stays with it, whatever it is called.
        disposition: intake.disclosures.length > 0 ? intake.disposition : 'recorded',
      };
    case 'attach':
      return {
        ...decided,
        disposition: 'attached',
        disclosures: [...new Set([...intake.disclosures, input.decision.reference])],
      };
    case 'operator':
    case 'volunteer':
      return {
        ...decided,
        kind: input.decision.decision === 'operator' ? 'operator-registration' : 'volunteer',
        kindBy: 'a member',
        disposition: 'recorded',
      };
    case 'release':
      return { ...decided, flags: intake.flags.filter((flag) => flag !== 'acknowledgement-withheld') };
    default:
      return { ...decided, disposition: 'ignored' };
  }
}

/** The acknowledgement of a mail: to a sender who is authenticated and whom no rule excludes. */
function acknowledgement(
  { identity }: Pick<Settings, 'identity'>,
  intake: Intake,
  answerDueAt: string,
  reference?: string,
): readonly Letter[] {
  if (!intake.from) return [];
  const letter: Letter = {
    template: 'acknowledgement',
    to: { person: intake.from },
    params: {
      answerDueAt,
      ...(reference && { reference }),
      ...(intake.messageId && { messageId: intake.messageId }),
      references: intake.references,
      ...(identity.pgpKeyUrl && { pgp: true as const }),
    },
    ...(reference && { about: reference }),
  };
  return [letter];
}

/** What the same form came to before: its event lies with the mail, or with the disclosure that it opened. */
async function earlierDecision(
  store: DeskStore,
  intake: Intake,
  cause: string,
): Promise<Decided | undefined> {
  if (await store.event(`INTAKE#${intake.mailKey}`, cause)) return { outcome: 'repeated' };
  for (const disclosure of intake.disclosures) {
    const event = await store.event(`DISC#${disclosure}`, cause);
    if (event?.type === 'open-disclosure') return { outcome: 'repeated', disclosure };
  }
  return undefined;
}

/**
 * A member's decision on one mail: opens a disclosure of it (again, to split it), attaches it, gives it another kind,
 * or takes it off its list. One commit, once per cause.
 *
 * @throws {Refused} where the mail or the disclosure does not allow it, {VersionConflict} where the mail moved on.
 */
export const commitIntakeDecision =
  (deps: CommitDeps): CommitIntakeDecision =>
  async (input) => {
    const { store, clock } = deps;
    const intake = await store.intake(input.mailKey);
    if (!intake) throw new Refused('R1', 'There is no such mail.', 'Open the list again.');
    const earlier = await earlierDecision(store, intake, input.cause);
    if (earlier) return earlier;
    if (intake.version !== input.expectVersion)
      throw new VersionConflict(`intake ${input.mailKey}`, 'moved on');
    if (input.decision.decision === 'open') return opened(deps, input, intake);
    if (input.decision.decision === 'attach') await attach(deps, input, intake);
    const item = judged(intake, input);
    const { decision } = input;
    const recorded = isRegistration(decision)
      ? await registration(deps, decision, input.actor.person)
      : undefined;
    const event = eventOf(input, {
      partition: `INTAKE#${input.mailKey}`,
      // By this name a deliverer knows that a person has asked for it: no cap holds it back again.
      type: decision.decision === 'release' ? 'release-acknowledgement' : 'decide-intake',
      at: clock.now(),
    });
    await store.commit({
      writes: [{ put: 'intake', item, expect: intake.version }, ...(recorded ? [recorded.write] : [])],
      event: {
        ...event,
        data: { ...event.data, ...(recorded && { person: recorded.person }) },
        letters: recorded
          ? [recorded.letter]
          : decision.decision === 'release'
            ? await released(deps, intake)
            : [],
      },
      actors: input.checks,
    });
    return {
      outcome: 'done',
      ...(input.decision.decision === 'attach' && { disclosure: input.decision.reference }),
    };
  };

/** The acknowledgement that a cap held back: of a report with its reference, of a request with its own target. */
async function released({ store, settings }: CommitDeps, intake: Intake): Promise<readonly Letter[]> {
  if (!intake.flags.includes('acknowledgement-withheld'))
    throw new Refused('A1', 'No cap holds its acknowledgement back.', 'Open the list again.');
  const reference = intake.disclosures[0];
  const disclosure = reference ? await store.disclosure(reference) : undefined;
  if (!intake.from)
    throw new Refused('A1', 'Nobody can be told: it has no sender.', 'Choose what else becomes of it.');
  const { zone, responseBusinessDays } = settings.policy;
  const { dueAt } = disclosure?.response ?? responseTarget(intake.receivedAt, zone, responseBusinessDays);
  return acknowledgement(settings, intake, dueAt, disclosure?.id);
}

async function attach({ store, commit }: CommitDeps, input: Decision, intake: Intake): Promise<void> {
  if (input.decision.decision !== 'attach') return;
  const { reference, asReporter } = input.decision;
  const disclosure = await store.disclosure(reference);
  if (!disclosure)
    throw new Refused('R1', `There is no disclosure ${reference}.`, 'Look it up in the list.', 'reference');
  const standsFor = intake.from ? await groupsOf(store, disclosure, intake.from) : [];
  // Its own cause in the disclosure's chain: a crash between the two commits is made up by sending the form again.
  await commit({
    disclosure: reference,
    command: {
      name: 'attach-mail',
      mailKey: intake.mailKey,
      ...(intake.from && { from: intake.from }),
      authenticated: intake.authenticated === 'yes',
      asReporter: asReporter === 'yes',
      ...(standsFor.length > 0 && { standsFor }),
    },
    actor: input.actor,
    cause: input.cause,
    checks: input.checks,
  });
  const { from, mailKey, answers, heldFor } = intake;
  if (from && answers && heldFor === reference)
    await answerReminder({ store, commit }, { mailKey, from, keptWith: disclosure, batch: answers });
}

function opened({ store, clock, settings }: CommitDeps, input: Decision, intake: Intake): Promise<Decided> {
  const { policy } = settings;
  return commitDecided<Decided>(store, async (): Promise<Round<Decided>> => {
    // Another number may be tried for; another revision of the mail is somebody else's decision.
    const current = await store.intake(intake.mailKey);
    const earlier = current && (await earlierDecision(store, current, input.cause));
    if (earlier) return { answer: earlier };
    if (current?.version !== intake.version)
      throw new VersionConflict(`intake ${intake.mailKey}`, 'moved on');
    const now = clock.now();
    const year = Number(now.slice(0, 4));
    const counter = `disclosure#${year}`;
    const last = await store.counter(counter);
    const id = referenceOf(policy.prefix, year, last + 1);
    const disclosure = {
      ...openDisclosure({
        id,
        mailKey: intake.mailKey,
        reporter: intake.from,
        receivedAt: intake.receivedAt,
        zone: policy.zone,
        responseBusinessDays: policy.responseBusinessDays,
        related: intake.disclosures,
      }),
      version: 1,
    };
    const onDuty = await whoIsOnDuty(store, now);
    const news: Letter = {
      template: 'new-report',
      to: onDuty ? { person: onDuty } : { group: 'working-group' },
      params: {
        reference: id,
        stage: 'received',
        answerDueAt: disclosure.response.dueAt,
        flags: intake.flags,
        onDuty: onDuty !== undefined,
      },
      about: id,
    };
    const mayTell = intake.authenticated === 'yes' && intake.suppressed === undefined;
    const told = mayTell ? acknowledgement(settings, intake, disclosure.response.dueAt, id) : [];
    const writes: Write[] = [
      { put: 'disclosure', item: disclosure, expect: 0, due: nextDeadline(disclosure, policy) },
      { counter, expect: last },
      {
        put: 'intake',
        item: {
          ...intake,
          version: intake.version + 1,
          kind: 'report',
          kindBy: 'a member',
          disposition: 'opened',
          disclosures: [...intake.disclosures, id],
          decidedBy: input.actor.person,
        },
        expect: intake.version,
      },
    ];
    return {
      commit: {
        writes,
        event: {
          ...eventOf(input, { partition: `DISC#${id}`, type: 'open-disclosure', at: now }),
          letters: await addressGroup(store, settings, [news, ...told]),
          signals: [{ kind: 'start-execution' as const, generation: disclosure.generation }],
        },
        actors: input.checks,
      },
      done: () => ({ outcome: 'done' as const, disclosure: id }),
      repeated: () => ({ outcome: 'repeated' as const, disclosure: id }),
    };
  });
}
