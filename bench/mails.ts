import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hostileMails } from '../test/support/hostile-mails.ts';

/** Hostile mails of megabytes: each a second or more, and nothing but the parser's own time. */
const huge = /5mb|10mb|20mb/;
const genuine = resolve(import.meta.dirname, '../test/fixtures/genuine');

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => !name.startsWith('.')).toSorted();
  return (await Promise.all(names.map((name) => filesBelow(join(path, name))))).flat();
}

/** The raw mails of folders; without any the project's own, genuine and hostile. */
export async function corpusOf(folders: readonly string[]): Promise<readonly Uint8Array[]> {
  const files = (await Promise.all((folders.length > 0 ? folders : [genuine]).map(filesBelow))).flat();
  const mails = await Promise.all(files.map(async (file) => new Uint8Array(await readFile(file))));
  const hostile = folders.length > 0 ? [] : hostileMails.filter(({ name }) => !huge.test(name));
  return [...mails, ...hostile.map(({ raw }) => raw())];
}
