import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import * as z from 'zod';
import { commandLine, wrongCall } from './command-line.ts';
import { projectRoot } from './emulator/environment.ts';
import { isErrno } from './emulator/ports.ts';
import { sendMail } from './mail-gateway/compose.ts';
import { firstValue, splitMessage } from './mail-gateway/header-fields.ts';

/** What became of one raw object (policy, Words). */
export interface FoundIntake {
  readonly disposition: string;
  /** The disclosure it opened or belongs to. */
  readonly disclosure?: string | undefined;
}

/** Looks a mail up by its key in the bucket; undefined until the desk has taken care of it. */
export type FindIntake = (objectKey: string) => Promise<FoundIntake | undefined>;

export interface DeliverOptions {
  /** Port of the gateway on 127.0.0.1. */
  readonly port: number;
  /** Envelope recipient. */
  readonly to: string;
  /** Envelope sender; each mail's own by default. */
  readonly from?: string | undefined;
  readonly findIntake: FindIntake;
  /** How long to wait for one mail's disposition, milliseconds. */
  readonly timeoutMs?: number;
}

/** How one file fared. `waiting`: handed over, and the desk has not said yet what it is; `refused`: not taken. */
export interface DeliveredMail {
  readonly file: string;
  readonly disposition: string;
  readonly disclosure: string | null;
  /** Why it was refused. */
  readonly error?: string;
}

/** Mails under way at once: enough to keep the desk busy, few enough to stay below SES's own rates. */
const atOnce = 4;

/** Hands files to the mail gateway over SMTP and yields, in their order, what the desk made of each. */
export async function* deliverFiles(
  files: readonly string[],
  options: DeliverOptions,
): AsyncGenerator<DeliveredMail> {
  const running: Promise<DeliveredMail>[] = [];
  let next = 0;
  for (let index = 0; index < files.length; index++) {
    for (; next < files.length && next < index + atOnce; next++)
      running[next] = deliverFile(files[next] ?? '', options);
    const done = await running[index];
    if (done) yield done;
  }
}

async function deliverFile(file: string, options: DeliverOptions): Promise<DeliveredMail> {
  try {
    const raw = await readFile(file);
    const answer = await sendMail(options.port, raw, { from: options.from ?? senderOf(raw), to: options.to });
    const messageId = answer.match(/\bOK (\S+)/)?.[1];
    if (messageId === undefined) throw new Error(`the gateway answered ${JSON.stringify(answer)}`);
    const found = await untilFound(`in/${messageId}`, options);
    return { file, disposition: found?.disposition ?? 'waiting', disclosure: found?.disclosure ?? null };
  } catch (error) {
    return {
      file,
      disposition: 'refused',
      disclosure: null,
      error: error instanceof Error ? error.message : String(error),
    };
  }
}

async function untilFound(key: string, options: DeliverOptions): Promise<FoundIntake | undefined> {
  const limit = performance.now() + (options.timeoutMs ?? 30_000);
  for (;;) {
    const found = await options.findIntake(key);
    if (found !== undefined || performance.now() >= limit) return found;
    await pause(150);
  }
}

/**
 * The envelope sender of a stored mail: Return-Path (`<>` is the null sender), else the From address.
 * A mail with neither comes from an address that nobody has.
 */
export function senderOf(raw: Buffer): string {
  const { fields } = splitMessage(raw);
  const [, bracketed, bare] = firstValue(fields, 'return-path')?.match(/<([^>]*)>|^(\S+)$/) ?? [];
  const returnPath = bracketed ?? bare;
  if (returnPath === '' || (returnPath !== undefined && isPlain(returnPath))) return returnPath;
  const from = addressparser(firstValue(fields, 'from') ?? '', { flatten: true });
  return from.map(({ address }) => address ?? '').find(isPlain) ?? 'unknown@sender.invalid';
}

