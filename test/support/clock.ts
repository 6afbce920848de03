import type { Clock } from '#contracts/ports.ts';
import { type Instant, plus } from '#domain/instant.ts';

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #now: Instant;

  constructor(now: Instant = '2026-03-02T09:00:00.000Z') {
    this.#now = now;
  }
  now(): Instant {
    return this.#now;
  }
  /** Moves on by milliseconds. */
  advance(milliseconds: number): Instant {
    this.#now = plus(this.#now, milliseconds);
    return this.#now;
  }
}
