import { feedOpens, readFeed } from '#commit/rota.ts';
import { loadDuty } from '#commit/rota-record.ts';
import type { DeskDeps } from '#web/deps.ts';
import type { Answer, Context } from '#web/http.ts';
import { notYours } from '#web/page-errors.ts';

/**
 * A calendar feed: who is on duty and when, nothing of any disclosure. Its address is the secret; any other is
 * answered as a page that is not there.
 */
export async function showFeed(deps: DeskDeps, c: Context, file: string): Promise<Answer> {
  const secret = /^([A-Za-z0-9]{1,64})\.ics$/.exec(file)?.[1];
  if (!secret) throw notYours();
  const { rota } = await loadDuty(deps.store);
  // All are looked at, so that time says nothing about which it was.
  const [of] = Object.keys(rota.feeds ?? {}).filter((whose) => feedOpens(rota, whose, secret));
  const text = of && (await readFeed(deps, of, secret));
  if (!text) throw notYours();
  return c.text(text, 'text/calendar; charset=utf-8');
}
