import { createServer, type IncomingMessage } from 'node:http';
import { plus } from '#domain/instant.ts';
import type { Desk } from '../desk.ts';
import { durationMs } from '../time-travel.ts';
import { disclosures } from './overview.ts';
import { consolePage, mailPage } from './page.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (value: unknown, status = 200): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});
const page = (body: string): Answer => ({ status: 200, type: 'text/html; charset=utf-8', body });

/** A request that the console cannot do; the message says what would be right. */
class BadRequest extends Error {}

/** One local page: the mailbox, the people, the disclosures with their state, the clock. Only on this machine. */
export async function startConsole(desk: Desk, port: number): Promise<{ close(): Promise<void> }> {
  let moving: Promise<unknown> = Promise.resolve();
  const server = createServer((incoming, outgoing) => {
    answer(desk, incoming, (work) => {
      // One jump after the other: two at once would fire what falls due twice.
      const next = moving.then(work, work);
      moving = next.catch(() => {});
      return next;
    })
      .catch((error: Error) => json({ error: error.message }, error instanceof BadRequest ? 400 : 500))
      .then(({ status, type, body }) => {
        outgoing.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...guards });
        outgoing.end(body);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A mail's HTML is shown in a sandbox; nothing here loads from elsewhere. */
const guards = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; form-action 'self'",
  'referrer-policy': 'no-referrer',
};

type Queue = <T>(work: () => Promise<T>) => Promise<T>;

async function answer(desk: Desk, incoming: IncomingMessage, queue: Queue): Promise<Answer> {
  const url = new URL(incoming.url ?? '/', 'http://console');
  const [, first, second, third] = url.pathname.split('/').map(decodeURIComponent);
  const { mailbox } = desk.gateway;
  if (incoming.method === 'POST') {
    requireSameSite(incoming);
    if (url.pathname !== '/api/clock') return json({ error: 'There is only POST /api/clock.' }, 404);
    return json(await queue(async () => moveClock(desk, await readJson(incoming))));
  }
  if (url.pathname === '/') return page(await consolePage(desk));
  if (first === 'mail' && second) {
    const mail = mailbox.get(second);
    return mail ? page(mailPage(mail)) : json({ error: `There is no mail ${second}.` }, 404);
  }
  if (first !== 'api') return json({ error: 'Look at / or /api/mailbox.' }, 404);
  if (second === 'mailbox') {
    if (third)
      return json(
        mailbox.get(third) ?? { error: `There is no mail ${third}.` },
        mailbox.get(third) ? 200 : 404,
      );
    return json(mailbox.list(url.searchParams.get('to') ?? undefined));
  }
  if (second === 'intakes' && third) {
    const intake = await desk.store.intake(third);
    return intake ? json(intake) : json({ error: `There is no intake ${third}.` }, 404);
  }
  if (second === 'disclosures') return json(await disclosures(desk));
  if (second === 'clock') return json({ now: desk.clock.now(), next: (await desk.travel.next()) ?? null });
  return json({ error: 'There are /api/mailbox, /api/intakes/<key>, /api/disclosures, /api/clock.' }, 404);
}

/** A page of another site must not move the clock. */
function requireSameSite(incoming: IncomingMessage): void {
  const { origin, host } = incoming.headers;
  if (origin && new URL(origin).host !== host) throw new BadRequest(`a page of ${origin} may not do that`);
}

async function readJson(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {}
  throw new BadRequest(
    'Send JSON, for instance {"advance":"PT48H"}, {"to":"2026-12-01T09:00:00.000Z"} or {"next":true}.',
  );
}

/** `{"advance": duration}`, `{"to": instant}` or `{"next": true}`: what fired on the way is answered. */
async function moveClock(desk: Desk, body: Record<string, unknown>) {
  const from = desk.clock.now();
  let target: string | undefined;
  if (typeof body.advance === 'string') {
    try {
      target = plus(from, durationMs(body.advance));
    } catch (error) {
      throw new BadRequest((error as Error).message);
    }
  } else if (typeof body.to === 'string') {
    const at = Date.parse(body.to);
    if (Number.isNaN(at))
      throw new BadRequest(
        `${JSON.stringify(body.to)} is no instant: write for instance 2026-12-01T09:00:00Z`,
      );
    target = new Date(at).toISOString();
  } else if (body.next === true) target = await desk.travel.next();
  else throw new BadRequest('Say {"advance":"PT48H"}, {"to":"<instant>"} or {"next":true}.');
  if (!target) return { now: from, fired: [], note: 'Nothing falls due.' };
  if (target < from) throw new BadRequest(`The clock does not go back: it is ${from}.`);
  const fired = await desk.travel.to(target);
  return { now: desk.clock.now(), fired };
}
