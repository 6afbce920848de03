import { calculateBaseResult, calculateEnvironmentalResult, calculateTemporalResult } from 'cvss4';

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

/** The groups of metrics of CVSS 3.1. */
export type MetricGroup = 'base' | 'temporal' | 'environmental';

/** What a CVSS 3.1 vector says. */
export interface ScoredVector extends Severity {
  /** Canonical: the standard's order, without metrics that are not defined (`X`). */
  readonly vector: string;
  /** 0.0 to 10.0, one decimal: the most specific of the scores below. */
  readonly score: number;
  readonly rating: Rating;
  /** Which of the three scores `score` is. */
  readonly scoredBy: MetricGroup;
  readonly baseScore: number;
  readonly temporalScore?: number;
  readonly environmentalScore?: number;
  /** The given metrics by abbreviation, in canonical order: `AV` → `N`. */
  readonly metrics: ReadonlyMap<string, string>;
}

export type VectorFault =
  | 'not-text'
  | 'wrong-prefix'
  | 'spaces'
  | 'malformed-metric'
  | 'unknown-metric'
  | 'repeated-metric'
  | 'empty-value'
  | 'unknown-value'
  | 'missing-metric';

/**
 * A text is no CVSS 3.1 vector. `metrics` names the standard's metrics concerned. The message never repeats
 * what was given: a vector says where a flaw is weak, and messages reach logs.
 */
export class InvalidVectorError extends Error {
  override readonly name = 'InvalidVectorError';
  readonly fault: VectorFault;
  readonly metrics: readonly string[];

  constructor(fault: VectorFault, message: string, metrics: readonly string[] = []) {
    super(message);
    this.fault = fault;
    this.metrics = metrics;
  }
}

/** A number is no CVSS score. */
export class InvalidScoreError extends Error {
  override readonly name = 'InvalidScoreError';
}

const prefix = 'CVSS:3.1/';

/** CVSS 3.1, specification document, table 15: metrics in canonical order with their values' letters. */
const grammar: Readonly<Record<MetricGroup, ReadonlyMap<string, string>>> = {
  base: new Map([
    ['AV', 'NALP'],
    ['AC', 'LH'],
    ['PR', 'NLH'],
    ['UI', 'NR'],
    ['S', 'UC'],
    ['C', 'NLH'],
    ['I', 'NLH'],
    ['A', 'NLH'],
  ]),
  temporal: new Map([
    ['E', 'XUPFH'],
    ['RL', 'XOTWU'],
    ['RC', 'XURC'],
  ]),
  environmental: new Map([
    ['CR', 'XLMH'],
    ['IR', 'XLMH'],
    ['AR', 'XLMH'],
    ['MAV', 'XNALP'],
    ['MAC', 'XLH'],
    ['MPR', 'XNLH'],
    ['MUI', 'XNR'],
    ['MS', 'XUC'],
    ['MC', 'XNLH'],
    ['MI', 'XNLH'],
    ['MA', 'XNLH'],
  ]),
};

/** Every metric in canonical order → its values' letters. `X` is "not defined". */
export const metricLetters: ReadonlyMap<string, string> = new Map([
  ...grammar.base,
  ...grammar.temporal,
  ...grammar.environmental,
]);

/** The metrics of a group, in canonical order. */
export const metricsOf = (group: MetricGroup): readonly string[] => [...grammar[group].keys()];

/**
 * The severity of a CVSS 3.1 vector (`OEP-60 R4`): metrics in any order in, canonical order out. The score is
 * the environmental one if an environmental metric is given, else the temporal one if one is, else the base.
 *
 * @throws {InvalidVectorError} for anything that is not exactly such a vector.
 * @example severityOf('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H') // score 9.8, rating 'critical'
 */
export function severityOf(vector: string): ScoredVector {
  const metrics = canonical(parse(vector));
  const text = prefix + [...metrics].map(([metric, value]) => `${metric}:${value}`).join('/');
  const has = (group: MetricGroup) => metricsOf(group).some((metric) => metrics.has(metric));

  const baseScore = calculateBaseResult(text).score;
  const temporalScore = has('temporal') ? calculateTemporalResult(text).score : undefined;
  const environmentalScore = has('environmental') ? calculateEnvironmentalResult(text).score : undefined;
  const score = environmentalScore ?? temporalScore ?? baseScore;

  return {
    vector: text,
    score,
    rating: ratingOf(score),
    scoredBy: has('environmental') ? 'environmental' : has('temporal') ? 'temporal' : 'base',
    baseScore,
    ...(temporalScore === undefined ? {} : { temporalScore }),
    ...(environmentalScore === undefined ? {} : { environmentalScore }),
    metrics,
  };
}

/**
 * The canonical vector of chosen metrics, as a form gives them: empty and `X` values count as not given, keys
 * that are no metric are refused.
 *
 * @throws {InvalidVectorError} `missing-metric` with the base metrics still to choose, or another fault.
 */
export function vectorOf(chosen: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined && value !== '');
  const metrics = new Map(given.map(([metric, value]) => checked(metric, value ?? '')));
  const vector = prefix + [...canonical(metrics)].map(([metric, value]) => `${metric}:${value}`).join('/');
  return vector;
}

function parse(vector: unknown): Map<string, string> {
  if (typeof vector !== 'string') throw new InvalidVectorError('not-text', 'A CVSS vector is a text.');
  if (/\s/u.test(vector)) throw new InvalidVectorError('spaces', 'A CVSS vector contains no spaces.');
  if (!vector.startsWith(prefix)) {
    throw new InvalidVectorError('wrong-prefix', `A CVSS 3.1 vector starts with ${prefix}.`);
  }
  const metrics = new Map<string, string>();
  for (const part of vector.slice(prefix.length).split('/')) {
    const [name, letter, ...rest] = part.split(':');
    if (name === undefined || letter === undefined || rest.length > 0) {
      throw new InvalidVectorError('malformed-metric', 'Each part of a CVSS vector is metric:value.');
    }
    const [metric, value] = checked(name, letter);
    if (metrics.has(metric)) {
      throw new InvalidVectorError('repeated-metric', `${metric} is given more than once.`, [metric]);
    }
    metrics.set(metric, value);
  }
  return metrics;
}

function checked(metric: string, value: string): [string, string] {
  const letters = metricLetters.get(metric);
  if (letters === undefined) {
    throw new InvalidVectorError('unknown-metric', 'A metric is not one of CVSS 3.1.');
  }
  if (value === '') throw new InvalidVectorError('empty-value', `${metric} has no value.`, [metric]);
  if (value.length !== 1 || !letters.includes(value)) {
    throw new InvalidVectorError('unknown-value', `${metric} is one of ${[...letters].join(', ')}.`, [
      metric,
    ]);
  }
  return [metric, value];
}

function canonical(metrics: ReadonlyMap<string, string>): Map<string, string> {
  const missing = metricsOf('base').filter((metric) => !metrics.has(metric));
  if (missing.length > 0) {
    throw new InvalidVectorError(
      'missing-metric',
      `Base metrics are missing: ${missing.join(', ')}.`,
      missing,
    );
  }
  const ordered = [...metricLetters.keys()].flatMap((metric): [string, string][] => {
    const value = metrics.get(metric);
    return value === undefined || value === 'X' ? [] : [[metric, value]];
  });
  return new Map(ordered);
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
