import type { Clock, DeskEvent, DeskStore, StoredEvent, Write } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { nextDuty, shiftAt } from '#domain/handover.ts';
import type { Instant } from '#domain/instant.ts';
import type { Letter } from '#domain/letter.ts';
import type { Person, PersonId } from '#domain/people.ts';
import { type RotaMember, type RotaPolicy, sizeWarning } from '#domain/rota.ts';
import { leave } from '#domain/rota-edit.ts';
import { addressGroup } from './address-group.ts';
import { commitDecided } from './commit-decided.ts';
import { decideMembership, type MemberAct } from './people-acts.ts';
import { withoutFeed } from './rota-acts.ts';
import { type Duty, loadDuty } from './rota-record.ts';

export interface MemberInput {
  /** The person it is about. */
  readonly person: PersonId;
  readonly act: MemberAct;
  /** Who acts: a member, or the person themself. */
  readonly by: PersonId;
  readonly cause: string;
  readonly expectVersion?: number | undefined;
  readonly checks?: readonly { readonly person: PersonId; readonly epoch: number }[] | undefined;
}

export interface MemberResult {
  readonly outcome: 'done' | 'repeated';
  readonly person: Person;
  /** R23: set where the group then has fewer than six or more than seven members. */
  readonly size: ReturnType<typeof sizeWarning>;
  readonly event: DeskEvent | StoredEvent;
}

interface Deps {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'identity' | 'policy'>;
}

/** The members with one of them as they become. */
const withMember = (members: readonly RotaMember[], { id, member }: Person): readonly RotaMember[] => [
  ...members.filter((each) => each.id !== id),
  { id, state: member ?? 'left' },
];

/** Shifts, offers and feeds go with the member; the group's feed too, since they know its address. */
function rotaWrite(
  { rota, members }: Duty,
  person: Person,
  act: MemberAct,
  now: Instant,
  policy: RotaPolicy,
): Write[] {
  if (rota.version === 0) return [];
  const gone = act.name === 'leave';
  const shared = gone ? { ...rota, ...leave(rota, person.id, now) } : rota;
  const next = gone ? withoutFeed(shared, person.id, 'working-group') : shared;
  const touched = gone || rota.shifts.some(({ member }) => member === person.id);
  if (!touched) return [];
  const item = { ...next, version: rota.version + 1 };
  const due = nextDuty(item, withMember(members, person), now, policy);
  return [{ put: 'rota', item, expect: rota.version, due }];
}

/** Whoever leaves in the middle of a shift leaves a gap that no shift's end announces: everyone is told. */
function gapLetters({ rota, members }: Duty, person: Person, act: MemberAct, now: Instant): Letter[] {
  if (act.name !== 'leave' || !shiftAt(rota, members, now)) return [];
  const left = { ...rota, ...leave(rota, person.id, now) };
  if (shiftAt(left, withMember(members, person), now)) return [];
  return [
    {
      template: 'no-one-on-duty',
      to: { group: 'working-group' },
      about: 'desk/rota',
      params: { since: now },
    },
  ];
}

/** How many the working group has then; read by the list, so as of a moment ago. */
async function sizeOf({ store, settings }: Deps, person: Person): Promise<MemberResult['size']> {
  const others = (await store.peopleOf('member')).map(({ id, member }) => ({ id, state: member ?? 'left' }));
  return sizeWarning(withMember(others, person), settings.policy.rota);
}

/**
 * Load → decide → commit, for membership of the working group (OEP-60 R23). Leaving bumps the epoch: links and
 * sessions of that person die at once. Throws Refused, VersionConflict or ActorInactive; nothing has changed then.
 */
export const commitMembership =
  (deps: Deps) =>
  (input: MemberInput): Promise<MemberResult> =>
    commitDecided(deps.store, async () => {
      const { store, clock, settings } = deps;
      const { person: id, act, by, cause, expectVersion, checks } = input;
      const partition = `PERSON#${id}` as const;
      const [earlier, before, actor, duty] = await Promise.all([
        store.event(partition, cause),
        store.person(id),
        store.person(by),
        loadDuty(store, [id, by]),
      ]);
      const repeated = async (event: StoredEvent): Promise<MemberResult> => {
        const person = await store.person(id);
        if (!person) throw new RangeError(`${id} has an event and no record`);
        return { outcome: 'repeated', person, size: await sizeOf(deps, person), event };
      };
      if (earlier) return { answer: await repeated(earlier) };
      if (expectVersion !== undefined && expectVersion !== (before?.version ?? 0))
        throw new VersionConflict(
          `person ${id}`,
          `is at revision ${before?.version ?? 0}, not ${expectVersion}`,
        );
      const now = clock.now();
      const change = decideMembership(act, { id, before, actor });
      const expect = before?.version ?? 0;
      const person = { ...change.person, version: expect + 1 };
      const letters = await addressGroup(store, settings, [
        ...change.letters,
        ...gapLetters(duty, person, act, now),
      ]);
      return {
        commit: {
          writes: [
            { put: 'person', item: person, expect },
            ...rotaWrite(duty, person, act, now, settings.policy.rota),
          ],
          event: {
            partition,
            cause,
            type: act.name,
            actor: `member:${by}`,
            at: now,
            data: change.data,
            // Whoever leaves is told nothing of the group from then on.
            letters:
              act.name === 'leave'
                ? letters.filter(({ to }) => !('person' in to && to.person === id))
                : letters,
            signals: [],
            correlation: id,
          },
          ...(checks && { actors: checks }),
        },
        done: (event): MemberResult => ({ outcome: 'done', person, event, size: undefined }),
        repeated,
      };
    }).then(async (result) => ({ ...result, size: await sizeOf(deps, result.person) }));
