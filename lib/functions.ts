/** Every function of the desk by its folder in `functions/`; what each needs is said where it is built. */
export const functionNames = [
  'receive-mail',
  'open-desk',
  'change-desk',
  'deliver',
  'run-errands',
  'hold-token',
  'open-advisories',
  'hand-off-advisory',
  'notify-maintainers',
  'schedule-release',
  'close-disclosure',
  'renew-execution',
  'remind-maintainers',
  'release-deadline',
  'reconcile',
  'observe-github',
  'observe-discourse',
  'observe-letters',
  'seed-desk',
  'activate-inbound',
] as const;

/** Those that answer with pages, and carry what a browser loads for them. */
export const pageFunctions: ReadonlySet<FunctionName> = new Set(['open-desk', 'change-desk']);

export type FunctionName = (typeof functionNames)[number];
