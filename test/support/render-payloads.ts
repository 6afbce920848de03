/*
 * A program of its own, started with connections denied: renders everything with the payloads in it. With `reach-out`
 * it only tries to connect and to look a name up, in this thread and in another, to show that both are stopped.
 */
import { lookup } from 'node:dns';
import { connect } from 'node:net';
import { isMainThread, Worker } from 'node:worker_threads';
import { parser } from '../receive-mail/mail-room.ts';
import { payloads, renderWith } from './payload-pages.ts';

function reachOut(): void {
  for (const reach of [() => connect(9, 'reach.invalid'), () => lookup('reach.invalid', () => {})])
    try {
      reach();
    } catch {
      // Denied, and noted.
    }
}

if (!isMainThread) reachOut();
else if (process.argv[2] === 'reach-out') {
  reachOut();
  const other = new Worker(new URL(import.meta.url));
  await new Promise((ended) => other.once('exit', ended));
} else {
  const { pages, letters } = await renderWith(payloads);
  console.log(
    JSON.stringify({
      payloads: payloads.length,
      pages: Object.keys(pages).length,
      letters: Object.keys(letters).length,
    }),
  );
}
await parser.close();
