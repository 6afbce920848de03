import { beforeEach, describe, expect, it } from 'vitest';
import { forms, textActs } from '#contracts/forms.ts';
import { day, plus } from '#domain/instant.ts';
import { seeded } from '../support/faults.ts';
import { canaries, Desk, formsOf, hiddenOf, origin, reference, untouched, valid } from './desk.ts';

const repository = 'openedx/edx-platform';
let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  await desk.seed();
});

/** Carries the disclosure to "advised": triaged, advisory recorded, maintainer notified. */
async function advise(maintainer = desk.who('mia').id): Promise<void> {
  const mo = await desk.as('mo', 'member');
  const preview = await mo.submit(await mo.text(), `/d/${reference}/triage`, valid);
  expect((await mo.confirm(preview, `/d/${reference}/triage`)).status).toBe(303);
  const { commit } = desk.deps(origin);
  const machine = { kind: 'desk' } as const;
  const advisory = {
    ghsa: 'GHSA-aaaa-bbbb-cccc',
    url: 'https://github.example/GHSA-1',
    state: 'draft',
  } as const;
  await commit({
    disclosure: reference,
    command: { name: 'record-advisory', repository, advisory },
    actor: machine,
    cause: 'a',
  });
  await commit({
    disclosure: reference,
    command: {
      name: 'notify-maintainer',
      repository,
      maintainer: { id: `owners:${maintainer}`, people: [maintainer], source: 'contacts' },
    },
    actor: machine,
    cause: 'n',
  });
}

describe('entering by a link (mail rules, Signed links 2)', () => {
  it('gives a short, strict session that is sent to its own disclosure only', async () => {
    const response = await desk.post('/a', { token: desk.link(desk.who('mo'), 'member') });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`/d/${reference}`);
    expect(response.headers.get('set-cookie')).toMatch(
      new RegExp(`; Path=/d/${reference}; Max-Age=3600; HttpOnly; SameSite=Strict; Secure$`),
    );
  });

  it('takes a mangled link too', async () => {
    const token = desk.link(desk.who('mo'), 'member');
    const wrapped = `https://safe.example/?url=${encodeURIComponent(`${origin}/a#t=${token}>`)}&x=1`;
    expect((await desk.post('/a', { token: wrapped })).status).toBe(303);
  });

  it('does not use the link up: opening twice works', async () => {
    const token = desk.link(desk.who('mo'), 'member');
    await desk.enter(token);
    expect((await desk.enter(token)).path).toBe(`/d/${reference}`);
  });

  it('leads to an act where the link is for one', async () => {
    const token = desk.link(desk.who('mia'), 'maintainer', `${reference}/expect-fix/${repository}`);
    const { path } = await desk.enter(token);
    expect(path).toBe(`/d/${reference}/expect-fix?repository=openedx%2Fedx-platform`);
  });

  it('10,000 mutations of a right link open nothing, and change nothing (threat table: forged tokens)', {
    timeout: 60_000,
  }, async () => {
    const random = seeded(12);
    const token = desk.link(desk.who('mo'), 'member');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    const at = (most: number) => Math.floor(random() * most);
    const mutate = (): string => {
      const letters = [...token];
      const changes = 1 + at(3);
      for (let change = 0; change < changes; change++) {
        const how = random();
        const place = at(letters.length);
        if (how < 0.7) letters[place] = alphabet[at(alphabet.length)] ?? 'A';
        else if (how < 0.85) letters.splice(place, 1);
        else letters.splice(place, 0, alphabet[at(alphabet.length)] ?? 'A');
      }
      return letters.join('');
    };
    // A link that its mutation left whole inside (a letter before or after it) is the link.
    const mutations = Array.from({ length: 11_000 }, mutate)
      .filter((each) => !each.includes(token))
      .slice(0, 10_000);
    const before = await desk.snapshot();

    const opened: string[] = [];
    const statuses = new Set<number>();
    for (const each of mutations) {
      const response = await desk.post('/a', { token: each });
      statuses.add(response.status);
      if (response.status === 303 || response.headers.has('set-cookie')) opened.push(each);
    }

    expect(mutations).toHaveLength(10_000);
    expect(opened).toEqual([]);
    expect([...statuses]).toEqual([400]);
    expect(await desk.snapshot()).toBe(before);
    expect((await desk.post('/a', { token })).status).toBe(303);
  });

  it('refuses what is not a link of ours, and a session sent as a link', async () => {
    expect((await desk.post('/a', { token: 'nonsense' })).status).toBe(400);
    const session = desk.link(desk.who('mo'), 'member', reference, { purpose: 'session' });
    expect((await desk.post('/a', { token: session })).status).toBe(400);
  });

  it('is dead once the epoch of its person moved on, and so is its session', async () => {
    const visitor = await desk.as('mo', 'member');
    const mo = desk.who('mo');
    await desk.store.commit({
      writes: [{ put: 'person', item: { ...mo, epoch: 2, version: 2 }, expect: 1 }],
      event: desk.event(`PERSON#${mo.id}`, 'leave', 'remove-member'),
    });
    expect((await desk.post('/a', { token: desk.link(mo, 'member') })).status).toBe(410);
    expect((await visitor.get()).status).toBe(401);
    const formless = await desk.post(
      `/d/${reference}/triage`,
      { ...valid, revision: '1', form: 'f', confirmed: 'yes' },
      visitor.cookie,
    );
    expect(formless.status).toBe(401);
    expect((await desk.stored()).stage).toBe('received');
  });

  it('a removed member has no way in', async () => {
    const token = desk.link(desk.who('mo'), 'member', 'desk');
    const mo = desk.who('mo');
    await desk.store.commit({
      writes: [{ put: 'person', item: { ...mo, member: 'left', version: 2 }, expect: 1 }],
      event: desk.event(`PERSON#${mo.id}`, 'leave', 'remove-member'),
    });
    expect((await desk.post('/a', { token })).status).toBe(410);
  });

  it('expired: offers a fresh link, to the recorded recipient alone, when somebody ticks the box (6)', async () => {
    const mo = desk.who('mo');
    const token = desk.link(mo, 'member', reference, { expires: '2026-03-01T00:00:00.000Z' });
    const page = await desk.post('/a', { token });
    expect(page.status).toBe(410);
    expect((await desk.post('/a/fresh', { token })).status).toBe(422);
    expect(desk.written).toEqual([]);
    const sent = await desk.post('/a/fresh', { token, sure: 'yes', address: 'attacker@example.org' });
    expect(sent.status).toBe(200);
    expect(desk.written).toMatchObject([
      { person: mo.id, letter: { template: 'fresh-link', about: reference } },
    ]);
  });

  it.each([
    ['mo', 'member'],
    ['mia', 'maintainer'],
    ['canary-reporter', 'reporter'],
  ] as const)('expired: the fresh link of %s is a %s’s, as the one before', async (name, role) => {
    const token = desk.link(desk.who(name), role, reference, { expires: '2026-03-01T00:00:00.000Z' });

    await desk.post('/a/fresh', { token, sure: 'yes' });

    expect(desk.written).toMatchObject([{ letter: { template: 'fresh-link', as: role } }]);
  });

  it('changed on its way, not expired: a fresh link to the recorded recipient, when somebody ticks the box (11)', async () => {
    const mo = desk.who('mo');
    const token = desk.link(mo, 'member');

    const unticked = await desk.post('/a/fresh', { token });
    const page = await unticked.text();
    const sent = await desk.post('/a/fresh', { token, sure: 'yes' });

    expect(unticked.status).toBe(422);
    expect(page).toContain('<a href="#sure">Tick the box');
    expect(page).not.toContain('has expired');
    expect(sent.status).toBe(200);
    expect(desk.written).toMatchObject([
      { person: mo.id, letter: { template: 'fresh-link', about: reference } },
    ]);
  });

  it('what was pasted or typed on the landing page is kept when it does not do', async () => {
    const pasted = await desk.post('/a', { token: 'https://desk.openedx.example/a#t=v1.half' });
    const lost = await desk.post('/a/lost', { address: 'mia at openedx', reference: 'EDX-1' });
    const [first, second] = [await pasted.text(), await lost.text()];

    expect(pasted.status).toBe(400);
    expect(first).toContain('<a href="#token">');
    expect(first).toContain('https://desk.openedx.example/a#t=v1.half</textarea>');
    expect(lost.status).toBe(422);
    expect(second).toContain('<a href="#address">');
    expect(second).toContain('<a href="#reference">');
    expect(second).toContain('value="mia at openedx"');
    expect(second).toContain('value="EDX-1"');
  });

  it('fresh links are capped', async () => {
    const token = desk.link(desk.who('mo'), 'member', reference, { expires: '2026-03-01T00:00:00.000Z' });
    for (let each = 0; each < 20; each++) await desk.post('/a/fresh', { token, sure: 'yes' });
    expect(desk.written).toHaveLength(3);
  });
});

