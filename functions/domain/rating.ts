/** `OEP-60 R4`: the words for a score; `none` is 0.0. */
export type Rating = 'none' | 'low' | 'medium' | 'high' | 'critical';

/** `OEP-60 R8`: how often a maintainer is reminded. */
export type Frequency = 'weekly' | 'monthly' | 'quarterly' | 'half-yearly';

/**
 * The severity of a repository entry. A maintainer may adjudicate by label alone: then there is a rating and
 * neither score nor vector, and none is invented (policy.md, "Adjudication without a vector").
 */
export interface Severity {
  readonly rating: Rating;
  readonly score?: number | undefined;
  readonly vector?: string | undefined;
}

/** A number is no CVSS score. */
export class InvalidScoreError extends Error {
  override readonly name = 'InvalidScoreError';
}

/** The least score of each rating, highest first (`OEP-60 R4`). */
const thresholds: readonly (readonly [Rating, number])[] = [
  ['critical', 9.0],
  ['high', 7.0],
  ['medium', 4.0],
  ['low', 0.1],
  ['none', 0.0],
];

/**
 * `OEP-60 R4`: Low ≥0.1, Medium ≥4.0, High ≥7.0, Critical ≥9.0; 0.0 is none.
 *
 * @throws {InvalidScoreError} unless 0.0 ≤ score ≤ 10.0 with at most one decimal.
 */
export function ratingOf(score: number): Rating {
  if (!(score >= 0 && score <= 10) || Math.round(score * 10) / 10 !== score) {
    throw new InvalidScoreError('A CVSS score is a number from 0.0 to 10.0 with one decimal.');
  }
  return thresholds.find(([, least]) => score >= least)?.[0] ?? 'none';
}

const frequencies: Readonly<Record<Rating, Frequency | undefined>> = {
  critical: 'weekly',
  high: 'monthly',
  medium: 'quarterly',
  low: 'half-yearly',
  none: undefined,
};

/**
 * `OEP-60 R8`: Critical weekly, High monthly, Medium quarterly, Low twice a year. A score of 0.0 keeps the
 * frequency it had before, Low's if none (policy.md, "Score 0.0").
 */
export function frequencyOf(rating: Rating, before?: Frequency): Frequency {
  return frequencies[rating] ?? before ?? 'half-yearly';
}

const rank: Readonly<Record<Rating, number>> = { none: 0, low: 1, medium: 2, high: 3, critical: 4 };

/**
 * For sorting, the less severe first: by rating, then by score; a label alone counts as the least score of its
 * rating, since nobody said more.
 */
export function compareSeverity(a: Severity, b: Severity): number {
  return rank[a.rating] - rank[b.rating] || leastScore(a) - leastScore(b);
}

function leastScore(severity: Severity): number {
  return severity.score ?? thresholds.find(([rating]) => rating === severity.rating)?.[1] ?? 0;
}

/** `7.5 High`; a label alone is `High`; `0.0 None`. One wording for letters, pages and the calculator. */
export function severityText(severity: Severity): string {
  const word = severity.rating.charAt(0).toUpperCase() + severity.rating.slice(1);
  return severity.score === undefined ? word : `${severity.score.toFixed(1)} ${word}`;
}
