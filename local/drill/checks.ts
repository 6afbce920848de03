import { commandLine } from '../command-line.ts';

/** What a drill says and checks: a line each, or with `--json` one line of JSON a check. */
export interface Checks {
  /** Progress, on standard error. */
  say(line: string): void;
  check(what: string, holds: boolean, found?: unknown): void;
  /** Runs the drill and ends the process: 0 only if it came to its end and every check held. */
  run(drill: () => Promise<void>, atLeast: number): Promise<never>;
}

/**
 * @param name the field of a check's line of JSON
 * @param about how the drill is called, and what it does
 */
export function startChecks(name: string, about: string): Checks {
  const usage = `${about}\n  --json  one line of JSON a check\nExit code 0 only if every check held.`;
  const { values } = commandLine(usage, { json: { type: 'boolean' } });
  const began = performance.now();
  const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1);
  let held = 0;
  let broken = 0;
  const print = (what: string, holds: boolean, found: string): void => {
    const line = values.json
      ? JSON.stringify({ [name]: what, held: holds, found })
      : `${seconds().padStart(6)} s  ${holds ? '✓' : '✗'} ${what}${found ? `: ${found}` : ''}`;
    process.stdout.write(`${line}\n`);
  };
  return {
    say: (line) => void process.stderr.write(`${seconds().padStart(6)} s  ${line}\n`),
    check(what, holds, found = '') {
      if (holds) held += 1;
      else broken += 1;
      const shown = typeof found === 'string' ? found : JSON.stringify(found);
      print(what, holds, shown.slice(0, 500));
    },
    async run(drill, atLeast) {
      let failed = false;
      try {
        await drill();
      } catch (error) {
        failed = true;
        process.stderr.write(`${(error as Error).stack}\n`);
      }
      const whole = !failed && broken === 0 && held >= atLeast;
      print('all of it', whole, `${held} checks held, ${broken} did not, ${seconds()} s`);
      process.exit(whole ? 0 : 1);
    },
  };
}
