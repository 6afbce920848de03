import type { Period, Zone } from '#domain/calendar.ts';
import type { TextRef } from '#domain/disclosure.ts';
import { Refused } from '#domain/errors.ts';
import { type DutyRecord, turnAt } from '#domain/handover.ts';
import type { Instant } from '#domain/instant.ts';
import type { Letter } from '#domain/letter.ts';
import type { PersonId } from '#domain/people.ts';
import {
  acknowledge,
  answerSwap,
  generateShifts,
  proposeSwap,
  type RotaMember,
  type Shift,
  type Swap,
} from '#domain/rota.ts';
import { addShift, changeShift, removeShift, type ShiftChange, splitShift } from '#domain/rota-edit.ts';

/** Whose calendar feed: a member's own, or everyone's. */
export type FeedOf = PersonId | 'working-group';

/** Everything that a member can do to the rota. */
export type RotaAct =
  /** Round-robin in the order given; shifts that begin within the new ones' time give way to them. */
  | {
      readonly name: 'generate-shifts';
      readonly members: readonly PersonId[];
      readonly start: Instant;
      readonly length: Period;
      readonly until: Instant;
      readonly zone: Zone;
    }
  | { readonly name: 'put-shift'; readonly shift: Shift }
  | { readonly name: 'change-shift'; readonly change: ShiftChange }
  /** From `at` on it is another shift, of that member. */
  | { readonly name: 'split-shift'; readonly shift: string; readonly at: Instant; readonly member: PersonId }
  | { readonly name: 'remove-shift'; readonly shift: string }
  | {
      readonly name: 'propose-swap';
      readonly shift: string;
      readonly to: PersonId;
      readonly inReturn?: string | undefined;
    }
  | {
      readonly name: 'answer-swap';
      readonly swap: string;
      readonly answer: 'accepted' | 'declined' | 'withdrawn';
    }
  | { readonly name: 'acknowledge-handover'; readonly at: Instant }
  | { readonly name: 'note-handover'; readonly at: Instant; readonly text: TextRef }
  /** `sha256` (hex) of the secret in the feed's address; the secret itself is shown once and not kept. */
  | { readonly name: 'issue-feed'; readonly of: FeedOf; readonly sha256: string }
  | { readonly name: 'revoke-feed'; readonly of: FeedOf };

/** What an act came to. */
export interface RotaChange {
  readonly rota: DutyRecord;
  readonly letters: readonly Letter[];
  readonly data: Readonly<Record<string, unknown>>;
}

interface Situation {
  readonly rota: DutyRecord;
  readonly members: readonly RotaMember[];
  readonly by: PersonId;
  readonly now: Instant;
}

type Act<N extends RotaAct['name']> = Extract<RotaAct, { name: N }>;
type Acts = { readonly [N in RotaAct['name']]: (act: Act<N>, situation: Situation) => RotaChange };

const quietly = (rota: DutyRecord, data: RotaChange['data']): RotaChange => ({ rota, letters: [], data });

function handoverAt({ rota, members }: Situation, at: Instant) {
  const turn = turnAt(rota, members, at);
  if (!turn) throw new Refused('R2', 'Duty does not pass on at that instant.', 'Look at the rota again.');
  return turn;
}

/** The feeds of others are theirs to issue and revoke. */
function ownFeed(of: FeedOf, by: PersonId): void {
  if (of !== by && of !== 'working-group')
    throw new Refused('R2', 'That feed is another member’s.', 'Choose your own or the working group’s.');
}

const swapOf = (rota: DutyRecord, id: string): Swap | undefined => rota.swaps.find((swap) => swap.id === id);
const shiftOf = (rota: DutyRecord, id: string): Shift | undefined =>
  rota.shifts.find((shift) => shift.id === id);

const spanOf = ({ start, end }: Shift) => ({ from: start, to: end });

/** Only somebody who can act on it is put on duty. */
function requireAble(member: PersonId, { members }: Situation): void {
  if (!members.some(({ id, state }) => id === member && (state === 'active' || state === 'away')))
    throw new Refused('R2', 'Only a member can be on duty.', 'Choose a member.', 'member');
}

