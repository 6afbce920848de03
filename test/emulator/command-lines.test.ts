import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
/** Scripts that are programs of ours: their file by their name. `screenshots` takes nothing. */
const ours = Object.entries(scripts).flatMap(([name, command]): [string, string][] => {
  const [, file] = /^(?:\w+=\w+ )?node ((?:local|bench)\/\S+\.ts)/.exec(command) ?? [];
  return file === undefined ? [] : [[name, file]];
});

const called = (file: string, ...args: readonly string[]) =>
  new Promise<{ code: number | string; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: root }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });

it('there are scripts to look at', () => {
  expect(ours.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'start',
      'demo',
      'deliver',
      'simulate',
      'test:corpus',
      'doctor',
      'bench',
      'cost',
    ]),
  );
});

it.each(ours)('npm run %s says how it is called, and what was wrong with a call', async (name, file) => {
  const [help, short, wrong] = await Promise.all([
    called(file, '--help'),
    called(file, '-h'),
    called(file, '--nonsense'),
  ]);

  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out).toMatch(/^npm (?:run )?[a-z:-]+ -- /);
  expect(name === 'test:soak' || help.out.includes(`npm ${name === 'start' ? '' : 'run '}${name} `)).toBe(
    true,
  );
  expect(short.out).toBe(help.out);
  expect(wrong).toMatchObject({ code: 2, out: '' });
  expect(wrong.err).toBe(`Unknown option '--nonsense'${wrong.err.includes("'.") ? '.' : ''}\n\n${help.out}`);
});

it.each([
  ['local/deliver.ts', [], /^Name a mail, or a folder of mails\./],
  ['local/deliver.ts', ['--from'], /^Option '--from <value>' argument missing/],
  ['local/deliver.ts', ['--folder', '/nowhere', 'a.eml'], /^No desk is running: .* Run npm start first\./],
  ['local/deliver.ts', ['--smtp', 'mail.example.org:25', 'a.eml'], /^--smtp mail\.example\.org:25: /],
  ['local/start.ts', ['--smtp-port', 'abc'], /^--smtp-port abc: give a number from 0 to 65535\./],
  ['local/start.ts', ['desk'], /^Unexpected argument 'desk'/],
  ['local/simulate/simulate.ts', ['--days', 'many'], /^--days takes a whole number from 1 on, not "many"\./],
  ['local/corpus.ts', ['--seeds', '-1'], /^Option '--seeds' argument is ambiguous|^--seeds takes/],
  ['local/corpus.ts', ['/nowhere'], /^\/nowhere cannot be read: ENOENT/],
  ['local/erase-person.ts', [], /^Say whom: --address, or --id\./],
  ['local/restore.ts', [], /^Name a step\./],
  ['local/restore.ts', ['burn'], /^There is no step burn\./],
  ['local/restore.ts', ['table', '--to', 't'], /^table needs --from\./],
] as const)('%s %j is a wrong call, and nothing happens', async (file, args, message) => {
  const { code, out, err } = await called(file, ...args);

  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
});
