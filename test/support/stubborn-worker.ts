import { parentPort } from 'node:worker_threads';

/** A parser's thread that does what the first byte of the mail says: loop, eat memory, crash, leave, or answer. */
parentPort?.on('message', ({ id, raw }: { id: number; raw: Uint8Array }) => {
  const wish = String.fromCharCode(raw[0] ?? 0);
  if (wish === 'l') for (;;);
  if (wish === 'm') {
    const held: unknown[] = [];
    for (;;) held.push(new Array(100_000).fill(held.length));
  }
  if (wish === 'c') throw new Error('CANARY of the mail');
  if (wish === 'x') process.exit(1);
  const parts = { text: wish, cut: false, fromHtml: false, attachments: [], unlisted: 0 };
  parentPort?.postMessage({ id, parts });
});