/**
 * Nobody is put on duty, or taken off it, without hearing of it: a letter for each shift that another member changed.
 */
function changeLetters(next: DutyRecord, { rota, by, now }: Situation): Letter[] {
  const byId = ({ shifts }: DutyRecord) => new Map(shifts.map((shift) => [shift.id, shift]));
  const [before, after] = [byId(rota), byId(next)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    if (was && is && was.member === is.member && was.start === is.start && was.end === is.end) return [];
    return [...new Set([was?.member, is?.member])].flatMap((member): Letter[] =>
      member === undefined || member === by
        ? []
        : [
            {
              template: 'shift-changed',
              to: { person: member },
              as: 'member',
              about: 'desk/rota',
              params: {
                by,
                ...(was?.member === member && { before: { from: was.start, to: was.end } }),
                ...(is?.member === member && is.end > now && { after: { from: is.start, to: is.end } }),
              },
            },
          ],
    );
  });
}

/** The same for a plan in turn, which changes many shifts at once: one letter to each whose duty it changes. */
function planLetters(next: DutyRecord, { rota, by, now }: Situation): Letter[] {
  const ahead = ({ shifts }: DutyRecord, of: PersonId) =>
    shifts.filter(({ member, end }) => member === of && end > now);
  const without = (some: readonly Shift[], others: readonly Shift[]) =>
    some
      .filter((shift) => !others.some(({ start, end }) => start === shift.start && end === shift.end))
      .map(spanOf);
  const everyone = new Set([...rota.shifts, ...next.shifts].map(({ member }) => member));
  return [...everyone].flatMap((member): Letter[] => {
    const [was, is] = [ahead(rota, member), ahead(next, member)];
    const [before, after] = [without(was, is), without(is, was)];
    if (member === by || before.length + after.length === 0) return [];
    return [
      {
        template: 'shifts-planned',
        to: { person: member },
        as: 'member',
        about: 'desk/rota',
        params: { by, before, after },
      },
    ];
  });
}

/** A change of shifts by hand, with what those concerned are told. */
const changed = (shared: DutyRecord, situation: Situation, data: RotaChange['data']): RotaChange => ({
  rota: shared,
  letters: changeLetters(shared, situation),
  data,
});

