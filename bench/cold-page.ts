import { coldStarts, type Start } from './cold.ts';
import { type Findings, main } from './report.ts';

/*
 * P1: the wait of a person who opens a link. A fresh Node process starts, imports the page function as it is deployed
 * and answers GET /a; divided by the same with an empty handler. 21 interleaved rounds, medians.
 */

const page: Start = { name: 'open-desk', request: { method: 'GET', path: '/a' }, status: 200 };
/** What the first click behind the page loads: everything up to the first call to the record, which is refused. */
const record: Start = { name: 'open-desk', request: { method: 'GET', path: '/d/EDX-2026-0001' } };

async function measure(): Promise<Findings> {
  const [landing, lazy] = await coldStarts([page, record], 21);
  if (!landing || !lazy) throw new Error('nothing was measured');
  const line = (what: string, ms: number): string => `${what}: ${ms.toFixed(0)} ms`;
  return {
    figures: [
      {
        bench: 'cold-page',
        value: landing.ratio,
        unit: 'start, import and GET /a ÷ an empty handler',
        bar: 1.7,
        kind: 'time',
      },
    ],
    notes: [
      line('empty handler', landing.emptyMs),
      line('landing page', landing.ms),
      `${line('first request that needs the record', lazy.ms)}, ${lazy.ratio.toFixed(2)} times the empty handler`,
    ],
  };
}

if (import.meta.main) await main(measure);
