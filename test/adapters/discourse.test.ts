import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiscourse, verifyDiscourseSignature } from '#adapters/discourse.ts';
import {
  DiscourseHandOff,
  DiscourseMalformed,
  type DiscoursePort,
  DiscourseUnavailable,
} from '#contracts/discourse-port.ts';
import { type RunningDiscourse, startDiscourse } from '../../local/discourse/server.ts';

const start = Date.parse('2026-03-01T09:00:00.000Z');
const topic = {
  title: 'Security: Upcoming Security Release for openedx/frontend-app on 2026-03-05',
  body: 'A patch for openedx/frontend-app will be released.\n\nSeverity: High',
};
const links =
  'The fix is out: https://github.com/openedx/frontend-app/commit/abc and https://example.org/a?b=1&c=2';

let now = start;
let server: RunningDiscourse;
let discourse: DiscoursePort;

const control = async (name: string, body: object): Promise<Record<string, unknown>> => {
  const response = await fetch(`${server.url}/_control/${name}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
};
const posts = () => server.requests.filter((line) => line.startsWith('POST'));
const category = { id: 9, slug: 'security' };
const connect = (over: object = {}): DiscoursePort =>
  createDiscourse({
    baseUrl: server.url,
    category,
    key: { key: 'k', username: 'desk' },
    timeout: 5_000,
    ...over,
  });

beforeEach(async () => {
  now = start;
  server = await startDiscourse({
    port: 0,
    now: () => now,
    seed: { categories: [category], apiKeys: [{ key: 'k', username: 'desk' }] },
  });
  discourse = connect();
});

afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

describe('createTopic', () => {
  it('R14: posts the announcement, visible at once where nobody moderates', async () => {
    const created = await discourse.createTopic(topic);

    expect(created).toMatchObject({ state: 'visible', url: expect.stringContaining('/t/security-upcoming') });
    const view = await discourse.findTopic(topic);
    expect(view).toMatchObject({
      title: topic.title,
      author: 'desk',
      categoryId: 9,
      visible: true,
      visibleSince: '2026-03-01T09:00:00.000Z',
      replies: [],
    });
    expect(view?.firstPost.text).toBe('A patch for openedx/frontend-app will be released.\n\nSeverity: High');
    expect((await fetch(view?.url ?? '')).status).toBe(200);
  });

  it('R15: a moderated topic is queued, and visible from its approval on', async () => {
    await control('moderation', { category: 9, moderated: true });
    expect(await discourse.createTopic(topic)).toEqual({ state: 'queued' });
    expect(await discourse.findTopic({ ...topic, author: 'desk' })).toBeNull();

    now += 5 * 3_600_000;
    await control('approve', {});

    expect(server.state.topics[0]?.externalId).toBeNull();
    const view = await discourse.findTopic({ ...topic, author: 'desk' });
    expect(view).toMatchObject({ visible: true, visibleSince: '2026-03-01T14:00:00.000Z' });
  });

  it('finds its approved topic again instead of posting a second one', async () => {
    await control('moderation', { category: 9, moderated: true });
    await discourse.createTopic(topic);
    await control('approve', {});
    now += 300_000;

    const again = await discourse.createTopic(topic);

    expect(again.state).toBe('visible');
    expect(posts()).toHaveLength(1);
  });

  it('a rejected topic never becomes visible', async () => {
    await control('moderation', { category: 9, moderated: true });
    await discourse.createTopic(topic);

    await control('reject', {});

    expect(await discourse.findTopic({ ...topic, author: 'desk' })).toBeNull();
  });

  it('posts once: the external id finds what is there', async () => {
    const first = await discourse.createTopic(topic);
    now += 300_000;

    expect(await discourse.createTopic(topic)).toEqual(first);
    expect(posts()).toHaveLength(1);
  });

  it('an answer lost after taking effect is found by the external id', async () => {
    await control('fail', { method: 'POST', drop: true, effect: true });

    expect((await discourse.createTopic(topic)).state).toBe('visible');
    expect(server.state.topics).toHaveLength(1);
  });

  it('an unknown outcome that left no topic is told as unknown, never repeated', async () => {
    await control('fail', { method: 'POST', status: 502 });

    await expect(discourse.createTopic(topic)).rejects.toMatchObject({
      name: 'DiscourseUnavailable',
      status: 502,
      outcomeUnknown: true,
    });
    expect(posts()).toHaveLength(1);
  });

  it('takes no topic of another text for its own, though the title is the same', async () => {
    await discourse.createTopic(topic);
    now += 300_000;

    const second = discourse.createTopic({ ...topic, body: `${topic.body} and more` });

    await expect(second).rejects.toMatchObject({ name: 'DiscourseHandOff', status: 422 });
  });

  it.each([
    ['403', { status: 403, body: { errors: ['no'], error_type: 'invalid_access' } }],
    ['404', { status: 404, body: { errors: ['no'], error_type: 'not_found' } }],
    ['422', { status: 422, body: { errors: ['Body is too similar'] } }],
  ])('a refusal by %s is handed off with the prefilled editor', async (_name, fault) => {
    await control('fail', { method: 'POST', ...fault });

    const failure = await discourse.createTopic(topic).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(DiscourseHandOff);
    expect(failure).toMatchObject({ status: fault.status, link: discourse.prefillUrl(topic) });
    expect(((failure as Error).cause as Error).message).toBe(fault.body.errors[0]);
  });

  it('a key that is not ours is handed off', async () => {
    const stranger = connect({ key: { key: 'wrong', username: 'desk' } });

    await expect(stranger.createTopic(topic)).rejects.toMatchObject({
      name: 'DiscourseHandOff',
      status: 403,
    });
  });
});

describe('reply', () => {
  it('R18: posts the links, once', async () => {
    const created = await discourse.createTopic(topic);
    const topicId = created.state === 'visible' ? created.topicId : 0;

    const first = await discourse.reply({ topicId, body: links });
    now += 300_000;
    const second = await discourse.reply({ topicId, body: links });

    expect(second).toEqual(first);
    const view = await discourse.getTopic(topicId);
    expect(view?.replies).toHaveLength(1);
    expect(view?.replies[0]).toMatchObject({
      author: 'desk',
      number: 2,
      text: links,
      links: ['https://github.com/openedx/frontend-app/commit/abc', 'https://example.org/a?b=1&c=2'],
    });
  });

  it('an answer lost after taking effect is found among our replies', async () => {
    const created = await discourse.createTopic(topic);
    const topicId = created.state === 'visible' ? created.topicId : 0;
    await control('fail', { method: 'POST', drop: true, effect: true });

    expect((await discourse.reply({ topicId, body: links })).state).toBe('visible');
    expect(server.state.posts).toHaveLength(2);
  });

  it('may be queued like a topic', async () => {
    const created = await discourse.createTopic(topic);
    await control('moderation', { category: 9, repliesModerated: true });
    const topicId = created.state === 'visible' ? created.topicId : 0;

    expect(await discourse.reply({ topicId, body: links })).toEqual({ state: 'queued' });
    await control('approve', {});

    expect((await discourse.getTopic(topicId))?.replies).toHaveLength(1);
  });

  it('to a topic that is gone is handed off', async () => {
    await expect(discourse.reply({ topicId: 7, body: links })).rejects.toBeInstanceOf(DiscourseHandOff);
  });
});

describe('getTopic', () => {
  const posted = () =>
    control('topic', { username: 'maintainer', title: topic.title, raw: topic.body, category: 9 });

  it('reads what a maintainer posted, without a key, by every form of its address', async () => {
    const { topic: id, url } = await posted();
    const reader = connect({ key: undefined });

    expect(reader.canPost).toBe(false);
    for (const address of [
      Number(id),
      String(url),
      `${url}/1`,
      `${url}?u=x#post_2`,
      `${server.url}/t/${id}`,
      `${server.url}/t/${id}/2`,
    ]) {
      expect(await reader.getTopic(address)).toMatchObject({ id, author: 'maintainer', visible: true });
    }
  });

  it.each(['https://evil.example/t/security/101', 'not an address', 'javascript:alert(1)', '/t/101'])(
    'reads nothing from elsewhere: %s',
    async (address) => {
      await posted();

      expect(await discourse.getTopic(address)).toBeNull();
      expect(server.requests).toEqual([]);
    },
  );

  it('an unlisted topic is there but not visible; a deleted one is not there', async () => {
    const { topic: id } = await posted();

    await control('topicState', { topic: id, visible: false });
    expect(await discourse.getTopic(Number(id))).toMatchObject({ visible: false, visibleSince: null });

    await control('topicState', { topic: id, deleted: true });
    expect(await discourse.getTopic(Number(id))).toBeNull();
  });

  it('shows an edit and keeps the instant of becoming visible', async () => {
    const { topic: id } = await posted();
    now += 3_600_000;
    await control('edit', { topic: id, raw: 'Moved to the day after tomorrow.' });

    const view = await discourse.getTopic(Number(id));

    expect(view).toMatchObject({
      visibleSince: '2026-03-01T09:00:00.000Z',
      firstPost: { text: 'Moved to the day after tomorrow.', editedAt: '2026-03-01T10:00:00.000Z' },
    });
  });

  it('reads the replies beyond the first twenty posts', async () => {
    const { topic: id } = await posted();
    for (let n = 1; n <= 24; n += 1) {
      await control('reply', {
        username: `person${n}`,
        topic: id,
        raw: `This is the reply with number ${n}`,
      });
    }

    const view = await discourse.getTopic(Number(id));

    expect(view?.replies.map((each) => each.number)).toEqual(Array.from({ length: 24 }, (_, n) => n + 2));
  });

  it('finds by title only the topic of the asked author', async () => {
    await posted();

    expect(
      await discourse.findTopic({ title: topic.title.toUpperCase(), author: 'Maintainer' }),
    ).not.toBeNull();
    expect(await discourse.findTopic({ title: topic.title, author: 'somebody' })).toBeNull();
    expect(await discourse.findTopic({ title: topic.title })).not.toBeNull();
    expect(await discourse.findTopic({ title: 'Another title altogether' })).toBeNull();
  });
});

