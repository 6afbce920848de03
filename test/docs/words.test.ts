import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { usualPorts } from '../../local/desk.ts';
import packageJson from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const decisions = readdirSync(join(root, 'docs/adr'))
  .filter((name) => /^\d{4}-/.test(name))
  .sort();
const pages = [
  'README.md',
  'AGENTS.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'docs/adr/README.md',
  ...decisions.map((name) => `docs/adr/${name}`),
];

describe.each(pages)('%s', (page) => {
  test('its links and pictures lead somewhere', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to = '']) => to);

    for (const link of links) expect(existsSync(join(root, dirname(page), link)), link).toBe(true);
  });

  test('the files that it names are there', () => {
    const named = [
      ...read(page).matchAll(/`((?:bin|lib|functions|local|test|bench|docs|statemachines)\/[\w./-]*)`/g),
    ];

    for (const [, path = ''] of named) expect(existsSync(join(root, path)), path).toBe(true);
  });

  test('its npm commands are scripts, or are said not to be measured yet', () => {
    const lines = read(page)
      .split('\n')
      .filter((line) => !line.includes('not measured yet'));
    const commands = lines.flatMap((line) =>
      [...line.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name),
    );

    for (const command of commands) expect(Object.keys(packageJson.scripts)).toContain(command);
  });
});

test('README: the ports are those of npm start, and every room of the tree has its line', () => {
  const readme = read('README.md');
  const tree = /```\n(bin\/[^`]+)```/.exec(readme)?.[1] ?? '';
  const rooms = readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !existsSync(join(root, 'functions', entry.name, 'handler.ts')))
    .map(({ name }) => name);

  for (const port of [
    usualPorts.console,
    usualPorts.desk,
    usualPorts.github,
    usualPorts.discourse,
    usualPorts.smtp,
  ])
    expect(readme).toContain(`127.0.0.1:${port}`);
  expect(rooms.length).toBeGreaterThan(3);
  for (const room of ['bin', 'lib', 'functions', 'statemachines', 'local', 'bench', 'test', 'docs', ...rooms])
    expect(tree).toMatch(new RegExp(`^ *${room}/`, 'm'));
});

test('AGENTS.md: every room of functions/ has its row', () => {
  const agents = read('AGENTS.md');
  const rooms = [...read('README.md').matchAll(/^ {2}([a-z]+)\/ /gm)].map(([, room]) => room);

  expect(rooms.length).toBeGreaterThan(3);
  for (const room of rooms) expect(agents).toContain(`| \`functions/${room}/\` |`);
});

describe('decisions', () => {
  test('are numbered without a gap, and the index lists each under its title', () => {
    const index = read('docs/adr/README.md');

    expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(decisions.map((_, at) => at + 1));
    for (const name of decisions) {
      const [, number, title] = /^# (\d{4}): (.+)$/m.exec(read(`docs/adr/${name}`)) ?? [];
      expect(name.startsWith(`${number}-`), name).toBe(true);
      expect(index).toContain(`| [${number}](${name}) | ${title} |`);
    }
  });

  test.each(decisions)('%s says context, decision and consequences', (name) => {
    const sections = read(`docs/adr/${name}`)
      .split(/^## /m)
      .slice(1)
      .map((section) => section.split('\n').filter(Boolean));

    expect(sections.map(([heading]) => heading)).toEqual(['Context', 'Decision', 'Consequences']);
    for (const section of sections) expect(section.length).toBeGreaterThan(1);
  });
});
