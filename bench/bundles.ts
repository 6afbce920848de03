import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bundles, bundleFunctions } from '../lib/bundling.ts';
import { settingsOf } from '../lib/config.ts';
import { configurationSetName } from '../lib/delivery.ts';
import { type FunctionName, functionNames } from '../lib/functions.ts';
import { seedOf } from '../lib/seed.ts';
import { loadConfig } from '../local/desk.ts';

/** Bundles the functions as a deployment of the example configuration does, for as long as `use` takes. */
export async function withBundles<T>(use: (bundles: Bundles, folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'desk-bench-'));
  try {
    const config = await loadConfig();
    const bundles = await bundleFunctions({
      folder,
      settings: settingsOf({ config }, configurationSetName(config.stackName)),
      seed: seedOf(config).seed,
    });
    return await use(bundles, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Everything of a function that Node may load, in bytes: its handler, workers and chunks, eager and lazy. */
export const codeBytes = (bundles: Bundles, name: FunctionName): number =>
  readdirSync(bundles(name))
    .filter((file) => file.endsWith('.mjs'))
    .reduce((sum, file) => sum + statSync(join(bundles(name), file)).size, 0);

/** A handler that does nothing: what Node itself costs. */
export function emptyHandler(folder: string): string {
  const file = join(folder, 'empty.mjs');
  writeFileSync(file, 'export const handler = async () => ({ statusCode: 200 });\n');
  return file;
}

/**
 * An environment in which every function starts: its variables by its own schema, and credentials as Lambda sets them.
 */
export async function environmentOf(name: FunctionName): Promise<Record<string, string>> {
  const module: { environment: { shape: Readonly<Record<string, { readonly type: string }>> } } =
    await import(`../functions/${name}/env.ts`);
  const own = Object.entries(module.environment.shape)
    .filter(([, { type }]) => type !== 'optional')
    .map(([variable]) => [variable, /_BASE$|_URL$/.test(variable) ? 'https://desk.example' : 'arn:aws:x']);
  return {
    ...Object.fromEntries(own),
    PATH: process.env.PATH ?? '',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_MAX_ATTEMPTS: '1',
  };
}

/**
 * Whom a person waits for who opens a link: every page that a link of a mail leads to is this function's, from the
 * landing page on (`scopeOf` in `functions/web/session.ts` has the ways, `functions/contracts/routes.ts` what is not
 * its). What is sent from a page goes to `change-desk`, which counts among the others.
 */
export const waitedFor: readonly FunctionName[] = ['open-desk'];

export const otherFunctions: readonly FunctionName[] = functionNames.filter(
  (name) => name !== 'receive-mail' && !waitedFor.includes(name),
);
