import type { Readable } from 'node:stream';
import { MailParser } from 'mailparser';
import { lean } from '#adapters/mail-parse-worker.ts';
import { takeInTurn } from '../functions/receive-mail/receive-batch.ts';
import { MailRoom, parser } from '../test/receive-mail/mail-room.ts';
import { corpusOf } from './mails.ts';
import { type Findings, main, median } from './report.ts';

/*
 * P4: intake of a corpus on in-memory ports (scan, decide, commit, read the body in the worker, file) ÷ mailparser
 * alone, the same version with the same lean options, every part read. Batches are as large as the queue's; 15
 * interleaved rounds after one that warms up, medians. Folders of mails may be given.
 */

const rounds = 15;
/** As `lib/mail-intake.ts` has it. */
const batchSize = 5;

interface Part {
  readonly type: 'attachment' | 'text';
  readonly content?: Readable;
  release?(): void;
}

/** Reads a mail to its end; one that the parser refuses is read as far as it goes. */
async function parseAlone(raw: Uint8Array): Promise<void> {
  const alone = new MailParser(lean as ConstructorParameters<typeof MailParser>[0]);
  alone.end(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  try {
    for await (const part of alone as AsyncIterable<Part>) {
      if (part.type !== 'attachment' || !part.content) continue;
      for await (const _ of part.content);
      part.release?.();
    }
  } catch {
    // The hostile ones; the intake takes them by their headers.
  }
}

async function timed(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

async function measure(folders: readonly string[]): Promise<Findings> {
  const mails = await corpusOf(folders);
  const alone = (): Promise<number> =>
    timed(async () => {
      for (const raw of mails) await parseAlone(raw);
    });
  const intake = async (): Promise<number> => {
    const room = new MailRoom();
    await room.enrol('ada@openedx.example', 'member', true);
    const arrivals = mails.map((raw) => room.post(raw));
    return timed(async () => {
      for (let at = 0; at < arrivals.length; at += batchSize)
        await takeInTurn(arrivals.slice(at, at + batchSize), room.begin, (_, error) => {
          throw error;
        });
    });
  };
  try {
    const times: { alone: number[]; intake: number[] } = { alone: [], intake: [] };
    await Promise.all([alone(), intake()]);
    for (let round = 0; round < rounds; round++) {
      times.alone.push(await alone());
      times.intake.push(await intake());
    }
    const [of, through] = [median(times.alone), median(times.intake)];
    return {
      figures: [
        {
          bench: 'intake',
          value: through / of,
          unit: 'intake of the corpus ÷ the lean parser alone',
          bar: 1.3,
          kind: 'time',
        },
      ],
      notes: [`${mails.length} mails: parser ${of.toFixed(0)} ms, intake ${through.toFixed(0)} ms`],
    };
  } finally {
    await parser.close();
  }
}

if (import.meta.main) await main(measure);
