import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exits, holds, stages } from '#domain/lifecycle.ts';
import { lifecycleSvg } from '../../local/draw-lifecycle.ts';

test('docs/lifecycle.svg is current; if not: node local/draw-lifecycle.ts', () => {
  const kept = readFileSync(new URL('../../docs/lifecycle.svg', import.meta.url), 'utf8');

  expect(kept).toBe(lifecycleSvg());
});

test('the picture shows every stage, hold and exit, and no stage without a way to it', () => {
  const picture = lifecycleSvg();
  const commands = [...picture.matchAll(/class="command">([^<]+)</g)].map(([, words]) => words ?? '');

  for (const word of [...stages, ...holds, ...exits])
    expect(picture).toMatch(new RegExp(`>[^<]*\\b${word}\\b`));
  expect(commands.slice(0, stages.length - 1).every((words) => /^[a-z]/.test(words))).toBe(true);
});
