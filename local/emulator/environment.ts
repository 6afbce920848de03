import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where the pinned command-line tools lie: Node 24, `cdk`, `esbuild`. */
export const toolsFolder = join(projectRoot, 'node_modules', '.bin');

/** What the emulator's root identity is called; these open nothing outside this machine. */
export const localCredentials = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** The one region of a local desk. */
export const localRegion = 'us-east-1';

/** What a child process may inherit: where programs are and how text is written, nothing else. */
const inherited = ['PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TERM', 'SYSTEMROOT', 'LD_LIBRARY_PATH'];

/**
 * The environment of a child of the local desk: an allow-list, so that no credentials, profile, proxy
 * or endpoint of the shell reaches it, whatever they are called; a home and a temporary folder of its own
 * below `folder` (both are made); the project's own tools first on PATH.
 */
export function cleanEnvironment(folder: string, extra: Record<string, string> = {}): Record<string, string> {
  const home = join(folder, 'home');
  const temporary = join(folder, 'tmp');
  for (const path of [home, temporary]) mkdirSync(path, { recursive: true });
  // The emulator unpacks functions and its own CommonJS worker there: our package.json above must not make them ESM.
  writeFileSync(join(temporary, 'package.json'), '{"type":"commonjs"}');
  const kept = inherited.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    PATH: [toolsFolder, process.env.PATH ?? '/usr/bin:/bin'].join(delimiter),
    HOME: home,
    TMPDIR: temporary,
    ...extra,
  };
}
