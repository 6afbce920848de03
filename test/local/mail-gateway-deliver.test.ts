import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  askConsole,
  type DeliveredMail,
  deliverFiles,
  type FoundIntake,
  mailFiles,
  senderOf,
} from '../../local/deliver.ts';
import { makeDkimKey } from '../../local/mail-gateway/dkim-key.ts';
import { type Inbound, startInbound } from '../../local/mail-gateway/inbound.ts';
import { demonstrationZone } from '../../local/mail-gateway/zone.ts';

const to = 'security@openedx.example';
const stored = new Map<string, string>();
let inbound: Inbound;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-deliver-'));
  inbound = await startInbound({
    port: 0,
    securityAddress: to,
    replyDomain: 'desk.openedx.example',
    zone: demonstrationZone(await makeDkimKey()),
    now: () => '2026-11-23T09:00:00.000Z',
    target: {
      bucket: 'mail',
      topicArn: 'arn:aws:sns:us-east-1:000000000000:mail',
      prefix: 'in/',
      put: async (key, body) => void stored.set(key, body.toString()),
      notify: async () => {},
    },
  });
});
afterAll(async () => {
  await inbound.close();
  await rm(folder, { recursive: true, force: true });
});

async function all(mails: AsyncIterable<DeliveredMail>): Promise<DeliveredMail[]> {
  const found: DeliveredMail[] = [];
  for await (const mail of mails) found.push(mail);
  return found;
}

test('hands over every .eml below a folder, in order, and says what became of each', async () => {
  const files = await mailFiles(['test/fixtures/mails']);
  const looks = new Map<string, number>();
  const findIntake = async (key: string): Promise<FoundIntake | undefined> => {
    looks.set(key, (looks.get(key) ?? 0) + 1);
    if ((looks.get(key) ?? 0) < 2) return undefined;
    return stored.get(key)?.includes('Stored XSS')
      ? { disposition: 'opened', disclosure: 'EDX-2026-0001' }
      : { disposition: 'held' };
  };

  const mails = await all(deliverFiles(files, { port: inbound.port, to, findIntake }));

  expect(mails.map(({ file }) => file)).toEqual(files);
  expect(mails.find(({ file }) => file.endsWith('report-stored-xss.eml'))).toEqual({
    file: 'test/fixtures/mails/report-stored-xss.eml',
    disposition: 'opened',
    disclosure: 'EDX-2026-0001',
  });
  expect(mails.filter(({ disposition }) => disposition === 'held')).toHaveLength(files.length - 1);
});

test('a desk that does not answer is waited for, then said to be waiting; a refused mail and a missing file say why', async () => {
  const file = 'test/fixtures/mails/report-stored-xss.eml';
  const silent = { port: inbound.port, findIntake: async () => undefined, timeoutMs: 10 };

  const [waiting] = await all(deliverFiles([file], { ...silent, to }));
  const [refused, missing] = await all(
    deliverFiles([file, join(folder, 'none.eml')], { ...silent, to: 'ada@openedx.example' }),
  );

  expect(waiting).toMatchObject({ disposition: 'waiting', disclosure: null });
  expect(refused).toMatchObject({ disposition: 'refused', error: expect.stringContaining('550') });
  expect(missing).toMatchObject({ disposition: 'refused', error: expect.stringContaining('ENOENT') });
});

test.each([
  ['Return-Path: <bounce@list.example>\nFrom: Ada <ada@reporter.example>\n\n', 'bounce@list.example'],
  ['Return-Path: owner-list@list.example\nFrom: Ada <ada@reporter.example>\n\n', 'owner-list@list.example'],
  ['Return-Path: <>\nFrom: Mailer <mailer-daemon@reporter.example>\n\n', ''],
  ['From: "Lovelace, Ada" <ada@reporter.example>, grace@uni.example\n\n', 'ada@reporter.example'],
  ['From: nobody\n\n', 'unknown@sender.invalid'],
  ['From: <\u00e4@x.example>\n\n', 'unknown@sender.invalid'],
  ['', 'unknown@sender.invalid'],
])('the envelope sender of %j is %j', (raw, sender) => {
  expect(senderOf(Buffer.from(raw))).toBe(sender);
});

test('only .eml files of a folder count, whatever a named file is called', async () => {
  await mkdir(join(folder, 'below'));
  for (const name of ['b.eml', 'a.eml', 'notes.txt', 'below/c.eml']) await writeFile(join(folder, name), 'x');

  const found = await mailFiles([folder, join(folder, 'notes.txt')]);

  expect(found).toEqual(['a.eml', 'b.eml', 'below/c.eml', 'notes.txt'].map((name) => join(folder, name)));
});

test('the console is asked by mail key; 404 means not yet', async () => {
  const server = createServer((request, response) => {
    const known = request.url === '/api/intakes/abc';
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      known
        ? JSON.stringify({ disposition: 'opened', disclosures: ['EDX-2026-0007'], kind: 'report' })
        : '{}',
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const find = askConsole(`http://127.0.0.1:${address.port}/`);

  const answers = [await find('in/abc'), await find('in/def')];
  server.close();

  expect(answers).toEqual([{ disposition: 'opened', disclosure: 'EDX-2026-0007' }, undefined]);
});
