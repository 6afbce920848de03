import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMailParser, parseWorkerBeside } from '#adapters/mail-parser.ts';
import { type Bundles, bundleFunctions } from '../../lib/bundling.ts';
import type { FunctionName } from '../../lib/functions.ts';

const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
const only: FunctionName[] = ['receive-mail', 'hold-token', 'seed-desk', 'open-desk', 'change-desk'];
let bundles: Bundles;
const settings = {
  identity: { project: 'Example', signature: 'Example', securityAddress: 'security@example.org' },
  policy: { zone: 'UTC' },
};

beforeAll(async () => {
  bundles = await bundleFunctions({ folder, only, settings, seed: { members: ['ada'] } });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesOf = (name: FunctionName) => readdirSync(bundles(name));
const textOf = (name: FunctionName, file: string) => readFileSync(join(bundles(name), file), 'utf8');

test('each function has a handler and its settings', () => {
  for (const name of only) {
    expect(filesOf(name)).toContain('handler.mjs');
    expect(JSON.parse(textOf(name, 'settings.json'))).toEqual(settings);
  }
});

test('people go to the seeder alone', () => {
  expect(only.filter((name) => filesOf(name).includes('seed.json'))).toEqual(['seed-desk']);
});

test('the mail parser runs in a worker of its own, which the handler does not load', () => {
  expect(filesOf('receive-mail')).toContain('parse-worker.mjs');
  expect(textOf('receive-mail', 'handler.mjs').length).toBeLessThan(
    textOf('receive-mail', 'parse-worker.mjs').length,
  );
});

test('pages bring what a browser loads', () => {
  const files = readdirSync(join(bundles('open-desk'), 'static'));
  expect(files.length).toBeGreaterThan(2);
  expect(files.filter((file) => file.endsWith('.ts'))).toEqual([]);
  for (const file of files) {
    const [, stem, hash, ending] = /^([a-z]+)\.([0-9a-f]{12})\.(css|js|svg)$/.exec(file) ?? [];
    const text = readFileSync(join(bundles('open-desk'), 'static', file));
    expect(hash, `${stem}.${ending}`).toBe(createHash('sha256').update(text).digest('hex').slice(0, 12));
  }
});

test('no bundle imports a built-in module the way that loads what is behind its getters, nor calls a require that is not there', () => {
  for (const name of only) {
    for (const file of filesOf(name).filter((each) => each.endsWith('.mjs'))) {
      const text = textOf(name, file);
      expect(text, `${name}/${file}`).not.toMatch(/from\s?["'](node:)?(crypto|fs|https?)["']/);
      if (text.includes('Dynamic require of "')) expect(text).toMatch(/^import\{createRequire/);
    }
  }
});

test('the bundled parser reads every genuine mail as the whole library does', async () => {
  const mails = join(import.meta.dirname, '../fixtures/genuine');
  const bundled = createMailParser({
    worker: parseWorkerBeside(pathToFileURL(join(bundles('receive-mail'), 'handler.mjs')).href),
  });
  const whole = createMailParser({
    worker: parseWorkerBeside(new URL('../../functions/receive-mail/handler.ts', import.meta.url).href),
  });

  for (const file of readdirSync(mails)) {
    const raw = () => new Uint8Array(readFileSync(join(mails, file)));
    expect(await bundled.parse(raw()), file).toEqual(await whole.parse(raw()));
    expect(await bundled.fingerprint(raw()), file).toBe(await whole.fingerprint(raw()));
  }
  await Promise.all([bundled.close(), whole.close()]);
});

test('a page is answered without what nobody waits for: undici, the web’s streams, another process’s console', async () => {
  const server = createServer((request, answer) => {
    const secret = JSON.stringify({ current: 'k1', k1: 'k'.repeat(64) });
    request.resume().on('end', () => answer.end(JSON.stringify({ SecretString: secret })));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const file = pathToFileURL(join(bundles('open-desk'), 'handler.mjs')).href;
  const event = { rawPath: '/d/EDX-2026-0001', headers: {}, requestContext: { http: { method: 'GET' } } };
  const asked = { ...event, requestContext: { http: { method: 'GET', path: event.rawPath } } };
  const script = `const { handler } = await import('${file}');
    const { statusCode, body } = await handler(${JSON.stringify(asked)});
    process._rawDebug(JSON.stringify({ statusCode, titled: body.includes('<title>Please open your link again'),
      modules: process.moduleLoadList }));
    process.exit(0);`;
  const variables = [
    'TABLE_NAME',
    'BUCKET_NAME',
    'KEYS_SECRET_ARN',
    'PSEUDONYM_SECRET_ARN',
    'RECEIVE_MAIL_FUNCTION',
  ];
  const env = {
    ...Object.fromEntries(variables.map((name) => [name, name])),
    LINK_BASE: 'https://desk.example',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  };

  const run = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  server.close();

  const { statusCode, titled, modules } = JSON.parse(run.stderr);
  expect({ statusCode, titled }).toEqual({ statusCode: 401, titled: true });
  const named = (part: string) => (modules as string[]).filter((name) => name.includes(part));
  expect(named('NativeModule https').length).toBe(1);
  expect(['undici', 'webstreams', 'webcrypto', 'perf_hooks', 'sync_write_stream'].flatMap(named)).toEqual([]);
});

test('a bundle starts', async () => {
  const module: { handler?: unknown } = await import(join(bundles('hold-token'), 'handler.mjs'));
  expect(module.handler).toBeTypeOf('function');
});

test('a function without a handler is not deployed', async () => {
  const missing = 'no-such-function' as FunctionName;
  await expect(bundleFunctions({ folder, only: [missing], settings: {}, seed: {} })).rejects.toThrow(
    'functions/no-such-function/handler.ts does not exist',
  );
});
