import { setTimeout as pause } from 'node:timers/promises';
import type { Mail, Mailbox } from './mail-gateway/mailbox.ts';

/** A page as a visitor without script has it. */
export interface Page {
  readonly status: number;
  readonly path: string;
  readonly body: string;
  /** The page as text, for looking at. */
  readonly text: string;
}

/** What a person fills in, by the fields' names. */
type Fields = Readonly<Record<string, string | File>>;

/** Fields as a browser sends them: with a file among them in parts. */
function bodyOf(fields: Fields): URLSearchParams | FormData {
  const entries = Object.entries(fields);
  if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    return new URLSearchParams(entries);
  const body = new FormData();
  for (const [name, value] of entries) body.set(name, value);
  return body;
}

interface Form {
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};
const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decode(found);
};

/** The POST forms of a page of ours with their hidden fields. Reads our own markup, not anybody's. */
export function formsOf(body: string): readonly Form[] {
  return [...body.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)]
    .filter(([, tag = '']) => attribute(tag, 'method') === 'post')
    .map(([, tag = '', inner = '']) => ({
      action: attribute(tag, 'action') ?? '',
      hidden: Object.fromEntries(
        [...inner.matchAll(/<input type="hidden"([^>]*)>/g)].map(([, input = '']) => [
          attribute(input, 'name') ?? '',
          attribute(input, 'value') ?? '',
        ]),
      ),
    }));
}

/** Somebody who opens the links of their mails and fills in forms, over real HTTP and without script. */
export class Visitor {
  readonly #base: string;
  readonly #cookies = new Map<string, { value: string; path: string }>();

  constructor(base: string) {
    this.#base = base;
  }

  /** Opens a link from a mail: the landing page's button, then the page behind it. */
  async open(link: string): Promise<Page> {
    const token = /#t=([^&]+)/.exec(link)?.[1];
    if (!token) throw new Error(`the link has no token: ${link}`);
    return this.#send('POST', '/a', new URLSearchParams({ token }));
  }

  get(path: string): Promise<Page> {
    return this.#send('GET', path);
  }

  /** Sends a form of our pages; a preview is confirmed. Answers the page that follows. */
  async act(path: string, fields: Fields): Promise<Page> {
    const [answer] = await this.actAtOnce(path, fields, 1);
    return answer as Page;
  }

  /** As `act`, with the form sent so many times at once. Answers the page that follows each. */
  async actAtOnce(path: string, fields: Fields, times: number): Promise<readonly Page[]> {
    const [address = path] = path.split('?');
    const page = await this.get(path);
    const form = formsOf(page.body).find(({ action }) => action === address);
    if (!form)
      throw new Error(
        `${path} answered ${page.status} and has no form for ${address}: ${page.text.slice(0, 400)}`,
      );
    const send = (values: Fields): Promise<readonly Page[]> =>
      Promise.all(Array.from({ length: times }, () => this.#send('POST', address, bodyOf(values))));
    const answers = await send({ ...form.hidden, ...fields });
    const [first] = answers;
    const preview = formsOf(first?.body ?? '').find(
      ({ action, hidden }) => action === address && hidden.confirmed === 'yes',
    );
    return preview && first?.status === 200 ? send(preview.hidden) : answers;
  }

  async #send(method: 'GET' | 'POST', path: string, body?: URLSearchParams | FormData): Promise<Page> {
    const url = new URL(path, this.#base);
    const cookies = [...this.#cookies]
      .filter(
        ([, { path: scope }]) =>
          url.pathname === scope || url.pathname.startsWith(`${scope.replace(/\/$/, '')}/`),
      )
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`);
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
        ...(body && { origin: this.#base }),
      },
      ...(body && { body }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      const scope = /;\s*path=([^;]+)/i.exec(cookie)?.[1] ?? '/';
      this.#cookies.set(`${name} ${scope}`, { value, path: scope });
    }
    const location = answer.headers.get('location');
    if (location && answer.status >= 300 && answer.status < 400) return this.#send('GET', location);
    const text = await answer.text();
    return {
      status: answer.status,
      path: url.pathname,
      body: text,
      text: decode(text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')),
    };
  }
}

/** Waits for a mail to one person whose subject or text matches, newest first. Throws when none comes. */
export async function mailTo(
  mailbox: Mailbox,
  address: string,
  wanted: RegExp,
  options: { readonly after?: number; readonly seconds?: number } = {},
): Promise<Mail> {
  const end = Date.now() + (options.seconds ?? 30) * 1000;
  for (;;) {
    const mails = mailbox.list(address).slice(options.after ?? 0);
    const found = mails.findLast((mail) => wanted.test(mail.subject));
    if (found) return found;
    if (Date.now() > end)
      throw new Error(
        `${address} got no mail like ${wanted}; got: ${mails.map(({ subject }) => subject).join(' | ')}`,
      );
    await pause(100);
  }
}

/** The first link of ours in a mail. */
export function linkIn(mail: Mail): string {
  const found = mail.links.find((link) => link.includes('/a#t='));
  if (!found) throw new Error(`the mail "${mail.subject}" has no link of ours`);
  return found;
}
