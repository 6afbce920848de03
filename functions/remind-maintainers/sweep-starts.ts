import type { Sweep } from '#domain/cadence.ts';
import { type Instant, later, plus } from '#domain/instant.ts';

/**
 * When sweeps started, as stretches in which each came within one interval of the one before: all that the
 * reminder clock asks of the past, in a few bytes for months of sweeps.
 */
export interface SweepRun {
  readonly from: Instant;
  readonly to: Instant;
}

/** An item that failed for longer than so many outages is dealt with as after an outage. */
const kept = 40;

/** The stretches with one more start; a sweep that is run again changes nothing. */
export function withStart(runs: readonly SweepRun[], now: Instant, sweepMs: number): readonly SweepRun[] {
  const last = runs.at(-1);
  if (last && now <= last.to) return runs;
  if (last && now <= plus(last.to, sweepMs)) return [...runs.slice(0, -1), { from: last.from, to: now }];
  return [...runs, { from: now, to: now }].slice(-kept);
}

/**
 * Starts at or after a due instant, as `Sweep.sweepsBefore`: for a stretch that was already running then, the due
 * instant itself stands for the start that came within one interval after it.
 */
export const startsSince = (due: Instant, runs: readonly SweepRun[], now: Instant): Sweep['sweepsBefore'] =>
  runs.flatMap(({ from, to }) => (due <= to && later(due, from) < now ? [later(due, from)] : []));
