import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { forms, memberForms, rotaForms } from '#contracts/forms.ts';
import { asset, assetAt } from '#pages/assets.ts';
import { staticAnswer } from '../../functions/open-desk/landing.ts';
import { pageContext } from '../../functions/web/context.ts';
import { canaries, Desk, origin, reference, Visitor, valid } from '../open-desk/desk.ts';

const [one, two] = ['openedx/edx-platform', 'openedx/frontend-app-x'] as const;

/** Every page of every kind of person, of one disclosure with everything in it that somebody must not see. */
async function everyPage(): Promise<Record<string, string>> {
  const desk = new Desk();
  await desk.seed();
  const other = await desk.addPerson('other@example.org', ['reporter'], { name: 'Other Reporter' });
  await desk.addMail('mail-2', other.id, { text: canaries.otherReporter });
  const { commit } = desk.deps(origin);
  const machine = { kind: 'desk' } as const;
  const give = (
    cause: string,
    command: Parameters<typeof commit>[0]['command'],
    actor: Parameters<typeof commit>[0]['actor'] = machine,
  ) => commit({ disclosure: reference, command, actor, cause });
  const mo = await desk.as('mo', 'member');
  const asMo = { kind: 'member', person: desk.who('mo').id } as const;
  await give('m2', {
    name: 'attach-mail',
    mailKey: 'mail-2',
    from: other.id,
    authenticated: true,
    asReporter: true,
  });
  const answers = {
    ...valid,
    outcome: 'valid-operator',
    operator: desk.who('security').id,
    operatorText: canaries.forwarded,
    withAttachments: 'yes',
    repository_2: two,
    ecosystem_2: 'npm',
    affected_2: canaries.siblingVersion,
  };
  const preview = await mo.submit(await mo.text(), `/d/${reference}/triage`, answers);
  const done = await mo.confirm(preview, `/d/${reference}/triage`);
  for (const [repository, name] of [
    [one, 'mia'],
    [two, 'canary-sibling'],
  ] as const) {
    const { id } = desk.who(name);
    const advisory = {
      ghsa: 'GHSA-aaaa-bbbb-cccc',
      url: `https://github.example/${repository}`,
      state: 'draft',
    } as const;
    await give(`a ${repository}`, { name: 'record-advisory', repository, advisory });
    await give(`n ${repository}`, {
      name: 'notify-maintainer',
      repository,
      maintainer: { id: `owners:${id}`, people: [id], source: 'contacts' },
    });
  }
  await give('f', { name: 'record-fact', fact: 'attacks-seen', reason: canaries.reason }, asMo);
  const pages: Record<string, string> = { 'member done': await mo.text(done.headers.get('location') ?? '') };
  const visitors = {
    member: await desk.as('mo', 'member', 'desk'),
    maintainer: await desk.as('mia', 'maintainer'),
    reporter: await desk.as('canary-reporter', 'reporter'),
    operator: await desk.as('security', 'operator'),
    // A second reporter of the same disclosure, the maintainer of its other repository, and whoever has no link.
    second: await desk.as('other', 'reporter'),
    sibling: await desk.as('canary-sibling', 'maintainer'),
    nobody: new Visitor(desk, '', '/'),
  };
  // Every page that there is, by the forms that it may have.
  const paths = ['', ...Object.keys(forms).map((act) => `/${act}`)];
  for (const [kind, visitor] of Object.entries(visitors)) {
    for (const path of paths)
      pages[`${kind} ${path}`] = await visitor.text(
        `/d/${reference}${path}?repository=${encodeURIComponent(one)}`,
      );
    for (const path of [
      '/desk',
      '/desk/today',
      '/desk/rota',
      '/desk/members',
      ...Object.keys(rotaForms).map((form) => `/desk/rota/${form}`),
      ...Object.keys(memberForms).map((form) => `/desk/members/${form}?person=${desk.who('max').id}`),
      '/i/mail-1',
      '/i/mail-2',
      `/d/${reference}?as=reporter`,
      `/d/${reference}?as=maintainer&repository=${two}`,
    ])
      pages[`${kind} ${path}`] = await visitor.text(path);
    for (const path of [
      `/d/${reference}/mail/mail-1/raw`,
      `/d/${reference}/mail/mail-2/0`,
      '/i/mail-1/mail/mail-1/raw',
    ])
      pages[`${kind} ${path}`] = (await visitor.get(path)).headers.get('location') ?? '';
  }
  return pages;
}

let pages: Record<string, string>;
beforeAll(async () => {
  pages = await everyPage();
});

/** Pages of a kind that hold one of these words. */
const holding = (kind: string, words: readonly string[]) =>
  Object.entries(pages)
    .filter(([name]) => name.startsWith(`${kind} `))
    .flatMap(([name, page]) => words.filter((word) => page.includes(word)).map((word) => `${name}: ${word}`));

