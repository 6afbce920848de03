import { readFileSync } from 'node:fs';
import type { Settings } from '#contracts/settings.ts';

/**
 * The settings that the deployment wrote beside the bundle. They were checked against their schema when they
 * were written; a cold start does not pay for that again.
 */
export function readSettings(beside: string): Settings {
  return JSON.parse(readFileSync(new URL('./settings.json', beside), 'utf8')) as Settings;
}
