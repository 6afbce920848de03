import crypto, { createHash } from 'node:crypto';
import fs, { existsSync, readdirSync, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type OutputFile, type Plugin } from 'esbuild';
import { type FunctionName, functionNames, pageFunctions } from './functions.ts';
import { leanPackages } from './lean-packages.ts';

/** Where each function's code lies, ready to be an asset. */
export type Bundles = (name: FunctionName) => string;

export interface BundleOptions {
  /** Written into each bundle as `settings.json`. */
  readonly settings: unknown;
  /** Written into `seed-desk` alone, as `seed.json`: the only bundle that holds people. */
  readonly seed: unknown;
  /** Where the bundles are put, made anew each time; by default they are kept for the next run. */
  readonly folder?: string;
  /** Bundle these only. */
  readonly only?: readonly FunctionName[];
}

const root = resolve(import.meta.dirname, '..');
const sourceOf = (name: FunctionName) => join(root, 'functions', name);

/**
 * Bundles the functions, each into a folder of its own: `handler.mjs`, workers (`*-worker.ts` beside the handler),
 * lazy chunks, `settings.json`, and `static/` of the pages where it answers with some. Lambda's own SDK is not used: it costs 180 ms
 * of a cold start (docs/adr/0017). What was bundled from the same sources before is taken from there.
 * @throws Error when a function has no handler, or with esbuild's messages
 */
export async function bundleFunctions(options: BundleOptions): Promise<Bundles> {
  const names = options.only ?? functionNames;
  if (options.folder !== undefined) {
    await bundleInto(options.folder, names, options);
    return (name) => join(options.folder ?? '', name);
  }
  const kept = join(cache, await fingerprint(names, options));
  if (!existsSync(kept)) {
    await mkdir(cache, { recursive: true });
    // Made beside its place and moved there whole: an interrupted run leaves nothing that looks like a bundle.
    const draft = await mkdtemp(join(cache, 'draft-'));
    await bundleInto(draft, names, options);
    await rename(draft, kept).catch(async (error) => {
      await rm(draft, { recursive: true, force: true });
      if (!existsSync(kept)) throw error;
    });
    await forget(kept);
  }
  return (name) => join(kept, name);
}

const cache = join(root, 'node_modules', '.cache', 'desk-functions');
/** As many sets of bundles are kept: one each for the local desk, production and the change before. */
const keptSets = 4;

async function forget(latest: string): Promise<void> {
  const sets = await readdir(cache);
  const aged = await Promise.all(
    sets.map(async (name) => ({ path: join(cache, name), at: (await stat(join(cache, name))).mtimeMs })),
  );
  const old = aged.sort((a, b) => b.at - a.at).slice(keptSets);
  await Promise.all(
    old.filter(({ path }) => path !== latest).map(({ path }) => rm(path, { recursive: true, force: true })),
  );
}

/** SHA-256 over all that a bundle is made of: our sources, the pinned packages, the bundler's options, the settings. */
async function fingerprint(names: readonly string[], { settings, seed }: BundleOptions): Promise<string> {
  const sources = (await readdir(join(root, 'functions'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256').update(JSON.stringify([names, settings, seed, process.version]));
  for (const file of [
    ...sources,
    import.meta.filename,
    join(root, 'lib', 'lean-packages.ts'),
    join(root, 'package.json'),
    join(root, 'package-lock.json'),
  ]) {
    hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 32);
}

async function bundleInto(
  folder: string,
  names: readonly FunctionName[],
  { settings, seed }: BundleOptions,
): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const target = join(folder, name);
      await mkdir(target, { recursive: true });
      await bundleFunction(name, target);
      await writeFile(join(target, 'settings.json'), JSON.stringify(settings));
      if (name === 'seed-desk') await writeFile(join(target, 'seed.json'), JSON.stringify(seed));
    }),
  );
}

const temporary: string[] = [];

