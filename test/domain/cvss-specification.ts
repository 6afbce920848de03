/**
 * CVSS 3.1 written down from FIRST's specification document, section 7 and appendix A, for comparison only:
 * tables as they are printed there, one function an equation.
 */

const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  impact: { H: 0.56, L: 0.22, N: 0 },
  E: { X: 1, H: 1, F: 0.97, P: 0.94, U: 0.91 },
  RL: { X: 1, U: 1, W: 0.97, T: 0.96, O: 0.95 },
  RC: { X: 1, C: 1, R: 0.96, U: 0.92 },
  requirement: { X: 1, H: 1.5, M: 1, L: 0.5 },
};

const privileges = {
  U: { N: 0.85, L: 0.62, H: 0.27 },
  C: { N: 0.85, L: 0.68, H: 0.5 },
} as Readonly<Record<string, Readonly<Record<string, number>>>>;

export type Chosen = Readonly<Record<string, string>>;

const weight = (table: string, value: string): number => weights[table]?.[value] ?? Number.NaN;

/** Appendix A: the smallest number with one decimal that is equal to or higher than its input. */
function roundup(input: number): number {
  const whole = Math.round(input * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}

function exploitability(av: string, ac: string, pr: string, ui: string, scope: string): number {
  return (
    8.22 * weight('AV', av) * weight('AC', ac) * (privileges[scope]?.[pr] ?? Number.NaN) * weight('UI', ui)
  );
}

/** Section 7.1. */
export function baseScore(m: Chosen): number {
  const scope = m.S as string;
  const [c, i, a] = ['C', 'I', 'A'].map((each) => weight('impact', m[each] as string)) as [
    number,
    number,
    number,
  ];
  const iss = 1 - (1 - c) * (1 - i) * (1 - a);
  const impact = scope === 'U' ? 6.42 * iss : 7.52 * (iss - 0.029) - 3.25 * (iss - 0.02) ** 15;
  if (impact <= 0) return 0;
  const sum = impact + exploitability(m.AV as string, m.AC as string, m.PR as string, m.UI as string, scope);
  return roundup(Math.min((scope === 'U' ? 1 : 1.08) * sum, 10));
}

const temporalFactor = (m: Chosen): number =>
  weight('E', m.E ?? 'X') * weight('RL', m.RL ?? 'X') * weight('RC', m.RC ?? 'X');

/** Section 7.2. */
export const temporalScore = (m: Chosen): number => roundup(baseScore(m) * temporalFactor(m));

/** Section 7.3. */
export function environmentalScore(m: Chosen): number {
  const effective = (metric: string): string => {
    const modified = m[`M${metric}`] ?? 'X';
    return modified === 'X' ? (m[metric] as string) : modified;
  };
  const part = (metric: string) =>
    1 - weight('requirement', m[`${metric}R`] ?? 'X') * weight('impact', effective(metric));
  const miss = Math.min(1 - part('C') * part('I') * part('A'), 0.915);
  const scope = effective('S');
  const impact = scope === 'U' ? 6.42 * miss : 7.52 * (miss - 0.029) - 3.25 * (miss * 0.9731 - 0.02) ** 13;
  if (impact <= 0) return 0;
  const sum =
    impact + exploitability(effective('AV'), effective('AC'), effective('PR'), effective('UI'), scope);
  return roundup(roundup(Math.min((scope === 'U' ? 1 : 1.08) * sum, 10)) * temporalFactor(m));
}
