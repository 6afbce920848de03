import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createDeskStore } from '#adapters/disclosure-store.ts';
import { makeLinkSigner } from '#adapters/link-signer.ts';
import { commitCommand } from '#commit/commit-command.ts';
import type { Commit, DeskStore } from '#contracts/ports.ts';
import type { Notice } from '#domain/mail-facts.ts';
import { receiveMail } from '../functions/receive-mail/receive-mail.ts';
import { notice, parser, settings } from '../test/receive-mail/mail-room.ts';
import { TestClock } from '../test/support/clock.ts';
import { createTable, startDatabase } from '../test/support/database.ts';
import { seeded } from '../test/support/faults.ts';
import { type Findings, main } from './report.ts';

/*
 * P7: 10,000 mails of up to 1 MB, nine of ten a notification of one that came already; every third sender fails DMARC
 * under a policy of quarantine or reject. Memory: resident set of the process, its parser thread included, at every
 * second mail that is filed and after a collection of garbage, while the mail is in hand; its peak over the peak of
 * 5,000 such mails that warm it up, divided by the largest mail. The record lies in a database of another process and
 * mails are made anew when they are read, so that what grows is intake alone. A mail that was filed is no longer in
 * the inbox, as in the bucket: a further notification of it finds nothing there to read. (While it was still found, it
 * was read and parsed ten times; then 1,000 mails warmed up as many parses as 5,000 do not now.) V8 gives its heaps
 * their size in the first few hundred parses, which is no growth of the flood.
 */
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const mostBytes = 1024 * 1024;
const warmUp = 5000;
const flood = 10_000;
/** One mail in ten is new. */
const each = 10;
/** A look at the memory every so many mails that are filed. */
const sampled = 2;

/** A mail by its number, always the same: text of a length that the number decides. */
function mailOf(number: number): Uint8Array {
  const size = Math.floor(seeded(number)() * (mostBytes - 1024));
  const head = `From: Sender ${number} <s${number}@flood.example>\r\nTo: security@openedx.example\r\nSubject: Report ${number}\r\nMessage-ID: <${number}@flood.example>\r\n\r\n`;
  const raw = new Uint8Array(head.length + size).fill(120);
  // Lines, as mail has them.
  for (let at = head.length + 76; at < raw.length; at += 77) raw[at] = 10;
  raw.set(new TextEncoder().encode(head));
  return raw;
}

const fails = (number: number): boolean => number % 3 === 0;

function noticeOf(number: number): Notice {
  const source = `s${number}@flood.example`;
  return fails(number)
    ? notice({
        source,
        failing: { dmarc: 'FAIL', spf: 'FAIL', dkim: 'FAIL' },
        dmarcPolicy: number % 2 === 0 ? 'quarantine' : 'reject',
      })
    : notice({ source });
}

const numberOf = (mailKey: string): number => Number(mailKey.slice('flood-'.length));

/** Counts the automatic answers that commits decide upon for mails of failing senders, and all of them. */
function countingAnswers(store: DeskStore): {
  readonly store: DeskStore;
  readonly answers: [number, number];
} {
  const answers: [number, number] = [0, 0];
  const commit = (given: Commit) => {
    const { letters, cause } = given.event;
    const sent = letters.filter(({ template }) => template === 'acknowledgement').length;
    answers[0] += sent;
    if (fails(numberOf(cause.split('#')[0] ?? ''))) answers[1] += sent;
    return store.commit(given);
  };
  return { store: { ...store, commit }, answers };
}

async function measure(): Promise<Findings> {
  const database = await startDatabase();
  try {
    await createTable(database.client);
    const clock = new TestClock();
    const counted = countingAnswers(createDeskStore({ table: 'desk', clock, aws: database.target }));
    const key = Buffer.alloc(32, 7).toString('base64url');
    const signer = makeLinkSigner({
      keyring: { current: 'k1', keys: { k1: key } },
      pseudonymKey: key,
      clock,
    });
    const shared = { store: counted.store, clock, settings, log: () => {}, measure: () => {} };
    let peak = 0;
    let filed = 0;
    const inArchive = new Set<string>();
    const receive = receiveMail({
      ...shared,
      commit: commitCommand(shared),
      parser,
      signer: async () => signer,
      archive: {
        async rawMail(objectKey, most) {
          if (inArchive.has(objectKey)) return undefined;
          const raw = mailOf(numberOf(objectKey.slice('in/'.length)));
          return most === undefined ? raw : raw.slice(0, most);
        },
        async file(objectKey) {
          inArchive.add(objectKey);
          if (filed++ % sampled === 0) {
            collect();
            peak = Math.max(peak, process.memoryUsage.rss());
          }
          return objectKey;
        },
      },
    });
    const take = async (from: number, count: number): Promise<number> => {
      peak = 0;
      for (let at = 0; at < count; at++) {
        const number = from + Math.floor(at / each);
        const mailKey = `flood-${number}`;
        const where = { mailKey, objectKey: `in/${mailKey}`, receivedAt: clock.now(), attempt: 1 };
        await receive({ ...where, notice: noticeOf(number), headers: [] });
      }
      return peak;
    };
    const before = await take(0, warmUp);
    const during = await take(warmUp, flood);
    const [all, toFailing] = counted.answers;
    return {
      figures: [
        {
          bench: 'flood',
          value: Math.max(0, during - before) / mostBytes,
          unit: 'peak memory growth ÷ largest mail',
          bar: 4,
          kind: 'count',
        },
        {
          bench: 'flood',
          value: toFailing,
          unit: 'automatic answers to senders that fail DMARC under quarantine or reject',
          bar: 0,
          kind: 'count',
        },
      ],
      notes: [
        `peak ${(before / mostBytes).toFixed(0)} MB while it warms up, ${(during / mostBytes).toFixed(0)} MB in the flood; ${all} answers in all`,
      ],
    };
  } finally {
    database.process.kill();
    await parser.close();
  }
}

if (import.meta.main) await main(measure);
