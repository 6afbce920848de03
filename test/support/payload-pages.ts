import { Buffer } from 'node:buffer';
import { forms } from '#contracts/forms.ts';
import { scanHeader } from '#domain/header-scan.ts';
import { renderLetter } from '#letters/render-letter.ts';
import { context, letterOf, templates } from '../letters/samples.ts';
import { Desk, origin, reference, valid } from '../open-desk/desk.ts';
import { MailRoom, notice, parser } from '../receive-mail/mail-room.ts';

/** Ways to have a browser run or fetch something, each with a mark that a test can look for. */
const attempts = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<body onload=alert(1)>',
  '<style>@import "//t.example/a.css";*{background:url(//t.example/p.png)}</style>',
  '<link rel=stylesheet href=//t.example/b.css>',
  '<meta http-equiv=refresh content="0;url=//t.example/">',
  '<base href=//t.example/>',
  '<object data=//t.example/o></object>',
  '<embed src=//t.example/e>',
  '<video src=//t.example/v autoplay onerror=alert(1)></video>',
  '<details open ontoggle=alert(1)>x</details>',
  '<input autofocus onfocus=alert(1)>',
  '<math><mtext></p><style><img src=x onerror=alert(1)></style></math>',
  '<a href="javascript:alert(1)" autofocus onfocus=alert(1)>x</a>',
  '<form action=//t.example/f><button>x</button></form>',
  '<template><img src=x onerror=alert(1)></template>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
] as const;

