import type { Readable } from 'node:stream';
import { MailParser } from 'mailparser';
import { MailRoom, parser } from '../test/receive-mail/mail-room.ts';
import { corpusOf } from './mails.ts';
import { type Findings, main, median } from './report.ts';

/*
 * P4: intake of a corpus (scan, decide, commit, parse in the worker, file) on in-memory ports ÷ mailparser alone, in
 * its pinned version and lean: nothing converted, linked or inlined, every part read. One mail after the other, 15
 * interleaved rounds after one that warms up, medians. Folders of mails may be given.
 */

const rounds = 15;
const lean = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };

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
  const intake = (): Promise<number> => {
    const room = new MailRoom();
    const arrivals = mails.map((raw) => room.post(raw));
    return timed(async () => {
      for (const arrival of arrivals) await room.receive(arrival);
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
