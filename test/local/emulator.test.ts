import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cleanEnvironment, toolsFolder } from '../../local/emulator/environment.ts';
import { assertLoopback, NotLoopback } from '../../local/emulator/ministack.ts';
import { claimPort, freePort, PortTaken } from '../../local/emulator/ports.ts';
import { PythonMissing, prepareVenv } from '../../local/emulator/venv.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-emulator-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['http://127.0.0.1:4566', 'http://127.0.0.1:4566'],
  ['http://localhost:4566/', 'http://localhost:4566'],
  ['http://127.8.8.8:80', 'http://127.8.8.8'],
  ['http://[::1]:4566', 'http://[::1]:4566'],
])('an endpoint on this machine is taken: %s', (endpoint, origin) => {
  expect(assertLoopback(endpoint)).toBe(origin);
});

test.each([
  'https://sts.amazonaws.com',
  'http://localhost.evil.test:4566',
  'http://127.0.0.1.evil.test',
  'http://localhost@evil.test',
  'http://test:test@localhost:4566',
  'http://0.0.0.0:4566',
  'http://192.168.1.2:4566',
  'ftp://127.0.0.1',
  'localhost:4566',
  '',
])('any other endpoint is refused with what to do: %j', (endpoint) => {
  expect(() => assertLoopback(endpoint)).toThrow(NotLoopback);
  expect(() => assertLoopback(endpoint)).toThrow(/AWS_ENDPOINT_URL.*unset it/s);
});

test('no host name of the world is ever taken for this machine', () => {
  fc.assert(
    fc.property(fc.webUrl({ authoritySettings: { withPort: true, withUserInfo: true } }), (url) => {
      fc.pre(!['localhost', '127.0.0.1'].includes(new URL(url).hostname));
      expect(() => assertLoopback(url)).toThrow(NotLoopback);
    }),
  );
});

test('a taken port is refused with the option that changes it; a free one is answered', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : 0;

  const refused = claimPort(taken, '--emulator-port');

  await expect(refused).rejects.toThrow(PortTaken);
  await expect(refused).rejects.toThrow(`Port ${taken} on 127.0.0.1 is in use`);
  await expect(refused).rejects.toThrow('--emulator-port');
  await new Promise((done) => server.close(done));
  await expect(claimPort(taken, '--emulator-port')).resolves.toBe(taken);
  expect(await freePort()).toBeGreaterThan(0);
});

test("nothing of the shell's credentials, profiles, endpoints and proxies reaches a child", () => {
  const secrets = {
    AWS_ACCESS_KEY_ID: 'AKIAREAL',
    AWS_SECRET_ACCESS_KEY: 'canary-secret',
    AWS_SESSION_TOKEN: 'canary-token',
    AWS_PROFILE: 'production',
    AWS_ENDPOINT_URL: 'https://canary.example',
    AWS_ENDPOINT_URL_S3: 'https://canary.example',
    GITHUB_TOKEN: 'canary-github',
    HTTPS_PROXY: 'http://canary.example:3128',
    https_proxy: 'http://canary.example:3128',
    NODE_OPTIONS: '--require canary',
    PYTHONPATH: '/canary',
  };
  for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);

  const environment = cleanEnvironment(folder, { AUTH: 'true' });

  expect(JSON.stringify(environment)).not.toMatch(/canary|AKIAREAL|production/);
  expect(environment).toMatchObject({ AUTH: 'true', HOME: join(folder, 'home') });
  expect(environment.PATH?.startsWith(toolsFolder)).toBe(true);
});

test('a machine without Python is told what to install', async () => {
  vi.stubEnv('PATH', folder);

  const made = prepareVenv(join(folder, 'venv'));

  await expect(made).rejects.toThrow(PythonMissing);
  await expect(made).rejects.toThrow(/python3 was not found.*apt-get install python3 python3-venv/s);
});

test("the emulator's interpreter neither looks up names nor connects beyond this machine", async () => {
  const script = `
import sys
sys.path.insert(0, "local/emulator")
sys.modules["hypercorn"] = sys.modules["hypercorn.asyncio"] = sys.modules["hypercorn.config"] = type(sys)("hypercorn")
sys.modules["hypercorn"].serve = sys.modules["hypercorn"].Config = None
import launch, socket
sys.addaudithook(launch.refuse_the_world)
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=2),
    lambda: socket.getaddrinfo("sts.amazonaws.com", 443),
    lambda: socket.gethostbyname("sts.amazonaws.com"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.53", 53)),
):
    try:
        attempt()
        print("reached")
    except OSError as error:
        print("this machine only" in str(error) or "looks up no names" in str(error))
listener = socket.create_server(("127.0.0.1", 0))
socket.create_connection(("localhost", listener.getsockname()[1]), timeout=2)
print("loopback works")
`;
  const { stdout } = await promisify(execFile)('python3', ['-c', script]);

  expect(stdout.trim().split('\n')).toEqual(['True', 'True', 'True', 'True', 'loopback works']);
});
