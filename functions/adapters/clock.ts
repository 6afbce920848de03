import { readFileSync } from 'node:fs';
import type { Clock } from '#contracts/ports.ts';
import { instant } from '#domain/instant.ts';

/**
 * The desk's clock. In a local deployment alone `CLOCK_OFFSET_FILE` names a file with a number of milliseconds
 * that the console moves; a missing or broken file is no offset. No production template sets it.
 */
export function createClock(offsetFile: string | undefined): Clock {
  const offset = (): number => {
    if (!offsetFile) return 0;
    try {
      return Number(JSON.parse(readFileSync(offsetFile, 'utf8')).offset) || 0;
    } catch {
      return 0;
    }
  };
  return { now: () => instant(Date.now() + offset()) };
}
