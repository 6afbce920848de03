import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, DeskEvent, DeskStore, StoredEvent } from '#contracts/ports.ts';
import type { Settings } from '#contracts/settings.ts';
import { VersionConflict } from '#contracts/store-errors.ts';
import { calendarText } from '#domain/calendar-feed.ts';
import { type DutyRecord, nextDuty } from '#domain/handover.ts';
import { day, type Instant, plus } from '#domain/instant.ts';
import type { PersonId } from '#domain/people.ts';
import type { Shift } from '#domain/rota.ts';
import { commitDecided } from './commit-decided.ts';
import { decideRota, type FeedOf, peopleIn, type RotaAct } from './rota-acts.ts';
import { loadDuty } from './rota-record.ts';

export interface RotaInput {
  readonly act: RotaAct;
  readonly by: PersonId;
  /** Once per cause: the same cause again answers with the earlier result. */
  readonly cause: string;
  /** The revision the member saw; another one is a VersionConflict at once. */
  readonly expectVersion?: number | undefined;
  readonly checks?: readonly { readonly person: PersonId; readonly epoch: number }[] | undefined;
}

export interface RotaResult {
  readonly outcome: 'done' | 'repeated';
  readonly rota: DutyRecord;
  readonly event: DeskEvent | StoredEvent;
}

interface RotaDeps {
  readonly store: DeskStore;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'policy'>;
}

/** How long a shift that is over stays in the rota; the audit trail keeps it for good. */
const keptDays = 400;

/** The rota without what nobody looks at any more, so that the stored item stays small. */
function pruned(rota: DutyRecord, now: Instant): DutyRecord {
  const before = plus(now, -keptDays * day);
  return {
    ...rota,
    shifts: rota.shifts.filter(({ end }) => end > before),
    swaps: rota.swaps.filter(({ proposedAt }) => proposedAt > before),
    acknowledgements: rota.acknowledgements.filter(({ at }) => at > before),
    ...(rota.notes && { notes: rota.notes.filter(({ at }) => at > before) }),
  };
}

/**
 * Load → decide → commit, for every act of a member on the rota: shifts, swaps, handovers, feeds.
 * Throws Refused, VersionConflict or ActorInactive; nothing has changed then.
 */
export const commitRota =
  ({ store, clock, settings }: RotaDeps) =>
  (input: RotaInput): Promise<RotaResult> =>
    commitDecided(store, async () => {
      const { act, by, cause, expectVersion, checks } = input;
      const earlier = await store.event('ROTA', cause);
      const { rota, members } = await loadDuty(store, [by, ...peopleIn(act)]);
      const repeated = async (event: StoredEvent): Promise<RotaResult> => ({
        outcome: 'repeated',
        rota: (await loadDuty(store)).rota,
        event,
      });
      if (earlier) return { answer: await repeated(earlier) };
      if (expectVersion !== undefined && expectVersion !== rota.version)
        throw new VersionConflict('rota', `is at revision ${rota.version}, not ${expectVersion}`);
      const now = clock.now();
      const change = decideRota(act, { rota, members, by, now });
      // What the rota called for before this act is still to be done after it.
      const doneUntil = rota.doneUntil ?? plus(now, -1);
      const item = { ...pruned(change.rota, now), doneUntil, version: rota.version + 1 };
      return {
        commit: {
          writes: [
            {
              put: 'rota',
              item,
              expect: rota.version,
              due: nextDuty(item, members, now, settings.policy.rota),
            },
          ],
          event: {
            partition: 'ROTA',
            cause,
            type: act.name,
            actor: `member:${by}`,
            at: now,
            data: change.data,
            letters: change.letters,
            signals: [],
            correlation: 'rota',
          },
          ...(checks && { actors: checks }),
        },
        done: (event) => ({ outcome: 'done', rota: item, event }),
        repeated,
      };
    });

/** The hash under which a feed's secret is kept: SHA-256, hex. */
export const feedHash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Is this the secret of that feed's address? An unknown feed takes as long as a wrong secret. */
export function feedOpens(rota: DutyRecord, of: FeedOf, secret: string): boolean {
  const kept = rota.feeds?.[of] ?? '';
  const given = feedHash(secret);
  return timingSafeEqual(Buffer.from(given), Buffer.from(kept.padEnd(64, ' ').slice(0, 64)));
}

/**
 * A feed as an iCalendar text: one member's shifts, or everyone's. Undefined where the address is not, or no
 * longer, good. Says who is on duty and when, nothing of any disclosure.
 */
export async function readFeed(
  deps: {
    readonly store: Pick<DeskStore, 'rota' | 'people'>;
    readonly clock: Clock;
    readonly settings: Pick<Settings, 'identity'>;
  },
  of: FeedOf,
  secret: string,
): Promise<string | undefined> {
  const { rota } = await loadDuty(deps.store);
  if (!feedOpens(rota, of, secret)) return undefined;
  const shifts = rota.shifts.filter(({ member }) => of === 'working-group' || member === of);
  const people = await deps.store.people([...new Set(shifts.map(({ member }) => member))]);
  const name = ({ member }: Shift): string => people.find(({ id }) => id === member)?.name ?? 'a member';
  const { signature, replyDomain } = deps.settings.identity;
  return calendarText({
    name: of === 'working-group' ? `${signature}: on duty` : `${signature}: your shifts`,
    domain: replyDomain,
    stamp: deps.clock.now(),
    shifts,
    title: (shift) => `On duty: ${name(shift)}`,
  });
}