/** An address that every SMTP server takes: printable ASCII, one @. */
const isPlain = (address: string) => /^[!#-;=?A-~]+@[a-z0-9.-]+$/i.test(address) && address.length <= 254;

/** The files themselves, and every .eml below the folders, in the order of their names. */
export async function mailFiles(paths: readonly string[]): Promise<string[]> {
  const lists = paths.map(async (path) => {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`${path} cannot be read: ${error.code}`, { cause: error });
    });
    if (!found.isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    return names
      .filter((name) => name.endsWith('.eml'))
      .sort()
      .map((name) => join(path, name));
  });
  return (await Promise.all(lists)).flat();
}

const usage = `npm run deliver -- FILE|DIR… [options]
  Hands mails to the desk that runs on this machine, and says what became of each.
  FILE|DIR            a raw mail, or a folder: every .eml below it
  --json              one line of JSON a mail: {"file","disposition","disclosure"}, with "error" where it was refused
  --from ADDRESS      envelope sender (default: each mail's own)
  --to ADDRESS        envelope recipient (default: the security address)
  --folder DIR        where the desk keeps its state (default: .desk)
  --smtp 127.0.0.1:N  another port than the desk names
Exit code 1 when a mail was refused, 2 when the call is wrong or no desk runs.`;

/** What a running desk writes down about itself (`desk.json` in its folder); the rest of it is not needed here. */
const deskState = z.object({
  console: z.url(),
  smtp: z.string(),
  securityAddress: z.string(),
});

const intakeAnswer = z.object({ disposition: z.string(), disclosures: z.array(z.string()).default([]) });

/** Asks the console of the running desk, which reads the desk's table. @throws Error when it does not answer as agreed */
export function askConsole(console: string): FindIntake {
  return async (objectKey) => {
    const mailKey = objectKey.slice(objectKey.lastIndexOf('/') + 1);
    const answer = await fetch(new URL(`/api/intakes/${encodeURIComponent(mailKey)}`, console));
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`the console answered ${answer.status} for ${objectKey}`);
    const intake = intakeAnswer.parse(await answer.json());
    return { disposition: intake.disposition, disclosure: intake.disclosures[0] };
  };
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = commandLine(
    usage,
    { json: { type: 'boolean' }, smtp: text, from: text, to: text, folder: text },
    { positionals: true },
  );
  if (positionals.length === 0) wrongCall(usage, 'Name a mail, or a folder of mails.');
  const port = values.smtp === undefined ? undefined : portOf(values.smtp);
  const desk = await readDesk(resolve(values.folder ?? join(projectRoot, '.desk')));
  const files = await mailFiles(positionals);
  const options: DeliverOptions = {
    port: port ?? portOf(desk.smtp),
    to: values.to ?? desk.securityAddress,
    from: values.from,
    findIntake: askConsole(desk.console),
  };
  let refused = 0;
  for await (const mail of deliverFiles(files, options)) {
    if (mail.disposition === 'refused') refused++;
    const line = [mail.file, mail.disposition, mail.disclosure ?? '', mail.error ?? ''].join('  ').trimEnd();
    process.stdout.write(`${values.json ? JSON.stringify(mail) : line}\n`);
  }
  return refused === 0 ? 0 : 1;
}

async function readDesk(folder: string): Promise<z.infer<typeof deskState>> {
  const file = join(folder, 'desk.json');
  try {
    return deskState.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (isErrno(error, 'ENOENT'))
      throw new Error(`No desk is running: ${file} is missing. Run npm start first.`);
    throw error;
  }
}

/** @throws Error unless it is an address of this machine: mails of a security desk are handed to no one else. */
function portOf(smtp: string): number {
  const [, host, port] = smtp.match(/^(.*):(\d+)$/) ?? [];
  if (!['127.0.0.1', 'localhost'].includes(host ?? '') || port === undefined) {
    throw new Error(`--smtp ${smtp}: expected 127.0.0.1:<port>`);
  }
  return Number(port);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
