import { mkdirSync, readdirSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SesSendingEvent, sesSendingEvent } from '#contracts/ses-events.ts';

/** Sending events on their way to the desk, in order; they wait as files until the desk's topic is known. */
export interface EventQueue {
  add(events: readonly SesSendingEvent[]): Promise<void>;
  /** Publishes what waits, and from now on what comes. */
  publishWith(publish: (event: SesSendingEvent) => Promise<void>): Promise<void>;
  /** Resolves when nothing is being published any more. */
  settled(): Promise<void>;
  /** Publishes no more; what waits is kept for the next start. Resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** Opens the queue in `folder`, made if missing: an event is lost neither by a restart nor by a failed publish. */
export function openEventQueue(folder: string, log: (line: string) => void = () => {}): EventQueue {
  mkdirSync(folder, { recursive: true });
  const waiting = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  // Listed once: a year's mail makes tens of thousands of files.
  const names = waiting();
  let publish: ((event: SesSendingEvent) => Promise<void>) | undefined;
  let running: Promise<void> | undefined;
  let next = 1 + Number.parseInt(names.at(-1) ?? '0', 10);

  /** One round at a time; what comes while it runs is part of it. After a failure the rest waits for the next. */
  function flush(): Promise<void> {
    running ??= publishAll()
      .catch((error: unknown) => log(`mail gateway: events wait: ${String(error)}`))
      .finally(() => {
        running = undefined;
      });
    return running;
  }
  async function publishAll(): Promise<void> {
    for (let name = names[0]; publish && name !== undefined; name = names[0]) {
      const file = join(folder, name);
      await publish(sesSendingEvent.parse(JSON.parse(await readFile(file, 'utf8'))));
      await rm(file, { force: true });
      names.shift();
    }
  }
  return {
    async add(events) {
      for (const event of events) {
        const name = `${String(next++).padStart(8, '0')}.json`;
        await writeFile(join(folder, `${name}.part`), JSON.stringify(event));
        await rename(join(folder, `${name}.part`), join(folder, name));
        names.push(name);
      }
      // A round that has seen the last of its events ends in a moment; then there is one for these.
      void (running ?? Promise.resolve()).then(() => (names.length > 0 ? flush() : undefined));
    },
    async publishWith(publisher) {
      publish = publisher;
      await flush();
    },
    async settled() {
      while (running) await running;
    },
    async stop() {
      publish = undefined;
      await running;
    },
  };
}
