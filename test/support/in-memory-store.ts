import { chained } from '#commit/chain.ts';
import { isSettled, newsOf } from '#commit/delivery-state.ts';
import type {
  Clock,
  Commit,
  Delivery,
  DeliveryNews,
  DeskEvent,
  DeskStore,
  DueItem,
  Partition,
  StoredEvent,
  StoredToken,
  Write,
} from '#contracts/ports.ts';
import { ActorInactive, CauseTaken, VersionConflict } from '#contracts/store-errors.ts';
import type { ReminderGroup } from '#domain/cadence.ts';
import { type Disclosure, isOpen } from '#domain/disclosure.ts';
import type { Instant } from '#domain/instant.ts';
import { type Intake, listOf } from '#domain/intake.ts';
import type { Person, PersonId } from '#domain/people.ts';
import type { Rota } from '#domain/rota.ts';

interface Row {
  readonly version: number;
  readonly item: unknown;
  readonly due: Instant | undefined;
}

/** A copy of plain data, as a trip over the network makes one; `structuredClone` takes five times as long. */
function copied<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(copied) as T;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) copy[name] = copied(member);
  return copy as T;
}

/** How many due items one page of `due` holds; small, so that tests see paging. */
const duePage = 25;

/**
 * The desk's record in memory, for tests of rules and use cases: the same promises as the DynamoDB adapter
 * (`store-contract.ts` holds both to them). What goes in and out is copied, as over a network.
 */
