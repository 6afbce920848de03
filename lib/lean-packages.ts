import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** What is bundled in the place of a module, and why nothing is missed. */
interface Replacement {
  /** The module's path below node_modules. */
  readonly module: RegExp;
  readonly contents: string;
}

const replacements: readonly Replacement[] = [
  // Of all that the SDK reads and writes by schemas, what its signature, its retries and our adapters ask for: what is
  // missing here fails the build by its name.
  {
    module: /@smithy\/core\/dist-es\/submodules\/serde\/index\.js$/,
    contents: `import { randomUUID } from 'node:crypto';
      export { Hash } from './hash-node/hash-node';
      export { isArrayBuffer } from './is-array-buffer/is-array-buffer';
      export { toHex } from './util-hex-encoding/hex-encoding';
      export { toUint8Array } from './util-utf8/toUint8Array';
      export { hasOwn } from '@smithy/core/transport';
      export { writeKey } from './writeKey';
      // Its own would load the web's cryptography.
      export const v4 = () => randomUUID();
      // The one date of HTTP that is read: until when a service asks to wait.
      export const parseRfc7231DateTime = (text) => new Date(text);`,
  },
  {
    module: /@smithy\/core\/dist-es\/submodules\/protocols\/index\.js$/,
    contents: `export { HttpRequest, HttpResponse } from '@smithy/core/transport';
      export { escapeUri } from './util-uri-escape/escape-uri';
      export { buildQueryString } from './querystring-builder/buildQueryString';`,
  },
  {
    module: /@smithy\/core\/dist-es\/submodules\/client\/index\.js$/,
    contents: `export { normalizeProvider } from '@smithy/core/transport';
      export { NoOpLogger } from './smithy-client/NoOpLogger';`,
  },
  {
    // Every body is a text or bytes. To ask whether it is a stream of the web would load what those are made of.
    module:
      /@smithy\/core\/dist-es\/submodules\/retry\/middleware-retry\/isStreamingPayload\/isStreamingPayload\.js$/,
    contents: 'export const isStreamingPayload = () => false;',
  },
  {
    // No service of the desk streams events: neither their coding nor their signature is called.
    module: /@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/,
    contents: 'export const EventStreamSerde = undefined, eventStreamSerdeProvider = undefined;',
  },
  {
    module: /@smithy\/signature-v4\/dist-es\/HeaderFormatter\.js$/,
    contents: 'export class HeaderFormatter {}',
  },
  {
    // The parser converts no HTML: our own bounded conversion does.
    module: /\/html-to-text\/lib\/.+$/,
    contents: "export const htmlToText = () => { throw new Error('HTML is converted by the desk itself'); };",
  },
  {
    // Nothing is linked.
    module: /\/linkify-it\/.+$/,
    contents:
      'const linkify = { pretest: () => false, match: () => null };\n' +
      'for (const name of ["tlds", "add", "set"]) linkify[name] = () => linkify;\nexport default () => linkify;',
  },
  { module: /\/mailparser\/dist\/esm\/tlds\.cjs$/, contents: 'export default [];' },
  {
    // Escapes the header of a mail within a mail, in HTML that is then read as text: five characters do.
    module: /\/he\/he\.js$/,
    contents:
      'const encode = (text) => String(text).replace(/[&<>"\'`]/g, (each) => "&#" + each.charCodeAt(0) + ";");\n' +
      'export default { encode };',
  },
  {
    // Every attachment of a letter says its type; letters name no file without one.
    module: /\/nodemailer\/dist\/esm\/mime-funcs\/mime-types\.js$/,
    contents:
      "export const detectMimeType = () => 'application/octet-stream';\nexport const detectExtension = () => 'bin';",
  },
];

/** Packages carry what the desk never uses. What is left out here is said with its reason; a test compares results. */
export const leanPackages: Plugin = {
  name: 'lean-packages',
  setup(build) {
    for (const { module, contents } of replacements)
      build.onLoad({ filter: module }, ({ path }) => ({
        contents,
        resolveDir: join(path, '..'),
        loader: 'js',
      }));

    // One copy for both: the splitter asks for it by `require`, the parser by `import`.
    build.onResolve({ filter: /^libmime$/ }, () => ({ path: parsersLibmime() }));

    build.onLoad(
      { filter: /plugin-rest-endpoint-methods\/dist-src\/generated\/endpoints\.js$/ },
      async ({ path }) => ({
        contents: await endpointsInUse(path),
        loader: 'js',
      }),
    );
  },
};

/** The parser's own libmime, wherever npm has put it: other packages bring other versions. */
function parsersLibmime(): string {
  const modules = join(root, 'node_modules');
  const places = [join(modules, 'mailparser/node_modules'), modules];
  const found = places
    .map((place) => join(place, 'libmime/dist/esm/libmime.js'))
    .find((file) => existsSync(file));
  if (!found) throw new Error('mailparser’s libmime is not installed: run npm ci');
  return found;
}

/** GitHub's API has a thousand endpoints; those stay whose scope and method our adapter names. */
async function endpointsInUse(path: string): Promise<string> {
  const [adapter, { default: all }] = await Promise.all([
    readFile(join(root, 'functions/adapters/github.ts'), 'utf8'),
    import(path) as Promise<{ default: Readonly<Record<string, Readonly<Record<string, unknown>>>> }>,
  ]);
  const words = new Set(adapter.match(/\w+/g));
  const named = Object.entries(all).flatMap(([scope, endpoints]) => {
    const kept = Object.entries(endpoints).filter(([method]) => words.has(method));
    return words.has(scope) && kept.length > 0 ? [[scope, Object.fromEntries(kept)] as const] : [];
  });
  if (named.length === 0) throw new Error('functions/adapters/github.ts names no endpoint of GitHub');
  return `export default ${JSON.stringify(Object.fromEntries(named))};`;
}
