/** A static file of the pages, served from beside the function. Its deployed name changes with its content. */
export interface Asset {
  readonly path: string;
  readonly body: string;
  readonly type: string;
}

const types = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

const names = ['style.css', 'landing.js', 'times.js', 'calculator.js', 'icon.svg'] as const;
export type AssetName = (typeof names)[number];

const known = new Map<AssetName, Asset | undefined>();

/**
 * One file of `static/`, which lies beside the bundle when deployed. `calculator.js` is built by the
 * deployment: where it is missing, the server alone scores.
 */
export function asset(name: AssetName): Asset | undefined {
  if (!known.has(name)) known.set(name, read(name));
  return known.get(name);
}

/** Where files lie as they were written, with no hash in their names: nothing of this is deployed. */
const unhashed = '000000000000';

// Imported by name, `fs` loads all that it exports; a hash of our own would load `crypto`: 14 ms of the landing page.
function read(name: AssetName): Asset | undefined {
  const { existsSync, readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
  const [stem = '', ending = 'css'] = name.split('.');
  const shape = new RegExp(`^${stem}(?:\\.([0-9a-f]{12}))?\\.${ending}$`);
  const folder = new URL('./static/', import.meta.url);
  const file = existsSync(folder) ? readdirSync(folder).find((each) => shape.test(each)) : undefined;
  if (file === undefined) return undefined;
  const hash = shape.exec(file)?.[1] ?? unhashed;
  const type = types[ending as keyof typeof types];
  return {
    path: `/assets/${stem}.${hash}.${ending}`,
    body: readFileSync(new URL(file, folder), 'utf8'),
    type,
  };
}

/** The asset of a path; also under an earlier hash, so that a page of an older deployment still has its style. */
export function assetAt(path: string): Asset | undefined {
  const [, stem, ending] = /^\/assets\/([a-z]+)\.[0-9a-f]{12}\.(css|js|svg)$/.exec(path) ?? [];
  const name = names.find((each) => each === `${stem}.${ending}`);
  return name && asset(name);
}
