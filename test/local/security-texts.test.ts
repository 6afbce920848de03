import { execFileSync, spawnSync } from 'node:child_process';
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

/** RFC 9116, sections 2.2 and 2.3: a field a line, each line ended; names are known, and compared without their case. */
const fieldsOf = (text: string): readonly (readonly [string, string])[] => {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', value = ''] = /^([A-Za-z-]+): (\S.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), value];
    });
};

test('R26: the written security.txt is one that RFC 9116 allows', () => {
  const out = mkdtempSync(join(tmpdir(), 'texts-'));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const canonical = 'https://openedx.example/.well-known/security.txt';
  const policy = 'https://openedx.example/security';

  execFileSync(process.execPath, [program, '--out', out, '--canonical', canonical, '--policy', policy]);

  const bytes = readFileSync(join(out, 'security.txt'));
  const fields = fieldsOf(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const all = (wanted: string) => fields.flatMap(([name, value]) => (name === wanted ? [value] : []));
  const known = ['contact', 'expires', 'encryption', 'acknowledgments', 'preferred-languages'];
  expect(fields.filter(([name]) => ![...known, 'canonical', 'policy', 'hiring'].includes(name))).toEqual([]);
  // Required: 2.5.3 and 2.5.5. Section 2.5.5 recommends less than a year.
  expect(all('contact')).toEqual(['mailto:security@openedx.example']);
  expect(all('expires')).toHaveLength(1);
  const [expires = ''] = all('expires');
  expect(expires).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const daysAhead = (Date.parse(expires) - Date.now()) / 86_400_000;
  expect(daysAhead).toBeGreaterThan(300);
  expect(daysAhead).toBeLessThan(365);
  expect(all('preferred-languages')).toEqual(['en']);
  expect([all('canonical'), all('policy')]).toEqual([[canonical], [policy]]);
  // A web address is https everywhere (2.5.1 to 2.5.8).
  for (const [name, value] of fields)
    if (!['expires', 'preferred-languages'].includes(name))
      expect(value).toMatch(/^(https:\/\/|mailto:)\S+$/);
}, 20_000);

test.each([
  ['policy', 'http://openedx.example/security'],
  ['policy', 'openedx.example/security'],
  ['canonical', 'https://openedx.example/security txt'],
])(
  'R26: --%s %s is refused: RFC 9116 wants https',
  (name, address) => {
    const call = [program, `--${name}`, address];

    const { status, stderr } = spawnSync(process.execPath, call, { encoding: 'utf8' });

    expect(status).toBe(2);
    expect(stderr).toContain(`--${name} has to be an https address`);
  },
  20_000,
);