describe('prefillUrl', () => {
  it('R14: opens an editor with title, text and category, from which a person posts', async () => {
    const page = await fetch(
      discourse.prefillUrl({ ...topic, body: 'Text with "quotes" & <marks>, long enough' }),
    );

    const html = await page.text();
    expect(html).toContain(`value="${topic.title}"`);
    expect(html).toContain('Text with &quot;quotes&quot; &amp; &lt;marks&gt;');
    const form = new URLSearchParams({
      form: 'yes',
      username: 'maintainer',
      title: topic.title,
      raw: topic.body,
      category: '9',
    });
    const submitted = await fetch(`${server.url}/_control/topic`, { method: 'POST', body: form });
    expect(submitted.status).toBe(200);
    expect(await discourse.getTopic(submitted.url)).toMatchObject({
      author: 'maintainer',
      title: topic.title,
    });
  });
});

describe('what Discourse does not answer', () => {
  it.each([
    [
      'extras.wait_seconds',
      { body: { errors: ['slow down'], error_type: 'rate_limit', extras: { wait_seconds: 12 } } },
      12,
    ],
    ['retry-after', { headers: { 'retry-after': '30' } }, 30],
    ['neither', {}, 60],
  ])('429 with %s becomes DiscourseUnavailable with the time to wait', async (_name, fault, seconds) => {
    await control('fail', { status: 429, ...fault });

    await expect(discourse.getTopic(1)).rejects.toMatchObject({
      name: 'DiscourseUnavailable',
      retryAfterSeconds: seconds,
      outcomeUnknown: false,
    });
  });

  it.each([
    ['nothing', { drop: true }],
    ['too late', { delay: 1000 }],
    ['503', { status: 503 }],
  ])('%s is unavailable', async (_name, fault) => {
    await control('fail', fault);

    await expect(connect({ timeout: 100 }).getTopic(1)).rejects.toBeInstanceOf(DiscourseUnavailable);
  });

  it.each([
    ['another shape', { id: 'x' }],
    ['a list', []],
    ['text', 'sorry'],
  ])('%s in the place of a topic is a named error', async (_name, body) => {
    await control('fail', { status: 200, body });

    await expect(discourse.getTopic(1)).rejects.toBeInstanceOf(DiscourseMalformed);
  });

  it('the key never follows a redirect to another host', async () => {
    const seen: string[] = [];
    const other = createServer((request, response) => {
      seen.push(String(request.headers['api-key']));
      response.end('{}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await control('fail', { status: 301, headers: { location: `http://127.0.0.1:${port}/` }, times: 2 });

    const reading = discourse.getTopic(1);

    await expect(reading).rejects.toBeInstanceOf(DiscourseHandOff);
    expect(seen).toEqual([]);
    await new Promise((resolve) => other.close(resolve));
  });
});

describe('verifyDiscourseSignature', () => {
  const body = '{"post":{"id":1}}';
  const header = `sha256=${createHmac('sha256', 'secret').update(body).digest('hex')}`;

  it('accepts a genuine one', () => {
    expect(verifyDiscourseSignature('secret', body, header)).toBe(true);
    expect(verifyDiscourseSignature('secret', Buffer.from(body), header)).toBe(true);
  });

  it.each([
    ['another body', 'secret', `${body} `, header],
    ['another secret', 'guess', body, header],
    ['no secret', '', body, header],
    ['no header', 'secret', body, undefined],
    ['a short one', 'secret', body, header.slice(0, -1)],
  ])('refuses %s', (_name, secret, text, signature) => {
    expect(verifyDiscourseSignature(secret, text, signature)).toBe(false);
  });
});
