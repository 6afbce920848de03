import type { Evaluation, Grant } from './evaluate.ts';
import { refusedOnPurpose } from './removed.ts';
import { matches, unasked } from './unasked.ts';

/** What an evaluation says of the template; nothing is wrong when `problems` is empty. */
export interface GrantReport {
  /** Grants without which something that a test did is refused. */
  readonly needed: number;
  /** Grants on the list of what the emulator cannot ask for. */
  readonly explained: number;
  readonly problems: readonly string[];
}

/** Judges each grant: asked for, or explained, or too much; and that nothing else was refused than what had to be. */
export function reportOn({ grants, denied, asked, outdated }: Evaluation): GrantReport {
  const explanation = (grant: Grant) => unasked.find((each) => matches(each, grant));
  const superfluous = grants.filter((each) => each.needed === null && !explanation(each));
  const explained = grants.filter((each) => each.needed === null && explanation(each));
  const contradicted = grants.filter((each) => each.needed !== null && explanation(each));
  const unexpected = denied.filter(
    (each) => !refusedOnPurpose.some(({ who, action }) => who.test(each.who) && action === each.action),
  );
  const unseen = refusedOnPurpose.filter(
    ({ who, action }) => !denied.some((each) => who.test(each.who) && action === each.action),
  );
  return {
    needed: grants.length - superfluous.length - explained.length,
    explained: explained.length,
    problems: [
      ...(asked < 100
        ? [`only ${asked} requests were kept: the emulator tests did not run to their end`]
        : []),
      ...(outdated > 0 ? [`${outdated} requests were allowed under policies that have changed since`] : []),
      ...superfluous.map((each) => `nothing asked for it: ${shown(each)}`),
      ...contradicted.map(
        (each) => `listed as never asked for (local/grants/unasked.ts), but it was: ${shown(each)}`,
      ),
      ...unexpected.map(({ who, action, resource }) => `refused: ${who}: ${action} on ${resource}`),
      ...unseen.map(
        ({ who, action }) => `not refused although it should have been: ${who.source}: ${action}`,
      ),
    ],
  };
}

const shown = ({ where, statement, action, resource }: Grant): string =>
  `${where}${statement ? ` (${statement})` : ''}: ${action} on ${resource}`;
