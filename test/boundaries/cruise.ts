import { resolve } from 'node:path';
import './typescript-api.mjs';
import type { IConfiguration, ICruiseResult } from 'dependency-cruiser';

const configFile = resolve(import.meta.dirname, '../../.dependency-cruiser.mjs');
/** The walls, as the command line reads them. */
export const { default: config } = (await import(configFile)) as { default: IConfiguration };

export interface Cruise {
  /** `rule: from → to`, one for each violation. */
  readonly violations: readonly string[];
  /** TypeScript modules that were looked at: none means that nothing was checked. */
  readonly modules: number;
}

/** Checks the walls of `.dependency-cruiser.mjs` in the functions, lib and bin of a folder. */
export async function cruiseIn(folder: string, rooms: readonly string[]): Promise<Cruise> {
  const { cruise } = await import('dependency-cruiser');
  const { output } = await cruise([...rooms], {
    ...config.options,
    validate: true,
    ruleSet: { forbidden: config.forbidden ?? [] },
    baseDir: resolve(folder),
  });
  const { summary, modules } = output as ICruiseResult;
  return {
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    modules: modules.filter(({ source }) => /^(functions|lib|bin)\/.*\.ts$/.test(source)).length,
  };
}
