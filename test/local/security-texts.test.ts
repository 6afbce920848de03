import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const program = resolve(import.meta.dirname, '../../local/security-texts.ts');

test('R26: both texts are written into a folder that is not there yet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'texts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));

  const out = join(folder, 'for', 'the site');
  execFileSync(process.execPath, [program, '--out', out]);

  expect(readFileSync(join(out, 'SECURITY.md'), 'utf8')).toContain('security@openedx.example');
  expect(readFileSync(join(out, 'security.txt'), 'utf8')).toMatch(/^Contact: mailto:security@openedx/m);
}, 20_000);
