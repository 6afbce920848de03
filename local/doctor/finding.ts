/** `not-applicable`: it cannot be there, or nothing of it is configured; never a reason to fail. */
export type Verdict = 'ok' | 'missing' | 'not-applicable';

/** What one check came to. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** What is there, in the administrator's words; never a secret. */
  readonly found: string;
  /** The command or page that mends it; present where something is missing. */
  readonly mend?: string;
}

export const ok = (check: string, found: string): Finding => ({ check, verdict: 'ok', found });

export const missing = (check: string, found: string, mend: string): Finding => ({
  check,
  verdict: 'missing',
  found,
  mend,
});

export const notApplicable = (check: string, found: string): Finding => ({
  check,
  verdict: 'not-applicable',
  found,
});

/** `ok` where it holds, else `missing` with what mends it. */
export const require = (check: string, holds: boolean, found: string, mend: string): Finding =>
  holds ? ok(check, found) : missing(check, found, mend);

/** Runs a check; one that cannot look says so, and the others go on. */
export async function looking(
  check: string,
  mend: string,
  look: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return [await look()].flat();
  } catch (error) {
    const { name, message } = error as Error;
    return [missing(check, `could not look: ${name}: ${message.slice(0, 200)}`, mend)];
  }
}

const signs: Readonly<Record<Verdict, string>> = {
  ok: 'ok            ',
  missing: 'MISSING       ',
  'not-applicable': 'not applicable',
};

/** One line a finding, and under what is missing the line that mends it. */
export const written = (findings: readonly Finding[]): string =>
  findings
    .map(
      ({ check, verdict, found, mend }) =>
        `${signs[verdict]}  ${check}: ${found}${mend ? `\n${' '.repeat(16)}→ ${mend}` : ''}\n`,
    )
    .join('');
