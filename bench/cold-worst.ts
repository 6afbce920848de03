import { otherFunctions } from './bundles.ts';
import { type Cold, coldStarts, type Start } from './cold.ts';
import { type Findings, main } from './report.ts';

/*
 * P2: start and import of the slowest function other than mail intake ÷ an empty handler. Three rounds over all of
 * them find the four slowest, 15 interleaved rounds measure those. The page function answers the landing page before
 * it loads the rest: it stands among them by the requests that follow, each up to AWS's refusal of its first call, with
 * all its code loaded by then.
 */

const pages: readonly Start[] = [
  ['POST', '/a'],
  ['GET', '/d/EDX-2026-0001'],
  ['GET', '/desk/today'],
].map(([method = '', path = '']) => ({ name: 'open-desk', request: { method, path } }));

const candidates: readonly Start[] = [...otherFunctions.map((name): Start => ({ name })), ...pages];

const slowestFirst = (colds: readonly Cold[]): readonly Cold[] => colds.toSorted((a, b) => b.ms - a.ms);
const text = ({ start, ms, ratio }: Cold): string =>
  `${start.name}${start.request ? ` ${start.request.path}` : ''} ${ms.toFixed(0)} ms (${ratio.toFixed(2)})`;

async function measure(): Promise<Findings> {
  const all = slowestFirst(await coldStarts(candidates, 3));
  const slowest = all.slice(0, 4).map(({ start }) => start);
  const measured = slowestFirst(await coldStarts(slowest, 15));
  const [worst] = measured;
  if (!worst) throw new Error('nothing was measured');
  return {
    figures: [
      {
        bench: 'cold-worst',
        value: worst.ratio,
        unit: `start and import of ${worst.start.name} ÷ an empty handler`,
        bar: 2.3,
        kind: 'time',
      },
    ],
    notes: [
      `empty handler: ${worst.emptyMs.toFixed(0)} ms`,
      `slowest: ${measured.map(text).join(', ')}`,
      `the others, three rounds: ${all.slice(4).map(text).join(', ')}`,
    ],
  };
}

if (import.meta.main) await main(measure);
