import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Instant, instant, ms } from '#domain/instant.ts';

/** The desk's clock on one machine: real time plus an offset in a file, which the deployed functions read too. */
export interface LocalClock {
  readonly file: string;
  now(): Instant;
  /** Moves the clock so that it is `at` now. It never goes back. */
  moveTo(at: Instant): void;
}

/** Opens the clock of a desk's folder; a new one has no offset. */
export function openClock(file: string): LocalClock {
  mkdirSync(dirname(file), { recursive: true });
  const offset = (): number => {
    try {
      return Number(JSON.parse(readFileSync(file, 'utf8')).offset) || 0;
    } catch {
      return 0;
    }
  };
  const now = (): number => Date.now() + offset();
  return {
    file,
    now: () => instant(now()),
    moveTo(at) {
      if (ms(at) < now()) return;
      // Written beside and renamed: a function that reads meanwhile sees one offset or the other.
      writeFileSync(`${file}.new`, JSON.stringify({ offset: ms(at) - Date.now() }));
      renameSync(`${file}.new`, file);
    },
  };
}