/** CDK copies assets into its assembly before the process ends, and with it the folder. */
async function temporaryFolder(): Promise<string> {
  if (temporary.length === 0) {
    process.once('exit', () => {
      for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'desk-functions-'));
  temporary.push(folder);
  return folder;
}

async function bundleFunction(name: FunctionName, target: string): Promise<void> {
  const source = sourceOf(name);
  const handler = join(source, 'handler.ts');
  if (!existsSync(handler))
    throw new Error(`functions/${name}/handler.ts does not exist: nothing to deploy for ${name}`);
  const workers = readdirSync(source).filter((file) => file.endsWith('-worker.ts'));
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [handler, ...workers.map((file) => join(source, file))],
    outdir: target,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    conditions: ['module'],
    legalComments: 'none',
    plugins: [lazyBuiltins, leanPackages],
    write: false,
    logLevel: 'silent',
  });
  await Promise.all([
    ...outputFiles.map(writeModule),
    ...(pageFunctions.has(name) ? [copyStatic(target)] : []),
  ]);
}

/** CommonJS inside an ES module needs a `require`; only those chunks that call one get it. */
const requireShim = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

async function writeModule({ path, text }: OutputFile): Promise<void> {
  await writeFile(path, text.includes('Dynamic require of "') ? requireShim + text : text);
}

/** Built-in modules whose getters load much that the desk never asks for. */
const costly = { crypto, fs, http, https } as const;

/** What packages import although it is behind such a getter, asked for when it is used. */
const late: Partial<Record<keyof typeof costly, string>> = {
  crypto:
    'export const getRandomValues=(...given)=>m.getRandomValues(...given);' +
    'export const subtle=new Proxy({},{get:(_,name)=>m.subtle[name].bind(m.subtle)});',
  fs: 'export class ReadStream{static[Symbol.hasInstance](one){return one instanceof m.ReadStream}}',
};

/**
 * Node reads every export of a built-in module when ES code imports it, and some are getters that load more: `http`
 * has undici behind one (44 ms of a cold start), `fs` its promises, the read line and the watchers (34 modules),
 * `crypto` the web's. Asking the process for the module leaves them alone.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(crypto|fs|https?)$/ }, ({ path, kind }) =>
      kind === 'require-call' ? undefined : { path: path.replace('node:', ''), namespace: 'lazy-builtins' },
    );
    onLoad({ filter: /.*/, namespace: 'lazy-builtins' }, ({ path }) => {
      const name = path as keyof typeof costly;
      const module = costly[name];
      const plain = Object.entries(Object.getOwnPropertyDescriptors(module))
        .filter(([key, property]) => 'value' in property && key !== 'default')
        .map(([key]) => key);
      return {
        contents:
          `const m=process.getBuiltinModule('node:${name}');export default m;` +
          plain.map((key) => `export const ${key}=/* @__PURE__ */(()=>m.${key})();`).join('') +
          (late[name] ?? ''),
        loader: 'js',
      };
    });
  },
};

/**
 * What a browser is served lies beside the function: `static/*.ts` is bundled for it under the same name,
 * everything else is copied. Each name then gets the hash of its content, so that the page need not reckon it.
 */
async function copyStatic(target: string): Promise<void> {
  const from = join(root, 'functions', 'pages', 'static');
  const to = join(target, 'static');
  await mkdir(to, { recursive: true });
  const files = readdirSync(from);
  const scripts = files.filter((file) => file.endsWith('.ts'));
  await Promise.all([
    ...files
      .filter((file) => !file.endsWith('.ts'))
      .map((file) => copyFile(join(from, file), join(to, file))),
    build({
      absWorkingDir: root,
      entryPoints: scripts.map((file) => join(from, file)),
      outdir: to,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      logLevel: 'silent',
    }),
  ]);
  await Promise.all(
    (await readdir(to)).map(async (file) => {
      const hash = createHash('sha256')
        .update(await readFile(join(to, file)))
        .digest('hex');
      await rename(join(to, file), join(to, file.replace(/\.(\w+)$/, `.${hash.slice(0, 12)}.$1`)));
    }),
  );
}

/** For `cdk list`, `cdk destroy` and tests of the template: every function with an empty handler. */
export async function emptyBundles(): Promise<Bundles> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'handler.mjs'), 'export const handler = async () => undefined;\n');
  return () => folder;
}
