import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exits, holds, type Stage, stages, transitions } from '#domain/lifecycle.ts';
import { stageMeanings } from '#letters/words.ts';
import { projectRoot } from './emulator/environment.ts';

/*
 * `node local/draw-lifecycle.ts` writes docs/lifecycle.svg from the transition table and the state machine, so that
 * the picture of the README cannot say anything else than what the core and the storage enforce.
 */

const picture = join(projectRoot, 'docs', 'lifecycle.svg');

const definition = JSON.parse(
  readFileSync(join(projectRoot, 'statemachines', 'disclosure.asl.json'), 'utf8'),
) as {
  readonly States: Readonly<Record<string, { readonly Type: string; readonly Comment?: string }>>;
};

/**
 * The machine's states by the stage they serve: its comment names it, or the state before it does. What closes the
 * disclosure serves the last stage, and nothing after it in the definition serves any.
 */
function machineByStage(): ReadonlyMap<Stage, readonly string[]> {
  const found = new Map<Stage, string[]>(stages.map((stage) => [stage, []]));
  let serving: Stage = 'received';
  for (const [name, { Type, Comment = '' }] of Object.entries(definition.States)) {
    if (Type !== 'Task' && Type !== 'Map') continue;
    if (name === 'CloseDisclosure') {
      found.get('published')?.push(name);
      break;
    }
    serving = stages.find((stage) => Comment.startsWith(`${stage}:`)) ?? serving;
    found.get(serving)?.push(name);
  }
  return found;
}

const machine = machineByStage();

const leads = (from: Stage, to: Stage): readonly string[] =>
  transitions
    .filter(
      (row) => (row.from as readonly Stage[]).includes(from) && (row.to as readonly Stage[]).includes(to),
    )
    .map(({ command }) => command);

/** Commands that may pass over a stage: a fact is a fact, whatever was to come before it. */
const passOver = (): readonly string[] => {
  const far = stages.flatMap((from, at) => stages.slice(at + 2).flatMap((to) => leads(from, to)));
  return [...new Set(far)];
};

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (x: number, y: number, words: string, kind = ''): string =>
  `<text x="${x}" y="${y}"${kind && ` class="${kind}"`}>${escaped(words)}</text>`;

/** Words in lines of at most so many letters. */
function lines(words: readonly string[], most: number): readonly string[] {
  const all = [''];
  for (const word of words) {
    const last = all.at(-1) ?? '';
    if (last && last.length + word.length > most) all.push(`${word} `);
    else all[all.length - 1] = `${last}${word} `;
  }
  return all.map((line) => line.trim());
}

const step = 104;
const [left, wide, high] = [24, 150, 44];
const top = (at: number): number => 24 + at * step;

const stageBox = (stage: Stage, at: number): string => {
  const y = top(at);
  return [
    `<rect x="${left}" y="${y}" width="${wide}" height="${high}" rx="8"/>`,
    text(left + wide / 2, y + 27, stage, 'stage'),
    text(left + wide + 22, y + 19, stageMeanings[stage]),
    text(left + wide + 22, y + 37, (machine.get(stage) ?? []).join(' → '), 'code'),
  ].join('\n');
};

const arrow = (from: Stage, at: number): string => {
  const to = stages[at + 1];
  if (to === undefined) return '';
  const x = left + wide / 2;
  return [
    `<path d="M${x} ${top(at) + high} V${top(at + 1) - 3}" marker-end="url(#head)"/>`,
    text(x + 12, top(at) + high + 34, leads(from, to).join(' · '), 'command'),
  ].join('\n');
};

/** What may lie over a stage, how a disclosure may end early, what may pass over a stage, as a list below. */
const notes = (): readonly (readonly [string, readonly string[]])[] => [
  ['holds, over a stage', holds],
  ['ends without publication', exits],
  ['may pass over a stage', passOver()],
];

/** The picture: stages from top to bottom, the commands that lead from one to the next, then holds and ends. */
export function lifecycleSvg(): string {
  const shown = notes().filter(([, words]) => words.length > 0);
  let y = top(stages.length) - 20;
  const below = shown.flatMap(([title, words]) => {
    const rows = lines(
      words.map((word, at) => (at < words.length - 1 ? `${word} ·` : word)),
      88,
    );
    const drawn = [
      text(left, y, title, 'title'),
      ...rows.map((row, at) => text(left + 210, y + at * 18, row, 'command')),
    ];
    y += rows.length * 18 + 10;
    return drawn;
  });
  const height = y + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 ${height}" width="820" height="${height}" role="img" aria-labelledby="what">
<title id="what">The lifecycle of a disclosure: ${stages.join(', ')}</title>
<style>text{font:14px system-ui,sans-serif;fill:#1f2328}.stage{font-size:16px;font-weight:600;text-anchor:middle}.code,.command{font:13px ui-monospace,monospace;fill:#57606a}.title{font-weight:600}rect{fill:#ddf4ff;stroke:#0969da}path{stroke:#57606a;fill:none;stroke-width:1.5}#head path{fill:#57606a;stroke:none}.paper{fill:#fff;stroke:none}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0l8 4-8 4z"/></marker></defs>
<rect class="paper" width="820" height="${height}"/>
${stages.map(stageBox).join('\n')}
${stages.map(arrow).filter(Boolean).join('\n')}
${below.join('\n')}
</svg>
`;
}

if (import.meta.main) writeFileSync(picture, lifecycleSvg());