describe('leaks between kinds of people (threat table; every page, searched)', () => {
  const reporters = [canaries.reporterAddress, canaries.reporterName, 'Other Reporter', 'other@example.org'];

  it('members see all of it (so that the search can find anything at all)', () => {
    const words = [
      canaries.report,
      canaries.otherReporter,
      canaries.title,
      canaries.description,
      canaries.ours,
    ];
    const found = holding('member', [...words, canaries.reason, canaries.reporterName]).join('\n');
    for (const word of [...words, canaries.reason, canaries.reporterName]) expect(found).toContain(word);
  });

  it('maintainers never see the reporters, the report’s own text, our replies, or a sibling’s details', () => {
    const hidden = [
      ...reporters,
      canaries.report,
      canaries.subject,
      canaries.otherReporter,
      canaries.ours,
      canaries.forwarded,
      canaries.siblingVersion,
      canaries.siblingMaintainer,
      canaries.reason,
      'archive.test',
    ];
    expect(holding('maintainer', hidden)).toEqual([]);
    expect(holding('maintainer', [canaries.description])).not.toEqual([]);
  });

  it('reporters see neither details of ours, nor the other reporter, nor who maintains what', () => {
    const hidden = [
      canaries.title,
      canaries.description,
      canaries.otherReporter,
      'Other Reporter',
      'other@example.org',
      canaries.forwarded,
      canaries.siblingVersion,
      canaries.siblingMaintainer,
      canaries.reason,
      one,
      two,
      'CVSS:3.1',
      'archive.test',
    ];
    expect(holding('reporter', hidden)).toEqual([]);
    expect(holding('reporter', [canaries.report, canaries.ours])).not.toEqual([]);
  });

  it('operators see what was forwarded, and nothing of the disclosure or of the reporters', () => {
    const hidden = [
      ...reporters,
      canaries.title,
      canaries.description,
      canaries.ours,
      canaries.otherReporter,
      canaries.siblingVersion,
      canaries.siblingMaintainer,
      canaries.reason,
      one,
      'archive.test',
    ];
    expect(holding('operator', hidden)).toEqual([]);
    expect(holding('operator', [canaries.forwarded])).not.toEqual([]);
  });

  it('a second reporter sees their own mail, and nothing of the first, of ours, or of the maintainers', () => {
    const hidden = [
      canaries.reporterAddress,
      canaries.reporterName,
      canaries.report,
      canaries.title,
      canaries.description,
      canaries.forwarded,
      canaries.siblingVersion,
      canaries.siblingMaintainer,
      canaries.reason,
      one,
      two,
      'CVSS:3.1',
      'archive.test/mail/2026/03/mail-1',
    ];
    expect(holding('second', hidden)).toEqual([]);
    expect(holding('second', [canaries.otherReporter])).not.toEqual([]);
  });

  it('the maintainer of the other repository sees theirs, and neither reporter nor words of members', () => {
    const hidden = [
      ...reporters,
      canaries.report,
      canaries.subject,
      canaries.otherReporter,
      canaries.ours,
      canaries.forwarded,
      canaries.reason,
      'mia@openedx.example',
      'Mia Maintainer',
      'archive.test',
    ];
    expect(holding('sibling', hidden)).toEqual([]);
    expect(holding('sibling', [canaries.siblingVersion])).not.toEqual([]);
  });

  it('whoever has no link sees no word of it, on any page', () => {
    expect(holding('nobody', [...Object.values(canaries), ...reporters, one, two, 'archive.test'])).toEqual(
      [],
    );
    expect(Object.keys(pages).filter((name) => name.startsWith('nobody ')).length).toBeGreaterThan(40);
  });

  it('members see what others see of them, and no more than those see', () => {
    const theirs = pages[`member /d/${reference}?as=reporter`] ?? '';
    expect(theirs).toContain('this is what they see');
    expect(theirs).not.toContain(canaries.description);
    const sibling = pages[`member /d/${reference}?as=maintainer&repository=${two}`] ?? '';
    expect(sibling).toContain(canaries.siblingVersion);
    expect(sibling).not.toContain(canaries.reporterName);
  });
});

describe('every page', () => {
  it('has a language, a title, one main heading, a way to skip, and no inline script or style', () => {
    for (const page of Object.values(pages).filter((each) => each.startsWith('<!doctype'))) {
      expect(page).toMatch(/<html lang="en">[\s\S]*<title>[^<]+<\/title>/);
      expect(page.match(/<h1/g)).toHaveLength(1);
      expect(page).toContain('href="#main"');
      expect(page).not.toMatch(/<script(?![^>]* src=)|<style| style="| on[a-z]+="/);
    }
  });

  it('labels every field of its forms', () => {
    for (const page of Object.values(pages)) {
      const fields = [
        ...page.matchAll(
          /<(?:input type="(?:text|email|url|date|time|file)"|textarea|select)[^>]* id="([^"]*)"/g,
        ),
      ];
      for (const [, id] of fields) expect(page).toContain(`for="${id}"`);
    }
  });

  it('gives instants in the desk’s zone and in UTC, for machines too', () => {
    expect(pages[`member `]).toMatch(
      /<time datetime="2026-[^"]*Z" data-zone><span data-local>[^<]*America\/New_York[^<]*<\/span> · 2026-[^<]* UTC<\/time>/,
    );
  });
});

