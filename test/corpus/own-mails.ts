import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CorpusMail, Labels } from './corpus-result.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures');

export const labels = JSON.parse(readFileSync(`${fixtures}/labels.json`, 'utf8')) as Labels;

const below = (folder: string): readonly CorpusMail[] =>
  readdirSync(`${fixtures}/${folder}`).map((file) => ({
    file: `${folder.replace(/^automatic\/|^genuine$/, '')}/${file}`.replace(/^\//, ''),
    raw: new Uint8Array(readFileSync(`${fixtures}/${folder}/${file}`)),
  }));

/** The project's own genuine reports, by file name. */
export const genuine: readonly CorpusMail[] = below('genuine');
/** The project's own bounces, automatic replies and list mail, by label and file name. */
export const automatic: readonly CorpusMail[] = ['bounce', 'auto-reply', 'list'].flatMap((label) =>
  below(`automatic/${label}`),
);
export const ownMails: readonly CorpusMail[] = [...genuine, ...automatic];
