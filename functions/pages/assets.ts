/** A static file of the pages, served from beside the function, under a name that changes with its content. */
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
 * One file of `open-desk/static/`, which lies beside the bundle when deployed. `calculator.js` is built by the
 * deployment: where it is missing, the server alone scores.
 */
export function asset(name: AssetName): Asset | undefined {
  if (!known.has(name)) known.set(name, read(name));
  return known.get(name);
}

const folders = ['./static/', '../open-desk/static/'];

// Imported by name, `fs` and `crypto` load all that they export: 14 ms of the landing page's cold start.
function read(name: AssetName): Asset | undefined {
  const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
  const { createHash } = process.getBuiltinModule('node:crypto');
  const file = folders
    .map((folder) => new URL(folder + name, import.meta.url))
    .find((url) => existsSync(url));
  if (!file) return undefined;
  const body = readFileSync(file, 'utf8');
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  const [stem = '', ending = 'css'] = name.split('.');
  return { path: `/assets/${stem}.${hash}.${ending}`, body, type: types[ending as keyof typeof types] };
}

/** The asset of a path; also under an earlier hash, so that a page of an older deployment still has its style. */
export function assetAt(path: string): Asset | undefined {
  const [, stem, ending] = /^\/assets\/([a-z]+)\.[0-9a-f]{12}\.(css|js|svg)$/.exec(path) ?? [];
  const name = names.find((each) => each === `${stem}.${ending}`);
  return name && asset(name);
}
