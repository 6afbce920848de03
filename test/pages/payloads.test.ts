import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../local/emulator/environment.ts';
import { parser } from '../receive-mail/mail-room.ts';
import { payloads, type Rendered, renderWith, skeleton } from '../support/payload-pages.ts';

afterAll(() => parser.close());

describe('XSS (threat table): 200 payloads in subjects, names, bodies, HTML, file names and forms', () => {
  let harmless: Rendered;
  let hostile: Rendered;
  beforeAll(async () => {
    harmless = await renderWith(payloads.map(() => 'word word'));
    hostile = await renderWith(payloads);
  }, 120_000);

  test('there are 200 of them, and as many pages of mails, and the pages of every kind of person', () => {
    expect(new Set(payloads).size).toBe(200);
    const names = Object.keys(hostile.pages);
    expect(names.filter((name) => name.startsWith('member /i/'))).toHaveLength(400);
    for (const kind of ['member', 'maintainer', 'reporter', 'operator'])
      expect(names.filter((name) => name.startsWith(`${kind} /d/`)).length).toBeGreaterThan(20);
    // They stand on these pages, escaped.
    for (const page of ['member /desk', 'member /i/payload-0-text', 'member /d/EDX-2026-0001'])
      expect([page, hostile.pages[page]?.includes('&lt;script&gt;alert(1)')]).toEqual([page, true]);
    expect(hostile.pages['reporter /d/EDX-2026-0001']).toContain('&lt;script&gt;alert(1)');
    expect(hostile.pages['operator /d/EDX-2026-0001']).toContain('&lt;script&gt;alert(1)');
  });

  test('no page and no letter has an element or an attribute that it has not with harmless words', () => {
    for (const part of ['pages', 'letters'] as const)
      for (const [name, page] of Object.entries(hostile[part]))
        expect.soft([name, ...skeleton(page)]).toEqual([name, ...skeleton(harmless[part][name] ?? '')]);
  });

  test('(an unescaped one would be seen)', () => {
    for (const payload of payloads.slice(0, 20))
      expect(skeleton(`<pre>${payload}</pre>`)).not.toEqual(skeleton('<pre>word</pre>'));
  });
});

test('egress denied (threat table): all of it is parsed and rendered without a connection, a datagram or a lookup', {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'desk-egress-'));
  const record = join(folder, 'connections.jsonl');
  const run = (words: string) =>
    promisify(execFile)(
      process.execPath,
      ['--import=./test/support/record-connections.ts', 'test/support/render-payloads.ts', words],
      { cwd: projectRoot, env: { ...process.env, RECORD_CONNECTIONS: record, DENY_CONNECTIONS: '1' } },
    );
  const noted = () =>
    readFileSync(record, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { how: string; to: string; thread: string });
  try {
    const { stdout } = await run('all');

    expect(JSON.parse(stdout)).toEqual({
      payloads: 200,
      pages: expect.any(Number),
      letters: expect.any(Number),
    });
    expect(noted().filter(({ how }) => how !== 'started')).toEqual([]);
    // The parser's thread was watched too.
    expect(new Set(noted().map(({ thread }) => thread))).toEqual(new Set(['main', 'worker']));

    // And both would have been stopped.
    await run('reach-out');
    const stopped = noted().filter(({ how }) => how !== 'started');
    expect(new Set(stopped.map(({ thread, how }) => `${thread} ${how}`))).toEqual(
      new Set(['main connect', 'main lookup', 'worker connect', 'worker lookup']),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
