import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const usualPlaces = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/opt/google/chrome',
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
];
const macNames = ['Chromium', 'Google Chrome'];

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Chromium of this machine: named in CHROMIUM_PATH, on the PATH, or where installers put it. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment.CHROMIUM_PATH;
  if (named) return runs(named) ? named : undefined;
  const folders = [...(environment.PATH ?? '').split(delimiter).filter(Boolean), ...usualPlaces];
  return folders.flatMap((folder) => [...names, ...macNames].map((name) => join(folder, name))).find(runs);
}

const advice =
  'Install one (Debian, Ubuntu: "apt-get install chromium"; macOS: "brew install --cask chromium"), or name it in CHROMIUM_PATH.';

/**
 * The browser that the tests drive; installed from Debian's archive where there is none and this may be done. Tests
 * of pages never pass by being left out.
 * @throws Error that says what to install
 */
export function chromium(): string {
  const found = findChromium();
  if (found) return found;
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error(`No Chromium was found. ${advice}`);
  const apt = (...parameters: string[]) =>
    execFileSync('/usr/bin/apt-get', ['--quiet', '--yes', ...parameters], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 200_000,
    });
  try {
    apt('update');
    apt('install', '--no-install-recommends', 'chromium');
  } catch (error) {
    throw new Error(`No Chromium was found, and it could not be installed. ${advice}`, { cause: error });
  }
  const installed = findChromium();
  if (!installed) throw new Error(`Chromium was installed and is not where it is looked for. ${advice}`);
  return installed;
}
