import type { Clock, DeskStore, LinkSigner, NewEvent, Write } from '#contracts/ports.ts';
import { contactsMark, type Seed, seededMark } from '#contracts/seed.ts';
import { CauseTaken, VersionConflict } from '#contracts/store-errors.ts';
import { addPeriod, instantOfText, startOfDay, weekday } from '#domain/calendar.ts';
import { hour, type Instant, later, plus } from '#domain/instant.ts';
import type { Person } from '#domain/people.ts';
import { generateShifts, nextRotaInstant, type Rota, type RotaMember } from '#domain/rota.ts';

export interface SeedDeps {
  readonly store: Pick<DeskStore, 'mark' | 'setMark' | 'commit' | 'peopleOf'>;
  readonly clock: Clock;
  readonly pseudonym: LinkSigner['pseudonym'];
}

/**
 * Puts the people of the configuration into an empty table: members and their first rota, maintainers whose address
 * GitHub does not show, groups with their recorded persons, contacts, operators. Once for good: the table wins afterwards, and a deployment never writes
 * people again. A run that was cut off is finished by the next: each person's event has one cause.
 */
export const seedDesk =
  ({ store, clock, pseudonym }: SeedDeps) =>
  async (seed: Seed): Promise<'seeded' | 'already seeded'> => {
    if (await store.mark(seededMark)) {
      await assertOurs(store, pseudonym);
      return 'already seeded';
    }
    const at = clock.now();
    const put = async (write: Write, partition: NewEvent['partition'], type: string) => {
      const event: NewEvent = {
        partition,
        cause: 'seed',
        type,
        actor: 'desk',
        at,
        data: {},
        letters: [],
        signals: [],
        correlation: 'seed',
      };
      try {
        await store.commit({ writes: [write], event });
      } catch (error) {
        // Seeded by an earlier run that was cut off, or entered by the world since: that record stands.
        if (!(error instanceof CauseTaken || error instanceof VersionConflict)) throw error;
      }
    };
    for (const person of peopleOf(seed, pseudonym)) {
      await put({ put: 'person', item: person, expect: 0 }, `PERSON#${person.id}`, 'person-seeded');
    }
    const rota = rotaOf(seed, pseudonym, at);
    if (rota) {
      // From just before: whoever is on duty at first is told that their shift begins, like everyone after them.
      const due = nextRotaInstant(rota, membersOf(seed, pseudonym), plus(at, -1), {
        acknowledgeWithinMs: seed.acknowledgeHours * hour,
      });
      await put({ put: 'rota', item: rota, expect: 0, due }, 'ROTA', 'rota-seeded');
    }
    const contacts = seed.contacts.map(({ repository, addresses }) => [repository, addresses.map(pseudonym)]);
    await store.setMark(contactsMark, Object.fromEntries(contacts));
    await store.setMark(seededMark, { at });
    return 'seeded';
  };

/** The record knows its people under another key of pseudonyms than this deployment has. */
export class ForeignRecord extends Error {
  override readonly name = 'ForeignRecord';
  constructor() {
    super(
      'The record was made under another key of pseudonyms: nobody in it would be known again. ' +
        'Name the secrets that belong to it in existing.linkKeys (docs/restore.md); nothing was changed.',
    );
  }
}

/** A table that another stack filled is taken over with its keys, or not at all. @throws ForeignRecord */
async function assertOurs(
  store: Pick<DeskStore, 'peopleOf'>,
  pseudonym: SeedDeps['pseudonym'],
): Promise<void> {
  const members = await store.peopleOf('member');
  if (members.length > 0 && !members.some(({ id, address }) => pseudonym(address) === id))
    throw new ForeignRecord();
}

/** One record a person, whatever they are; roles of one address are joined. */
export function peopleOf(seed: Seed, pseudonym: SeedDeps['pseudonym']): readonly Person[] {
  const people = new Map<string, Person>();
  const add = (address: string, more: Partial<Person> & Pick<Person, 'roles'>) => {
    const id = pseudonym(address);
    const known = people.get(id);
    people.set(id, {
      ...known,
      ...more,
      id,
      version: 0,
      address,
      epoch: 1,
      roles: [...new Set([...(known?.roles ?? []), ...more.roles])],
    });
  };
  for (const { address, name, github } of seed.members) {
    add(address, { ...named(name, github), roles: ['member'], member: 'active' });
  }
  for (const { address, name, github } of seed.maintainers) {
    add(address, { ...named(name, github), roles: ['maintainer'] });
  }
  for (const { address, people: recorded } of seed.groups) {
    for (const each of recorded)
      add(each.address, { ...named(each.name, each.github), roles: ['maintainer'] });
    add(address, {
      roles: ['maintainer'],
      group: { people: recorded.map((each) => pseudonym(each.address)) },
    });
  }
  for (const { addresses } of seed.contacts) {
    for (const address of addresses) add(address, { roles: ['maintainer'] });
  }
  for (const { address, instance, domains, contact } of seed.operators) {
    const operator = { instance, domains, ...(contact !== undefined && { contact }) };
    add(address, { roles: ['operator'], operator });
  }
  return [...people.values()];
}

const named = (name: string | undefined, github: string | undefined) => ({
  ...(name !== undefined && { name }),
  ...(github !== undefined && { github }),
});

const membersOf = ({ members }: Seed, pseudonym: SeedDeps['pseudonym']): readonly RotaMember[] =>
  members.map(({ address }) => ({ id: pseudonym(address), state: 'active' }));

/** Monday, 09:00 of the week of an instant. */
const weekOf = (at: Instant, zone: string): Instant =>
  addPeriod(addPeriod(startOfDay(at, zone), { days: 1 - weekday(at, zone) }, zone), { hours: 9 }, zone);

function rotaOf(seed: Seed, pseudonym: SeedDeps['pseudonym'], now: Instant): Rota | undefined {
  const { rota, zone } = seed;
  if (!rota) return undefined;
  const start = rota.from === undefined ? weekOf(now, zone) : instantOfText(rota.from, zone);
  const shifts = generateShifts({
    members: membersOf(seed, pseudonym),
    start,
    length: { days: rota.shiftDays },
    until: addPeriod(start, { days: rota.shiftDays * rota.shifts }, zone),
    zone,
  });
  // Nobody was on duty before there was a desk: the shift that runs begins now, and none lies in the past.
  const running = shifts
    .filter(({ end }) => end > now)
    .map((shift) => ({ ...shift, start: later(shift.start, now) }));
  return { version: 0, shifts: running, swaps: [], acknowledgements: [] };
}
