import type { Measure } from '#contracts/metrics.ts';
import type { Clock, DeskEvent, DeskStore, StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { UnknownDisclosure, VersionConflict } from '#contracts/store-errors.ts';
import type { Command, Situation } from '#domain/commands.ts';
import { decide } from '#domain/decide.ts';
import type { Disclosure } from '#domain/disclosure.ts';
import { type Actor, actorName, type PersonId } from '#domain/people.ts';
import { addressGroup } from './address-group.ts';
import { commitDecided } from './commit-decided.ts';
import { countCommit } from './count-commit.ts';
import { whoIsOnDuty } from './on-duty.ts';
import { cadenceOf, changedGroups } from './reminder-groups.ts';

/** One command on one disclosure, and what made it happen. */
export interface CommandInput {
  readonly disclosure: string;
  readonly command: Command;
  readonly actor: Actor;
  /** Once per cause: the same cause again answers with the earlier result. */
  readonly cause: string;
  /** The revision the person saw; another one is a VersionConflict at once. */
  readonly expectVersion?: number | undefined;
  readonly checks?: readonly { readonly person: PersonId; readonly epoch: number }[] | undefined;
  readonly thread?: Situation['thread'];
}

export interface CommandResult {
  readonly outcome: 'done' | 'repeated';
  readonly disclosure: Disclosure;
  readonly event: DeskEvent | StoredEvent;
}

export { UnknownDisclosure, whoIsOnDuty };

export type CommitCommand = (input: CommandInput) => Promise<CommandResult>;

/**
 * Load → decide → commit, for every command that anyone gives. A conflict with another commit is decided anew
 * on what is stored then, unless the person acted on a revision that is no longer the one they saw.
 * Throws Refused, UnknownDisclosure, VersionConflict or ActorInactive; nothing has changed then.
 */
export function commitCommand(deps: {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'policy' | 'identity'>;
  /** Told of what a commit adds to the metrics; functions that cannot overrun or hand off leave it out. */
  readonly measure?: Measure | undefined;
}): CommitCommand {
  const { store, clock, settings } = deps;
  return (input) =>
    commitDecided(store, async () => {
      const partition = `DISC#${input.disclosure}` as const;
      const [disclosure, earlier] = await Promise.all([
        store.disclosure(input.disclosure),
        store.event(partition, input.cause),
      ]);
      if (!disclosure) throw new UnknownDisclosure(`there is no disclosure ${input.disclosure}`);
      if (earlier) return { answer: { outcome: 'repeated', disclosure, event: earlier } };
      // A revision that a person saw is looked at in every round; machine acts just decide again.
      if (input.expectVersion !== undefined && input.expectVersion !== disclosure.version)
        throw new VersionConflict(
          `disclosure ${disclosure.id}`,
          `is at revision ${disclosure.version}, not ${input.expectVersion}`,
        );
      const now = clock.now();
      const onDuty = await whoIsOnDuty(store, now);
      const situation: Situation = { policy: settings.policy, onDuty, thread: input.thread };
      const decision = decide(disclosure, input.command, input.actor, now, situation);
      return {
        commit: {
          writes: [
            {
              put: 'disclosure',
              item: decision.disclosure,
              expect: disclosure.version,
              from: decision.from,
              due: decision.due,
            },
            ...(await changedGroups(store, disclosure.id, decision.reminders, cadenceOf(settings.policy))),
          ],
          event: {
            partition,
            cause: input.cause,
            type: decision.type,
            actor: actorName(input.actor),
            at: now,
            data: decision.data,
            letters: await addressGroup(store, settings, decision.letters),
            signals: decision.signals,
            correlation: disclosure.intakes[0] ?? disclosure.id,
          },
          ...(input.checks && { actors: input.checks }),
        },
        done: (event): CommandResult => {
          countCommit(deps.measure, event);
          return { outcome: 'done', disclosure: decision.disclosure, event };
        },
        repeated: async (event): Promise<CommandResult> => ({
          outcome: 'repeated',
          disclosure: (await store.disclosure(disclosure.id)) ?? disclosure,
          event,
        }),
      };
    });
}