export class InMemoryStore implements DeskStore {
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();
  readonly #events = new Map<Partition, StoredEvent[]>();
  readonly #tokens = new Map<string, Map<number, StoredToken>>();
  readonly #counts = new Map<string, { used: number; expires: Instant; uses: readonly string[] }>();
  readonly #marks = new Map<
    string,
    { value: Readonly<Record<string, unknown>>; expires: Instant | undefined }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Everything that is kept, as text: to be searched for what must not be there. */
  everything(): string {
    return JSON.stringify([...this.#rows, ...this.#events, ...this.#marks, ...this.#counts]);
  }

  /** Where a person left something, as the administrator's search finds it. */
  async tracesOf(person: PersonId) {
    const disclosures = this.#all<Disclosure>('DISC#', ({ reporters }) => reporters.includes(person));
    const intakes = this.#all<Intake>('INTAKE#', ({ from }) => from === person);
    return { disclosures: disclosures.map(({ id }) => id), intakes: intakes.map(({ mailKey }) => mailKey) };
  }

  async disclosure(id: string) {
    return this.#item<Disclosure>(`DISC#${id}`);
  }
  async intake(mailKey: string) {
    return this.#item<Intake>(`INTAKE#${mailKey}`);
  }
  async person(id: PersonId) {
    return this.#item<Person>(`PERSON#${id}`);
  }
  async people(ids: readonly PersonId[]) {
    return [...new Set(ids)].flatMap((id) => this.#item<Person>(`PERSON#${id}`) ?? []);
  }
  async peopleOf(role: Person['roles'][number]) {
    return this.#all<Person>('PERSON#', (person) => person.roles.includes(role));
  }
  async group(maintainer: string, frequency: string) {
    return this.#item<ReminderGroup>(`GROUP#${maintainer}#${frequency}`);
  }
  async rota() {
    return this.#item<Rota>('ROTA');
  }
  async counter(name: string) {
    return this.#rows.get(`COUNTER#${name}`)?.version ?? 0;
  }
  async event(partition: Partition, cause: string) {
    return copied(this.#events.get(partition)?.find((event) => event.cause === cause));
  }
  async events(partition: Partition) {
    return copied(this.#events.get(partition) ?? []);
  }

  async commit({ writes, event, actors = [] }: Commit): Promise<DeskEvent> {
    const earlier = await this.event(event.partition, event.cause);
    if (earlier) throw new CauseTaken(earlier);
    for (const { person, epoch } of actors) this.#checkActor(person, epoch);
    for (const write of writes) this.#check(write);
    const first = writes[0];
    if (!first || keyOf(first)[0] !== event.partition)
      throw new TypeError('a commit writes the aggregate of its event first');
    const chain = this.#events.get(event.partition) ?? [];
    const made = chained(copied(event), first.expect + 1, chain.at(-1)?.hash ?? '');
    for (const write of writes) this.#apply(write);
    const waits = made.letters.length + made.signals.length > 0;
    this.#events.set(event.partition, [...chain, { ...made, delivery: {}, waits }]);
    return copied(made);
  }

  async listed(list: 'open' | 'queue' | 'held' | 'quarantined') {
    if (list === 'open') return this.#all<Disclosure>('DISC#', isOpen).map((disclosure) => disclosure.id);
    return this.#all<Intake>('INTAKE#', (intake) => listOf(intake) === list).map((intake) => intake.mailKey);
  }
  async ended(limit: number) {
    return this.#endedFirst()
      .slice(-limit)
      .reverse()
      .map(({ id }) => id);
  }
  async endedBefore(before: Instant, limit: number) {
    return this.#endedFirst()
      .filter(({ at }) => at < before)
      .slice(0, limit)
      .map(({ id }) => id);
  }
  async due(until: Instant, cursor?: string) {
    const from = cursor === undefined ? 0 : Number(cursor);
    const items = [...this.#rows]
      .flatMap(([key, { due }]): DueItem[] =>
        due !== undefined && due <= until ? [{ partition: key as Partition, dueAt: due }] : [],
      )
      .sort((a, b) => (a.dueAt < b.dueAt ? -1 : a.dueAt > b.dueAt ? 1 : a.partition < b.partition ? -1 : 1));
    const page = items.slice(from, from + duePage);
    return from + duePage < items.length ? { items: page, cursor: String(from + duePage) } : { items: page };
  }
  async waiting(limit: number) {
    return [...this.#events.values()]
      .flat()
      .filter((event) => event.waits)
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .slice(0, limit)
      .map(({ partition, cause, at }) => ({ partition, cause, at }));
  }

  async lease(
    partition: Partition,
    cause: string,
    parts: readonly string[],
    now: Instant,
    lapsesBefore: Instant,
  ) {
    const free = (state: Delivery | undefined) =>
      !state || state.state === 'withheld' || (state.state === 'leased' && state.at < lapsesBefore);
    const event = this.#stored(partition, cause);
    const taken = parts.filter((part) => free(event.delivery[part]));
    const leased = taken.map((part): [string, Delivery] => [
      part,
      { state: 'leased', at: now, attempts: (event.delivery[part]?.attempts ?? 0) + 1 },
    ]);
    this.#replace({ ...event, delivery: { ...event.delivery, ...Object.fromEntries(leased) } });
    return taken;
  }
  async recordDelivery(partition: Partition, cause: string, news: Readonly<Record<string, DeliveryNews>>) {
    const event = this.#events.get(partition)?.find((candidate) => candidate.cause === cause);
    const known = event ? newsOf(event.delivery, copied(news)) : {};
    if (!event || Object.keys(known).length === 0) return [];
    const delivery = { ...event.delivery, ...known };
    this.#replace({ ...event, delivery, waits: event.waits && !isSettled(event, delivery) });
    return Object.keys(known);
  }

  async putToken(disclosure: string, token: StoredToken) {
    const generations = this.#tokens.get(disclosure) ?? new Map<number, StoredToken>();
    this.#tokens.set(disclosure, generations.set(token.generation, copied(token)));
  }
  async tokens(disclosure: string) {
    return [...(this.#tokens.get(disclosure) ?? new Map<number, StoredToken>()).values()];
  }

  async countWithin(
    key: string,
    limits: readonly { readonly window: string; readonly limit: number; readonly expires: Instant }[],
    use?: string,
  ) {
    const now = this.#clock.now();
    const windows = limits.map((limit) => {
      const name = `${key}#${limit.window}`;
      const count = this.#counts.get(name);
      const open = count && count.expires > now ? count : { used: 0, expires: limit.expires, uses: [] };
      return { name, limit: limit.limit, ...open };
    });
    if (use && windows.every(({ uses }) => uses.includes(use))) return true;
    if (windows.some(({ used, limit }) => used >= limit)) return false;
    for (const { name, used, expires, uses } of windows)
      this.#counts.set(name, { used: used + 1, expires, uses: use ? [...uses, use] : uses });
    return true;
  }
  async mark(name: string) {
    const mark = this.#marks.get(name);
    const alive = mark && (mark.expires === undefined || mark.expires > this.#clock.now());
    return alive ? copied(mark.value) : undefined;
  }
  async setMark(name: string, value: Readonly<Record<string, unknown>>, expires?: Instant) {
    this.#marks.set(name, { value: copied(value), expires });
  }

  #endedFirst(): { id: string; at: Instant }[] {
    return this.#all<Disclosure>('DISC#', (disclosure) => !isOpen(disclosure) && !disclosure.purgedAt)
      .map(({ id, exit, publishedAt, receivedAt }) => ({ id, at: exit?.at ?? publishedAt ?? receivedAt }))
      .sort((a, b) => (a.at < b.at ? -1 : 1));
  }
  #item<T>(key: string): T | undefined {
    return copied(this.#rows.get(key)?.item) as T | undefined;
  }
  /** Copies only what is asked for: a test may hold ten thousand people. */
  #all<T>(prefix: string, wanted: (item: T) => boolean): T[] {
    const found: T[] = [];
    for (const [key, row] of this.#rows)
      if (key.startsWith(prefix) && wanted(row.item as T)) found.push(copied(row.item) as T);
    return found;
  }
  #checkActor(id: PersonId, epoch: number): void {
    const person = this.#item<Person>(`PERSON#${id}`);
    if (!person || person.epoch !== epoch || person.member === 'left') throw new ActorInactive(id);
  }
  #check(write: Write): void {
    const [key, what] = keyOf(write);
    const row = this.#rows.get(key);
    if ((row?.version ?? 0) !== write.expect)
      throw new VersionConflict(what, `is at version ${row?.version ?? 0}, not ${write.expect}`);
    if ('put' in write && write.put === 'disclosure' && write.from && row) {
      const { stage } = row.item as Disclosure;
      if (!write.from.includes(stage)) throw new VersionConflict(what, `is ${stage}`);
    }
  }
  #apply(write: Write): void {
    const [key] = keyOf(write);
    this.#rows.set(key, {
      version: write.expect + 1,
      item: 'put' in write ? { ...copied(write.item), version: write.expect + 1 } : undefined,
      due: 'due' in write ? write.due : undefined,
    });
  }
  #stored(partition: Partition, cause: string): StoredEvent {
    const event = this.#events.get(partition)?.find((candidate) => candidate.cause === cause);
    if (!event) throw new RangeError(`${partition} has no event of the cause ${cause}`);
    return event;
  }
  #replace(event: StoredEvent): void {
    const chain = this.#events.get(event.partition) ?? [];
    this.#events.set(
      event.partition,
      chain.map((other) => (other.cause === event.cause ? event : other)),
    );
  }
}

/** The storage key of a write and its name for errors. */
function keyOf(write: Write): [string, string] {
  if ('counter' in write) return [`COUNTER#${write.counter}`, `counter ${write.counter}`];
  switch (write.put) {
    case 'disclosure':
      return [`DISC#${write.item.id}`, `disclosure ${write.item.id}`];
    case 'intake':
      return [`INTAKE#${write.item.mailKey}`, `intake ${write.item.mailKey}`];
    case 'person':
      return [`PERSON#${write.item.id}`, `person ${write.item.id}`];
    case 'group':
      return [
        `GROUP#${write.item.maintainer}#${write.item.frequency}`,
        `group ${write.item.maintainer}#${write.item.frequency}`,
      ];
    case 'rota':
      return ['ROTA', 'rota'];
  }
}
