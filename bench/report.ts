import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** One measured figure against its bar (docs: README, "How fast it is"). */
export interface Figure {
  readonly bench: string;
  readonly value: number;
  readonly unit: string;
  readonly bar: number;
  /** Counts are exact; a time may be a tenth above its bar, since machines are shared. */
  readonly kind: 'count' | 'time';
}

/** What a bench found: its figures, and lines for whoever wants to know where they come from. */
export interface Findings {
  readonly figures: readonly Figure[];
  readonly notes?: readonly string[];
  /** Counts for another program, which `--save FILE` writes as JSON. */
  readonly counts?: unknown;
}

const passes = ({ value, bar, kind }: Figure): boolean => value <= (kind === 'time' ? bar * 1.1 : bar);
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** The middle of the values; of an even number the upper of the two in the middle. NaN of none. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * Runs a bench and prints what it found: text, or with `--json` one line a figure,
 * `{"bench","value","unit","bar","pass"}`. The exit code is 1 where a bar is missed.
 */
export async function main(
  run: (positionals: readonly string[]) => Promise<Findings> | Findings,
): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean' }, save: { type: 'string' } },
    allowPositionals: true,
  });
  const { figures, notes = [], counts } = await run(positionals);
  if (values.save && counts) writeFileSync(values.save, `${JSON.stringify(counts, undefined, 2)}\n`);
  for (const figure of figures) {
    const { bench, unit, bar } = figure;
    const value = rounded(figure.value);
    const pass = passes(figure);
    if (values.json) console.log(JSON.stringify({ bench, value, unit, bar, pass }));
    else console.log(`${pass ? '✓' : '✗'} ${bench}: ${value} ${unit} (bar ≤ ${bar})`);
    if (!pass) process.exitCode = 1;
  }
  if (!values.json) for (const note of notes) console.log(`  ${note}`);
}