const acts: Acts = {
  'generate-shifts'(act, situation) {
    const { rota, members, now } = situation;
    const order = act.members.map((id) => ({
      id,
      state: members.find((member) => member.id === id)?.state ?? ('left' as const),
    }));
    const made = generateShifts({ ...act, members: order });
    const end = made.at(-1)?.end ?? act.start;
    const replaced = rota.shifts.filter(
      (shift) => act.start <= shift.start && shift.start < end && shift.end > now,
    );
    const cleared = replaced.reduce<DutyRecord>(
      (rest, { id }) => ({ ...rota, ...removeShift(rest, id, now) }),
      rota,
    );
    const next = made.reduce<DutyRecord>((rest, shift) => ({ ...rota, ...addShift(rest, shift) }), cleared);
    return {
      rota: next,
      letters: planLetters(next, situation),
      data: { from: act.start, to: end, shifts: made.length, replaced: replaced.length },
    };
  },

  'put-shift'({ shift }, situation) {
    const { rota, now } = situation;
    requireAble(shift.member, situation);
    if (shift.end <= now) throw new Refused('R2', 'That is past.', 'Choose a later end.', 'end');
    return changed({ ...rota, ...addShift(rota, shift) }, situation, { ...shift });
  },

  'change-shift'({ change }, situation) {
    const { rota, now } = situation;
    requireAble(change.member, situation);
    return changed({ ...rota, ...changeShift(rota, change, now) }, situation, { ...change });
  },

  'split-shift'({ shift, at, member }, situation) {
    const { rota, now } = situation;
    requireAble(member, situation);
    const next = { ...rota, ...splitShift(rota, { id: shift, at, member }, now) };
    return changed(next, situation, { shift, at, member });
  },

  'remove-shift'({ shift }, situation) {
    const { rota, now } = situation;
    return changed({ ...rota, ...removeShift(rota, shift, now) }, situation, { shift });
  },

  'propose-swap'({ shift, to, inReturn }, { rota, members, by, now }) {
    const id = `${now}/${by}`;
    const offer = { id, shift, from: by, to, ...(inReturn && { inReturn }) };
    const next = { ...rota, ...proposeSwap(rota, offer, members, now) };
    const given = shiftOf(rota, shift);
    const back = inReturn === undefined ? undefined : shiftOf(rota, inReturn);
    const letter: Letter[] = given
      ? [
          {
            template: 'swap-proposed',
            to: { person: to },
            as: 'member',
            about: 'desk/rota',
            params: { ...spanOf(given), by, ...(back && { inReturn: spanOf(back) }) },
          },
        ]
      : [];
    return { rota: next, letters: letter, data: { swap: id, shift, to, ...(inReturn && { inReturn }) } };
  },

  'answer-swap'({ swap: id, answer }, { rota, members, by, now }) {
    const swap = swapOf(rota, id);
    const given = swap && shiftOf(rota, swap.shift);
    const back = swap?.inReturn === undefined ? undefined : shiftOf(rota, swap.inReturn);
    const next = { ...rota, ...answerSwap(rota, { id, by, state: answer }, members, now) };
    const letters: Letter[] =
      swap && given && answer !== 'withdrawn'
        ? [
            {
              template: 'swap-answered',
              to: { person: swap.from },
              as: 'member',
              about: 'desk/rota',
              params: {
                ...spanOf(given),
                accepted: answer === 'accepted',
                ...(back && { inReturn: spanOf(back) }),
              },
            },
          ]
        : [];
    return { rota: next, letters, data: { swap: id, answer } };
  },

  'acknowledge-handover'({ at }, situation) {
    const { rota, by, now } = situation;
    const { handover } = handoverAt(situation, at);
    return quietly({ ...rota, ...acknowledge(rota, handover, by, now) }, { at });
  },

  'note-handover'({ at, text }, situation) {
    const { rota, by } = situation;
    const { handover } = handoverAt(situation, at);
    if (handover.outgoing !== undefined && handover.outgoing !== by)
      throw new Refused('R2', 'Another member hands over here.', 'The outgoing member writes the notes.');
    const others = (rota.notes ?? []).filter((note) => note.at !== at || note.by !== by);
    return quietly({ ...rota, notes: [...others, { at, by, text }] }, { at, text });
  },

  'issue-feed'({ of, sha256 }, { rota, by }) {
    ownFeed(of, by);
    return quietly({ ...rota, feeds: { ...rota.feeds, [of]: sha256 } }, { of });
  },

  'revoke-feed'({ of }, { rota, by }) {
    ownFeed(of, by);
    return quietly(withoutFeed(rota, of), { of });
  },
};

/** The address of that feed is dead from then on. */
export function withoutFeed(rota: DutyRecord, ...of: readonly FeedOf[]): DutyRecord {
  const feeds = Object.entries(rota.feeds ?? {}).filter(([whose]) => !of.includes(whose));
  return { ...rota, feeds: Object.fromEntries(feeds) };
}

/**
 * What a member's act does to the rota. Pure.
 *
 * @throws {Refused} for anyone but a member, and where the rota's rules forbid it.
 */
export function decideRota(act: RotaAct, situation: Situation): RotaChange {
  const state = situation.members.find(({ id }) => id === situation.by)?.state;
  if (state !== 'active' && state !== 'away')
    throw new Refused('R2', 'Only members change the rota.', 'Ask a member of the working group.');
  // The table pairs each name with its act; TypeScript cannot follow that through the index.
  return (acts[act.name] as Acts['put-shift'])(act as Act<'put-shift'>, situation);
}

/** Which people, besides those with shifts, an act speaks of. */
export const peopleIn = (act: RotaAct): readonly PersonId[] => {
  if (act.name === 'generate-shifts') return act.members;
  if (act.name === 'put-shift') return [act.shift.member];
  if (act.name === 'change-shift') return [act.change.member];
  if (act.name === 'split-shift') return [act.member];
  return act.name === 'propose-swap' ? [act.to] : [];
};
