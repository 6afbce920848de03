import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../local/emulator/environment.ts';
import { type CorpusResult, isWronglyAnswered, summaryOf } from '../corpus/corpus-result.ts';

let folder: string;
let socket: Server;
const mail = (subject: string): string =>
  `From: Rhea <rhea@people.example>\r\nSubject: ${subject}\r\n\r\nHello\r\n`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desk-corpus-'));
  mkdirSync(join(folder, 'a/b/c'), { recursive: true });
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, '.git'));
  writeFileSync(join(folder, '.git/HEAD'), 'ref: x');
  writeFileSync(join(folder, 'a/b/c/deep.eml'), mail('deep'));
  writeFileSync(join(folder, 'a/no extension'), mail('none'));
  writeFileSync(join(folder, 'a/--json'), mail('an option'));
  writeFileSync(join(folder, 'a/$(touch x);`y`\n{"mails":9}'), mail('a shell and a line'));
  writeFileSync(join(folder, 'a/.hidden'), mail('hidden'));
  writeFileSync(join(folder, 'a/empty.eml'), '');
  writeFileSync(
    Buffer.concat([Buffer.from(`${folder}/a/`), Buffer.from([0x66, 0xff, 0xfe])]),
    mail('no UTF-8'),
  );
  writeFileSync(
    join(folder, 'a/bounce'),
    'Return-Path: <>\r\nFrom: MAILER-DAEMON@x.example\r\n\r\nuser unknown\r\n',
  );
  symlinkSync(join(folder, 'a/b/c/deep.eml'), join(folder, 'link.eml'));
  symlinkSync('..', join(folder, 'a/b/loop'));
  symlinkSync('nowhere', join(folder, 'broken'));
  socket = createServer().listen(join(folder, 'socket'));
  await once(socket, 'listening');
});
afterAll(() => {
  socket.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = async (...args: string[]): Promise<{ code: number; out: string[]; err: string }> => {
  const call = promisify(execFile)(process.execPath, ['local/corpus.ts', ...args], { cwd: projectRoot });
  try {
    const { stdout, stderr } = await call;
    return { code: 0, out: stdout.trim().split('\n'), err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout.trim().split('\n').filter(Boolean), err: stderr };
  }
};

describe('npm run test:corpus over any folder', () => {
  test('every file is a mail, whatever its name; links end; stdout is JSON alone', async () => {
    const { code, out, err } = await run(folder, '--json', '--each');

    const lines = out.map((line) => JSON.parse(line) as Record<string, unknown>);
    const summary = lines.pop();
    expect(Object.keys(summary ?? {})).toEqual([
      'mails',
      'disclosures',
      'dispositions',
      'lost',
      'doubled',
      'acksToSuppressed',
      'seconds',
    ]);
    expect(summary).toMatchObject({
      mails: 9,
      disclosures: 8,
      dispositions: { opened: 8, bounce: 1 },
      lost: 0,
      doubled: 0,
      acksToSuppressed: 0,
    });
    expect(lines).toHaveLength(9);
    expect(lines.every(({ kind, why, disposition }) => kind && why && disposition)).toBe(true);
    expect(err).toContain('broken');
    expect(err).toContain('socket');
    expect(code).toBe(0);
  });

  test('a folder without mails is none of them, and no failure', async () => {
    const { code, out } = await run(join(folder, 'empty'), '--json');

    expect(JSON.parse(out[0] ?? '')).toMatchObject({ mails: 0, disclosures: 0, dispositions: {}, lost: 0 });
    expect(code).toBe(0);
  });

  test.each([[['/does/not/exist']], [['--sed']], [['--seeds', 'many']], [['--emulator', '--seeds', '2']]])(
    '%j is refused with the usage, on stderr alone',
    async (args) => {
      const { code, out, err } = await run(...args);

      expect([code, out]).toEqual([2, []]);
      expect(err).toContain('npm run test:corpus');
    },
  );
});

describe('what counts as broken', () => {
  const result = (over: Partial<CorpusResult>): CorpusResult => ({
    file: 'x',
    disposition: 'opened',
    kind: 'report',
    why: 'default',
    suppressed: null,
    disclosure: 'EDX-2026-0001',
    acknowledged: true,
    label: null,
    ...over,
  });

  test.each([
    ['by our own rules', { suppressed: 'list' }],
    ['a bounce', { label: 'bounce' }],
    ['an automatic reply', { label: 'auto-reply' }],
    ['a list', { label: 'list' }],
  ] as const)('an answer to what may not be answered: %s', (_what, over) => {
    expect(isWronglyAnswered(result(over))).toBe(true);
    expect(isWronglyAnswered(result({ ...over, acknowledged: false }))).toBe(false);
    expect(summaryOf([result(over)], 1, 0, 0).acksToSuppressed).toBe(1);
  });

  test('a mail without an intake is lost; a disclosure or an answer too many is doubled', () => {
    expect(summaryOf([result({}), result({ disposition: 'lost' })], 1, 0, 0)).toMatchObject({
      lost: 1,
      doubled: 0,
    });
    expect(summaryOf([result({})], 2, 0, 0).doubled).toBe(1);
    expect(summaryOf([result({})], 1, 1, 0).doubled).toBe(1);
  });
});
