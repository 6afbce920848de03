import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './environment.ts';

const run = promisify(execFile);
const requirementsFile = join(projectRoot, 'local', 'emulator', 'requirements.txt');

/** The emulator's Python cannot be set up on this machine; the message says what to install. */
export class PythonMissing extends Error {
  override readonly name = 'PythonMissing';
}

/** The folder of the emulator's private Python, shared by every local desk of this checkout. */
export const defaultVenv = join(projectRoot, '.desk', 'venv');

/**
 * Makes sure that `venv` holds Python with exactly the packages of requirements.txt, and answers the path
 * of its interpreter. A venv that already does costs two file reads. Made beside its place and then moved
 * there, so that an interrupted or concurrent run never leaves half of one.
 * @throws PythonMissing when python3 (≥3.10) or its venv module is not installed
 */
export async function prepareVenv(
  venv: string,
  progress: (line: string) => void = () => {},
): Promise<string> {
  const requirements = await readFile(requirementsFile, 'utf8');
  const python = join(venv, 'bin', 'python');
  if (await holds(venv, requirements)) return python;

  await assertPython();
  await mkdir(dirname(venv), { recursive: true });
  const draft = await mkdtemp(`${venv}-`);
  try {
    progress('making a private Python environment');
    await makeVenv(draft);
    progress('installing MiniStack from PyPI');
    await install(draft);
    await writeFile(markerOf(draft), requirements);
    if (await holds(venv, requirements)) return python;
    await rm(venv, { recursive: true, force: true });
    await rename(draft, venv);
  } catch (error) {
    // Someone else may have moved theirs into place between our look and our rename.
    if (!(await holds(venv, requirements))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return python;
}

const markerOf = (venv: string) => join(venv, 'requirements.txt');

/** True if the venv was made from these very requirements and its interpreter is still there. */
async function holds(venv: string, requirements: string): Promise<boolean> {
  try {
    await access(join(venv, 'bin', 'python'), constants.X_OK);
    return (await readFile(markerOf(venv), 'utf8')) === requirements;
  } catch {
    return false;
  }
}

async function assertPython(): Promise<void> {
  const check = 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 3)';
  try {
    await run('python3', ['-c', check]);
  } catch (cause) {
    const reason = exitCode(cause) === 3 ? 'python3 is older than 3.10' : 'python3 was not found';
    throw new PythonMissing(
      `The emulator needs Python 3.10 or newer: ${reason}. Install it (Debian, Ubuntu: apt-get install python3 python3-venv).`,
      { cause },
    );
  }
}

async function makeVenv(folder: string): Promise<void> {
  try {
    await run('python3', ['-m', 'venv', folder]);
  } catch (cause) {
    throw new PythonMissing(
      `python3 cannot make a virtual environment: ${lastLines(cause)}\nInstall its venv module (Debian, Ubuntu: apt-get install python3-venv).`,
      { cause },
    );
  }
}

/** pip keeps the shell's environment: where packages are fetched from is this machine's own affair. */
async function install(folder: string): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--no-deps'];
  try {
    await run(join(folder, 'bin', 'python'), [...pip, '--requirement', requirementsFile]);
  } catch (cause) {
    throw new Error(`MiniStack could not be installed from PyPI: ${lastLines(cause)}`, { cause });
  }
}

const exitCode = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

function lastLines(error: unknown): string {
  const text =
    error instanceof Error && 'stderr' in error
      ? `${error.stderr}\n${'stdout' in error ? error.stdout : ''}`
      : String(error);
  return text.trim().split('\n').slice(-5).join('\n');
}
