import type { PersonId } from '#domain/people.ts';
import type { StoredEvent } from './ports.ts';

/** What a store's `commit` throws when nothing was written. The three are told apart by `name` or `instanceof`. */
export class StoreError extends Error {}

/** The cause already has its event: the act happened before. Carries that event, so its result can be shown again. */
export class CauseTaken extends StoreError {
  override readonly name = 'CauseTaken';
  readonly event: StoredEvent;
  constructor(event: StoredEvent) {
    super(`${event.partition} already has an event of the cause ${event.cause}`);
    this.event = event;
  }
}

/** An item moved on since it was read, or is not in a stage the command may leave (policy V10). Read again, decide again. */
export class VersionConflict extends StoreError {
  override readonly name = 'VersionConflict';
  /** The item, as `disclosure EDX-2026-0001` or `counter disclosure#2026`. */
  readonly what: string;
  constructor(what: string, why: string) {
    super(`${what} ${why}`);
    this.what = what;
  }
}

/** A person whose link was used is gone, has left, or their links of that epoch are dead. */
export class ActorInactive extends StoreError {
  override readonly name = 'ActorInactive';
  readonly person: PersonId;
  constructor(person: PersonId) {
    super(`${person} may not act any more`);
    this.person = person;
  }
}

/** There is no disclosure of this reference. */
export class UnknownDisclosure extends Error {
  override readonly name = 'UnknownDisclosure';
}