describe('signing in at /desk', () => {
  it('answers the same for any address, and mails only members', async () => {
    const known = await (await desk.post('/desk', { address: 'Mo@openedx.example' })).text();
    const unknown = await (await desk.post('/desk', { address: 'nobody@example.org' })).text();
    const reporter = await (await desk.post('/desk', { address: canaries.reporterAddress })).text();
    expect(unknown).toBe(known);
    expect(reporter).toBe(known);
    expect(desk.written).toMatchObject([{ person: desk.who('mo').id, letter: { template: 'sign-in' } }]);
  });

  it('opens every disclosure and mail; a link to one disclosure opens that one', async () => {
    const signedIn = await desk.as('mo', 'member', 'desk');
    expect(signedIn.path).toBe('/desk');
    expect(await signedIn.text()).toContain(reference);
    expect((await signedIn.get(`/d/${reference}`)).status).toBe(200);
    expect((await signedIn.get('/i/mail-1')).status).toBe(200);
    const byLink = await desk.as('mo', 'member');
    expect(await (await byLink.get('/desk')).text()).toContain('Mail me a sign-in link');
    expect((await byLink.get('/d/EDX-2026-0002')).status).toBe(401);
  });

  it('a lost fragment: the same answer for any address, a fresh link only for who takes part', async () => {
    const ask = (address: string) => desk.post('/a/lost', { address, reference });
    const known = await (await ask(canaries.reporterAddress)).text();
    const unknown = await (await ask('nobody@example.org')).text();
    await ask('mia@openedx.example');
    expect(unknown).toBe(known);
    expect(desk.written.map(({ person }) => person)).toEqual([desk.who('canary-reporter').id]);
  });
});