/** Where a payload has to get out of before it can act, or how it hides from what looks for it. */
const disguises: readonly ((attempt: string) => string)[] = [
  (attempt) => attempt,
  (attempt) => `"><!-- -->${attempt}`,
  (attempt) => `' autofocus onfocus=alert(1) x='${attempt}`,
  (attempt) => `</pre></title></textarea></script></style>${attempt}`,
  (attempt) => attempt.replace(/[a-z]/g, (letter, at: number) => (at % 2 ? letter.toUpperCase() : letter)),
  (attempt) => attempt.replaceAll('<', '<\0').replaceAll('on', 'o\u200bn'),
  (attempt) => attempt.replaceAll('<', '\u{ff1c}').replaceAll('>', '\u{ff1e}'),
  (attempt) => attempt.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  (attempt) => attempt.replace(/[<>"']/g, (sign) => `&#x${sign.charCodeAt(0).toString(16)};`),
  (attempt) => `\u{202e}${attempt.replaceAll('<', '&#60')}\${alert(1)}{{alert(1)}}`,
];

/** Two hundred, each another. A word stands before them, so that none is empty once its tags are taken off. */
export const payloads: readonly string[] = disguises.flatMap((disguise) =>
  attempts.map((attempt) => `word ${disguise(attempt)}`),
);

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const encoded = (text: string): string => `=?utf-8?B?${base64(text)}?=`;

/** A mail that has a text in its subject, its sender's name, its body, as HTML or plain, and its file's name. */
function mailWith(text: string, html: boolean): Uint8Array {
  const type = html ? 'text/html' : 'text/plain';
  return Buffer.from(
    [
      `From: ${encoded(text)} <mallory@people.example>`,
      'To: security@openedx.example',
      `Subject: ${encoded(text)}`,
      'Message-ID: <x@people.example>',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      `Content-Type: ${type}; charset=utf-8`,
      'Content-Transfer-Encoding: base64',
      '',
      base64(text),
      '--b',
      `Content-Type: application/x-test; name="${encoded(text)}"`,
      `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(text)}`,
      '',
      'x',
      '--b--',
      '',
    ].join('\r\n'),
  );
}

/** Every page and letter by who sees it and where, in which these texts stand wherever somebody else could put them. */
export interface Rendered {
  readonly pages: Readonly<Record<string, string>>;
  readonly letters: Readonly<Record<string, string>>;
}

/**
 * Takes each text through intake and the parser, as a mail in plain text and one in HTML, and through the forms of
 * reporter and member; then renders every page of every kind of person, and every letter.
 */
export async function renderWith(texts: readonly string[]): Promise<Rendered> {
  const room = new MailRoom();
  const desk = new Desk();
  const [first = 'word'] = texts;
  const { id: reporter } = await desk.addPerson('canary-reporter@example.org', ['reporter'], {
    name: scanHeader(mailWith(first, false)).from?.name ?? '',
  });
  await desk.seed();
  const keys: string[] = [];
  const joined: string[] = [];
  for (const [at, text] of texts.entries())
    for (const html of [false, true]) {
      const raw = mailWith(text, html);
      const { intake } = await room.take(raw, notice({ source: 'mallory@people.example' }));
      const parts = await parser.parse(raw);
      const list =
        (['opened', 'recorded', 'held', 'quarantined'] as const)[(at + (html ? 2 : 0)) % 4] ?? 'opened';
      const mailKey = `payload-${at}-${html ? 'html' : 'text'}`;
      keys.push(mailKey);
      if (list === 'opened') joined.push(mailKey);
      await desk.addMail(
        mailKey,
        reporter,
        { text: parts.text, truncated: parts.cut, attachments: parts.attachments },
        { subject: intake.subject, disposition: list, disclosures: list === 'opened' ? [reference] : [] },
      );
    }
  const all = texts.join('\n');
  const { commit } = desk.deps(origin);
  const machine = { kind: 'desk' } as const;
  for (const mailKey of joined)
    await commit({
      disclosure: reference,
      command: { name: 'attach-mail', mailKey, from: reporter, authenticated: true, asReporter: true },
      actor: machine,
      cause: `attach ${mailKey}`,
    });
  const visitors = {
    reporter: await desk.as('canary-reporter', 'reporter'),
    member: await desk.as('mo', 'member', 'desk'),
  };
  await visitors.reporter.act('add-text', { text: all });
  await visitors.reporter.act('choose-credit', { choice: 'name', as: first });
  const pages: Record<string, string> = {};
  const { member } = visitors;
  const answers = {
    ...valid,
    outcome: 'valid-operator',
    title: first.slice(0, 200),
    description: all,
    reply_valid: all,
    operator: desk.who('security').id,
    operatorText: all,
    withAttachments: 'yes',
    package_1: first.slice(0, 100),
    affected_1: first.slice(0, 100),
  };
  // What is refused comes back with what was typed.
  const refused = await member.act('triage', { ...answers, outcome: first });
  pages['member refused'] = await refused.text();
  const preview = await member.submit(
    await member.text(`/d/${reference}`),
    `/d/${reference}/triage`,
    answers,
  );
  const shown = await preview.clone().text();
  pages['member preview'] = shown;
  const done = await member.confirm(preview, `/d/${reference}/triage`);
  pages['member done'] = await member.text(done.headers.get('location') ?? '/desk');
  const [repository] = (await desk.stored()).entries.map((entry) => entry.repository);
  if (!repository) throw new Error(`the triage was not accepted: ${shown.slice(0, 2000)}`);
  const { id: maintainer } = desk.who('mia');
  const advisory = { ghsa: 'GHSA-aaaa-bbbb-cccc', url: `https://github.example/1`, state: 'draft' } as const;
  await commit({
    disclosure: reference,
    command: { name: 'record-advisory', repository, advisory },
    actor: machine,
    cause: 'a',
  });
  const found = { id: `owners:${maintainer}`, people: [maintainer], source: 'contacts' } as const;
  await commit({
    disclosure: reference,
    command: { name: 'notify-maintainer', repository, maintainer: found },
    actor: machine,
    cause: 'n',
  });
  await member.act('record-fact', { fact: 'attacks-seen', reason: all.slice(0, 1900) });
  const everyone = {
    ...visitors,
    maintainer: await desk.as('mia', 'maintainer'),
    operator: await desk.as('security', 'operator'),
  };
  const paths = [
    '/desk',
    '/desk/today',
    '/desk/rota',
    '/desk/members',
    `/d/${reference}`,
    `/d/${reference}?as=reporter`,
    `/d/${reference}?as=maintainer&repository=${encodeURIComponent(repository)}`,
    ...Object.keys(forms).map((act) => `/d/${reference}/${act}?repository=${encodeURIComponent(repository)}`),
  ];
  for (const [kind, visitor] of Object.entries(everyone))
    for (const path of paths) pages[`${kind} ${path}`] = await visitor.text(path);
  for (const mailKey of keys) pages[`member /i/${mailKey}`] = await member.text(`/i/${mailKey}`);
  const letters = templates.map((template) => {
    const words = context({
      names: { 'p-mo': first },
      texts: { 'texts/words': all },
    });
    return [template, renderLetter(letterOf(template), words).html] as const;
  });
  return { pages, letters: Object.fromEntries(letters) };
}

/** The tags of a page in order, each with the names of its attributes: what a browser would make elements of. */
export const skeleton = (page: string): readonly string[] =>
  [...page.matchAll(/<[/!]?[a-z](?:"[^"]*"|'[^']*'|[^>"'])*>|<!--/gi)].map(([tag]) =>
    tag.replace(/\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)/g, ''),
  );
