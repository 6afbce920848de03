import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const storedMail = z.object({
  /** The local part of SES's message id. */
  id: z.string(),
  /** Envelope recipients, bare, separated by `, `. */
  to: z.string(),
  recipients: z.array(z.string()),
  from: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  /** By name in lower case; a repeated field's values one a line. */
  headers: z.record(z.string(), z.string()),
  /** Instant on the desk's clock. */
  time: z.string(),
  /** Every http(s) link of text and HTML, once each, in order. */
  links: z.array(z.string()),
});

/** One mail that the desk sent, as its reader has it. */
export type Mail = z.infer<typeof storedMail>;

/** All mail that left the desk, kept as files over restarts. */
export interface Mailbox {
  /** Oldest first; of one recipient where `person` (an address) is given. */
  list(person?: string): readonly Mail[];
  get(id: string): Mail | undefined;
  /** The message as it went over the wire. */
  raw(id: string): Buffer | undefined;
  /** Each recipient's mail, oldest first. */
  byPerson(): ReadonlyMap<string, readonly Mail[]>;
  add(mail: Mail, raw: Buffer): Promise<void>;
  clear(): Promise<void>;
  /** Calls `listener` for each mail to come; answers how to stop. */
  subscribe(listener: (mail: Mail) => void): () => void;
}

/** Opens the mailbox in `folder`, made if missing. @throws ZodError where a file there is not a mail */
export function openMailbox(folder: string): Mailbox {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  let mails = names
    .sort()
    .map((name) => storedMail.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
  let next = 1 + Math.max(0, ...names.map((name) => Number.parseInt(name, 10)));
  const listeners = new Set<(mail: Mail) => void>();
  const fileOf = (id: string) => join(folder, `${id}.eml`);
  const isTo = (mail: Mail, person: string) => mail.recipients.includes(person.toLowerCase());

  return {
    list: (person) => (person === undefined ? mails : mails.filter((mail) => isTo(mail, person))),
    get: (id) => mails.find((mail) => mail.id === id),
    raw: (id) => (mails.some((mail) => mail.id === id) ? readFileSync(fileOf(id)) : undefined),
    byPerson: () => {
      const people = [...new Set(mails.flatMap((mail) => mail.recipients))].sort();
      return new Map(people.map((person) => [person, mails.filter((mail) => isTo(mail, person))]));
    },
    async add(mail, raw) {
      const name = `${String(next++).padStart(8, '0')}.json`;
      await writeFile(fileOf(mail.id), raw);
      await writeFile(join(folder, `${name}.part`), JSON.stringify(mail, undefined, 2));
      await rename(join(folder, `${name}.part`), join(folder, name));
      mails = [...mails, mail];
      for (const listener of listeners) listener(mail);
    },
    async clear() {
      mails = [];
      await Promise.all(readdirSync(folder).map((name) => rm(join(folder, name), { force: true })));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
