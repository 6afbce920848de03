import type { Settings } from './settings.ts';

/** Where people open what GitHub's API names: GitHub's own pages, or those of the server that has the API. */
export function githubPages(settings: Pick<Settings, 'github'>): string {
  const { origin, hostname } = new URL(settings.github?.apiBase ?? 'https://api.github.com');
  return hostname === 'api.github.com' ? 'https://github.com' : origin;
}
