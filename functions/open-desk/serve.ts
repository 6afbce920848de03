import type { Settings } from '#contracts/settings.ts';
import type { Answer, HttpEvent } from '#web/http.ts';
import { openDesk } from './open-desk.ts';
import { wirePages } from './wiring.ts';

/** Answers HTTP API events with the pages over freshly keyed dependencies. */
export function serve(settings: Settings): (event: HttpEvent) => Promise<Answer> {
  const depsNow = wirePages(settings);
  return (event) => openDesk(event, depsNow);
}
