import { describe, expect, test } from 'vitest';
import { contextOf, type Handler, type HttpEvent, Routes } from '../../functions/web/http.ts';

const event = (more: Partial<HttpEvent> = {}, method = 'GET'): HttpEvent => ({
  rawPath: '/',
  rawQueryString: '',
  headers: {},
  isBase64Encoded: false,
  requestContext: { http: { method } },
  ...more,
});
const strict = { 'x-frame-options': 'DENY' };
const named =
  (name: string): Handler<unknown> =>
  (_, c) =>
    c.text(name, 'text/plain');

describe('routes', () => {
  const routes = new Routes<unknown>()
    .get('/d/:reference', named('page'))
    .get('/d/:reference/done/:form', named('done'))
    .get('/d/:reference/:act', named('act'))
    .post('/a', named('enter'));
  const paramsOf = (method: string, path: string) => routes.find(method, path)?.params;

  test('a path names its parts, decoded; what is no percent-encoding stands for itself', () => {
    expect(paramsOf('GET', '/d/EDX-2026-0001')).toEqual({ reference: 'EDX-2026-0001' });
    expect(paramsOf('GET', '/d/a%2Fb')).toEqual({ reference: 'a/b' });
    expect(paramsOf('GET', '/d/100%')).toEqual({ reference: '100%' });
  });

  test('a part is never empty, and none is missing or left over', () => {
    expect(
      ['/d/', '/d', '/d//triage', '/d/a/done/', '/d/a/b/c/d', '/', ''].map((path) => paramsOf('GET', path)),
    ).toEqual(Array.from({ length: 7 }, () => undefined));
  });

  test('HEAD goes where GET goes; no other method finds what is read or sent', () => {
    expect(paramsOf('HEAD', '/d/a')).toEqual({ reference: 'a' });
    expect(paramsOf('POST', '/a')).toEqual({});
    for (const method of ['HEAD', 'GET', 'PUT', 'DELETE', 'OPTIONS'])
      expect(paramsOf(method, '/a')).toBeUndefined();
    expect(paramsOf('PUT', '/d/a')).toBeUndefined();
  });

  test('the first route that fits counts', async () => {
    const first = new Routes<unknown>().get('/d/:act', named('one')).get('/d/fixed', named('two'));
    const found = first.find('GET', '/d/fixed');

    const answer = await found?.handle({}, contextOf(event(), strict, found.params));

    expect(answer?.body).toBe('one');
  });
});

describe('a request', () => {
  test('cookies come by themselves or as a header; headers have lower case', () => {
    const by = (more: Partial<HttpEvent>) => contextOf(event(more), strict, {}).req.header('cookie');

    expect(by({ cookies: ['a=1', 'b=2'] })).toBe('a=1; b=2');
    expect(by({ headers: { cookie: 'a=1' } })).toBe('a=1');
    expect(by({})).toBeUndefined();
  });

  test('of a query the first value counts; a plus is a space', () => {
    const { req } = contextOf(event({ rawQueryString: 'as=a+b%2B&as=c&empty=' }), strict, {});

    expect([req.query('as'), req.query('empty'), req.query('none')]).toEqual(['a b+', '', undefined]);
  });

  test('a body is bytes, encoded or not', () => {
    const bodyOf = (more: Partial<HttpEvent>) =>
      contextOf(event(more), strict, {}).req.body().toString('hex');

    expect(bodyOf({ body: 'AP8=', isBase64Encoded: true })).toBe('00ff');
    expect(bodyOf({ body: 'é' })).toBe('c3a9');
    expect(bodyOf({})).toBe('');
  });
});

describe('an answer', () => {
  test('has the strict headers, its cookies by themselves, and its type', async () => {
    const c = contextOf(event(), strict, {});
    c.header('set-cookie', 'a=1');
    c.header('set-cookie', 'b=2');

    expect(c.redirect('/desk', 303)).toEqual({
      statusCode: 303,
      headers: { ...strict, location: '/desk' },
      cookies: ['a=1', 'b=2'],
      body: '',
    });
    expect(c.text('words', 'text/calendar').headers['content-type']).toBe('text/calendar');
  });

  test('to HEAD has no body, and everything else of it', async () => {
    const to = (method: string) => contextOf(event({}, method), strict, {}).text('words', 'text/plain');

    expect(to('HEAD')).toEqual({ ...to('GET'), body: '' });
    expect(to('GET').body).toBe('words');
  });
});
