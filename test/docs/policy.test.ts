import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deskConfigSchema } from '../../lib/desk-config.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const policy = read('docs/policy.md');

const numbered = (letter: string, last: number) =>
  Array.from({ length: last }, (_, at) => `${letter}${at + 1}`);
/** What OEP-60 demands, what we add, what always holds. */
const rules = [...numbered('R', 29), ...numbered('A', 8), ...numbered('V', 10)];

interface Row {
  readonly rule: string;
  readonly code: string;
  readonly tests: string;
}

/** Rows of the tables with the columns rule (or reading), what it says, code, test. */
const rows: readonly Row[] = policy.split('\n').flatMap((line) => {
  const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [, rule = '', , code = '', tests = ''] = cells;
  return cells.length === 6 && rule !== 'rule' && rule !== 'reading' && !/^-+$/.test(rule)
    ? [{ rule, code, tests }]
    : [];
});

/** "`file` `name` `name`; `file` …" as file and what it must contain. */
const filesOf = (cell: string): readonly { file: string; names: readonly string[] }[] =>
  cell.split(';').flatMap((part) => {
    const [file, ...names] = [...part.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
    return file === undefined ? [] : [{ file, names }];
  });

/** "`file` "title" "title"; `file` …": titles as they stand in the source. */
const titlesOf = (cell: string): readonly { file: string; titles: readonly string[] }[] =>
  [...cell.matchAll(/`([^`]+)`((?: "(?:[^"\\]|\\.)*")*)/g)].map(([, file = '', quoted = '']) => ({
    file,
    titles: [...quoted.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, title = '']) =>
      title.replaceAll('\\"', '"'),
    ),
  }));

/** The text literals of a test file: titles, and the labels of tables of cases. */
const literalsOf = (source: string): ReadonlySet<string> =>
  new Set(
    [...source.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map(
      ([, a, b, c]) => (a ?? b ?? c ?? '').replaceAll("\\'", "'"),
    ),
  );

const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((path) =>
  /(\.test|store-contract)\.ts$/.test(path),
);
/** Every name that a test may have (a phrase, not a code that a test expects), with ranges written out: "R8–R10" names R9 too. */
const names = testFiles
  .filter((path) => path !== join('docs', 'policy.test.ts'))
  .flatMap((path) => [...literalsOf(read(join('test', path)))])
  .filter((literal) => /\b[RAV]\d/.test(literal) && literal.includes(' '))
  .map((literal) =>
    literal.replace(/\b([RAV])(\d+)–\1(\d+)\b/g, (_, letter: string, from: string, to: string) =>
      numbered(letter, Number(to))
        .slice(Number(from) - 1)
        .join(' '),
    ),
  );

describe('docs/policy.md', () => {
  test('has each rule once, in order', () => {
    const found = rows.map(({ rule }) => rule).filter((rule) => /^[RAV]\d+$/.test(rule));

    expect(found).toEqual(rules);
    expect(rows.length).toBeGreaterThan(rules.length + 20);
  });

  test.each(rows)('$rule: its code and its tests are where it says', ({ rule, code, tests }) => {
    const open = code.includes('Not yet') && tests.includes('Not yet');
    const [carriers, shown] = [filesOf(code), titlesOf(tests)];

    for (const { file, names: inFile } of carriers) {
      expect(existsSync(join(root, file)), `${rule}: ${file}`).toBe(true);
      for (const name of inFile) expect(read(file), `${rule}: ${file}`).toMatch(new RegExp(`\\b${name}\\b`));
    }
    for (const { file, titles } of shown) {
      expect(existsSync(join(root, file)), `${rule}: ${file}`).toBe(true);
      expect(titles, `${rule}: ${file}`).not.toEqual([]);
      const literals = literalsOf(read(file));
      for (const title of titles) expect(literals.has(title), `${rule}: ${file}: ${title}`).toBe(true);
    }
    expect(open || (carriers.length > 0 && shown.length > 0), `${rule} has code and a test, or is open`).toBe(
      true,
    );
  });

  test('each rule is named by a test, unless nothing implements it yet', () => {
    const open = rows.filter(({ code }) => code.includes('Not yet')).map(({ rule }) => rule);
    const unnamed = rules.filter((rule) => !names.some((name) => new RegExp(`\\b${rule}\\b`).test(name)));

    expect(unnamed.filter((rule) => !open.includes(rule))).toEqual([]);
  });

  test.each([
    ['R2', 'commitRota'],
    ['R9', 'commitBatch'],
    ['R23', 'commitMembership'],
  ])('%s says "not yet" of its pages as long as no page calls %s', (rule, useCase) => {
    const row = policy.split('\n').find((line) => line.startsWith(`| ${rule} |`));
    const called = readdirSync(join(root, 'functions/change-desk'), {
      recursive: true,
      encoding: 'utf8',
    }).some(
      (path) =>
        path.endsWith('.ts') &&
        new RegExp(`\\b${useCase}\\b`).test(read(join('functions/change-desk', path))),
    );

    expect(row?.includes('Not yet')).toBe(!called);
  });

  test('no test names a rule that there is not', () => {
    const named = names.flatMap((name) =>
      [...name.matchAll(/(?<![\w/:-])([RAV]\d{1,2})(?=[:,; ])/g)].map(([, rule]) => rule),
    );

    expect(named.filter((rule) => !rules.includes(rule ?? ''))).toEqual([]);
  });

  test('its numbers are the defaults of the configuration', () => {
    const example = {
      project: 'Example',
      signature: 'Example',
      prefix: 'EX',
      region: 'us-east-1',
      zone: 'UTC',
      administrators: ['admin@example.org'],
      mail: { securityAddress: 'security@example.org', replyDomain: 'desk.example.org' },
      branches: ['main'],
      members: [{ address: 'ada@example.org' }],
      rota: {},
    };
    const config: unknown = deskConfigSchema.parse(example);
    const numbers = [...policy.matchAll(/^\| [^|]+ \| `([\w.]+)` \| (\d+) \|$/gm)];

    expect(numbers.length).toBeGreaterThan(8);
    for (const [, path = '', value] of numbers) {
      const found = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], config);
      expect(found, path).toBe(Number(value));
    }
  });
});
