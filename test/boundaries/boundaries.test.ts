import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { config, cruiseIn } from './cruise.ts';

const root = resolve(import.meta.dirname, '../..');
const planted = mkdtempSync(join(tmpdir(), 'walls-'));
afterAll(() => rmSync(planted, { recursive: true, force: true }));

/** One file for each wall that breaks it and nothing else does. */
const violations: Record<string, readonly [from: string, to: string]> = {
  'functions-not-to-lib': ['functions/letters/a.ts', 'lib/a.ts'],
  'lib-to-contracts-and-env-only': ['lib/b.ts', 'functions/domain/b.ts'],
  'domain-is-pure': ['functions/domain/c.ts', 'functions/contracts/c.ts'],
  'no-lambda-to-another': ['functions/open-desk/d.ts', 'functions/receive-mail/d.ts'],
  'rooms-not-to-lambdas': ['functions/pages/e.ts', 'functions/open-desk/e.ts'],
  'adapters-behind-handlers': ['functions/deliver/f.ts', 'functions/adapters/f.ts'],
  'wiring-behind-handlers': ['functions/open-desk/g.ts', 'functions/open-desk/wiring.ts'],
  'no-sdk-outside-adapters': ['functions/deliver/h.ts', 'node_modules/@aws-sdk/client-h/index.js'],
  'product-not-to-local': ['lib/i.ts', 'local/i.ts'],
  'the-model-shares-nothing': ['local/simulate/model.ts', 'functions/domain/m.ts'],
  'no-circles': ['functions/letters/k.ts', 'functions/letters/l.ts'],
};

function plant(path: string, content: string): void {
  mkdirSync(dirname(join(planted, path)), { recursive: true });
  writeFileSync(join(planted, path), content);
}

describe('walls between the rooms', () => {
  test('nobody breaks one, and every module was looked at', async () => {
    const { violations: found, modules } = await cruiseIn(root, ['functions', 'lib', 'bin']);

    const files = globSync('{functions,lib,bin}/**/*.ts', { cwd: root });
    expect(found).toEqual([]);
    expect(modules).toBe(files.length);
    expect(modules).toBeGreaterThan(0);
  });

  test('each wall is broken by a planted violation', async () => {
    plant('node_modules/@aws-sdk/client-h/package.json', '{"name":"@aws-sdk/client-h","main":"index.js"}');
    for (const [from, to] of Object.values(violations)) {
      const up = '../'.repeat(dirname(from).split('/').length);
      plant(to, 'export const value = 1;\n');
      plant(
        from,
        `export { value } from '${to.startsWith('node_modules') ? '@aws-sdk/client-h' : `${up}${to}`}';\n`,
      );
    }
    plant(
      'functions/letters/l.ts',
      "import { value as other } from './k.ts';\nexport const value = () => other;\n",
    );
    plant('functions/domain/clock.ts', "export { readFileSync } from 'node:fs';\n");

    const { violations: found } = await cruiseIn(planted, ['functions', 'lib', 'local']);

    for (const [rule, [from, to]] of Object.entries(violations))
      expect(found).toContain(`${rule}: ${from} → ${to}`);
    expect(found).toContain('domain-is-pure: functions/domain/clock.ts → fs');
  });

  test('no wall is without its planted violation', () => {
    expect(config.forbidden?.map(({ name }) => name).sort()).toEqual(Object.keys(violations).sort());
  });
});
