import { readFileSync } from 'node:fs';

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
}

const definition = JSON.parse(
  readFileSync(new URL('../../statemachines/disclosure.asl.json', import.meta.url), 'utf8'),
) as { readonly States: Readonly<Record<string, State>> };

/** States a person watches: what works and what waits, in the order of the definition; Choices are the edges. */
const shown = Object.entries(definition.States).filter(
  ([name, { Type }]) => (Type === 'Task' || Type === 'Map') && name !== 'RenewExecution',
);

const targets = (name: string): readonly string[] => {
  const state = definition.States[name];
  if (!state) return [];
  const all = [state.Next, state.Default, ...(state.Choices ?? []).map(({ Next }) => Next)];
  return all.flatMap((next) =>
    next === undefined ? [] : definition.States[next]?.Type === 'Choice' ? targets(next) : [next],
  );
};

const width = 150;
const height = 40;
const gap = 26;

/** The state machine as it is deployed, drawn from its definition, with the current state lit. */
export function machinePicture(current: string, ended: boolean): string {
  const at = new Map(shown.map(([name], index) => [name, 10 + index * (width + gap)]));
  const edges = shown.flatMap(([name]) =>
    [...new Set(targets(name))].flatMap((next) => {
      const [from, to] = [at.get(name), at.get(next)];
      if (from === undefined || to === undefined || from === to) return [];
      const [x1, x2] = [from + width / 2, to + width / 2];
      const lift = 14 + Math.abs(x2 - x1) / 22;
      if (to - from === width + gap)
        return [`<path class="edge" d="M${from + width} 110h${gap}" marker-end="url(#arrow)"/>`];
      const y = to > from ? 90 : 130;
      const bend = to > from ? y - lift : y + lift;
      return [
        `<path class="edge" d="M${x1} ${y}C${x1} ${bend} ${x2} ${bend} ${x2} ${y}" marker-end="url(#arrow)"/>`,
      ];
    }),
  );
  const boxes = [...at].map(([name, x]) => {
    const lit = name === current;
    return `<g class="${lit ? 'lit' : ''}"><rect class="box" x="${x}" y="90" width="${width}" height="${height}" rx="6"/><text x="${x + width / 2}" y="114" text-anchor="middle">${name}</text></g>`;
  });
  const total = 20 + shown.length * (width + gap);
  const title = ended ? 'The execution has ended' : `The execution is at ${current}`;
  return `<svg role="img" aria-label="${title}" viewBox="0 0 ${total} 220"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0l8 4-8 4z" fill="currentColor" opacity=".5"/></marker></defs>${edges.join('')}${boxes.join('')}</svg>`;
}