describe('what is served without record, key or SDK', () => {
  const desk = new Desk();
  const get = (path: string, method = 'GET') => staticAnswer(method, path, () => pageContext(desk));

  it('the landing page: no case data, a script that finds the token, a form to press', () => {
    const answer = get('/a');
    expect(answer?.headers['cache-control']).toBe('no-store');
    expect(answer?.body).toContain('<form id="found" method="post" action="/a" hidden>');
    expect(answer?.body).toContain('/assets/landing.');
    expect(answer?.body).not.toMatch(/EDX-2026-\d{4}(?!\.)/);
    expect(get('/a', 'HEAD')?.body).toBe('');
    expect(get('/a', 'POST')).toBeUndefined();
  });

  describe('a link whose "#" a mail filter encoded (Signed links 11)', () => {
    const token = `v1.k1.${'a'.repeat(200)}.${'b'.repeat(43)}`;
    const whole = [
      `/a#t=${token}`,
      `/a%23t=${token}`,
      `/a%23t%3D${token}`,
      `/a%2523t%253D${token}>`,
      `/a/#t=${token}`,
    ];

    it.each(whole)('%s: says what happened and offers a fresh link; the token opens nothing here', (path) => {
      const answer = get(path);

      expect(answer?.statusCode).toBe(200);
      expect(answer?.headers['cache-control']).toBe('no-store');
      expect(answer?.body).toContain('A mail program has changed your link');
      expect(answer?.body).toContain(
        `<form method="post" action="/a/fresh" novalidate><input type="hidden" name="token" value="${token}">`,
      );
      expect(answer?.body).not.toContain('/assets/landing.');
      expect(get(path, 'HEAD')?.body).toBe('');
      expect(get(path, 'POST')).toBeUndefined();
    });

    it.each([`/a?url=${encodeURIComponent(`https://desk.example/a#t=${token}`)}`, `/a?t=${token}`])(
      'wrapped into the query as %s: the same',
      (address) => {
        const [path = '', query] = address.split('?');
        const answer = staticAnswer('GET', path, () => pageContext(desk), query);
        expect(answer?.body).toContain('A mail program has changed your link');
        expect(answer?.body).toContain(`name="token" value="${token}"`);
      },
    );

    it.each(['/a%23t=v1.k1.cut', '/a%3Futm=1', '/a%', '/a/', '/a/fresh', '/a/lost'])(
      '%s, where no whole token is left: the landing page, which takes a pasted link or an address',
      (path) => {
        const answer = get(path);
        expect(answer?.statusCode).toBe(200);
        expect(answer?.body).toContain('action="/a/lost"');
      },
    );

    it('other addresses are none of its business', () => {
      for (const path of ['/about', '/a-b', '/ab%23', '/assets/x', '/d/a%23t=v1.k1.cut'])
        expect(get(path)).toBeUndefined();
    });
  });

  it('files under a name that changes with their content, kept for a year', () => {
    const style = asset('style.css');
    const answer = get(style?.path ?? '');
    expect(answer?.headers['cache-control']).toContain('immutable');
    expect(answer?.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(assetAt('/assets/../settings.json')).toBeUndefined();
    expect(get('/assets/settings.000000000000.json')).toBeUndefined();
  });
});

describe('the style sheet', () => {
  const css = readFileSync(new URL('../../functions/pages/static/style.css', import.meta.url), 'utf8');
  const [light = '', dark = ''] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) => body ?? '');
  const colours = (body: string) =>
    Object.fromEntries(
      [...body.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name = '', hex = '']) => [name, hex]),
    );
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };

  it.each([
    ['light', light],
    ['dark', dark],
  ])('keeps a contrast of 4.5 in %s (style, Pages and letters 7)', (_, body) => {
    const c = colours(body);
    const onPaper = ['ink', 'soft', 'accent', 'grave', 'good', 'low', 'medium', 'high', 'critical'];
    const pairs = [
      ...onPaper.flatMap((name) => [[name, 'paper'] as const, [name, 'well'] as const]),
      ['on-accent', 'accent'] as const,
      ['on-grave', 'grave'] as const,
      ['warn-ink', 'warn-paper'] as const,
    ];
    const weak = pairs.filter(([a, b]) => contrast(c[a] ?? '#000000', c[b] ?? '#000000') < 4.5);
    expect(weak).toEqual([]);
  });
});
