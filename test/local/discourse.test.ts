import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyDiscourseSignature } from '#adapters/discourse.ts';
import {
  type DiscourseOptions,
  type RunningDiscourse,
  startDiscourse,
} from '../../local/discourse/server.ts';

const topic = {
  title: 'Security: Upcoming Security Release',
  raw: 'A patch will be released soon.',
  category: 9,
};
let now = Date.parse('2026-03-01T09:00:00.000Z');
const options: DiscourseOptions = {
  port: 0,
  now: () => now,
  seed: {
    categories: [
      { id: 9, slug: 'security' },
      { id: 10, slug: 'moderated', moderated: true },
    ],
    apiKeys: [{ key: 'k', username: 'desk' }, { key: 'admin' }],
  },
};

let server: RunningDiscourse;
beforeEach(async () => {
  server = await startDiscourse(options);
});
afterEach(() => server.close());

const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(server.url + path, {
    method,
    redirect: 'manual',
    headers: { 'api-key': 'k', 'api-username': 'desk', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
};
const control = (name: string, body: object) => ask('POST', `/_control/${name}`, body);
const create = (over: object = {}) => ask('POST', '/posts.json', { ...topic, ...over });

describe('the contract', () => {
  it.each([
    ['an unknown property', { ...topic, tags: ['x'] }],
    ['a wrong type', { ...topic, category: '9' }],
    ['no text', { title: topic.title, category: 9 }],
  ])('%s is a violation, answered 400, without effect', async (_name, body) => {
    expect((await ask('POST', '/posts.json', body)).status).toBe(400);
    expect(server.violations).toMatchObject([{ side: 'request', operation: 'createTopicPostPM' }]);
    expect(server.state.topics).toEqual([]);
  });

  it('a path or a query that the description does not have is a violation', async () => {
    await ask('GET', '/t/1.json?include_raw=1');
    await ask('GET', '/nothing.json');

    expect(server.violations).toHaveLength(2);
  });

  it('every endpoint answers in the described shape', async () => {
    const { body: post } = await create({ external_id: 'EDX-1' });
    await ask('POST', '/posts.json', { raw: 'The fix is here, with its links.', topic_id: post.topic_id });

    const answers = await Promise.all(
      [
        `/t/${post.topic_id}.json`,
        `/posts/${post.id}.json`,
        '/posts.json',
        '/c/security/9.json',
        '/latest.json',
      ].map((path) => ask('GET', path)),
    );
    const edited = await ask('PUT', `/posts/${post.id}.json`, { post: { raw: 'Moved to the day after.' } });
    const redirect = await ask('GET', '/t/external_id/EDX-1.json');

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(edited.body.post).toMatchObject({ raw: 'Moved to the day after.', version: 2 });
    expect(redirect.status).toBe(301);
    expect(redirect.headers.get('location')).toBe(`${server.url}/t/${post.topic_id}.json`);
    expect(server.violations).toEqual([]);
  });
});

describe('as Discourse behaves', () => {
  it('identical creates within 120 s return the first result, later ones are refused', async () => {
    const first = await create();
    now += 119_000;
    const second = await create();
    now += 121_000;
    const third = await create();

    expect(second.body.id).toBe(first.body.id);
    expect(third).toMatchObject({ status: 422, body: { errors: ['Title has already been used'] } });
  });

  it('a moderated category answers 200 with a queue and no post id', async () => {
    const { status, body } = await create({ category: 10, external_id: 'EDX-2' });

    expect(status).toBe(200);
    expect(body).toEqual({ action: 'enqueued', success: true, pending_count: 1 });
    expect(server.state.topics).toEqual([]);

    await control('approve', {});
    expect((await ask('GET', '/t/external_id/EDX-2.json')).status).toBe(404);
    expect((await ask('GET', '/c/moderated/10.json')).body.topic_list.topics).toHaveLength(1);
  });

  it.each([
    ['a short title', { title: 'Short' }],
    ['a short text', { raw: 'Short' }],
    ['no such category', { category: 77 }],
  ])('%s is 422 with the reasons', async (_name, over) => {
    const { status, body } = await create(over);

    expect(status).toBe(422);
    expect(body.errors).toHaveLength(1);
  });

  it.each([
    ['no key', { 'api-key': '' }],
    ['a wrong key', { 'api-key': 'x' }],
    ['the name of another', { 'api-username': 'somebody' }],
  ])('writing with %s is 403', async (_name, headers) => {
    const { status, body } = await ask('POST', '/posts.json', topic, headers);

    expect(status).toBe(403);
    expect(body.error_type).toBe('invalid_access');
  });

  it("an administrator's key posts as anyone", async () => {
    const headers = { 'api-key': 'admin', 'api-username': 'maintainer' };

    expect((await ask('POST', '/posts.json', topic, headers)).body.username).toBe('maintainer');
  });
});

it('webhooks tell of posts, signed, once visible', async () => {
  const got: { event: string; valid: boolean }[] = [];
  const receiver = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const signature = String(request.headers['x-discourse-event-signature']);
    const valid = verifyDiscourseSignature('hook secret', Buffer.concat(parts), signature);
    got.push({ event: String(request.headers['x-discourse-event']), valid });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  await control('webhooks', { url: `http://127.0.0.1:${port}/`, secret: 'hook secret' });

  await create({ category: 10 });
  await server.settled();
  expect(got).toEqual([]);
  const { body } = await control('approve', {});
  await server.settled();
  await control('edit', { topic: body.topic, raw: 'Moved to the day after.' });
  await server.settled();

  expect(got.map(({ event }) => event).sort()).toEqual(['post_created', 'post_edited', 'topic_created']);
  expect(got.every(({ valid }) => valid)).toBe(true);
  await new Promise((resolve) => receiver.close(resolve));
});

it('a restart keeps what was there', async () => {
  const stateFile = join(mkdtempSync(join(tmpdir(), 'discourse-')), 'state.json');
  const first = await startDiscourse({ ...options, stateFile });
  const form = new URLSearchParams({ username: 'maintainer', ...topic, category: '9' });
  await fetch(`${first.url}/_control/topic`, { method: 'POST', body: form });
  await first.close();

  const second = await startDiscourse({ ...options, stateFile });

  expect(second.state.topics).toMatchObject([{ title: topic.title, username: 'maintainer' }]);
  await second.close();
});

it('moderators approve and reject in the browser, and what people wrote is never markup', async () => {
  await create({ category: 10, raw: '<script>alert(1)</script> and more of it' });
  const page = await (await fetch(`${server.url}/review`)).text();
  expect(page).toContain('&lt;script&gt;');
  const id = String(server.state.queue[0]?.id);

  const pressed = await fetch(`${server.url}/_control/approve`, {
    method: 'POST',
    body: new URLSearchParams({ id, back: '/review' }),
  });

  expect(await pressed.text()).toContain('Nothing waits.');
  const { slug, id: topicId } = server.state.topics[0] ?? {};
  expect(await (await fetch(`${server.url}/t/${slug}/${topicId}`)).text()).not.toContain('<script>');
});
