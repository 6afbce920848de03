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
}

/** Opens the queue in `folder`, made if missing: an event is lost neither by a restart nor by a failed publish. */
export function openEventQueue(folder: string, log: (line: string) => void = () => {}): EventQueue {
  mkdirSync(folder, { recursive: true });
  const waiting = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  let next = 1 + Math.max(0, ...waiting().map((name) => Number.parseInt(name, 10)));
  let publish: ((event: SesSendingEvent) => Promise<void>) | undefined;
  let running = Promise.resolve();

  const flush = () => {
    running = running
      .then(publishAll)
      .catch((error: unknown) => log(`mail gateway: events wait: ${String(error)}`));
    return running;
  };
  async function publishAll(): Promise<void> {
    if (publish === undefined) return;
    for (const name of waiting()) {
      const file = join(folder, name);
      await publish(sesSendingEvent.parse(JSON.parse(await readFile(file, 'utf8'))));
      await rm(file, { force: true });
    }
  }
  return {
    async add(events) {
      for (const event of events) {
        const name = `${String(next++).padStart(8, '0')}.json`;
        await writeFile(join(folder, `${name}.part`), JSON.stringify(event));
        await rename(join(folder, `${name}.part`), join(folder, name));
      }
      void flush();
    },
    async publishWith(publisher) {
      publish = publisher;
      await flush();
    },
    settled: () => running,
  };
}