describe('scanners (mail rules, Signed links)', () => {
  const gets = [
    '/',
    '/desk',
    `/d/${reference}`,
    `/d/${reference}/triage`,
    `/d/${reference}/go-public-early`,
    `/d/${reference}/close`,
    `/d/${reference}/done/x`,
    `/d/${reference}/mail/mail-1/raw`,
    '/i/mail-1',
  ];

  it.each(['GET', 'HEAD'])(
    '%s changes nothing, 1,000 times, even with a session',
    {
      timeout: 60_000,
    },
    async (method) => {
      const { cookie } = await desk.as('mo', 'member', 'desk');
      const before = await desk.snapshot();
      for (let each = 0; each < 1000; each++) {
        const path = gets[each % gets.length] ?? '/';
        const response = await desk.request(method, path, { headers: { cookie } });
        expect(response.status).toBeLessThan(500);
      }
      expect(await desk.snapshot()).toBe(before);
    },
  );

  it('HEAD answers as GET does, without a body', async () => {
    const { cookie } = await desk.as('mo', 'member');
    const response = await desk.request('HEAD', `/d/${reference}`, { headers: { cookie } });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it.each([
    ['mo', 'member'],
    ['canary-reporter', 'reporter'],
  ] as const)(
    'a scanner that presses every button as %s changes nothing, 1,000 presses',
    { timeout: 60_000 },
    async (name, role) => {
      const { cookie } = await desk.as(name, role);
      const before = await desk.snapshot();
      const pages = await Promise.all(
        [`/d/${reference}`, ...actPages].map(async (path) =>
          (await desk.request('GET', path, { headers: { cookie } })).text(),
        ),
      );
      const forms = pages.flatMap(formsOf).map(({ action, body }) => ({ action, values: untouched(body) }));
      expect(forms.length).toBeGreaterThanOrEqual(role === 'member' ? 9 : 4);
      for (let pressed = 0; pressed < 1000; pressed++) {
        const form = forms[pressed % forms.length];
        const response = await desk.post(form?.action ?? '', form?.values ?? {}, cookie);
        expect([404, 422]).toContain(response.status);
      }
      expect(await desk.snapshot()).toBe(before);
    },
  );

  it('no form of any page has a choice preselected', async () => {
    await advise();
    for (const [name, role] of [
      ['mo', 'member'],
      ['mia', 'maintainer'],
      ['canary-reporter', 'reporter'],
    ] as const) {
      const visitor = await desk.as(name, role);
      for (const path of [`/d/${reference}`, ...actPages]) {
        const page = await visitor.text(path);
        expect(page).not.toMatch(/ checked|<option[^>]* selected/);
      }
    }
  });

  it('a button-pressing maintainer’s scanner changes nothing at "advised"', async () => {
    await advise();
    const { cookie } = await desk.as('mia', 'maintainer');
    const before = await desk.snapshot();
    for (const path of [`/d/${reference}`, ...actPages]) {
      const page = await (await desk.request('GET', path, { headers: { cookie } })).text();
      for (const { action, body } of formsOf(page)) await desk.post(action, untouched(body), cookie);
    }
    expect(await desk.snapshot()).toBe(before);
  });
});

const actPages = [
  'triage',
  'reply-to-reporter',
  'record-step',
  'adjudicate',
  'ask-help',
  'expect-fix',
  'name-delegate',
  'disown',
  'record-ready',
  'propose-release',
  'record-merge',
  'report-public-pull-request',
  'name-maintainer',
  'add-repository',
  'close-entry',
  'record-fact',
  'go-public-early',
  'renew-embargo',
  'defer',
  'close',
  'choose-credit',
  'add-text',
].map((act) => `/d/${reference}/${act}`);

describe('where a form may come from (10)', () => {
  const values = { ...valid, revision: '1', form: 'f1', confirmed: 'yes' };
  it.each([
    ['another site', { origin: 'https://evil.example' }, 403],
    ['a site that hides its origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
    ['no origin at all', {}, 403],
    ['a page of ours without a referrer', { origin: 'null', 'sec-fetch-site': 'same-origin' }, 303],
    ['a page of ours', { origin }, 303],
  ] as const)('from %s', async (_, headers, status) => {
    const { cookie } = await desk.as('mo', 'member');
    const response = await desk.post(`/d/${reference}/triage`, values, cookie, headers);
    expect(response.status).toBe(status);
    expect((await desk.stored()).stage).toBe(status === 303 ? 'triaged' : 'received');
  });

  it('refuses more than 4 KB, more than 256 KB of text, more than 4 MB of file', async () => {
    const { cookie } = await desk.as('mo', 'member');
    const small = await desk.post(`/d/${reference}/record-step`, { step: 'x'.repeat(5000) }, cookie);
    expect(small.status).toBe(413);
    const text = await desk.post(`/d/${reference}/triage`, { description: 'x'.repeat(270_000) }, cookie);
    expect(text.status).toBe(413);
    const endless = await desk.post(`/d/${reference}/triage`, { description: 'x'.repeat(1_100_000) }, cookie);
    expect(endless.status).toBe(413);
    expect(await endless.text()).not.toContain('xxxxx');
    const reporter = await desk.as('canary-reporter', 'reporter');
    const form = new FormData();
    form.set('file', new File([new Uint8Array(5 * 1024 * 1024)], 'big.bin'));
    const upload = await desk.request('POST', `/d/${reference}/add-text`, {
      body: form,
      headers: { cookie: reporter.cookie, origin },
    });
    expect(upload.status).toBe(413);
  });

  it('every answer forbids caching, framing, and foreign scripts, and leaks no referrer', async () => {
    for (const path of ['/desk', `/d/${reference}`, '/nowhere']) {
      const { headers } = await desk.request('GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
  });
});

describe('a maintainer’s own words (policy, "What a mail may say")', () => {
  const where = `?repository=${encodeURIComponent(repository)}`;

  it.each([
    ['ask-help', 'text', 'Asked for help with openedx/edx-platform'],
    ['disown', 'suggestion', 'Handed openedx/edx-platform back; who maintains it'],
  ] as const)(
    '%s: the working group reads them on the case’s page, and no mail has them',
    async (act, field, title) => {
      await advise();
      const mia = await desk.as('mia', 'maintainer');

      const done = await mia.act(act, { sure: 'yes', [field]: 'CANARY-WORDS <b>\nand more' }, where);

      expect(done.status).toBe(303);
      const page = await (await desk.as('mo', 'member')).text();
      expect(page).toContain(title);
      expect(page).toContain('<pre>CANARY-WORDS &lt;b&gt;\nand more</pre>');
      const events = await desk.store.events(`DISC#${reference}`);
      expect(JSON.stringify(events)).not.toContain('CANARY-WORDS');
      expect(JSON.stringify(events.findLast(({ type }) => type === act)?.letters)).toMatch(
        /^(?!.*text\/).+escalation/,
      );
      expect(await (await desk.as('canary-reporter', 'reporter')).text()).not.toContain('CANARY-WORDS');
    },
  );

  it('they are optional', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    expect((await mia.act('ask-help', { sure: 'yes', text: '' }, where)).status).toBe(303);
    expect(await (await desk.as('mo', 'member')).text()).not.toContain('Asked for help with');
  });

  it('too long ones are refused, kept, and leave nothing behind', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    const before = await desk.snapshot();

    const refused = await mia.act('ask-help', { sure: 'yes', text: 'ü'.repeat(4001) }, where);

    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toContain('<a href="#text">At most 4000 characters; this has 4001.</a>');
    expect(page).toContain('ü'.repeat(4001));
    expect(await desk.snapshot()).toBe(before);
  });

  it('what a member comments or notes stands in the record', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    await mia.act('adjudicate', { how: 'label', label: 'low' }, where);
    const mo = await desk.as('mo', 'member');

    await mo.act('comment-severity', { what: 'comment', comment: 'CANARY-COMMENT' }, where);
    await mo.confirm(
      await mo.act('close-entry', { reason: 'wont-fix', note: 'CANARY-NOTE' }, where),
      `/d/${reference}/close-entry`,
    );

    const page = await mo.text();
    expect(page).toContain('CANARY-COMMENT');
    expect(page).toContain('CANARY-NOTE');
  });
});

describe('a person who makes mistakes', () => {
  const where = `?repository=${encodeURIComponent(repository)}`;
  const asMaintainer = async () => {
    await advise();
    return desk.as('mia', 'maintainer');
  };

  it.each([
    ['2026-03-01', '2026-03-01 has passed. Choose today or a later day.'],
    ['2026-02-31', '“2026-02-31” is no day of any calendar.'],
    ['', 'Choose a day, like 2026-03-01.'],
  ])('a fix expected on “%s” is refused, with what was typed kept', async (date, why) => {
    const mia = await asMaintainer();

    const refused = await mia.act('expect-fix', { date }, where);

    const page = await refused.text();
    expect(refused.status).toBe(422);
    expect(page).toMatch(new RegExp(`<a href="#date">[^<]*${why.replaceAll('.', '\\.')}`));
    expect(page).toContain(`name="date" value="${date}"`);
    expect((await desk.stored()).entries[0]?.fixExpected).toBeUndefined();
  });

  it('today will do', async () => {
    const mia = await asMaintainer();
    expect((await mia.act('expect-fix', { date: '2026-03-02' }, where)).status).toBe(303);
  });

  it('A2: an embargo renewed until a day that has passed is refused as that', async () => {
    await advise();
    const mo = await desk.as('mo', 'member');
    const refused = await mo.act('renew-embargo', { date: '2026-03-01', reason: 'It takes longer.' });
    expect(await refused.text()).toContain('An embargo is renewed until a day in the future.');
  });

  it('in two windows: the second shows what the first did, keeps its own words, and does nothing yet', async () => {
    const mia = await asMaintainer();
    const page = await mia.text(`/d/${reference}/ask-help${where}`);
    const other = await mia.text(`/d/${reference}/ask-help${where}`);
    await mia.submit(page, `/d/${reference}/ask-help`, { sure: 'yes', text: 'First' });

    const second = await mia.submit(other, `/d/${reference}/ask-help`, { sure: 'yes', text: 'Second' });

    const text = await second.text();
    expect(second.status).toBe(409);
    expect(text).toContain('you asked for help');
    expect(text).toContain('name="text" value="Second"');
    expect(
      (await desk.store.events(`DISC#${reference}`)).filter(({ type }) => type === 'ask-help'),
    ).toHaveLength(1);
  });

  it('a text that is too large in all is given back, and nothing happens', async () => {
    const mo = await desk.as('mo', 'member');
    const before = await desk.snapshot();

    const refused = await mo.submit(await mo.text(), `/d/${reference}/triage`, {
      ...valid,
      description: 'ы'.repeat(60_000),
    });

    const page = await refused.text();
    expect(refused.status).toBe(413);
    expect(page).toContain('This is more than 256 KB in all.');
    expect(page).toContain('ы'.repeat(60_000));
    expect(page).toContain(`value="${canaries.title}"`);
    expect(await desk.snapshot()).toBe(before);
  });

  it('a pasted vector may have blanks and line breaks: it has none of its own', async () => {
    const mia = await asMaintainer();
    const vector = ' CVSS:3.1/AV:N/AC:L/PR:N /UI:N/\r\n S:U/C:H/I:N/A:N\t';
    expect((await mia.act('adjudicate', { how: 'vector', vector }, where)).status).toBe(303);
    expect((await desk.stored()).entries[0]?.severity).toMatchObject({
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
      by: 'maintainer',
    });
  });
});

describe('texts in any script fit (Signed links 10: text forms ≤256 KB)', () => {
  it.each([
    ['reopen', { reason: 'ы'.repeat(1900) }],
    ['defer', { reason: 'ы'.repeat(1900), date: '2026-05-01' }],
    ['record-fact', { reason: 'ы'.repeat(1900), fact: 'attacks-seen' }],
    ['record-merge', { reason: 'ы'.repeat(1900), branch: 'main' }],
    ['ask-help', { text: 'ы'.repeat(3900) }],
  ] as const)('%s: a reason that is within its limit is not too large as a form', async (act, values) => {
    const { cookie } = await desk.as('mo', 'member');
    const answer = await desk.post(`/d/${reference}/${act}`, values, cookie);
    expect(answer.status).not.toBe(413);
  });

  it.each([
    '/desk/rota/note-handover',
    '/desk/members/leave',
    '/desk/members/record-support',
    '/desk/batch/note-batch',
    '/desk/batch/postpone-batch',
    '/i/mail-1',
  ])('%s: neither is one of the group’s', async (path) => {
    const { cookie } = await desk.as('mo', 'member', 'desk');
    const text = 'ы'.repeat(900);
    const answer = await desk.post(path, { text, reason: text, note: text, domains: text }, cookie);
    expect(answer.status).not.toBe(413);
  });

  it('every act whose form has a text area may be as large as its text', async () => {
    await advise();
    const small: string[] = [];
    for (const [name, role] of [
      ['mo', 'member'],
      ['mia', 'maintainer'],
      ['canary-reporter', 'reporter'],
    ] as const) {
      const visitor = await desk.as(name, role);
      for (const path of [
        `/d/${reference}`,
        ...Object.keys(forms).map(
          (act) => `/d/${reference}/${act}?repository=${encodeURIComponent(repository)}`,
        ),
      ])
        for (const { action, body } of formsOf(await visitor.text(path)))
          if (body.includes('<textarea') && !textActs.has(action.split('/').at(-1) ?? '')) small.push(action);
    }
    expect(small).toEqual([]);
  });
});

describe('acting (5)', () => {
  it('triage: preview of the very letters, then once', async () => {
    const mo = await desk.as('mo', 'member');
    const preview = await mo.submit(await mo.text(), `/d/${reference}/triage`, valid);
    const page = await preview.text();
    expect(preview.status).toBe(200);
    expect(page).toContain('Check your answers');
    expect(page).toContain(canaries.ours);
    expect(page).toContain('7.5 High');
    expect((await desk.stored()).stage).toBe('received');
    const done = await mo.submit(page, `/d/${reference}/triage`, {});
    expect(done.status).toBe(303);
    const after = await mo.text(done.headers.get('location') ?? '');
    expect(after).toContain('found the report valid');
    expect(await desk.stored()).toMatchObject({
      stage: 'triaged',
      entries: [{ repository, severity: { score: 7.5, rating: 'high' } }],
    });
  });

  it('shows the earlier result when it is sent again, with one effect', async () => {
    const mo = await desk.as('mo', 'member');
    const page = await mo.text(`/d/${reference}/record-step`);
    const send = () => mo.submit(page, `/d/${reference}/record-step`, { step: 'verify' });
    const first = await send();
    const second = await send();
    expect(second.headers.get('location')).toBe(`${first.headers.get('location')}?again=1`);
    expect(await mo.text(second.headers.get('location') ?? '')).toContain('It happened once');
    expect((await desk.stored()).version).toBe(2);
  });

  it('50 parallel posts of one form have one effect', async () => {
    const mo = await desk.as('mo', 'member');
    const page = await mo.text(`/d/${reference}/record-step`);
    const all = await Promise.all(
      Array.from({ length: 50 }, () => mo.submit(page, `/d/${reference}/record-step`, { step: 'verify' })),
    );
    expect(all.every(({ status }) => status === 303)).toBe(true);
    expect((await desk.stored()).version).toBe(2);
    expect(
      (await desk.store.events(`DISC#${reference}`)).filter(({ type }) => type === 'record-step'),
    ).toHaveLength(1);
  });

  it('on a revision that moved on: shows what changed, keeps what was typed, does nothing', async () => {
    const mo = await desk.as('mo', 'member');
    const max = await desk.as('max', 'member');
    const page = await mo.text();
    await max.act('record-step', { step: 'verify' });
    const preview = await mo.submit(page, `/d/${reference}/triage`, valid);
    const stale = await mo.submit(await preview.text(), `/d/${reference}/triage`, { revision: '1' });
    const text = await stale.text();
    expect(stale.status).toBe(409);
    expect(text).toContain('It changed meanwhile');
    expect(text).toContain('Max Member recorded a step of triage');
    expect(text).toContain(canaries.title);
    expect((await desk.stored()).stage).toBe('received');
    expect((await mo.submit(text, `/d/${reference}/triage`, {})).status).toBe(303);
    expect((await desk.stored()).stage).toBe('triaged');
  });

  it('keeps what was typed and says what is wrong, linked to the field', async () => {
    const mo = await desk.as('mo', 'member');
    const { cvss_AV: _, ...short } = valid;
    const response = await mo.submit(await mo.text(), `/d/${reference}/triage`, {
      ...short,
      repository_1: 'not a repository',
    });
    const page = await response.text();
    expect(response.status).toBe(422);
    expect(page).toContain('<a href="#repository_1">“not a repository” is not possible.');
    expect(page).toContain('<a href="#cvss_AV">');
    expect(page).toContain(`value="${canaries.title}"`);
  });

  it('adds a row without script, with everything kept', async () => {
    const mo = await desk.as('mo', 'member');
    const response = await mo.submit(await mo.text(), `/d/${reference}/triage`, {
      ...valid,
      more: 'rows',
      rows: '2',
    });
    const page = await response.text();
    expect(page).toContain('name="repository_3"');
    expect(page).toContain(`value="${repository}"`);
    expect((await desk.stored()).stage).toBe('received');
  });

  it('refuses irreversible acts without the reference typed, saying so', async () => {
    const mo = await desk.as('mo', 'member');
    const wrong = await mo.act('close', { reason: 'not-affected', typed: 'EDX-2026-0009' });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain('is not the reference of this disclosure');
    const right = await mo.act('close', { reason: 'not-affected', typed: reference.toLowerCase() });
    expect(right.status).toBe(200);
    await mo.confirm(right, `/d/${reference}/close`);
    expect((await desk.stored()).exit?.kind).toBe('closed');
  });

  it('R3: a forward shows recipient and the very letter, and goes to recorded operators only', async () => {
    const mo = await desk.as('mo', 'member');
    const operator = desk.who('security');
    const answers = {
      outcome: 'operator',
      operator: operator.id,
      operatorText: canaries.forwarded,
      withAttachments: 'no',
      reply_operator: '',
    };
    const lookalike = await mo.submit(await mo.text(), `/d/${reference}/triage`, {
      ...answers,
      operator: 'p-lookalike',
    });
    expect(lookalike.status).toBe(422);
    const preview = await mo.submit(await mo.text(), `/d/${reference}/triage`, answers);
    const page = await preview.text();
    expect(page).toContain('security@university.example');
    expect(page).toContain(canaries.forwarded);
    expect(page).toContain('Forward to Example University');
    await mo.submit(page, `/d/${reference}/triage`, {});
    expect((await desk.stored()).operators).toEqual([operator.id]);
  });

  it('R15: less than two days ahead is refused, naming the rule and the remedy', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    const early = await mia.act('propose-release', { date: '2026-03-03', time: '12:00', zone: 'utc' });
    const page = await early.text();
    expect(early.status).toBe(422);
    expect(page).toContain('two days');
    expect(page).toContain('Rule R15');
    expect(page).toContain('value="2026-03-03"');
    const fine = await mia.act('propose-release', { date: '2026-03-05', time: '12:00', zone: 'desk' });
    expect(fine.status).toBe(303);
    expect((await desk.stored()).release?.at).toBe('2026-03-05T17:00:00.000Z');
  });

  it('A1, A2, R15: the page says how promise, cap and announcement stand', async () => {
    const received = await (await desk.as('mo', 'member')).text();
    desk.now = plus(desk.now, 5 * day);
    const late = await (await desk.as('mo', 'member')).text();
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    await mia.act('propose-release', { date: '2026-12-01', time: '12:00', zone: 'utc' });
    const proposed = await mia.text();
    desk.now = plus(desk.now, 80 * day);

    expect(received).not.toContain('<span class="tag">missed</span>');
    expect(late).toContain('<span class="tag">missed</span>');
    expect(proposed).toContain('not visible yet <span class="tag">there is time</span>');
    expect(await (await desk.as('mo', 'member')).text()).toContain('near: renew it, or plan the release');
  });

  it('R7: the maintainer’s adjudication wins at once, by vector or by label alone', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    expect((await mia.act('adjudicate', { how: 'label', label: 'low' })).status).toBe(303);
    const [entry] = (await desk.stored()).entries;
    expect(entry?.severity).toMatchObject({ rating: 'low', by: 'maintainer' });
    expect(entry?.severity.vector).toBeUndefined();
  });

  it('R29: a delegate is named by address and may do what the maintainer may', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    const path = `/d/${reference}/name-delegate`;
    const preview = await mia.act('name-delegate', { address: 'dee@example.org', forGood: 'this' });
    const shown = await preview.clone().text();
    expect(shown).toContain('dee@example.org');
    expect(shown).toContain('Mia Maintainer named a delegate');
    expect((await mia.confirm(preview, path)).status).toBe(303);
    const dee = await desk.as('dee', 'maintainer');
    expect((await dee.act('record-ready', { sure: 'yes' })).status).toBe(303);
    expect(await mia.text()).toContain('dee@example.org');
  });

  it('R15: between announcement and release a maintainer is asked to wait, and then to merge', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    await mia.act('record-ready', { sure: 'yes' });
    const proposed = await mia.act('propose-release', { date: '2026-03-07', time: '15:00', zone: 'utc' });
    expect(await mia.text(proposed.headers.get('location') ?? '')).toContain('a warning: it is a weekend');
    await mia.act('see-announcement', { url: 'https://discuss.openedx.example/t/security/7' });

    const before = await mia.text();
    desk.now = '2026-03-07T15:00:00.000Z';
    const then = await (await desk.as('mia', 'maintainer')).text();

    expect(before).toContain('Please merge nothing before');
    expect(before).not.toContain('Next: report a merged fix');
    expect(before).not.toContain('Publish the advisory');
    expect(then).toContain('Next: report a merged fix');
  });

  it.each(['invalid', 'advice'])('a template whose blank nobody filled is not sent: %s', async (outcome) => {
    const mo = await desk.as('mo', 'member');
    const form = await mo.text();
    const [, template = ''] =
      new RegExp(`<textarea id="reply_${outcome}"[^>]*>\\n([^<]*)</textarea>`).exec(form) ?? [];
    const sent = (text: string) =>
      mo.submit(form, `/d/${reference}/triage`, { outcome, [`reply_${outcome}`]: text });

    const empty = await sent(template);
    const filled = await sent(template.replace('[write here]', 'it needs an administrator'));

    expect(empty.status).toBe(422);
    expect(await empty.text()).toContain('Write to the reporter what stands as “[write here]” yet.');
    expect(filled.status).toBe(200);
    expect(await filled.text()).toContain('it needs an administrator');
  });

  it('V8: a reporter whose report is deferred is not asked for an answer', async () => {
    const mo = await desk.as('mo', 'member');
    await mo.act('defer', { date: '2026-04-01', reason: 'After the freeze.' });

    const { hold } = await desk.stored();
    const page = await (await desk.as('canary-reporter', 'reporter')).text();

    expect(hold?.kind).toBe('deferred');
    expect(page).toContain('We have put it off until');
    expect(page).not.toContain('please answer by');
  });

  it('R14: the post is shown word for word before the desk posts it', async () => {
    desk = new Desk({ postsToDiscourse: true });
    await desk.seed();
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    await mia.act('propose-release', { date: '2026-03-09', time: '15:00', zone: 'utc' });

    const preview = await (await mia.act('command-post', { what: 'announcement' })).text();

    expect(preview).toContain('Security: Upcoming Security Release for openedx/edx-platform on 2026-03-09');
    expect(preview).toContain('A security patch will be made public for:');
    expect(preview).toContain('Mia Maintainer asked the desk to post');
    expect(preview).not.toContain('/new-topic?');
  });

  it('while nobody is recorded as maintainer, a member is asked to name one', async () => {
    await advise();
    const named = await (await desk.as('mo', 'member')).text();
    await desk.deps(origin).commit({
      disclosure: reference,
      command: {
        name: 'notify-maintainer',
        repository,
        maintainer: { id: 'working-group', people: [], source: 'unresolved' },
      },
      actor: { kind: 'desk' },
      cause: 'unresolved',
    });

    const unnamed = await (await desk.as('mo', 'member')).text();

    expect(named).not.toContain('Asked of you: name the maintainer');
    expect(unnamed).toContain('Asked of you: name the maintainer');
  });

  it('R13: a public pull request is what a member is asked about first', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    await mia.act('report-public-pull-request', { url: 'https://github.com/openedx/edx-platform/pull/42' });

    expect(await (await desk.as('mo', 'member')).text()).toContain(
      'Asked of you, urgently: what follows from the public pull request',
    );
  });

  it('R14: a linked announcement counts from when it is visible', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    await mia.act('propose-release', { date: '2026-03-09', time: '15:00', zone: 'utc' });
    const elsewhere = await mia.act('see-announcement', { url: 'https://evil.example/t/security/7' });
    expect(elsewhere.status).toBe(422);
    const linked = await mia.act('see-announcement', { url: 'https://discuss.openedx.example/t/security/7' });
    expect(linked.status).toBe(303);
    expect((await desk.stored()).announcement).toMatchObject({ topic: 7, established: 'linked' });
  });

  it('R14: one that nobody can see yet is linked all the same, and watched', async () => {
    await advise();
    const mia = await desk.as('mia', 'maintainer');
    await mia.act('propose-release', { date: '2026-03-09', time: '15:00', zone: 'utc' });
    desk.forumHides = true;
    const url = 'https://discuss.openedx.example/t/security/7';
    expect((await mia.act('see-announcement', { url: 'https://discuss.openedx.example/u/mo' })).status).toBe(
      422,
    );
    const linked = await mia.act('see-announcement', { url });
    expect(linked.status).toBe(303);
    expect(await mia.text(linked.headers.get('location') ?? '')).toContain('watched until it is visible');
    const { announcement, linked: watched, stage } = await desk.stored();
    expect([announcement, watched?.announcement?.url, stage]).toEqual([undefined, url, 'advised']);
    desk.forumHides = false;
    await mia.act('see-announcement', { url });
    const reply = `${url}/3`;
    expect((await mia.act('see-reply', { url: 'https://discuss.openedx.example/t/other/8/3' })).status).toBe(
      422,
    );
    expect((await mia.act('see-reply', { url: reply })).status).toBe(303);
    expect((await desk.stored()).linked?.reply?.url).toBe(reply);
  });

  it('R3: a forward that needs two is confirmed by another member, on the very letter, by one button', async () => {
    desk = new Desk({ forwardNeedsTwo: true });
    await desk.seed();
    const [mo, max] = [await desk.as('mo', 'member'), await desk.as('max', 'member')];
    const operator = desk.who('security').id;
    const forward = {
      outcome: 'operator',
      operator,
      operatorText: canaries.forwarded,
      withAttachments: 'no',
      reply_operator: '',
    };
    const action = `/d/${reference}/confirm-act`;
    await mo.confirm(
      await mo.submit(await mo.text(), `/d/${reference}/triage`, forward),
      `/d/${reference}/triage`,
    );
    expect((await desk.stored()).operators).toBeUndefined();
    expect(await mo.text()).not.toContain('/confirm-act?key=');
    const path = /href="([^"]*confirm-act\?key=[^"]*)"/.exec(await max.text())?.[1] ?? '';
    const page = await max.text(path);
    expect(page).toContain('Mo Member asked to forward it to Example University');
    expect(page).toContain('security@university.example');
    expect(page).toContain(canaries.forwarded);
    // A scanner that only presses the button changes nothing.
    const before = await desk.snapshot();
    const pressed = await max.submit(page, action, {});
    expect(pressed.status).toBe(422);
    expect(await pressed.text()).toContain('Tick the box to say that you have read it.');
    expect(await desk.snapshot()).toBe(before);
    const done = await max.submit(page, action, { sure: 'yes' });
    expect(done.status).toBe(303);
    const stored = await desk.stored();
    expect([stored.operators, stored.exit?.kind, stored.pending]).toEqual([
      [operator],
      'forwarded',
      undefined,
    ]);
    // Sent again it shows what it came to; there is nothing to confirm twice.
    expect((await max.submit(page, action, { sure: 'yes' })).headers.get('location')).toContain('again=1');
  });

  it('V10: nobody confirms their own act, and what cannot be undone asks for the reference', async () => {
    desk = new Desk({ earlyPublicNeedsTwo: true });
    await desk.seed();
    await advise();
    const [mo, max] = [await desk.as('mo', 'member'), await desk.as('max', 'member')];
    const asked = await mo.act('go-public-early', { reason: 'It is being exploited.', typed: reference });
    await mo.confirm(asked, `/d/${reference}/go-public-early`);
    expect((await desk.stored()).embargo.ended).toBeUndefined();
    const action = `/d/${reference}/confirm-act`;
    const page = await max.text(`${action}?key=go-public-early`);
    expect((await max.submit(page, action, { typed: 'EDX-2026-0009' })).status).toBe(422);
    const own = hiddenOf(page, action);
    const { revision: _revision, form: _form, ...mine } = own;
    const version = String((await desk.stored()).version);
    const alone = await desk.post(
      action,
      { ...mine, revision: version, form: 'x', typed: reference },
      mo.cookie,
    );
    expect(alone.status).toBe(422);
    expect((await desk.stored()).embargo.ended).toBeUndefined();
    expect((await max.submit(page, action, { typed: reference })).status).toBe(303);
    expect((await desk.stored()).embargo.ended?.by).toBe('early-public');
  });

  it('what was done by hand is said once, and is then asked of nobody', async () => {
    await advise();
    const { commit } = desk.deps(origin);
    await commit({
      disclosure: reference,
      command: { name: 'hand-off', what: 'request-cve', why: 'GitHub answered 403', repository },
      actor: { kind: 'desk' },
      cause: 'h',
    });
    const mo = await desk.as('mo', 'member');
    expect(await mo.text()).toContain(`Request a CVE from the advisory (${repository}): GitHub answered 403`);
    expect((await mo.act('hand-off-done', {})).status).toBe(422);
    expect((await mo.act('hand-off-done', { handOff: `request-cve ${repository}` })).status).toBe(303);
    expect(await mo.text()).not.toContain('Request a CVE from the advisory (');
    const last = (await desk.store.events(`DISC#${reference}`)).at(-1);
    expect(last).toMatchObject({
      type: 'hand-off-done',
      data: { what: 'request-cve', repository },
      letters: [],
    });
    const mia = await desk.as('mia', 'maintainer');
    expect((await mia.get(`/d/${reference}/hand-off-done`)).status).toBe(404);
  });

  it('members see how each letter stands, and where a report was filed on GitHub', async () => {
    const report = { repository, ghsa: 'GHSA-aaaa-bbbb-cccc', url: 'https://github.example/GHSA-9' };
    desk = new Desk();
    await desk.seed({ githubReport: report });
    const mo = await desk.as('mo', 'member');
    const sent = await mo.act('reply-to-reporter', { text: canaries.ours });
    await mo.confirm(sent, `/d/${reference}/reply-to-reporter`);
    const event = (await desk.store.events(`DISC#${reference}`)).at(-1);
    expect(await mo.text()).toContain('<span class="tag">waits to be sent</span>');
    const delivery = { state: 'bounced', at: desk.now, attempts: 1 } as const;
    await desk.store.recordDelivery(`DISC#${reference}`, event?.cause ?? '', { L0: delivery });
    const page = await mo.text();
    expect(page).toContain('<span class="tag">came back: it did not arrive</span>');
    expect(page).toContain('https://github.example/GHSA-9');
    const reporter = await desk.as('canary-reporter', 'reporter');
    expect(await reporter.text()).not.toMatch(/came back|GHSA-9/);
  });

  it('A6: the reporter chooses the credit, adds text and a file', async () => {
    const reporter = await desk.as('canary-reporter', 'reporter');
    await reporter.submit(await reporter.text(), `/d/${reference}/choose-credit`, {
      choice: 'name',
      name: 'Rae Porter',
    });
    expect(Object.values((await desk.stored()).credit)).toEqual([{ choice: 'name', as: 'Rae Porter' }]);
    const form = new FormData();
    const page = await reporter.text();
    for (const [name, value] of Object.entries(hiddenOf(page, `/d/${reference}/add-text`)))
      form.set(name, value);
    form.set('text', 'More of it');
    form.set('file', new File(['proof'], '../../etc/pass"wd.txt'));
    const added = await desk.request('POST', `/d/${reference}/add-text`, {
      body: form,
      headers: { cookie: reporter.cookie, origin },
    });
    expect(added.status).toBe(303);
    const after = await reporter.text();
    expect(after).toContain('More of it');
    const href = /href="(\/d\/[^"]*\/added\/[^"]*)"/.exec(after)?.[1] ?? '';
    const download = await reporter.get(href);
    expect(download.status).toBe(302);
    expect(download.headers.get('location')).not.toContain('"');
  });

  it('the raw mail is handed out where it lies: filed, or in the inbox while it could not be filed', async () => {
    const member = await desk.as('mo', 'member');
    const raw = () => member.get(`/d/${reference}/mail/mail-1/raw`);
    expect((await raw()).status).toBe(404);

    desk.archive.receive('mail-1', Buffer.from('Subject: it\r\n\r\n'));
    const unfiled = await raw();
    await desk.archive.file('in/mail-1', '2026-03-02T00:00:00.000Z');
    const filed = await raw();

    expect(unfiled.headers.get('location')).toContain('/in/mail-1?');
    expect(filed.headers.get('location')).toContain('/mail/2026/03/mail-1?');
  });

  it('a group acts through one of its people, by a link of their own', async () => {
    const dora = await desk.addPerson('dora@example.org', ['maintainer'], { name: 'Dora' });
    const team = await desk.addPerson('team@example.org', ['maintainer'], { group: { people: [dora.id] } });
    await advise(team.id);
    const group = await desk.as('team', 'maintainer');
    const page = await group.text();
    expect(page).toContain('Who is acting?');
    expect(page).not.toContain(canaries.description);
    const acted = await desk.post(
      `/d/${reference}/record-ready`,
      { repository, sure: 'yes', revision: '4', form: 'f' },
      group.cookie,
    );
    expect(await acted.text()).toContain('Who is acting?');
    await group.submit(page, `/d/${reference}/who`, { person: dora.id });
    // The link in it is a maintainer's: what it opens follows from whom the letter addresses.
    expect(desk.written).toMatchObject([
      { person: dora.id, letter: { template: 'who-is-acting', as: 'maintainer', about: reference } },
    ]);
    const own = await desk.as('dora', 'maintainer');
    expect(await own.text()).toContain(canaries.description);
    expect((await own.act('record-ready', { sure: 'yes' })).status).toBe(303);
    const events = await desk.store.events(`DISC#${reference}`);
    expect(events.at(-1)?.actor).toBe(`maintainer:${dora.id}`);
  });

  it('a mail of the lists can be decided on, once its form says how', async () => {
    const mo = await desk.as('mo', 'member', 'intake:mail-1');
    const page = await mo.text();
    expect((await mo.submit(page, '/i/mail-1', {})).status).toBe(422);
    expect(
      (await mo.submit(page, '/i/mail-1', { decision: 'attach', reference: 'x', asReporter: 'no' })).status,
    ).toBe(422);
    expect((await mo.submit(page, '/i/mail-1', { decision: 'kind', kind: 'advice' })).status).toBe(303);
    expect(desk.decided).toMatchObject([
      { mailKey: 'mail-1', decision: { decision: 'kind', kind: 'advice' } },
    ]);
  });

  it('markup in a report is text: 200 payloads', async () => {
    const payloads = Array.from(
      { length: 200 },
      (_, at) => `<script id="x${at}">alert(${at})</script>"'><img src=x onerror=x>`,
    );
    desk.mails.set('mail-1', { text: payloads.join('\n'), truncated: false, attachments: [] });
    const mo = await desk.as('mo', 'member');
    const page = await mo.text();
    expect(page).not.toContain('<script id');
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;script id=');
  });
});
