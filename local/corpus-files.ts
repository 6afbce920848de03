import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import type { CorpusMail } from '../test/corpus/corpus-result.ts';

/** What stands in a corpus beside its mails. */
const noMails = new Set(['.git', '.DS_Store']);
const slash = Buffer.from('/');

/**
 * Every regular file at or below a path is one mail, whatever its name, hidden or not, in the order of names. Links
 * are followed, each folder is entered once, and what leads nowhere or is no file (a socket, a pipe) is left out and
 * named to `skipped`. Names are bytes: not every file system keeps them in UTF-8.
 * @throws the file system's error where the path itself is not there
 */
export function mailsBelow(path: string, skipped: (file: string, why: string) => void): CorpusMail[] {
  const entered = new Set<string>();
  const walk = (at: Buffer, given: boolean): CorpusMail[] => {
    const file = nameOf(at);
    try {
      const found = statSync(at);
      if (found.isFile()) return [{ file, raw: () => new Uint8Array(readFileSync(at)) }];
      if (!found.isDirectory()) {
        skipped(file, 'no file');
        return [];
      }
      const real = realpathSync(at, 'buffer').toString('latin1');
      if (entered.has(real)) return [];
      entered.add(real);
      return readdirSync(at, { encoding: 'buffer' })
        .filter((name) => !noMails.has(name.toString('latin1')))
        .sort(Buffer.compare)
        .flatMap((name) => walk(Buffer.concat([at, slash, name]), false));
    } catch (error) {
      if (given) throw error;
      skipped(file, (error as NodeJS.ErrnoException).code ?? String(error));
      return [];
    }
  };
  return walk(Buffer.from(path.replace(/(?<=.)\/+$/, '')), true);
}

/** UTF-8 where it is that, else a byte a character; control characters could draw on a terminal. */
function nameOf(path: Buffer): string {
  const text = path.toString('utf8');
  const name = text.includes('\ufffd') ? path.toString('latin1') : text;
  return name.replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    encodeURIComponent(character),
  );
}
