import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** How an npm script was called: its options, and what stands beside them. */
type Given<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>;

/**
 * Reads how an npm script was called. `--help` answers with the usage and ends the process with 0; an option that it
 * does not have, one without its value, and an argument where it takes none end it with 2, saying so.
 *
 * @example const { values } = commandLine(usage, { json: { type: 'boolean' } });
 */
export function commandLine<const O extends ParseArgsOptionsConfig>(
  usage: string,
  options: O,
  { positionals = false }: { readonly positionals?: boolean } = {},
): Given<O> {
  if (process.argv.slice(2).some((given) => given === '--help' || given === '-h')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({ options, allowPositionals: positionals }) as Given<O>;
  } catch (error) {
    // Node adds how to pass an argument that looks like an option; nobody who mistyped one wants that.
    return wrongCall(usage, (error as Error).message.replace(/\. To specify a positional argument.*/s, '.'));
  }
}

/** Ends the process with 2: what is wrong with the call, and how the script is called. */
export function wrongCall(usage: string, message: string): never {
  process.stderr.write(`${message}\n\n${usage}\n`);
  process.exit(2);
}

/** An option that takes a whole number, `least` or more; anything else is a wrong call. */
export function wholeNumber(usage: string, name: string, given: string, least = 0): number {
  const number = Number(given);
  if (given.trim() !== '' && Number.isInteger(number) && number >= least) return number;
  return wrongCall(usage, `--${name} takes a whole number from ${least} on, not ${JSON.stringify(given)}.`);
}
