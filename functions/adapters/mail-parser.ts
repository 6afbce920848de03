import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type MailParser, type MailParts, Unparsable } from '#contracts/mail-parts.ts';
import type { ParseAnswer, ParseRequest } from './mail-parse-worker.ts';

/** SES takes no larger mail (mail rules, Limits). */
const mostBytes = 40 * 1024 * 1024;

export interface MailParserOptions {
  /** The worker's file, from `parseWorkerBeside`. */
  readonly worker: URL;
  /** One mail's time in milliseconds. The slowest of 2,924 real mails took 54 ms; 40 MB take about 2 s. */
  readonly timeoutMs?: number;
  /** Heap of the worker in MB; the bytes of the mail lie outside of it. */
  readonly memoryMb?: number;
}

/** The worker beside a handler: its bundle where it is bundled, its source where it runs from source. */
export function parseWorkerBeside(handlerUrl: string): URL {
  const bundled = new URL('./parse-worker.mjs', handlerUrl);
  return existsSync(fileURLToPath(bundled)) ? bundled : new URL('./parse-worker.ts', handlerUrl);
}

/** The bytes in a buffer of their own, which can be moved to the thread: a view of a larger one is copied. */
function owned(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = raw.buffer instanceof ArrayBuffer && raw.byteLength === raw.buffer.byteLength;
  return whole ? (raw as Uint8Array<ArrayBuffer>) : new Uint8Array(raw);
}

/**
 * mailparser in a worker thread, one mail at a time: a mail that takes too long or too much memory ends the
 * worker and nothing else, and the next mail gets a new one.
 */
export function createMailParser({
  worker: file,
  timeoutMs = 20_000,
  memoryMb = 512,
}: MailParserOptions): MailParser {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;

  const start = (): Worker => {
    const started = new Worker(file, {
      // A small young generation reaches its size at once: under a flood memory stays where it is (P7).
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 8 },
      // Warnings and crash reports of the thread could quote the mail.
      stdout: true,
      stderr: true,
    });
    // One that ends while nothing is asked of it must not take the process with it, nor be asked again.
    const forget = () => {
      if (worker === started) worker = undefined;
    };
    started.on('error', forget).on('exit', forget);
    started.unref();
    return started;
  };

  async function end(ended: Worker | undefined): Promise<void> {
    if (worker === ended) worker = undefined;
    await ended?.terminate();
  }

  function ask(raw: Uint8Array, wanted: ParseRequest['wanted']): Promise<ParseAnswer> {
    worker ??= start();
    const asked = worker;
    const request: ParseRequest = { id: ++count, raw: owned(raw), wanted };
    return new Promise<ParseAnswer>((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Unparsable('time')), true), timeoutMs);
      const onMessage = (answer: ParseAnswer) => {
        if (answer.id === request.id) settle(() => resolve(answer), false);
      };
      const onError = (error: Error & { code?: string }) => {
        const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash';
        settle(() => reject(new Unparsable(reason, { cause: error })), true);
      };
      const onExit = () => settle(() => reject(new Unparsable('crash')), true);
      const settle = (then: () => void, broken: boolean) => {
        clearTimeout(timer);
        asked.off('message', onMessage).off('error', onError).off('exit', onExit);
        asked.unref();
        if (!broken) return then();
        void end(asked).finally(then);
      };
      asked.ref();
      asked.on('message', onMessage).on('error', onError).on('exit', onExit);
      asked.postMessage(request, [request.raw.buffer]);
    });
  }

  /** One after the other: memory is bounded by one mail, whatever comes at once. */
  async function inTurn(raw: Uint8Array, wanted: ParseRequest['wanted']): Promise<ParseAnswer> {
    if (raw.byteLength > mostBytes) throw new Unparsable('too-large');
    const turn = last.then(() => ask(raw, wanted));
    last = turn.catch(() => {});
    const answer = await turn;
    if ('failed' in answer) throw new Unparsable(answer.failed, { cause: answer.why });
    return answer;
  }

  return {
    async fingerprint(raw) {
      const answer = await inTurn(raw, 'fingerprint');
      if ('fingerprint' in answer) return answer.fingerprint;
      throw new Unparsable('crash');
    },
    async parse(raw): Promise<MailParts> {
      const answer = await inTurn(raw, 'parts');
      if ('parts' in answer) return answer.parts;
      throw new Unparsable('crash');
    },
    async extract(raw, index) {
      const answer = await inTurn(raw, { attachment: index });
      if ('content' in answer) return { name: answer.name, content: answer.content };
      throw new Unparsable('crash');
    },
    close: () => end(worker),
  };
}
